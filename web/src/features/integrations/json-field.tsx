import { useState } from 'react';
import { FieldNote } from './field-note';
import { LazySourceEditor } from './lazy-source-editor';

interface JsonFieldProps {
  label: string;
  value: unknown;
  onChange(value: unknown): void;
  readOnly?: boolean;
  /** What an empty text means; nothing where it is not given. */
  empty?: unknown;
  error?: string;
}

const print = (value: unknown) => (value === undefined ? '' : JSON.stringify(value, null, 2));

/** A value of the document as JSON text. What cannot be read as JSON stays a text here, and out of the document. */
export function JsonField({ label, value, onChange, readOnly, empty, error }: JsonFieldProps) {
  const [held, hold] = useState({ value, text: print(value), wrong: '' });
  // The document changed elsewhere: what stands here is made anew.
  if (held.value !== value) hold({ value, text: print(value), wrong: '' });
  const write = (text: string) => {
    if (text === held.text) return;
    try {
      const next: unknown = text.trim() === '' ? empty : JSON.parse(text);
      hold({ value: next, text, wrong: '' });
      onChange(next);
    } catch (fault) {
      hold({ value, text, wrong: fault instanceof Error ? fault.message : '' });
    }
  };
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <LazySourceEditor label={label} language="json" value={held.text} onChange={write} readOnly={readOnly} />
      {held.wrong && (
        <p role="alert" className="text-xs break-words text-bad">
          Enter valid JSON: until it is, the draft keeps what was here before. {held.wrong}
        </p>
      )}
      <FieldNote error={error} />
    </div>
  );
}
