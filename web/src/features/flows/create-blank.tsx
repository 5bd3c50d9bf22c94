import { useState } from 'react';
import { TextField } from '@/shared/ui/input';
import { Segmented } from '@/shared/ui/toggle';
import { createFlow, useFlowAct } from './api';
import type { CreateFormProps } from './create-dialog';
import { blankFlow } from './documents';
import { FormFoot } from './form-foot';
import { NameFields, useNames } from './slug-fields';

export function CreateBlank({ onDone, onCancel }: CreateFormProps) {
  const names = useNames();
  const [starts, setStarts] = useState<'event' | 'api'>('event');
  const [event, setEvent] = useState('call.connected');
  const create = useFlowAct(() => createFlow(names.slug, blankFlow(names.slug, names.name, starts === 'event' ? event.trim() : '')), (slug) => onDone(slug));
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(submitted) => {
        submitted.preventDefault();
        create.mutate(undefined);
      }}
    >
      <NameFields names={names} error={create.error} focus />
      <div className="grid gap-3 sm:grid-cols-2">
        <div className="flex flex-col gap-1">
          <span aria-hidden className="text-xs font-medium text-ink-2">
            Starts with
          </span>
          <Segmented<'event' | 'api'>
            label="Starts with"
            value={starts}
            onChange={setStarts}
            options={[
              { value: 'event', label: 'An event' },
              { value: 'api', label: 'The API only' },
            ]}
          />
        </div>
        {starts === 'event' && (
          <TextField label="Event" required mono value={event} onChange={(each) => setEvent(each.target.value)} hint="Its name, as your systems send it." />
        )}
      </div>
      <FormFoot slugError error={create.error} busy={create.isPending} action="Create flow" onCancel={onCancel} />
    </form>
  );
}
