import { errorAt } from '@/shared/api/client';
import { TextField } from '@/shared/ui/input';

interface Props {
  label: string;
  /** Its path in the body, for what the server says of it. */
  at: string;
  value: string;
  onChange(value: string): void;
  placeholder: string;
  hint: string;
  error: unknown;
}

/** One setting: its own text, or the server's default where it is empty. */
export function SettingField({ label, at, value, onChange, placeholder, hint, error }: Props) {
  return <TextField label={label} mono={value !== ''} value={value} placeholder={placeholder} hint={hint} error={errorAt(error, at)} onChange={(event) => onChange(event.target.value)} />;
}

/** The text of a field as the API takes it: null where the default is meant. */
export const orNull = (text: string): string | null => text.trim() || null;
