import { FileUp } from 'lucide-react';
import { useRef, useState } from 'react';
import { slugOf } from '@/shared/lib/format';
import { Button } from '@/shared/ui/button';
import { Field } from '@/shared/ui/field';
import { Textarea } from '@/shared/ui/input';
import { createFlow, isTaken, useFlowAct } from './api';
import type { CreateFormProps } from './create-dialog';
import { slugIn } from './documents';
import { FormFoot } from './form-foot';

export function CreateFile({ onDone, onCancel }: CreateFormProps) {
  const [text, setText] = useState('');
  const [file, setFile] = useState('');
  const picker = useRef<HTMLInputElement>(null);
  const slug = slugIn(text) || slugOf(file.replace(/\.[a-z]+$/i, ''));
  const create = useFlowAct(() => createFlow(slug || 'flow', text), (made) => onDone(made));
  const read = async (chosen: File | undefined) => {
    if (!chosen) return;
    setFile(chosen.name);
    setText(await chosen.text());
    create.reset();
  };
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(submitted) => {
        submitted.preventDefault();
        create.mutate(undefined);
      }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void read(event.dataTransfer.files[0]);
      }}
    >
      <input ref={picker} type="file" aria-label="File with a flow" accept=".yaml,.yml,.json" className="sr-only" tabIndex={-1} onChange={(event) => void read(event.target.files?.[0])} />
      <Field
        label="Flow document"
        error={isTaken(create.error) ? `There is a flow “${slug}” already. Change the slug in the document.` : undefined}
        hint={slug ? `Becomes the flow “${slug}”.` : 'YAML or JSON: a file that you choose, drop here, or paste.'}
        aside={
          <Button size="sm" look="ghost" icon={<FileUp />} onClick={() => picker.current?.click()}>
            Choose a file
          </Button>
        }
      >
        {(ids) => <Textarea {...ids} mono required rows={12} value={text} placeholder={'kind: flow\nslug: caller-lookup\n…'} spellCheck={false} onChange={(event) => setText(event.target.value)} />}
      </Field>
      <FormFoot slugError error={create.error} busy={create.isPending} action="Create flow" onCancel={onCancel} />
    </form>
  );
}
