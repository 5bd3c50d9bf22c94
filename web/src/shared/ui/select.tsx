import { ChevronDown } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';
import { cn } from '../lib/cn';
import { Field } from './field';
import { controlClass } from './input';

export interface Option {
  value: string;
  label: string;
  disabled?: boolean;
}

interface SelectProps extends Omit<ComponentProps<'select'>, 'onChange' | 'value'> {
  value: string;
  options: Option[];
  onChange(value: string): void;
  /** Shown while nothing is chosen. */
  placeholder?: string;
}

/** The browser's own list: it works everywhere, with a finger and with keys. */
export function Select({ value, options, onChange, placeholder, className, ...rest }: SelectProps) {
  const unknown = value !== '' && !options.some((option) => option.value === value);
  return (
    <span className={cn('relative inline-flex min-w-0', className)}>
      <select {...rest} value={value} onChange={(event) => onChange(event.target.value)} className={cn(controlClass, 'h-8 appearance-none truncate pr-7')}>
        {placeholder !== undefined && <option value="">{placeholder}</option>}
        {unknown && <option value={value}>{value} (not known)</option>}
        {options.map((option) => (
          <option key={option.value} value={option.value} disabled={option.disabled}>
            {option.label}
          </option>
        ))}
      </select>
      <ChevronDown aria-hidden className="pointer-events-none absolute top-2 right-2 size-4 text-ink-3" />
    </span>
  );
}

export function SelectField({ label, hint, error, hideLabel, className, ...rest }: SelectProps & { label: string; hint?: ReactNode; error?: ReactNode; hideLabel?: boolean }) {
  return (
    <Field label={label} hint={hint} error={error} hideLabel={hideLabel} required={rest.required} className={className}>
      {(ids) => <Select {...rest} {...ids} />}
    </Field>
  );
}
