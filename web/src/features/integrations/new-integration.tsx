import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { isProblem } from '@/shared/api/client';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { TextField, TextareaField } from '@/shared/ui/input';
import { Refusal } from '@/shared/ui/problem-list';
import { forget, importCurl, writeDraft } from './api';
import { integrationOfCall } from './curl';
import { freshIntegration, type IntegrationDoc } from './document';
import { NameFields, useNames } from './name-fields';

/** Writes a new draft and opens it; a slug that is taken is told beside its field. */
export function useCreate() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const create = useMutation({
    mutationFn: ({ slug, document }: { slug: string; document: IntegrationDoc | string }) => writeDraft(slug, document),
    onSuccess: async ({ integration: { slug }, problems }) => {
      forget(queries, slug);
      queries.setQueryData(['integrations', slug, 'problems'], problems);
      await navigate({ to: '/integrations/$slug', params: { slug } });
    },
  });
  const taken = isProblem(create.error, 'revision-differs') ? 'There is an integration with this slug. Choose another one.' : undefined;
  return { create, taken };
}

/** By hand: a name and an address; the operations come next. */
export function NewIntegration({ open, onClose }: { open: boolean; onClose(): void }) {
  const names = useNames();
  const [baseUrl, setBaseUrl] = useState('');
  const { create, taken } = useCreate();
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    create.mutate({ slug: names.slug, document: freshIntegration(names.slug, names.name, baseUrl) });
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Set up an integration"
      description="An API written down once: flows then choose its operations and fill in their inputs."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="new-integration" busy={create.isPending}>
            Create draft
          </Button>
        </>
      }
    >
      <form id="new-integration" onSubmit={submit} className="flex flex-col gap-3">
        <NameFields names={names} slugError={taken} />
        <TextField label="Base URL" required mono value={baseUrl} onChange={(event) => setBaseUrl(event.target.value)} placeholder="https://api.example.com/v2" hint="The paths of its operations follow it." />
        {!taken && <Refusal error={create.error} />}
      </form>
    </Dialog>
  );
}

/** From a command: its host becomes the integration, its call the first operation. */
export function NewFromCurl({ open, onClose }: { open: boolean; onClose(): void }) {
  const names = useNames();
  const [command, setCommand] = useState('');
  const [key, setKey] = useState('call');
  const { create, taken } = useCreate();
  const read = useMutation({ mutationFn: () => importCurl(command) });
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    const { node } = await read.mutateAsync();
    create.mutate({ slug: names.slug, document: integrationOfCall(names.slug, names.name, key, node) });
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      size="lg"
      title="Import a cURL command"
      description="Its host becomes an integration with one operation. For a single flow, paste the command into an API call step there instead."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="new-from-curl" busy={read.isPending || create.isPending}>
            Create draft
          </Button>
        </>
      }
    >
      <form id="new-from-curl" onSubmit={(event) => void submit(event).catch(() => {})} className="flex flex-col gap-3">
        <TextareaField
          label="cURL command"
          required
          mono
          rows={6}
          value={command}
          onChange={(event) => setCommand(event.target.value)}
          spellCheck={false}
          placeholder={"curl https://api.example.com/v2/customers/7 -H 'X-Mark: a'"}
          hint="As copied from a terminal, the browser’s tools or an API’s documents. Its user, password or token is not kept: you give it to a connection."
        />
        <NameFields names={names} slugError={taken} />
        <TextField label="Operation" required mono value={key} onChange={(event) => setKey(event.target.value)} hint="Letters, digits and underscores." className="sm:max-w-[calc(50%-0.375rem)]" />
        <Refusal error={read.error} />
        {!taken && <Refusal error={create.error} />}
      </form>
    </Dialog>
  );
}
