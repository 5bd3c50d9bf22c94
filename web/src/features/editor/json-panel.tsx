// A node, or the trigger, as JSON: for what has no form.
import { useState } from 'react';
import type { PanelProps } from '@/flow/kinds';
import { TextareaField } from '@/shared/ui/input';
import type { TriggerPanelProps } from './slots';

export function JsonPanel({ node, onChange, readOnly }: PanelProps) {
  return <JsonField label="This node as JSON" value={node} readOnly={readOnly} onChange={onChange} />;
}

export function JsonTriggerPanel({ doc, onChange, readOnly }: TriggerPanelProps) {
  return <JsonField label="The trigger as JSON" value={doc.trigger} readOnly={readOnly} onChange={(trigger) => onChange({ ...doc, trigger })} />;
}

function JsonField<T extends object>({ label, value, onChange, readOnly }: { label: string; value: T; onChange(value: T): void; readOnly: boolean }) {
  const [typed, setTyped] = useState<{ text: string; error?: string; of: T } | null>(null);
  const current = typed && (typed.error !== undefined || typed.of === value) ? typed : null;
  const change = (text: string) => {
    try {
      const read = JSON.parse(text) as T;
      if (typeof read !== 'object' || read === null || Array.isArray(read)) throw new Error('Enter an object: { … }');
      setTyped({ text, of: read });
      onChange(read);
    } catch (error) {
      setTyped({ text, of: value, error: error instanceof Error ? error.message : 'Enter valid JSON.' });
    }
  };
  return <TextareaField label={label} mono rows={18} readOnly={readOnly} value={current?.text ?? JSON.stringify(value, null, 2)} error={current?.error} onChange={(event) => change(event.target.value)} />;
}
