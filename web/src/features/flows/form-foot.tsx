import { Button } from '@/shared/ui/button';
import { ErrorNote } from '@/shared/ui/states';
import { isTaken } from './api';

interface FootProps {
  error: unknown;
  /** Whether a field of the form tells itself that the slug is taken. */
  slugError?: boolean;
  busy: boolean;
  action: string;
  disabled?: boolean;
  onCancel(): void;
}

/** The end of a form in a dialog: what the server refused, and the two ways out. */
export function FormFoot({ slugError, error, busy, action, disabled, onCancel }: FootProps) {
  return (
    <div className="flex flex-col gap-3 pb-2">
      {!(slugError && isTaken(error)) && <ErrorNote error={error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" look="primary" busy={busy} disabled={disabled}>
          {action}
        </Button>
      </div>
    </div>
  );
}
