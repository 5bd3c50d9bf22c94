import { Eye, EyeOff } from 'lucide-react';
import { useState, type ComponentProps, type ReactNode } from 'react';
import { cn } from '../lib/cn';
import { IconButton } from './button';
import { Field } from './field';
import { Input } from './input';

/** A password, which its writer may look at. */
export function PasswordField({ label, hint, error, className, ...rest }: ComponentProps<typeof Input> & { label: string; hint?: ReactNode; error?: ReactNode }) {
  const [shown, show] = useState(false);
  return (
    <Field label={label} hint={hint} error={error} required={rest.required} className={className}>
      {(ids) => (
        <span className="relative block">
          <Input {...rest} {...ids} type={shown ? 'text' : 'password'} className={cn('pr-9', shown && 'font-mono')} />
          <IconButton label={shown ? `Hide: ${label}` : `Show: ${label}`} size="sm" className="absolute top-0.5 right-0.5" icon={shown ? <EyeOff /> : <Eye />} onClick={() => show(!shown)} />
        </span>
      )}
    </Field>
  );
}
