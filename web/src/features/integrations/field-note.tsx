import { Words } from '@/shared/ui/words';

/** What is wrong with a group of fields. */
export function FieldNote({ error }: { error?: string }) {
  return error ? (
    <p className="text-xs break-words text-bad">
      <Words text={error} />
    </p>
  ) : null;
}
