import { useNavigate } from '@tanstack/react-router';
import { Confirm } from '@/shared/ui/dialog';
import { toast, toastError } from '@/shared/ui/toast';
import { useRemove } from './api';

export function RemoveDialog({ slug, onClose }: { slug: string; onClose(): void }) {
  const remove = useRemove(slug);
  const navigate = useNavigate();
  const confirm = async () => {
    try {
      await remove.mutateAsync();
      toast(`${slug} is removed.`);
      await navigate({ to: '/integrations', ignoreBlocker: true });
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <Confirm open title={`Remove ${slug}?`} action="Remove" danger onConfirm={confirm} onClose={onClose}>
      It leaves the list and takes no new version. Flows that pin one of its versions go on calling it. Writing a draft with this slug again brings it back with its versions.
    </Confirm>
  );
}
