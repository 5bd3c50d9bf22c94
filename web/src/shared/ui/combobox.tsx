import { Check, ChevronsUpDown } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useId, useMemo, useRef, useState, type ReactNode } from 'react';
import { cn } from '../lib/cn';
import { Field } from './field';
import { controlClass } from './input';

export interface Choice {
  value: string;
  label: string;
  /** A second line: what it is for. */
  description?: string;
  /** Before the label: a method, an icon. */
  mark?: ReactNode;
}

interface ComboboxProps {
  label: string;
  value: string;
  choices: Choice[];
  onChange(value: string): void;
  placeholder?: string;
  disabled?: boolean;
  hint?: ReactNode;
  error?: ReactNode;
  /** What stands in the list where nothing fits. */
  none?: string;
  hideLabel?: boolean;
  /** Below the list: another way to choose. */
  footer?: ReactNode;
  'data-field'?: string;
  className?: string;
}

/** The most choices that are drawn at once: typing narrows a longer list down. */
const shownMax = 100;

/** One of many, found by typing. */
export function Combobox({ label, value, choices, onChange, placeholder = 'Choose…', disabled, hint, error, none = 'Nothing fits.', hideLabel, footer, className, 'data-field': dataField }: ComboboxProps) {
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const listId = useId();
  const chosen = choices.find((choice) => choice.value === value);
  const fitting = useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    return choices.filter((choice) => {
      const text = `${choice.label} ${choice.value} ${choice.description ?? ''}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }, [choices, query]);
  const shown = fitting.slice(0, shownMax);

  const move = (to: number) => {
    const index = Math.max(0, Math.min(shown.length - 1, to));
    setActive(index);
    list.current?.children[index]?.scrollIntoView({ block: 'nearest' });
  };
  const choose = (choice: Choice | undefined) => {
    if (!choice) return;
    onChange(choice.value);
    setOpen(false);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + 8, PageUp: active - 8, Home: 0, End: shown.length }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      move(to);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      choose(shown[active]);
    }
  };

  return (
    <Field label={label} hint={hint} error={error} hideLabel={hideLabel} className={className}>
      {(ids) => (
        <Popover.Root
          open={open}
          onOpenChange={(next) => {
            setOpen(next);
            setQuery('');
            setActive(Math.max(0, choices.findIndex((choice) => choice.value === value)));
          }}
        >
          <Popover.Trigger asChild disabled={disabled}>
            <button {...ids} data-field={dataField} type="button" role="combobox" aria-expanded={open} aria-controls={listId} className={cn(controlClass, 'flex h-8 items-center gap-2 text-left')}>
              {chosen?.mark}
              <span className={cn('min-w-0 flex-1 truncate', !chosen && 'text-ink-3')}>{chosen?.label ?? (value || placeholder)}</span>
              <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-ink-3" />
            </button>
          </Popover.Trigger>
          <Popover.Portal>
            <Popover.Content align="start" sideOffset={4} className="z-50 flex max-h-80 w-(--radix-popover-trigger-width) min-w-72 flex-col rounded-md border border-line bg-surface shadow-pop">
              <input
                role="combobox"
                aria-expanded
                aria-controls={listId}
                aria-activedescendant={shown[active] ? `${listId}-${active}` : undefined}
                aria-label={`Search: ${label}`}
                placeholder="Type to search"
                value={query}
                onChange={(event) => {
                  setQuery(event.target.value);
                  setActive(0);
                }}
                onKeyDown={onKeyDown}
                className="h-9 shrink-0 border-b bg-transparent px-3 text-sm outline-none"
              />
              <ul ref={list} id={listId} role="listbox" aria-label={label} className="min-h-0 overflow-auto p-1">
                {shown.map((choice, index) => (
                  // Keys are handled by the input, which keeps the focus.
                  // eslint-disable-next-line jsx-a11y/click-events-have-key-events
                  <li
                    key={choice.value}
                    id={`${listId}-${index}`}
                    role="option"
                    aria-selected={choice.value === value}
                    onClick={() => choose(choice)}
                    onMouseMove={() => setActive(index)}
                    className={cn('flex cursor-pointer items-start gap-2 rounded px-2 py-1', index === active && 'bg-hover')}
                  >
                    {choice.mark}
                    <span className="min-w-0 flex-1">
                      <span className="block truncate">{choice.label}</span>
                      {choice.description && <span className="line-clamp-2 text-xs text-ink-3">{choice.description}</span>}
                    </span>
                    {choice.value === value && <Check aria-hidden className="mt-0.5 size-4 shrink-0 text-accent-text" />}
                  </li>
                ))}
              </ul>
              {shown.length === 0 && <p className="px-3 py-2 text-ink-3">{none}</p>}
              {fitting.length > shownMax && <p className="border-t px-3 py-1.5 text-xs text-ink-3">{fitting.length - shownMax} more: type to narrow it down.</p>}
              {footer && <div className="border-t p-1">{footer}</div>}
            </Popover.Content>
          </Popover.Portal>
        </Popover.Root>
      )}
    </Field>
  );
}
