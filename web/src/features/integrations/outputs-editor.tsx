import type { Found } from '@/shared/api/client';
import { problemsAt, wordsOf } from '@/shared/lib/problems';
import { Input } from '@/shared/ui/input';
import { Rows, type RowCell } from '@/shared/ui/rows';
import { Select } from '@/shared/ui/select';
import { Checkbox } from '@/shared/ui/toggle';
import { listOf, textOf, withKey, type OutputDoc } from './document';
import { FormOrJson } from './form-or-json';

interface OutputsEditorProps {
  outputs: unknown;
  onChange(outputs: OutputDoc[]): void;
  at: string;
  problems: Found[];
  readOnly: boolean;
}

const froms = ['body', 'headers', 'status'].map((value) => ({ value, label: value }));
const types = ['string', 'number', 'boolean', 'date', 'json'].map((value) => ({ value, label: value === 'string' ? 'text' : value }));

/** The variables that every call sets, unless a flow says otherwise. */
export function OutputsEditor({ outputs, onChange, at, problems, readOnly }: OutputsEditorProps) {
  return (
    <FormOrJson label="Outputs" value={outputs} onChange={(value) => onChange(value as OutputDoc[])} readOnly={readOnly} error={wordsOf(problemsAt(problems, at))} hint="The variables that every call sets. Defaults, transforms and the rest are in the JSON.">
      <Rows
        noun="Output"
        rows={listOf<OutputDoc>(outputs)}
        cells={cellsOf(readOnly)}
        create={() => ({ var: '', path: '$.' })}
        onChange={onChange}
        readOnly={readOnly}
        error={(index) => wordsOf(problemsAt(problems, `${at}[${index}]`, true))}
        empty="It sets no variables by itself."
      />
    </FormOrJson>
  );
}

function cellsOf(readOnly: boolean): RowCell<OutputDoc>[] {
  return [
    { key: 'var', header: 'Variable', width: '2fr', cell: (row, set, label) => <Input mono aria-label={label} value={textOf(row.var)} readOnly={readOnly} onChange={(event) => set({ ...row, var: event.target.value })} /> },
    { key: 'from', header: 'From', width: '6.5rem', cell: (row, set, label) => <Select aria-label={label} className="w-full" value={textOf(row.from) || 'body'} options={froms} disabled={readOnly} onChange={(from) => set(withKey(row, 'from', from === 'body' ? undefined : from))} /> },
    { key: 'path', header: 'Path', width: '3fr', cell: (row, set, label) => <Input mono aria-label={label} title={textOf(row.path)} value={textOf(row.path)} readOnly={readOnly} onChange={(event) => set(withKey(row, 'path', event.target.value))} /> },
    { key: 'type', header: 'Type', width: '6.5rem', cell: (row, set, label) => <Select aria-label={label} className="w-full" value={textOf(row.type)} placeholder="as it is" options={types} disabled={readOnly} onChange={(type) => set(withKey(row, 'type', type))} /> },
    {
      key: 'required',
      header: 'Required',
      width: '4.5rem',
      cell: (row, set, label) => (
        <span className="flex items-center gap-1.5">
          <Checkbox label={label} hideLabel disabled={readOnly} checked={row.required === true} onChange={(on) => set(withKey(row, 'required', on || undefined))} />
          <span aria-hidden className="text-xs text-ink-3 sm:hidden">
            Required
          </span>
        </span>
      ),
    },
  ];
}
