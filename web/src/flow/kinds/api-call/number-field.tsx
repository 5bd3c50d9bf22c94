import { TextField } from '@/shared/ui/input';
import { FieldProblems } from '../../field-problems';

interface NumberFieldProps {
  label: string;
  value: unknown;
  onChange(value: number | undefined): void;
  node: string;
  field: string;
  /** What counts where it is left empty. */
  otherwise: string;
  hint?: React.ReactNode;
  readOnly: boolean;
  min?: number;
}

/** A number that may be left out. */
export function NumberField({ label, value, onChange, node, field, otherwise, hint, readOnly, min = 1 }: NumberFieldProps) {
  return (
    <div className="flex min-w-0 flex-1 flex-col gap-1">
      <TextField
        label={label}
        type="number"
        min={min}
        data-field={field}
        placeholder={otherwise}
        value={typeof value === 'number' ? String(value) : ''}
        readOnly={readOnly}
        hint={hint}
        onChange={(event) => onChange(event.target.value === '' ? undefined : Number(event.target.value))}
      />
      <FieldProblems node={node} field={field} />
    </div>
  );
}
