import { TextField } from '@/shared/ui/input';

/** An RFC 3339 time as the browser's own control has it, in the reader's zone. */
function localOf(at: string | null | undefined): string {
  if (!at) return '';
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '';
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function ExpiryField({ value, onChange, error, readOnly }: { value: string | null; onChange(value: string | null): void; error?: string; readOnly?: boolean }) {
  return (
    <TextField
      label="Not used from"
      type="datetime-local"
      value={localOf(value)}
      readOnly={readOnly}
      error={error}
      onChange={(event) => onChange(event.target.value ? new Date(event.target.value).toISOString() : null)}
      hint="Calls with it end as invalid from then on. Empty: it does not expire."
      className="max-w-xs"
    />
  );
}
