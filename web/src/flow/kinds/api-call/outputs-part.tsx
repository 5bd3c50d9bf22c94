// Which values of the answer become variables.
import { ChevronDown, Ellipsis, Plus } from 'lucide-react';
import { useState } from 'react';
import { cn } from '@/shared/lib/cn';
import { Badge } from '@/shared/ui/badge';
import { Button, IconButton } from '@/shared/ui/button';
import { Code } from '@/shared/ui/code';
import { Input, TextField } from '@/shared/ui/input';
import { Menu } from '@/shared/ui/menu';
import { SelectField } from '@/shared/ui/select';
import { Sortable, useListEdit } from '@/shared/ui/sortable';
import { Checkbox } from '@/shared/ui/toggle';
import { ExpressionField } from '../../template-field';
import { looseText, looseValue } from '../../document/loose';
import { FieldProblems, useWorst } from '../../field-problems';
import { listOf, orNone, tidy, type OutputDoc, type PartProps } from './model';
import { Part } from './part';

interface OutputsPartProps extends PartProps {
  /** What the operation sets by itself. */
  given?: OutputDoc[];
}

export function OutputsPart({ id, node, patch, readOnly, given = [] }: OutputsPartProps) {
  const rows = listOf<OutputDoc>(node.outputs);
  const edit = useListEdit(rows, (next) => patch({ outputs: orNone(next) }));
  const own = new Set(rows.map((row) => row.var));
  return (
    <Part node={id} title="Variables from the answer" fields={['outputs', 'resultPath']} count={rows.length + given.filter((row) => !own.has(row.var)).length} open>
      {given.length > 0 && (
        <ul aria-label="Variables that the operation sets" className="flex flex-col gap-1 text-xs">
          {given.map((row) => (
            <li key={row.var} className="flex min-h-6 items-center gap-2">
              <Code>{row.var}</Code>
              <span className={cn('min-w-0 flex-1 truncate font-mono text-ink-3', own.has(row.var) && 'line-through')} title={row.path}>
                {row.path}
              </span>
              {own.has(row.var) ? (
                <Badge>overridden below</Badge>
              ) : (
                !readOnly && (
                  <Button size="sm" look="ghost" className="h-6! px-1.5!" onClick={() => edit.add(row)}>
                    Override
                  </Button>
                )
              )}
            </li>
          ))}
        </ul>
      )}
      <Sortable label="Variables" rows={rows} edit={edit} readOnly={readOnly} rowLabel={(row, index) => `variable ${row.var || index + 1}`}>
        {(row, index, handle) => (
          <OutputRow
            id={id}
            row={row}
            index={index}
            count={rows.length}
            handle={handle}
            readOnly={readOnly}
            onChange={(next) => edit.set(index, tidy(next))}
            onRemove={() => edit.remove(index)}
            onMove={(to) => edit.move(index, to)}
          />
        )}
      </Sortable>
      {!readOnly && (
        <div className="flex flex-wrap items-center gap-2">
          <Button size="sm" look="ghost" icon={<Plus />} data-field="outputs" onClick={() => edit.add({ var: '', path: '$.' })}>
            Add variable
          </Button>
          <span className="text-xs text-ink-3">Or test the call, and click a value of its answer.</span>
        </div>
      )}
    </Part>
  );
}

interface OutputRowProps {
  id: string;
  row: OutputDoc;
  index: number;
  count: number;
  handle: React.ReactNode;
  readOnly: boolean;
  onChange(row: OutputDoc): void;
  onRemove(): void;
  onMove(to: number): void;
}

/** What is set of the less used, in few words. */
function extras(row: OutputDoc): string[] {
  return [
    row.from && row.from !== 'body' ? `from ${row.from}` : '',
    row.type ?? '',
    row.transform ? 'transformed' : '',
    row.default === undefined ? '' : `default ${looseText(row.default)}`,
    row.required ? 'required' : '',
    row.sensitive ? 'sensitive' : '',
    row.asList ? 'as list' : '',
  ].filter(Boolean);
}

