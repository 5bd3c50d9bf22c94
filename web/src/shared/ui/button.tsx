import type { ComponentProps, ReactNode } from 'react';
import { cn } from '../lib/cn';
import { Spinner } from './spinner';
import { Tooltip } from './tooltip';

const looks = {
  primary: 'bg-accent text-accent-ink border-transparent hover:bg-accent-hover',
  secondary: 'bg-surface text-ink border-line hover:bg-hover',
  ghost: 'bg-transparent text-ink-2 border-transparent hover:bg-hover hover:text-ink',
  danger: 'bg-surface text-bad border-line hover:bg-bad-soft hover:border-bad',
};

export interface ButtonProps extends ComponentProps<'button'> {
  look?: keyof typeof looks;
  size?: 'sm' | 'md';
  icon?: ReactNode;
  /** Shows a spinner, and takes no click. */
  busy?: boolean;
}

export function Button({ look = 'secondary', size = 'md', icon, busy, className, children, disabled, type = 'button', ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={cn(
        'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap transition-colors',
        'disabled:cursor-not-allowed disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0',
        size === 'sm' ? 'h-7 px-2 text-xs' : 'h-8 px-3 text-sm',
        looks[look],
        className,
      )}
    >
      {busy ? <Spinner /> : icon}
      {children}
    </button>
  );
}

/** A button that is an icon alone; its label is read aloud and shown as a tooltip. */
export function IconButton({ label, shortcut, className, look = 'ghost', size = 'md', ...rest }: ButtonProps & { label: string; shortcut?: string }) {
  return (
    <Tooltip text={shortcut ? `${label} (${shortcut})` : label}>
      <Button {...rest} look={look} size={size} aria-label={label} className={cn(size === 'sm' ? 'w-7 px-0' : 'w-8 px-0', className)} />
    </Tooltip>
  );
}
