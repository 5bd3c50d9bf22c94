import { useState } from 'react';
import { Dialog } from '@/shared/ui/dialog';
import { TextField } from '@/shared/ui/input';
import { toast } from '@/shared/ui/toast';
import { duplicateFlow, renameFlow, useFlowAct, type FlowLine } from './api';
import { freeSlug } from './documents';
import { FormFoot } from './form-foot';
import { NameFields, useNames } from './slug-fields';

interface DialogProps {
  flow: FlowLine;
  onClose(): void;
}

export function RenameDialog({ flow, onClose }: DialogProps) {
  const [name, setName] = useState(flow.name);
  const rename = useFlowAct(
    () => renameFlow(flow.slug, name),
    () => {
      toast(flow.version ? `Renamed to ${name} in the draft. Publish it to rename it in runs.` : `Renamed to ${name}.`);
      onClose();
    },
  );
  return (
    <Dialog open onClose={onClose} title={`Rename ${flow.name}`} size="sm">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          rename.mutate(undefined);
        }}
      >
        <TextField
          label="Name"
          required
          value={name}
          hint={`Its slug stays ${flow.slug}.`}
          onChange={(event) => setName(event.target.value)}
          // The dialog was opened to fill in this field.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          onFocus={(event) => event.target.select()}
        />
        <FormFoot error={rename.error} busy={rename.isPending} action="Rename" onCancel={onClose} />
      </form>
    </Dialog>
  );
}

export function DuplicateDialog({ flow, taken, onDone, onClose }: DialogProps & { taken: ReadonlySet<string>; onDone(slug: string): void }) {
  const names = useNames({ name: `${flow.name} (copy)`, slug: freeSlug(`${flow.slug}-copy`, taken) });
  const duplicate = useFlowAct(
    () => duplicateFlow(flow.slug, names.slug, names.name),
    (slug) => {
      toast(`Duplicated as ${names.name}.`, { action: { label: 'Open', run: () => onDone(slug) } });
      onClose();
    },
  );
  return (
    <Dialog open onClose={onClose} title={`Duplicate ${flow.name}`} description="The copy is a draft; nothing starts it until you publish it.">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          duplicate.mutate(undefined);
        }}
      >
        <NameFields names={names} error={duplicate.error} focus />
        <FormFoot slugError error={duplicate.error} busy={duplicate.isPending} action="Duplicate" onCancel={onClose} />
      </form>
    </Dialog>
  );
}
