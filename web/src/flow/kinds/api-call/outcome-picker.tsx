// Outcomes as chips, several at once, and statuses that one types.
import { Check, Plus, X } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useId, useState } from 'react';
import { cn } from '@/shared/lib/cn';
import { Field } from '@/shared/ui/field';
import { outcomeTone } from '@/shared/ui/badge';

export const outcomes: { key: string; says: string }[] = [
  { key: '2xx', says: 'Any success' },
  { key: '3xx', says: 'Any redirect that was not followed' },
  { key: '4xx', says: 'Any client error' },
  { key: '5xx', says: 'Any server error' },
  { key: 'success', says: 'A usable 2xx' },
  { key: 'failed', says: 'Everything but a usable 2xx' },
  { key: 'timeout', says: 'No answer in time' },
  { key: 'max-connection', says: 'No free connection in time' },
  { key: 'network', says: 'Look-up, connect or TLS failed, or it broke off' },
  { key: 'blocked', says: 'The guard refused the address' },
  { key: 'invalid', says: 'The request could not be made' },
  { key: 'response', says: 'A 2xx that cannot be used' },
  { key: 'rate-limited', says: 'Held back by our own limit' },
  { key: 'circuit-open', says: 'Held back: the host fails too often' },
  { key: 'unknown', says: 'Sent, then a crash: it may have had effect' },
  { key: 'error', says: 'No usable answer, but for timeout, max-connection, unknown' },
  { key: 'other', says: 'Everything; tried last' },
];

const common = ['200', '201', '204', '400', '401', '403', '404', '409', '422', '429', '500', '503'];

const dots = { ok: 'bg-ok', warn: 'bg-warn', bad: 'bg-bad', neutral: 'bg-line-strong', accent: 'bg-accent' };

export function OutcomeChip({ outcome, onRemove }: { outcome: string; onRemove?(): void }) {
  const tone = outcome === 'other' ? 'neutral' : outcomeTone(outcome);
  return (
    <span className="inline-flex h-6 items-center gap-1.5 rounded border bg-sunken pr-1 pl-1.5 font-mono text-xs">
      <span aria-hidden className={cn('size-1.5 rounded-full', dots[tone])} />
      {outcome}
      {onRemove && (
        <button type="button" aria-label={`Remove ${outcome}`} onClick={onRemove} className="rounded text-ink-3 hover:text-ink">
          <X aria-hidden className="size-3" />
        </button>
      )}
    </span>
  );
}

interface OutcomePickerProps {
  label: string;
  field: string;
  value: string[];
  onChange(value: string[]): void;
  readOnly: boolean;
  hideLabel?: boolean;
  /** Where none is chosen. */
  none?: string;
}

export function OutcomePicker({ label, field, value, onChange, readOnly, hideLabel, none = 'any outcome' }: OutcomePickerProps) {
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const listId = useId();
  const typed = query.trim().toLowerCase();
  const known = [...outcomes, ...common.map((key) => ({ key, says: 'This status' }))];
  const extra = /^[1-5]\d\d$/.test(typed) && !known.some((each) => each.key === typed) ? [{ key: typed, says: 'This status' }] : [];
  const shown = [...extra, ...known.filter((each) => each.key.includes(typed) || each.says.toLowerCase().includes(typed))];
  const toggle = (key: string) => onChange(value.includes(key) ? value.filter((each) => each !== key) : [...value, key]);
  const onKeyDown = (event: React.KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined) {
      event.preventDefault();
      setActive(Math.max(0, Math.min(shown.length - 1, active + by)));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const chosen = shown[active];
      if (chosen) toggle(chosen.key);
      setQuery('');
      setActive(0);
    }
  };
  return (
    <Field label={label} hideLabel={hideLabel}>
      {(ids) => (
        <div className="flex min-h-8 flex-wrap items-center gap-1">
          {value.map((outcome) => (
            <OutcomeChip key={outcome} outcome={outcome} onRemove={readOnly ? undefined : () => toggle(outcome)} />
          ))}
          {value.length === 0 && <span className="text-xs text-ink-3">{none}</span>}
          {!readOnly && (
            <Popover.Root open={open} onOpenChange={setOpen}>
              <Popover.Trigger asChild>
                <button {...ids} type="button" data-field={field} aria-label={`${label}: choose outcomes`} className="inline-flex h-6 items-center gap-1 rounded border border-dashed border-line-strong px-1.5 text-xs text-ink-2 hover:bg-hover">
                  <Plus aria-hidden className="size-3" />
                  Outcome
                </button>
              </Popover.Trigger>
              <Popover.Portal>
                <Popover.Content align="start" sideOffset={4} aria-label={label} className="z-50 flex max-h-80 w-80 flex-col rounded-md border border-line bg-surface shadow-pop">
                  <input
                    role="combobox"
                    aria-expanded
                    aria-controls={listId}
                    aria-activedescendant={shown[active] ? `${listId}-${shown[active].key}` : undefined}
                    aria-label="Search outcomes, or type a status"
                    placeholder="Search, or type a status: 404"
                    value={query}
                    onChange={(event) => {
                      setQuery(event.target.value);
                      setActive(0);
                    }}
                    onKeyDown={onKeyDown}
                    className="h-9 shrink-0 border-b bg-transparent px-3 text-sm outline-none"
                  />
                  <ul id={listId} role="listbox" aria-multiselectable aria-label="Outcomes" className="min-h-0 overflow-auto p-1">
                    {shown.map(({ key, says }, index) => (
                      // Keys are handled by the input, which keeps the focus.
                      // eslint-disable-next-line jsx-a11y/click-events-have-key-events
                      <li
                        key={key}
                        id={`${listId}-${key}`}
                        role="option"
                        aria-selected={value.includes(key)}
                        onClick={() => toggle(key)}
                        onMouseMove={() => setActive(index)}
                        className={cn('flex cursor-pointer items-center gap-2 rounded px-2 py-1', index === active && 'bg-hover')}
                      >
                        <Check aria-hidden className={cn('size-4 shrink-0 text-accent-text', !value.includes(key) && 'invisible')} />
                        <span className="shrink-0 font-mono text-xs">{key}</span>
                        <span className="min-w-0 text-xs text-ink-3">{says}</span>
                      </li>
                    ))}
                  </ul>
                  {shown.length === 0 && <p className="px-3 py-2 text-ink-3">No such outcome.</p>}
                </Popover.Content>
              </Popover.Portal>
            </Popover.Root>
          )}
        </div>
      )}
    </Field>
  );
}
