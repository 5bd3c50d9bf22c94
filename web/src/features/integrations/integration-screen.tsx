import { useQuery } from '@tanstack/react-query';
import { useBlocker, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { FileText, MoreHorizontal, Rocket, Save, Trash2, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { isProblem } from '@/shared/api/client';
import { useMay } from '@/shared/api/session';
import { formatCount } from '@/shared/lib/format';
import { Badge } from '@/shared/ui/badge';
import { Button, IconButton } from '@/shared/ui/button';
import { Confirm } from '@/shared/ui/dialog';
import { Menu } from '@/shared/ui/menu';
import { Card, Page } from '@/shared/ui/page';
import { ProblemList, Refusal } from '@/shared/ui/problem-list';
import { ErrorState, Skeleton } from '@/shared/ui/states';
import { Tabs } from '@/shared/ui/tabs';
import { draftQuery, integrationQuery, type Draft, type Integration } from './api';
import { operationsOf } from './document';
import { IntegrationState } from './integration-state';
import { MovePins } from './move-pins';
import { OperationsTab } from './operations-tab';
import { OvertakenDialog } from './overtaken-dialog';
import { PublishDialog } from './publish-dialog';
import { RemoveDialog } from './remove-dialog';
import { SettingsTab } from './settings-tab';
import { TextDialog } from './text-dialog';
import { useDraft, type DraftState } from './use-draft';
import { UsesTab } from './uses-tab';
import { VersionsTab } from './versions-tab';

export function IntegrationScreen() {
  const { slug } = useParams({ strict: false }) as { slug: string };
  const integration = useQuery(integrationQuery(slug));
  const draft = useQuery(draftQuery(slug));
  if (integration.isError) return <ErrorState error={integration.error} onRetry={() => void integration.refetch()} />;
  if (isProblem(draft.error, 'not-acceptable')) return <Unreadable slug={slug} onMended={() => void draft.refetch()} />;
  if (draft.isError) return <ErrorState error={draft.error} onRetry={() => void draft.refetch()} />;
  if (integration.isPending || draft.isPending) {
    return (
      <Page title={slug}>
        <Skeleton label="Loading the integration" />
      </Page>
    );
  }
  return <Screen key={slug} integration={integration.data} first={draft.data} />;
}

/** A draft that is no document at all can only be mended as text. */
function Unreadable({ slug, onMended }: { slug: string; onMended(): void }) {
  const [open, setOpen] = useState(false);
  return (
    <Page title={slug}>
      <Card title="The draft cannot be read">
        <p className="mb-3 text-ink-2">Its text is not a document. Mend it as text.</p>
        <Button look="primary" onClick={() => setOpen(true)}>
          Edit as text
        </Button>
      </Card>
      {open && <TextDialog slug={slug} readOnly={false} onClose={() => setOpen(false)} onWritten={onMended} />}
    </Page>
  );
}

type Asked = 'publish' | 'text' | 'remove' | 'pins' | null;

function Screen({ integration, first }: { integration: Integration; first: Draft }) {
  const { slug } = integration;
  const search = useSearch({ strict: false }) as { tab?: string; op?: string };
  const navigate = useNavigate();
  const readOnly = !useMay('editor');
  const draft = useDraft(slug, first);
  const [asked, ask] = useState<Asked>(null);
  const [pinsTo, setPinsTo] = useState<number>();
  const go = (tab: string, op?: string) => void navigate({ to: '/integrations/$slug', params: { slug }, search: { tab, op }, resetScroll: false });
  const show = (at: string) => {
    const key = /^operations\.([^.[]+)/.exec(at)?.[1];
    go(key ? 'operations' : 'settings', key);
  };
  const movePins = (to: number) => {
    setPinsTo(to);
    ask('pins');
  };
  const editing = { doc: draft.doc, onChange: draft.setDoc, problems: draft.problems, readOnly };
  return (
    <Page
      title={draft.doc.name || slug}
      description={
        <span className="flex flex-wrap items-center gap-2">
          <span className="font-mono text-xs">{slug}</span>
          <IntegrationState integration={integration} />
          {draft.dirty && <Badge tone="accent">Not saved</Badge>}
        </span>
      }
      actions={<Actions draft={draft} integration={integration} readOnly={readOnly} onAsk={ask} />}
    >
      {!draft.overtaken && <Refusal error={draft.error} />}
      {draft.problems.length > 0 && (
        <Card title={problemsTitle(draft)}>
          <ProblemList problems={draft.problems} onGo={show} />
        </Card>
      )}
      <Tabs
        label="Parts of the integration"
        value={search.tab ?? 'operations'}
        onChange={(tab) => go(tab)}
        tabs={[
          { value: 'operations', label: `Operations (${formatCount(operationsOf(draft.doc).length)})`, content: <OperationsTab {...editing} chosen={search.op} onChoose={(op) => go('operations', op)} /> },
          { value: 'settings', label: 'Settings', content: <SettingsTab {...editing} /> },
          { value: 'versions', label: 'Versions', content: <VersionsTab slug={slug} latest={integration.version ?? null} onMovePins={readOnly ? undefined : movePins} /> },
          { value: 'uses', label: 'Uses', content: <UsesTab slug={slug} latest={integration.version ?? null} onMovePins={readOnly ? undefined : movePins} /> },
        ]}
      />
      {asked === 'publish' && <PublishDialog integration={integration} revision={draft.revision} onProblems={draft.setProblems} onClose={() => ask(null)} onMovePins={movePins} />}
      {asked === 'text' && <TextDialog slug={slug} readOnly={readOnly} onWritten={draft.reload} onClose={() => ask(null)} />}
      {asked === 'remove' && <RemoveDialog slug={slug} onClose={() => ask(null)} />}
      {asked === 'pins' && pinsTo !== undefined && <MovePins slug={slug} to={pinsTo} onClose={() => ask(null)} />}
      <OvertakenDialog draft={draft} />
      <Leaving dirty={draft.dirty} slug={slug} />
    </Page>
  );
}

function problemsTitle({ problems }: DraftState): string {
  return problems.some(({ severity }) => severity === 'error') ? 'Mend the errors before you publish' : 'Worth a second look';
}

function Actions({ draft, integration, readOnly, onAsk }: { draft: DraftState; integration: Integration; readOnly: boolean; onAsk(asked: Asked): void }) {
  const publish = async () => {
    if (!draft.dirty || (await draft.save()) !== null) onAsk('publish');
  };
  const text = { label: readOnly ? 'View as text' : 'Edit as text', icon: <FileText />, disabled: draft.dirty, onSelect: () => onAsk('text') };
  if (readOnly) {
    return (
      <Button icon={<FileText />} onClick={() => onAsk('text')}>
        View as text
      </Button>
    );
  }
  return (
    <>
      {draft.dirty && (
        <Button look="ghost" icon={<Undo2 />} onClick={draft.discard}>
          Discard
        </Button>
      )}
      <Button icon={<Save />} look={draft.dirty ? 'primary' : 'secondary'} disabled={!draft.dirty} busy={draft.saving} onClick={() => void draft.save()}>
        Save draft
      </Button>
      <Button icon={<Rocket />} look={draft.dirty || !integration.changed ? 'secondary' : 'primary'} disabled={!integration.changed && !draft.dirty} title={!integration.changed && !draft.dirty ? `The draft is as version ${integration.version}` : undefined} onClick={() => void publish()}>
        Publish…
      </Button>
      <Menu label="More" trigger={<IconButton label="More" icon={<MoreHorizontal />} />} items={[draft.dirty ? { ...text, label: 'Edit as text (save first)' } : text, null, { label: 'Remove', icon: <Trash2 />, danger: true, onSelect: () => onAsk('remove') }]} />
    </>
  );
}

/** Asks before what was edited is lost. */
function Leaving({ dirty, slug }: { dirty: boolean; slug: string }) {
  const blocker = useBlocker({
    shouldBlockFn: ({ next }) => dirty && next.pathname !== `/integrations/${slug}`,
    enableBeforeUnload: () => dirty,
    withResolver: true,
  });
  return (
    <Confirm open={blocker.status === 'blocked'} title="Leave without saving?" action="Leave" danger onConfirm={() => blocker.proceed?.()} onClose={() => blocker.reset?.()}>
      What you changed here is not saved.
    </Confirm>
  );
}
