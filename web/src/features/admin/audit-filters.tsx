import { ListFilter, X } from 'lucide-react';
import { useState } from 'react';
import { cn } from '@/shared/lib/cn';
import { Button } from '@/shared/ui/button';
import { Combobox } from '@/shared/ui/combobox';
import { TextField } from '@/shared/ui/input';
import { SelectField } from '@/shared/ui/select';
import { useMembers, useTokens } from './api';
import { actions, objectKinds } from './audit-words';

export interface AuditSearch {
  actor?: string;
  action?: string;
  object?: string;
  /** `1h`, `24h`, `7d`, `30d`: so long ago until now; else `from` and `to` say it. */
  last?: string;
  from?: string;
  to?: string;
}

const spans = [
  { value: '', label: 'At any time' },
  { value: '1h', label: 'In the last hour' },
  { value: '24h', label: 'In the last 24 hours' },
  { value: '7d', label: 'In the last 7 days' },
  { value: '30d', label: 'In the last 30 days' },
  { value: 'between', label: 'Between two times' },
];

/** What narrows the log down; every choice stands in the address. */
export function AuditFilters({ search, onChange }: { search: AuditSearch; onChange(search: AuditSearch): void }) {
  const members = useMembers().items;
  const tokens = useTokens().items;
  const actors = [
    { value: '', label: 'Anyone' },
    ...members.map((member) => ({ value: member.id, label: member.name, description: member.email })),
    ...tokens.map((token) => ({ value: token.id, label: token.name, description: `Token ${token.id}` })),
  ];
  const span = search.last ?? (search.from || search.to ? 'between' : '');
  const any = Object.values(search).some(Boolean);
  const [shown, show] = useState(any);
  return (
    <section aria-label="Filters" className="flex flex-col gap-2">
      <Button size="sm" icon={<ListFilter />} aria-expanded={shown} className="self-start sm:hidden" onClick={() => show(!shown)}>
        Filters
      </Button>
      <div className={cn('grid items-end gap-3 sm:grid-cols-2 lg:grid-cols-4', !shown && 'max-sm:hidden')}>
        <Combobox label="Who" value={search.actor ?? ''} choices={actors} placeholder="Anyone" onChange={(actor) => onChange({ ...search, actor })} />
        <Written key={`action ${search.action}`} label="Action" value={search.action ?? ''} choices={actions} placeholder="flow.publish" onWritten={(action) => onChange({ ...search, action })} />
        <Written key={`object ${search.object}`} label="Object" value={search.object ?? ''} choices={objectKinds} placeholder="flow or flow/caller-lookup" onWritten={(object) => onChange({ ...search, object })} />
        <SelectField label="When" value={span} options={spans} onChange={(last) => onChange({ ...search, last: last === 'between' ? undefined : last, from: last === 'between' ? new Date(Date.now() - 24 * 3_600_000).toISOString() : undefined, to: undefined })} />
      </div>
      {span === 'between' && (
        <div className="flex flex-wrap gap-3">
          <TimeField label="From" value={search.from} onChange={(from) => onChange({ ...search, from })} />
          <TimeField label="To" value={search.to} onChange={(to) => onChange({ ...search, to })} />
        </div>
      )}
      {any && (
        <Button size="sm" look="ghost" icon={<X />} className="self-start" onClick={() => onChange({})}>
          Clear the filters
        </Button>
      )}
    </section>
  );
}

/** A text with proposals; it counts once its writer leaves the field, presses Enter or takes a proposal. */
function Written({ label, value, choices, placeholder, onWritten }: { label: string; value: string; choices: string[]; placeholder: string; onWritten(value: string): void }) {
  const [text, setText] = useState(value);
  const list = `${label.toLowerCase()}-choices`;
  const tell = (next: string) => next.trim() !== value && onWritten(next.trim());
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        tell(text);
      }}
    >
      <TextField
        label={label}
        list={list}
        value={text}
        placeholder={placeholder}
        onBlur={() => tell(text)}
        onChange={(event) => {
          setText(event.target.value);
          if (choices.includes(event.target.value)) tell(event.target.value);
        }}
      />
      <datalist id={list}>
        {choices.map((choice) => (
          <option key={choice} value={choice} />
        ))}
      </datalist>
    </form>
  );
}

/** A time in the reader's own zone. */
function TimeField({ label, value, onChange }: { label: string; value?: string; onChange(value: string | undefined): void }) {
  return <TextField label={label} type="datetime-local" value={value ? localTime(value) : ''} onChange={(event) => onChange(event.target.value ? new Date(event.target.value).toISOString() : undefined)} />;
}

function localTime(at: string): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return '';
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
