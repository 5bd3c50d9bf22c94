import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Choices } from '@/shared/ui/choices';
import { ErrorState, Skeleton } from '@/shared/ui/states';
import { createExample, examplesQuery, readNeeds, useFlowAct, type Needs, type Secrets } from './api';
import type { Example } from './example';
import type { CreateFormProps } from './create-dialog';
import { freeSlug } from './documents';
import { ExampleNeeds } from './example-needs';
import { FormFoot } from './form-foot';
import { SlugField } from './slug-fields';

export function CreateExample({ taken, onDone, onCancel }: CreateFormProps) {
  const examples = useQuery(examplesQuery);
  if (examples.isPending) return <Skeleton rows={6} label="Loading the examples" />;
  if (examples.isError) return <ErrorState error={examples.error} onRetry={() => void examples.refetch()} />;
  return <ExampleForm examples={examples.data} taken={taken} onDone={onDone} onCancel={onCancel} />;
}

const nothing: Needs = { integrations: [], connections: [] };

function ExampleForm({ examples, taken, onDone, onCancel }: CreateFormProps & { examples: Example[] }) {
  const [chosen, choose] = useState(examples[0]?.slug ?? '');
  const [own, setOwn] = useState<string | null>(null);
  const [secrets, setSecrets] = useState<Secrets>({});
  const example = examples.find((each) => each.slug === chosen);
  const slug = own ?? freeSlug(chosen, taken);
  const needs = useQuery({ queryKey: ['example-needs', chosen], queryFn: () => readNeeds(example!), enabled: Boolean(example) });
  const create = useFlowAct(
    () => createExample(example!, slug, needs.data ?? nothing, secrets),
    (made) => onDone(made, example?.flow.start),
  );
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(submitted) => {
        submitted.preventDefault();
        create.mutate(undefined);
      }}
    >
      <Choices
        label="Example"
        value={chosen}
        onChange={(next) => {
          choose(next);
          setOwn(null);
          create.reset();
        }}
        options={examples.map((each) => ({ value: each.slug, label: each.name, description: each.description }))}
      />
      {example && <ExampleNeeds needs={needs.data ?? nothing} error={needs.error} secrets={secrets} onSecrets={setSecrets} />}
      <SlugField slug={slug} onChange={setOwn} error={create.error} />
      <FormFoot slugError error={create.error} busy={create.isPending} disabled={!example || needs.isPending} action="Create flow" onCancel={onCancel} />
    </form>
  );
}
