import { Eye, EyeOff, WrapText } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { cn } from '@/shared/lib/cn';
import { IconButton } from '@/shared/ui/button';
import { Field } from '@/shared/ui/field';
import { Input, Textarea } from '@/shared/ui/input';

interface SecretInputProps {
  label: string;
  value: string;
  onChange(value: string): void;
  required?: boolean;
  hint?: ReactNode;
  error?: ReactNode;
  /** A key or certificate, in several lines. */
  lines?: boolean;
}

/** A secret as it is typed: hidden, shown on demand, remembered by nobody. */
export function SecretInput({ label, value, onChange, required, hint, error, lines: first = false }: SecretInputProps) {
  const [shown, show] = useState(false);
  const [lines, setLines] = useState(first);
  const quiet = { autoComplete: 'off', spellCheck: false, 'data-1p-ignore': true, 'data-lpignore': 'true', value } as const;
  return (
    <Field label={label} required={required} hint={hint} error={error}>
      {(ids) => (
        <span className="flex items-start gap-1">
          {lines ? (
            <Textarea {...ids} {...quiet} mono rows={4} onChange={(event) => onChange(event.target.value)} className={cn(!shown && '[-webkit-text-security:disc]')} />
          ) : (
            <Input {...ids} {...quiet} mono type={shown ? 'text' : 'password'} autoComplete="new-password" onChange={(event) => onChange(event.target.value)} />
          )}
          <IconButton label={shown ? `Hide ${label}` : `Show ${label}`} aria-pressed={shown} icon={shown ? <EyeOff /> : <Eye />} onClick={() => show(!shown)} />
          <IconButton label={lines ? `Write ${label} in one line` : `Write ${label} in several lines`} aria-pressed={lines} icon={<WrapText />} onClick={() => setLines(!lines)} />
        </span>
      )}
    </Field>
  );
}
