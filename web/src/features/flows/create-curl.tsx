import { useQuery } from '@tanstack/react-query';
import { Info } from 'lucide-react';
import { useState } from 'react';
import { useDebounced } from '@/shared/lib/hooks';
import { TextareaField } from '@/shared/ui/input';
import { Spinner } from '@/shared/ui/spinner';
import { ErrorNote } from '@/shared/ui/states';
import { createFlow, readCurl, useFlowAct } from './api';
import type { CreateFormProps } from './create-dialog';
import { callFlow, callName } from './documents';
import { FormFoot } from './form-foot';
import { NameFields, useNames } from './slug-fields';

export function CreateCurl({ onDone, onCancel }: CreateFormProps) {
  const names = useNames();
  const [command, setCommand] = useState('');
  const settled = useDebounced(command.trim(), 400);
  const read = useQuery({ queryKey: ['curl', settled], queryFn: () => readCurl(settled), enabled: settled !== '', retry: false, staleTime: Infinity });
  const create = useFlowAct(
    async () => createFlow(names.slug, callFlow(names.slug, names.name, (await readCurl(command)).node)),
    (slug) => onDone(slug, 'call'),
  );
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(submitted) => {
        submitted.preventDefault();
        create.mutate(undefined);
      }}
    >
      <TextareaField
        label="cURL command"
        mono
        required
        rows={5}
        // The dialog was opened to paste into this field.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        value={command}
        placeholder={"curl -X POST https://api.example.com/v1/orders \\\n  -H 'Content-Type: application/json' -d '{\"id\": 7}'"}
        hint="From a terminal, a browser's network tools or an API's documentation. It is read, never run."
        onChange={(event) => setCommand(event.target.value)}
      />
      {settled !== '' && read.isFetching && <Spinner label="Reading the command" />}
      {settled !== '' && !create.error && <ErrorNote error={read.error} />}
      {settled !== '' && read.data && (
        <div className="flex flex-col gap-1.5 rounded-md border border-line bg-sunken px-3 py-2">
          <p className="font-mono text-xs break-all">{callName(read.data.node)}</p>
          {read.data.notes.map((note) => (
            <p key={note} className="flex gap-1.5 text-xs text-warn">
              <Info aria-hidden className="mt-px size-3.5 shrink-0" />
              <span className="min-w-0 break-words">{note}</span>
            </p>
          ))}
        </div>
      )}
      <NameFields names={names} error={create.error} />
      <FormFoot slugError error={create.error} busy={create.isPending} action="Create flow" onCancel={onCancel} />
    </form>
  );
}
