// A JSON value edited as its text; the document holds the value.
import { useState } from 'react';
import type { Json } from '../document/types';
import { hasHole, JsonField, type TemplateFieldProps } from '../template-field';

type Props = Omit<TemplateFieldProps, 'value' | 'onChange' | 'position' | 'multiline' | 'error'> & {
  value: Json | undefined;
  /** Undefined where the text is empty. */
  onChange(value: Json | undefined): void;
};

const textOf = (value: Json | undefined) => (value === undefined ? '' : JSON.stringify(value, null, 2));

function read(text: string): { value: Json | undefined } | { error: string } {
  if (text.trim() === '') return { value: undefined };
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return { error: 'Not kept yet: this is no JSON. Templates stand in quotes, as "{{ vars.name }}".' };
  }
}

export function JsonValueField({ value, onChange, ...rest }: Props) {
  const [held, setHeld] = useState({ text: textOf(value), value });
  // Changed from elsewhere: undo, or another control of the same value.
  if (held.value !== value && JSON.stringify(held.value) !== JSON.stringify(value)) setHeld({ text: textOf(value), value });
  const now = read(held.text);
  const write = (text: string) => {
    const next = read(text);
    setHeld({ text, value: 'value' in next ? next.value : value });
    if ('value' in next) onChange(next.value);
  };
  return <JsonField {...rest} quiet={rest.quiet ?? !hasHole(held.text)} value={held.text} onChange={write} position="json" error={'error' in now ? now.error : undefined} />;
}
