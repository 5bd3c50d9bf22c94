// A JSON value edited as text; the document holds the value.
import { useState } from 'react';
import type { Json } from '../document/types';
import { JsonField, type TemplateFieldProps } from '../template-field';

type Props = Omit<TemplateFieldProps, 'value' | 'onChange' | 'position' | 'multiline'> & {
  value: Json | undefined;
  onChange(value: Json | undefined): void;
};

const textOf = (value: Json | undefined) => (value === undefined ? '' : JSON.stringify(value, null, 2));

export function JsonValueField({ value, onChange, error, ...rest }: Props) {
  const [held, setHeld] = useState({ text: textOf(value), value });
  // Changed from elsewhere: undo, or another control of the same value.
  if (held.value !== value && JSON.stringify(held.value) !== JSON.stringify(value)) setHeld({ text: textOf(value), value });
  const write = (text: string) => {
    if (text.trim() === '') {
      setHeld({ text, value: undefined });
      onChange(undefined);
      return;
    }
    try {
      const read = JSON.parse(text) as Json;
      setHeld({ text, value: read });
      onChange(read);
    } catch {
      setHeld({ text, value });
    }
  };
  const unread = held.text.trim() !== '' && !reads(held.text);
  return <JsonField {...rest} value={held.text} onChange={write} position="json" error={error} hint={unread ? 'Not kept until it is valid JSON. Holes stand in quotes: "{{ vars.name }}".' : rest.hint} />;
}

function reads(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
