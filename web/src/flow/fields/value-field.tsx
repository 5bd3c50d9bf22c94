// One value of any JSON type: a text with templates, a number, yes or no, or JSON.
import { Input } from '@/shared/ui/input';
import { Select } from '@/shared/ui/select';
import type { Json } from '../document/types';
import { TemplateField } from '../template-field';
import { JsonValueField } from './json-value-field';

type Kind = 'text' | 'number' | 'boolean' | 'json';

const kinds = [
  { value: 'text', label: 'Text' },
  { value: 'number', label: 'Number' },
  { value: 'boolean', label: 'Yes/no' },
  { value: 'json', label: 'JSON' },
];

export function kindOfValue(value: unknown): Kind {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'number';
  return typeof value === 'boolean' ? 'boolean' : 'json';
}

/** The value as another kind, with what can be kept of it. */
export function asKind(kind: Kind, value: Json): Json {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  switch (kind) {
    case 'text':
      return text;
    case 'number':
      return Number.isFinite(Number(text)) && text.trim() !== '' ? Number(text) : 0;
    case 'boolean':
      return text === 'true';
    default: {
      try {
        const read = JSON.parse(text) as Json;
        return typeof read === 'object' ? read : [read];
      } catch {
        return text ? [text] : {};
      }
    }
  }
}

interface ValueFieldProps {
  label: string;
  value: Json;
  onChange(value: Json): void;
  node: string;
  dataField: string;
  readOnly: boolean;
}

/** The type is the control's own: a text that is one `{{ expression }}` keeps the type of what it finds. */
export function ValueField(props: ValueFieldProps) {
  const { label, value, onChange, readOnly } = props;
  return (
    <div className="flex min-w-0 flex-1 items-start gap-1.5">
      <div className="flex min-w-0 flex-1 flex-col">
        <Control {...props} />
      </div>
      <Select aria-label={`Type of ${label}`} value={kindOfValue(value)} options={kinds} disabled={readOnly} onChange={(kind) => onChange(asKind(kind as Kind, value))} className="w-22 shrink-0" />
    </div>
  );
}

function Control({ label, value, onChange, node, dataField, readOnly }: ValueFieldProps) {
  const shared = { label, node, dataField, readOnly, hideLabel: true };
  if (typeof value === 'string') return <TemplateField {...shared} value={value} onChange={onChange} position="text" placeholder="A text or {{ expression }}" />;
  if (typeof value === 'number') {
    return <Input type="number" step="any" aria-label={label} data-field={dataField} value={String(value)} readOnly={readOnly} onChange={(event) => onChange(event.target.value === '' ? 0 : Number(event.target.value))} />;
  }
  if (typeof value === 'boolean') {
    const options = [
      { value: 'true', label: 'Yes' },
      { value: 'false', label: 'No' },
    ];
    return <Select aria-label={label} data-field={dataField} value={String(value)} options={options} disabled={readOnly} onChange={(next) => onChange(next === 'true')} />;
  }
  return <JsonValueField {...shared} value={value} onChange={(next) => onChange(next ?? null)} />;
}
