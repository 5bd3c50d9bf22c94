// What the flow is called, and how often one contact may enter.
import { useEditor } from '../editor-context';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { TextareaField, TextField } from '@/shared/ui/input';
import type { FlowDoc } from '@/flow/document/types';
import { whereIs } from '../problems';

export function SettingsDialog({ onClose }: { onClose(): void }) {
  const { doc, readOnly, acts, slug, state } = useEditor();
  const set = (field: 'name' | 'description', value: string) => {
    const { [field]: _, ...rest } = doc;
    acts.setDoc((value ? { ...doc, [field]: value } : rest) as FlowDoc, `change the flow's ${field}`, `flow.${field}`);
  };
  const problemOf = (field: string) => state.problems.find(({ at }) => whereIs(at).node === null && (at === field || at.startsWith(`${field}.`)));
  const others = state.problems.filter(({ at }) => whereIs(at).node === null && !/^(name|description)\b/.test(at));
  return (
    <Dialog open onClose={onClose} title="Flow settings" footer={<Button onClick={onClose}>Close</Button>}>
      <div className="flex flex-col gap-3">
        <TextField label="Name" value={doc.name ?? ''} readOnly={readOnly} error={problemOf('name')?.message} onChange={(event) => set('name', event.target.value)} />
        <TextareaField label="Description" value={doc.description ?? ''} readOnly={readOnly} error={problemOf('description')?.message} onChange={(event) => set('description', event.target.value)} />
        <TextField label="Slug" mono value={slug} readOnly hint="It stands in addresses and in other flows, and stays as it is." />
        {others.length > 0 && (
          <ul aria-label="Problems of the flow" className="flex flex-col gap-1 text-xs text-bad">
            {others.map((problem, index) => (
              <li key={index} className="break-words">
                {problem.message} {problem.fix}
              </li>
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  );
}
