import { useFlow, type SampleScope } from '../context';
import type { Json } from '../document/types';
import { JsonValueField } from '../fields/json-value-field';

interface SampleFieldProps {
  part: keyof SampleScope;
  label: string;
  hint?: string;
  placeholder?: string;
  readOnly?: boolean;
}

/** A part of the values that the flow is tried with, as JSON. */
export function SampleField({ part, label, hint, placeholder, readOnly = false }: SampleFieldProps) {
  const { samples, setSamples } = useFlow();
  const value = samples[part];
  const empty = Object.keys(value).length === 0;
  const write = (next: Json | undefined) => {
    const object = typeof next === 'object' && next !== null && !Array.isArray(next) ? next : {};
    setSamples({ ...samples, [part]: object });
  };
  return <JsonValueField label={label} hint={hint} placeholder={placeholder} quiet value={empty ? undefined : (value as Json)} onChange={write} readOnly={readOnly} />;
}
