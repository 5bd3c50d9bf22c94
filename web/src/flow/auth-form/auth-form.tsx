import type { Found } from '@/shared/api/client';
import { problemsAt, wordsOf } from '@/shared/lib/problems';
import { Field } from '@/shared/ui/field';
import { TextField } from '@/shared/ui/input';
import { SelectField } from '@/shared/ui/select';
import { NameValueRows, type NameValue } from '../name-value-rows';
import { authKinds, type AuthField } from './kinds';

export type AuthDoc = { type: string } & Record<string, unknown>;

interface AuthFormProps {
  value: AuthDoc | undefined;
  onChange(value: AuthDoc | undefined): void;
  /** Problems whose place begins with `auth`. */
  problems?: Found[];
  readOnly?: boolean;
}

const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '');

/** How calls sign in. Every field may hold templates over `conn` and `secret`. */
export function AuthForm({ value, onChange, problems = [], readOnly }: AuthFormProps) {
  const kind = authKinds.find(({ type }) => type === (value?.type ?? 'none'));
  const choose = (type: string) => {
    const next = authKinds.find((item) => item.type === type);
    onChange(type === 'none' || !next ? undefined : { type, ...next.create });
  };
  return (
    <div className="flex flex-col gap-3">
      <SelectField
        label="Calls sign in with"
        value={value?.type ?? 'none'}
        options={authKinds.map(({ type, label }) => ({ value: type, label }))}
        disabled={readOnly}
        onChange={choose}
        hint={kind?.description}
        error={wordsOf([...problemsAt(problems, 'auth'), ...problemsAt(problems, 'auth.type')])}
        className="max-w-sm"
      />
      {value && kind && kind.fields.length > 0 && (
        <div className="grid gap-3 sm:grid-cols-2">
          {kind.fields.map((field) => (
            <AuthControl key={field.name} field={field} value={value} onChange={onChange} problems={problems} readOnly={readOnly} />
          ))}
        </div>
      )}
    </div>
  );
}

function AuthControl({ field, value, onChange, problems, readOnly }: { field: AuthField; value: AuthDoc; onChange(value: AuthDoc): void; problems: Found[]; readOnly?: boolean }) {
  const at = `auth.${field.name}`;
  const error = wordsOf(problemsAt(problems, at));
  const set = (next: unknown) => {
    const { [field.name]: _, ...rest } = value;
    onChange(next === undefined ? (rest as AuthDoc) : { ...value, [field.name]: next });
  };
  if (field.as === 'rows') {
    const rows = value[field.name];
    return (
      <Field label={field.label} hint={field.hint} error={error} className="sm:col-span-2">
        {() => (
          <NameValueRows noun="Row" at={at} rows={Array.isArray(rows) ? (rows as NameValue[]) : []} onChange={(next) => set(next.length > 0 || field.name === 'headers' ? next : undefined)} problems={problems} readOnly={readOnly} />
        )}
      </Field>
    );
  }
  if (Array.isArray(field.as)) {
    return <SelectField label={field.label} value={text(value[field.name]) || field.as[0]!.value} options={field.as} onChange={set} disabled={readOnly} hint={field.hint} error={error} />;
  }
  return (
    <TextField
      label={field.label}
      mono
      required={field.required}
      value={text(value[field.name])}
      onChange={(event) => set(event.target.value === '' && !field.required ? undefined : event.target.value)}
      placeholder={field.placeholder}
      readOnly={readOnly}
      hint={field.hint}
      error={error}
    />
  );
}
