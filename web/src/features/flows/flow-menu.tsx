import { useNavigate } from '@tanstack/react-router';
import { Activity, ClipboardCopy, CopyPlus, Ellipsis, PenLine, SquarePen, Trash2 } from 'lucide-react';
import { useMay } from '@/shared/api/session';
import { IconButton } from '@/shared/ui/button';
import { Menu, type MenuItem } from '@/shared/ui/menu';
import { toast, toastError } from '@/shared/ui/toast';
import { readText, removeFlow, restoreFlow, useFlowAct, type FlowLine } from './api';

/** What can be done with one flow. */
export function FlowMenu({ flow, onRename, onDuplicate }: { flow: FlowLine; onRename(): void; onDuplicate(): void }) {
  const navigate = useNavigate();
  const mayEdit = useMay('editor');
  const remove = useRemove();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(await readText(flow.slug));
      toast(`The document of ${flow.name} is copied.`);
    } catch (error) {
      toastError(error);
    }
  };
  const items: (MenuItem | null)[] = [
    { label: mayEdit ? 'Open' : 'Look at it', icon: <SquarePen />, onSelect: () => void navigate({ to: '/flows/$slug', params: { slug: flow.slug } }) },
    { label: 'Show its runs', icon: <Activity />, onSelect: () => void navigate({ to: '/runs', search: { flow: flow.slug } }) },
    { label: 'Copy document', icon: <ClipboardCopy />, onSelect: () => void copy() },
  ];
  const edits: (MenuItem | null)[] = [
    null,
    { label: 'Rename…', icon: <PenLine />, onSelect: onRename },
    { label: 'Duplicate…', icon: <CopyPlus />, onSelect: onDuplicate },
    null,
    { label: 'Delete', icon: <Trash2 />, danger: true, onSelect: () => remove(flow) },
  ];
  return <Menu label={`Acts on ${flow.name}`} trigger={<IconButton label={`More: ${flow.name}`} size="sm" icon={<Ellipsis />} />} items={mayEdit ? [...items, ...edits] : items} />;
}

/** Deletes at once, and offers to take it back. */
function useRemove() {
  const restore = useFlowAct(
    (flow: FlowLine) => restoreFlow(flow.slug),
    (_, flow) => toast(`${flow.name} is back.`),
  );
  const remove = useFlowAct(
    (flow: FlowLine) => removeFlow(flow.slug),
    (_, flow) => toast(`Deleted ${flow.name}. Runs under way go on to their end.`, { action: { label: 'Undo', run: () => restore.mutate(flow, { onError: toastError }) } }),
  );
  return (flow: FlowLine) => remove.mutate(flow, { onError: toastError });
}
