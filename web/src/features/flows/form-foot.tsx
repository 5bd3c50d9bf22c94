import { Button } from '@/shared/ui/button';
import { ErrorNote } from '@/shared/ui/states';
import { isTaken } from './api';

/** The end of a form in a dialog: what the server refused, and the two ways out. */
export function FormFoot({ error, busy, action, disabled, onCancel }: { error: unknown; busy: boolean; action: string; disabled?: boolean; onCancel(): void }) {
  return (
    <div className="flex flex-col gap-3 pb-2">
      {Boolean(error) && !isTaken(error) && <ErrorNote error={error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" look="primary" busy={busy} disabled={disabled}>
          {action}
        </Button>
      </div>
    </div>
  );
}
