import { useState, type ReactNode } from 'react';
import { Segmented } from '@/shared/ui/toggle';
import { FieldNote } from './field-note';
import { JsonField } from './json-field';

interface FormOrJsonProps {
  label: string;
  value: unknown;
  onChange(value: unknown): void;
  readOnly?: boolean;
  error?: string;
  children: ReactNode;
  hint?: ReactNode;
}

type View = 'form' | 'json';

/** A part of the document by its form, or as the JSON that it is. */
export function FormOrJson({ label, value, onChange, readOnly, error, children, hint }: FormOrJsonProps) {
  const [view, setView] = useState<View>('form');
  return (
    <div role="group" aria-label={label} className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="min-w-0 flex-1 text-xs text-ink-3">{hint}</p>
        <Segmented<View>
          label={`${label}: shown as`}
          value={view}
          options={[
            { value: 'form', label: 'Form' },
            { value: 'json', label: 'JSON' },
          ]}
          onChange={(value) => setView(value)}
        />
      </div>
      {view === 'form' ? (
        <>
          {children}
          <FieldNote error={error} />
        </>
      ) : (
        <JsonField label={`${label} as JSON`} value={value} onChange={onChange} readOnly={readOnly} error={error} />
      )}
    </div>
  );
}
