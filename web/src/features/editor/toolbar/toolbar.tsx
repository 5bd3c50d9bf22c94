// What can be done with the whole flow, and how its draft stands.
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Activity, ChartNoAxesColumn, CircleX, Copy, EllipsisVertical, History as HistoryIcon, Keyboard, Play, Redo2, Search, Settings, TriangleAlert, Undo2, CircleCheck } from 'lucide-react';
import { cn } from '@/shared/lib/cn';
import { Badge } from '@/shared/ui/badge';
import { Button, IconButton } from '@/shared/ui/button';
import { Menu } from '@/shared/ui/menu';
import { useCountsContext } from '../counts/counts-shown';
import { flowQuery } from '../api';
import { useEditor } from '../editor-context';
import { PresentOthers, type Present } from '../presence';
import { SaveStatus } from './save-status';

export function Toolbar({ presence }: { presence: Present[] }) {
  const { readOnly, openDialog, state } = useEditor();
  const errors = state.problems.filter(({ severity }) => severity === 'error').length;
  return (
    <header className="flex min-h-12 shrink-0 flex-wrap items-center gap-x-2 gap-y-1 border-b bg-surface px-3 py-1.5">
      <FlowName />
      {!readOnly && <SaveStatus />}
      <div className="ml-auto flex flex-wrap items-center gap-1">
        <PresentOthers present={presence} />
        {!readOnly && <UndoRedo />}
        <ViewButtons />
        <MoreMenu />
        {readOnly ? (
          <Badge>Read only</Badge>
        ) : (
          <Button look="primary" onClick={() => openDialog('publish')} title={errors > 0 ? 'Errors must be mended first' : undefined}>
            Publish
          </Button>
        )}
      </div>
    </header>
  );
}

function FlowName() {
  const { slug, doc, openDialog } = useEditor();
  const flow = useQuery(flowQuery(slug)).data;
  const name = doc.name || slug;
  const version = flow?.version ?? null;
  return (
    <div className="flex min-w-0 items-center gap-1.5">
      <Link to="/flows" className="rounded text-ink-2 hover:text-ink max-sm:hidden">
        Flows
      </Link>
      <span aria-hidden className="text-ink-3 max-sm:hidden">
        /
      </span>
      <h1 className="min-w-0">
        <button type="button" onClick={() => openDialog('settings')} title={`${name}: flow settings`} className="block max-w-72 truncate rounded px-1 text-base font-semibold hover:bg-hover">
          {name}
        </button>
      </h1>
      {flow && (version === null ? <Badge>Never published</Badge> : <Badge tone={flow.changed ? 'warn' : 'ok'}>{flow.changed ? `Version ${version}, changed` : `Version ${version}`}</Badge>)}
    </div>
  );
}

function UndoRedo() {
  const { state, acts } = useEditor();
  const back = state.history.past.at(-1);
  const on = state.history.future.at(-1);
  return (
    <div className="flex max-sm:hidden">
      <IconButton label={back ? `Undo: ${back.what}` : 'Undo'} shortcut="Ctrl Z" icon={<Undo2 />} disabled={!back} onClick={acts.undo} />
      <IconButton label={on ? `Do again: ${on.what}` : 'Do again'} shortcut="Ctrl Shift Z" icon={<Redo2 />} disabled={!on} onClick={acts.redo} />
    </div>
  );
}

function ViewButtons() {
  const { dock, setDock, state, readOnly, trying, startTrying, stopTrying } = useEditor();
  const counts = useCountsContext();
  const errors = state.problems.filter(({ severity }) => severity === 'error').length;
  const warnings = state.problems.length - errors;
  const open = (name: 'find' | 'problems') => setDock(dock === name ? null : name);
  const Icon = errors > 0 ? CircleX : warnings > 0 ? TriangleAlert : CircleCheck;
  return (
    <>
      <IconButton label="Find a node" shortcut="/" icon={<Search />} aria-pressed={dock === 'find'} onClick={() => open('find')} />
      <IconButton label={counts.on ? 'Hide the counts' : 'Show the counts'} icon={<ChartNoAxesColumn />} aria-pressed={counts.on} className={cn(counts.on && 'bg-hover text-ink')} onClick={counts.toggle} />
      <Button look="ghost" aria-pressed={dock === 'problems'} className={cn('px-2', dock === 'problems' && 'bg-hover text-ink')} onClick={() => open('problems')} aria-label={`Problems: ${errors} errors, ${warnings} warnings`} title="Problems">
        <Icon aria-hidden className={errors > 0 ? 'text-bad' : warnings > 0 ? 'text-warn' : 'text-ok'} />
        {errors + warnings}
      </Button>
      {!readOnly && (
        <Button icon={<Play />} aria-pressed={trying} onClick={trying ? stopTrying : startTrying}>
          Try
        </Button>
      )}
    </>
  );
}

function MoreMenu() {
  const { slug, openDialog, doc } = useEditor();
  const navigate = useNavigate();
  return (
    <Menu
      label="More of this flow"
      trigger={<IconButton label="More" icon={<EllipsisVertical />} />}
      items={[
        { label: 'Runs', icon: <Activity />, onSelect: () => void navigate({ to: '/runs', search: { flow: slug } }) },
        { label: 'Versions', icon: <HistoryIcon />, onSelect: () => openDialog('versions') },
        { label: 'Flow settings', icon: <Settings />, onSelect: () => openDialog('settings') },
        { label: 'Copy as JSON', icon: <Copy />, onSelect: () => void navigator.clipboard.writeText(JSON.stringify(doc, null, 2)) },
        null,
        { label: 'Keys', icon: <Keyboard />, shortcut: '?', onSelect: () => openDialog('shortcuts') },
      ]}
    />
  );
}
