import { Search, SlidersHorizontal, X } from 'lucide-react';
import { useEffect, useId, useState, type ReactNode } from 'react';
import { useDebounced, useLatest } from '@/shared/lib/hooks';
import { Button } from '@/shared/ui/button';
import { cn } from '@/shared/lib/cn';
import { Field } from '@/shared/ui/field';
import { Input } from '@/shared/ui/input';
import { SelectField } from '@/shared/ui/select';
import { countFilters, outcomes, statuses, times, type RunFilters } from './filters';

interface FilterBarProps {
  filters: RunFilters;
  flows: { value: string; label: string }[];
  onChange(filters: RunFilters): void;
}

/** What narrows the list down; on a phone all but the search is behind a button. */
export function FilterBar({ filters, flows, onChange }: FilterBarProps) {
  const [open, setOpen] = useState(false);
  const set = (key: keyof RunFilters) => (value: string) => onChange({ ...filters, [key]: value || undefined });
  const count = countFilters(filters);
  const custom = Boolean(filters.from || filters.to || filters.time === 'custom');
  const setTime = (time: string) => onChange({ ...filters, time: time || undefined, from: undefined, to: undefined });
  return (
    <div role="search" aria-label="Filter the runs" className="flex flex-wrap items-center gap-2">
      <TextFilter label="Search" placeholder="Search event, contact, id" value={filters.search} onChange={set('search')} icon={<Search />} className="min-w-44 flex-1 md:max-w-72" />
      <Button className="md:hidden" icon={<SlidersHorizontal />} aria-expanded={open} onClick={() => setOpen(!open)}>
        Filters{count > 0 ? ` (${count})` : ''}
      </Button>
      <div className={cn('flex flex-wrap items-center gap-2 max-md:w-full max-md:[&>*]:w-[calc(50%-0.25rem)]', !open && 'max-md:hidden')}>
        <SelectField label="Flow" hideLabel className="md:w-40" value={filters.flow ?? ''} options={flows} placeholder="All flows" onChange={set('flow')} />
        <SelectField
          label="Status"
          hideLabel
          className="md:w-32"
          value={filters.status ?? ''}
          options={statuses.map((status) => ({ value: status, label: status[0]!.toUpperCase() + status.slice(1) }))}
          placeholder="Any status"
          onChange={set('status')}
        />
        <TextFilter label="Outcome of a call" placeholder="Outcome: 404" value={filters.outcome} onChange={set('outcome')} list={outcomes} className="md:w-36" />
        <TextFilter label="Contact" placeholder="Contact id" value={filters.contact} onChange={set('contact')} className="md:w-32" />
        <SelectField label="Started" hideLabel className="md:w-36" value={custom ? 'custom' : (filters.time ?? '')} options={times} onChange={setTime} />
        {custom && (
          <div className="flex flex-wrap items-center gap-2 max-md:w-full!">
            <TimeFilter label="From" value={filters.from} onChange={set('from')} />
            <TimeFilter label="To" value={filters.to} onChange={set('to')} />
          </div>
        )}
        {count > 0 && (
          <Button look="ghost" icon={<X />} onClick={() => onChange({})}>
            Clear
          </Button>
        )}
      </div>
    </div>
  );
}

interface TextFilterProps {
  label: string;
  placeholder: string;
  value: string | undefined;
  onChange(value: string): void;
  icon?: ReactNode;
  list?: string[];
  className?: string;
}

const typingMs = 300;

/** A text that filters once its typing has come to rest. */
function TextFilter({ label, placeholder, value = '', onChange, icon, list, className }: TextFilterProps) {
  const [text, setText] = useState(value);
  const [given, setGiven] = useState(value);
  const settled = useDebounced(text, typingMs);
  const state = useLatest({ value, onChange });
  const listId = useId();
  // The address changed by itself: back, forward, Clear.
  if (given !== value) {
    setGiven(value);
    setText(value);
  }
  useEffect(() => {
    const typed = settled.trim();
    if (typed !== state.current.value) state.current.onChange(typed);
    // Only typing changes the filter.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [settled]);
  return (
    <Field label={label} hideLabel className={className}>
      {(ids) => (
        <span className="relative flex [&>svg]:pointer-events-none [&>svg]:absolute [&>svg]:top-2 [&>svg]:left-2.5 [&>svg]:size-4 [&>svg]:text-ink-3">
          {icon}
          <Input
            {...ids}
            type={list ? 'text' : 'search'}
            list={list ? listId : undefined}
            value={text}
            placeholder={placeholder}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => event.key === 'Enter' && onChange(text.trim())}
            className={cn(Boolean(icon) && 'pl-8')}
          />
          {list && (
            <datalist id={listId}>
              {list.map((item) => (
                <option key={item} value={item} />
              ))}
            </datalist>
          )}
        </span>
      )}
    </Field>
  );
}

function TimeFilter({ label, value, onChange }: { label: string; value: string | undefined; onChange(value: string): void }) {
  const id = useId();
  return (
    <span className="flex items-center gap-1.5 max-md:w-full">
      <label htmlFor={id} className="text-xs text-ink-2 max-md:w-8">
        {label}
      </label>
      <Input id={id} type="datetime-local" value={value ?? ''} onChange={(event) => onChange(event.target.value)} className="md:w-48" />
    </span>
  );
}
