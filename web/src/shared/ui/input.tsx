import type { ComponentProps } from 'react';
import { cn } from '../lib/cn';
import { Field } from './field';

export const controlClass =
  'w-full min-w-0 rounded-md border border-line bg-surface px-2.5 text-sm text-ink transition-colors hover:border-line-strong ' +
  'focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0 aria-invalid:border-bad ' +
  'disabled:cursor-not-allowed disabled:bg-sunken disabled:text-ink-3';

// A select and a button count as read-only too: this is for what is typed in alone.
const typedClass = `${controlClass} read-only:bg-sunken`;

export function Input({ className, mono, ...rest }: ComponentProps<'input'> & { mono?: boolean }) {
  return <input autoComplete="off" spellCheck={false} {...rest} className={cn(typedClass, 'h-8', mono && 'font-mono', className)} />;
}

export function Textarea({ className, mono, ...rest }: ComponentProps<'textarea'> & { mono?: boolean }) {
  return <textarea rows={3} {...rest} className={cn(typedClass, 'resize-y py-1.5', mono && 'font-mono text-xs', className)} />;
}

interface Labelled {
  label: string;
  hint?: React.ReactNode;
  error?: React.ReactNode;
  hideLabel?: boolean;
}

/** An input with its label. */
export function TextField({ label, hint, error, hideLabel, className, ...rest }: Labelled & ComponentProps<typeof Input>) {
  return (
    <Field label={label} hint={hint} error={error} hideLabel={hideLabel} required={rest.required} className={className}>
      {(ids) => <Input {...rest} {...ids} />}
    </Field>
  );
}

/** A text area with its label. */
export function TextareaField({ label, hint, error, hideLabel, className, ...rest }: Labelled & ComponentProps<typeof Textarea>) {
  return (
    <Field label={label} hint={hint} error={error} hideLabel={hideLabel} required={rest.required} className={className}>
      {(ids) => <Textarea {...rest} {...ids} />}
    </Field>
  );
}