function OutputRow({ id, row, index, count, handle, readOnly, onChange, onRemove, onMove }: OutputRowProps) {
  const at = `outputs[${index}]`;
  const [open, setOpen] = useState(false);
  const worst = useWorst(id, ['transform', 'type', 'default', 'from', 'required', 'sensitive', 'asList'].map((key) => `${at}.${key}`));
  const shown = open || worst !== null;
  const name = row.var || String(index + 1);
  const set = (changes: Partial<OutputDoc>) => onChange({ ...row, ...changes });
  const badges = extras(row);
  return (
    <div className="flex items-start gap-1.5">
      {handle}
      <div className="flex min-w-0 flex-1 flex-col gap-1.5">
        <div className="grid grid-cols-[minmax(0,2fr)_minmax(0,3fr)] gap-1.5">
          <div className="flex min-w-0 flex-col gap-1">
            <Input mono aria-label={`Variable ${index + 1}: name`} data-field={`${at}.var`} placeholder="name" value={row.var} title={row.var} readOnly={readOnly} onChange={(event) => set({ var: event.target.value })} className="text-xs" />
            <FieldProblems node={id} field={`${at}.var`} />
          </div>
          <div className="flex min-w-0 flex-col gap-1">
            <Input
              mono
              aria-label={`Variable ${name}: ${row.from === 'headers' ? 'header' : 'path'}`}
              data-field={`${at}.path`}
              placeholder={row.from === 'headers' ? 'x-request-id' : row.from === 'status' ? 'the status' : '$.data.id'}
              disabled={row.from === 'status'}
              value={row.path ?? ''}
              title={row.path}
              readOnly={readOnly}
              onChange={(event) => set({ path: event.target.value || undefined })}
              className="text-xs"
            />
            <FieldProblems node={id} field={`${at}.path`} />
          </div>
        </div>
        {!shown && badges.length > 0 && (
          <div className="flex flex-wrap gap-1">
            {badges.map((text) => (
              <Badge key={text}>{text}</Badge>
            ))}
          </div>
        )}
        <FieldProblems node={id} field={at} />
        {shown && <OutputMore id={id} at={at} row={row} set={set} readOnly={readOnly} />}
      </div>
      <IconButton label={`${shown ? 'Less' : 'More'} about ${name}`} aria-expanded={shown} className="w-6!" icon={<ChevronDown className={cn('transition-transform', shown && 'rotate-180')} />} onClick={() => setOpen(!shown)} />
      {!readOnly && (
        <Menu
          trigger={<IconButton label={`Actions on ${name}`} icon={<Ellipsis />} className="w-6!" />}
          items={[
            { label: 'Move up', shortcut: 'Alt+↑', disabled: index === 0, onSelect: () => onMove(index - 1) },
            { label: 'Move down', shortcut: 'Alt+↓', disabled: index === count - 1, onSelect: () => onMove(index + 1) },
            null,
            { label: 'Remove variable', danger: true, onSelect: onRemove },
          ]}
        />
      )}
    </div>
  );
}

const sources = [
  { value: 'body', label: 'Body' },
  { value: 'headers', label: 'Headers' },
  { value: 'status', label: 'Status' },
];
const types = ['string', 'number', 'boolean', 'date', 'json'].map((value) => ({ value, label: value }));

function OutputMore({ id, at, row, set, readOnly }: { id: string; at: string; row: OutputDoc; set(changes: Partial<OutputDoc>): void; readOnly: boolean }) {
  return (
    <div className="flex flex-col gap-3 rounded-md border bg-sunken p-3">
      <div className="grid grid-cols-2 gap-3">
        <SelectField label="Read from" data-field={`${at}.from`} value={row.from ?? 'body'} options={sources} disabled={readOnly} onChange={(from) => set({ from: from === 'body' ? undefined : from, path: from === 'status' ? undefined : row.path })} />
        <SelectField label="Convert to" data-field={`${at}.type`} value={row.type ?? ''} placeholder="As it is" options={types} disabled={readOnly} onChange={(type) => set({ type: type || undefined })} />
      </div>
      <FieldProblems node={id} field={`${at}.from`} />
      <FieldProblems node={id} field={`${at}.type`} />
      <ExpressionField label="Transform" transform node={id} dataField={`${at}.transform`} value={row.transform ?? ''} placeholder="value | upper" onChange={(transform) => set({ transform: transform || undefined })} readOnly={readOnly} />
      <TextField
        label="Where it is not found"
        mono
        data-field={`${at}.default`}
        placeholder="Stays unset"
        value={looseText(row.default)}
        readOnly={readOnly}
        hint="A text, or JSON: 0, true, []"
        onChange={(event) => set({ default: looseValue(event.target.value) })}
      />
      <FieldProblems node={id} field={`${at}.default`} />
      <div className="flex flex-col gap-1.5">
        <Checkbox label="Required" hint="A 2xx without it has the outcome response." checked={row.required ?? false} disabled={readOnly} onChange={(required) => set({ required })} />
        <Checkbox label="Sensitive" hint="Usable in later requests, masked wherever it is shown." checked={row.sensitive ?? false} disabled={readOnly} onChange={(sensitive) => set({ sensitive })} />
        <Checkbox label="Always a list" hint="One or many become a list." checked={row.asList ?? false} disabled={readOnly} onChange={(asList) => set({ asList })} />
      </div>
    </div>
  );
}
