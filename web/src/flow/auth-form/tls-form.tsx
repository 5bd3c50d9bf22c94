import type { Found } from '@/shared/api/client';
import { problemsAt, wordsOf } from '@/shared/lib/problems';
import { TextareaField } from '@/shared/ui/input';

export type TlsDoc = { ca?: string; clientCertificate?: string; clientKey?: string };

const fields = [
  { name: 'ca', label: 'Certificate authority', hint: 'PEM. What the server’s certificate must lead to, in place of the system’s authorities.' },
  { name: 'clientCertificate', label: 'Client certificate', hint: 'PEM. What Callout shows the server.' },
  { name: 'clientKey', label: 'Client key', hint: 'Its key is a secret: write {{ secret.client_key }} here, and the key itself among the secrets.' },
] as const;

interface TlsFormProps {
  value: TlsDoc | undefined;
  onChange(value: TlsDoc | undefined): void;
  problems?: Found[];
  readOnly?: boolean;
}

/** Certificates of the connection; each may be a template over `conn` and `secret`. */
export function TlsForm({ value, onChange, problems = [], readOnly }: TlsFormProps) {
  return (
    <div className="flex flex-col gap-3">
      {fields.map(({ name, label, hint }) => (
        <TextareaField
          key={name}
          label={label}
          hint={hint}
          mono
          rows={2}
          spellCheck={false}
          readOnly={readOnly}
          value={value?.[name] ?? ''}
          error={wordsOf(problemsAt(problems, `tls.${name}`))}
          onChange={(event) => {
            const { [name]: _, ...rest } = value ?? {};
            const next = event.target.value === '' ? rest : { ...rest, [name]: event.target.value };
            onChange(Object.keys(next).length > 0 ? next : undefined);
          }}
        />
      ))}
    </div>
  );
}
