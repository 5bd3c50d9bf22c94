import type { Found } from '@/shared/api/client';
import { problemsAt, wordsOf } from '@/shared/lib/problems';
import { TextField } from '@/shared/ui/input';
import { objectOf, textOf, withKey, type OperationDoc } from './document';

interface SendingFieldsProps {
  operation: OperationDoc;
  onChange(operation: OperationDoc): void;
  at: string;
  problems: Found[];
  readOnly: boolean;
}

/** A number as it was typed; what is none stays the text, which the check refuses. */
function numberOf(text: string): unknown {
  return text.trim() === '' ? undefined : Number.isNaN(Number(text)) ? text : Number(text);
}

/** `429, 5xx` as the document has it. */
function outcomesOf(text: string): unknown {
  const parts = text.split(',').map((part) => part.trim());
  return text.trim() === '' ? undefined : parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** How long to wait, when to send again, and how to tell the API that it is the same call. */
export function SendingFields({ operation, onChange, at, problems, readOnly }: SendingFieldsProps) {
  const retry = objectOf(operation.retry);
  const wrong = (field: string, deep = true) => wordsOf(problemsAt(problems, `${at}.${field}`, deep));
  const setRetry = (key: string, value: unknown) => {
    const next = withKey(retry, key, value);
    onChange(withKey(operation, 'retry', Object.keys(next).length > 0 ? next : undefined));
  };
  const on = Array.isArray(retry.on) ? retry.on.join(', ') : textOf(retry.on);
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <TextField label="Timeout of one attempt, ms" inputMode="numeric" value={textOf(operation.timeoutMs)} readOnly={readOnly} error={wrong('timeoutMs')} onChange={(event) => onChange(withKey(operation, 'timeoutMs', numberOf(event.target.value)))} placeholder="10000" />
      <TextField
        label="Idempotency header"
        mono
        value={textOf(operation.idempotency?.header)}
        readOnly={readOnly}
        error={wrong('idempotency')}
        onChange={(event) => onChange(withKey(operation, 'idempotency', event.target.value === '' ? undefined : { header: event.target.value }))}
        placeholder="Idempotency-Key"
        hint="Carries one key for all attempts, which makes sending again safe."
      />
      <TextField label="Attempts, the first included" inputMode="numeric" value={textOf(retry.maxAttempts)} readOnly={readOnly} error={wrong('retry.maxAttempts')} onChange={(event) => setRetry('maxAttempts', numberOf(event.target.value))} placeholder="1" />
      <TextField label="All attempts within, ms" inputMode="numeric" value={textOf(retry.withinMs)} readOnly={readOnly} error={wrong('retry.withinMs')} onChange={(event) => setRetry('withinMs', numberOf(event.target.value))} placeholder="120000" />
      <RetryOn value={on} readOnly={readOnly} error={wrong('retry.on')} onChange={(text) => setRetry('on', outcomesOf(text))} />
    </div>
  );
}

function RetryOn({ value, readOnly, error, onChange }: { value: string; readOnly: boolean; error?: string; onChange(text: string): void }) {
  return (
    <TextField
      label="Send again on"
      mono
      // Written when it is left: a comma that was just typed is no outcome yet.
      key={value}
      defaultValue={value}
      readOnly={readOnly}
      error={error}
      onBlur={(event) => event.target.value !== value && onChange(event.target.value)}
      placeholder="429, 502, 503, 504, network, timeout"
      hint="Outcomes, with commas between."
    />
  );
}
