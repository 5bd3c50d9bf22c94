// Any JSON value as a tree of controls: each value a text with templates, a number, a list, an object.
import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '@/shared/ui/button';
import { Input } from '@/shared/ui/input';
import { Select } from '@/shared/ui/select';
import type { Json } from '../document/types';
import { TemplateField } from '../template-field';

export interface AnyFieldProps {
  label: string;
  value: Json | undefined;
  onChange(value: Json): void;
  node: string;
  dataField: string;
  readOnly: boolean;
}

const kinds = [
  { value: 'text', label: 'Text' },
  { value: 'number', label: 'Number' },
  { value: 'boolean', label: 'True/false' },
  { value: 'object', label: 'Object' },
  { value: 'list', label: 'List' },
  { value: 'null', label: 'Null' },
];

function kindOf(value: Json | undefined): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'object';
  return typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'boolean' : 'text';
}

/** The value as another kind, with what can be kept of it. */
function as(kind: string, value: Json | undefined): Json {
  const text = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
  switch (kind) {
    case 'number':
      return Number(text) || 0;
    case 'boolean':
      return text === 'true';
    case 'object':
      return Array.isArray(value) ? Object.fromEntries(value.map((item, index) => [String(index), item])) : {};
    case 'list':
      return typeof value === 'object' && value !== null ? Object.values(value) : text ? [text] : [];
    case 'null':
      return null;
    default:
      return text;
  }
}

function Kind({ label, value, onChange, readOnly }: Pick<AnyFieldProps, 'label' | 'value' | 'onChange' | 'readOnly'>) {
  return <Select aria-label={`${label}: kind`} value={kindOf(value)} options={kinds} disabled={readOnly} onChange={(next) => onChange(as(next, value))} className="w-24 shrink-0 text-xs" />;
}

export function AnyField(props: AnyFieldProps) {
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <Kind {...props} />
      <ValueOf {...props} />
    </div>
  );
}

function ValueOf(props: AnyFieldProps) {
  const kind = kindOf(props.value);
  if (kind === 'null') return null;
  return kind === 'object' || kind === 'list' ? <Entries {...props} /> : <Leaf {...props} />;
}

function Leaf({ label, value, onChange, node, dataField, readOnly }: AnyFieldProps) {
  if (typeof value === 'number') return <Input type="number" step="any" aria-label={label} data-field={dataField} value={String(value)} readOnly={readOnly} onChange={(event) => onChange(Number(event.target.value))} />;
  if (typeof value === 'boolean') {
    return <Select aria-label={label} data-field={dataField} value={String(value)} disabled={readOnly} options={[{ value: 'true', label: 'true' }, { value: 'false', label: 'false' }]} onChange={(next) => onChange(next === 'true')} />;
  }
  return <TemplateField hideLabel label={label} node={node} dataField={dataField} position="json" leaf value={typeof value === 'string' ? value : ''} onChange={onChange} readOnly={readOnly} request />;
}

function Entries({ label, value, onChange, node, dataField, readOnly }: AnyFieldProps) {
  const isList = Array.isArray(value);
  const entries: [string, Json][] = isList ? value.map((item, index) => [String(index), item]) : Object.entries(value as Record<string, Json>);
  const write = (next: [string, Json][]) => onChange(isList ? next.map(([, item]) => item) : Object.fromEntries(next));
  return (
    <div role="group" aria-label={label} className="flex flex-col gap-3 border-l pl-3">
      {entries.map(([key, item], index) => {
        const inner = {
          label: `${label} ${key || index + 1}`,
          value: item,
          node,
          dataField: isList ? `${dataField}[${key}]` : `${dataField}.${key}`,
          readOnly,
          onChange: (next: Json) => write(entries.map((entry, at) => (at === index ? [key, next] : entry))),
        };
        return (
          <div key={index} className="flex flex-col gap-1.5">
            <div className="flex items-start gap-1.5">
              {isList ? (
                <span className="w-5 flex-1 py-2 font-mono text-xs text-ink-3">{index}</span>
              ) : (
                <KeyInput name={key} taken={entries.map(([name]) => name)} label={label} readOnly={readOnly} onChange={(name) => write(entries.map((entry, at) => (at === index ? [name, item] : entry)))} />
              )}
              <Kind {...inner} />
              {!readOnly && <IconButton label={`Remove ${label} ${key}`} icon={<X />} className="w-6!" onClick={() => write(entries.filter((_, at) => at !== index))} />}
            </div>
            <div className="pr-7.5">
              <ValueOf {...inner} />
            </div>
          </div>
        );
      })}
      {!readOnly && (
        <Button size="sm" look="ghost" icon={<Plus />} className="self-start" data-field={dataField} onClick={() => write([...entries, [freshKey(entries), '']])}>
          {isList ? 'Add item' : 'Add key'}
        </Button>
      )}
    </div>
  );
}

function freshKey(entries: [string, Json][]): string {
  const taken = new Set(entries.map(([key]) => key));
  for (let count = 1; ; count++) if (!taken.has(`key${count}`)) return `key${count}`;
}

/** A key is written when one leaves it: two of one name would become one while typing. */
function KeyInput({ name, taken, label, readOnly, onChange }: { name: string; taken: string[]; label: string; readOnly: boolean; onChange(name: string): void }) {
  const [text, setText] = useState(name);
  const [was, setWas] = useState(name);
  if (was !== name) {
    setWas(name);
    setText(name);
  }
  const clash = text !== name && taken.includes(text);
  return (
    <span className="flex min-w-0 flex-1 flex-col gap-0.5">
      <Input
        mono
        aria-label={`${label}: key ${name}`}
        aria-invalid={clash || undefined}
        value={text}
        title={text}
        readOnly={readOnly}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => (clash || text === name ? setText(name) : onChange(text))}
        className="text-xs"
      />
      {clash && <span className="text-xs text-bad">This key is there already.</span>}
    </span>
  );
}
