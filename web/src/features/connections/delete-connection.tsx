import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Confirm } from '@/shared/ui/dialog';
import { toast, toastError } from '@/shared/ui/toast';
import { usesQuery, useRemove } from './api';

/** The question before a connection goes, with the flows that it takes along. */
export function DeleteConnection({ id, onClose }: { id: string; onClose(): void }) {
  const uses = useQuery(usesQuery(id));
  const remove = useRemove(id);
  const navigate = useNavigate();
  const flows = uses.data?.flows ?? [];
  const confirm = async () => {
    try {
      await remove.mutateAsync();
      toast(`${id} is deleted.`);
      await navigate({ to: '/connections' });
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <Confirm open title={`Delete ${id}?`} action="Delete" danger onConfirm={confirm} onClose={onClose}>
      <p>Its secrets are deleted with it, and cannot be brought back.</p>
      {flows.length > 0 && (
        <>
          <p className="mt-2 font-medium text-ink">Calls of these flows fail from then on:</p>
          <ul className="mt-1 list-disc pl-5">
            {flows.map(({ slug, name }) => (
              <li key={slug} className="break-words">
                {name || slug}
              </li>
            ))}
          </ul>
        </>
      )}
      {uses.isError && <p className="mt-2">Which flows use it is not known: {uses.error.message}</p>}
      {uses.data && !uses.data.complete && <p className="mt-2">There may be more flows: not all were looked into.</p>}
      {uses.data?.complete && flows.length === 0 && <p className="mt-2">No flow uses it.</p>}
    </Confirm>
  );
}
