// The head of the panel: what the node is called, and what can be done with all of it.
import { Copy, EllipsisVertical, Flag, Pencil, Scissors, Trash2, Waypoints, X, Zap } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { kindOf } from '@/flow/kinds';
import type { NodeDoc } from '@/flow/document/types';
import { cn } from '@/shared/lib/cn';
import { IconButton } from '@/shared/ui/button';
import { Menu } from '@/shared/ui/menu';
import { toast } from '@/shared/ui/toast';
import { useEditor } from '../editor-context';

function Frame({ icon, children, actions }: { icon: ReactNode; children: ReactNode; actions?: ReactNode }) {
  const { closePanel } = useEditor();
  return (
    <header className="flex shrink-0 items-start gap-2.5 border-b py-2.5 pr-2 pl-4">
      <span className="mt-0.5 flex size-8 shrink-0 items-center justify-center rounded-md bg-sunken text-ink-2 [&_svg]:size-4">{icon}</span>
      <div className="min-w-0 flex-1">{children}</div>
      <div className="flex shrink-0">
        {actions}
        <IconButton size="sm" label="Close the panel" shortcut="Esc" icon={<X />} onClick={closePanel} />
      </div>
    </header>
  );
}

export function TriggerHeader() {
  return (
    <Frame icon={<Zap aria-hidden />}>
      <h2 className="text-base font-semibold" tabIndex={-1}>
        Trigger
      </h2>
      <p className="text-xs text-ink-3">What starts a run of this flow</p>
    </Frame>
  );
}

export function NodeHeader({ id, node }: { id: string; node: NodeDoc }) {
  const { doc, readOnly, acts, openDialog } = useEditor();
  const kind = kindOf(node);
  const Icon = kind.icon;
  const [describing, setDescribing] = useState(false);
  const text = typeof node.description === 'string' ? node.description : '';
  const set = (field: 'name' | 'description', value: string) => {
    const { [field]: _, ...rest } = node;
    acts.setNode(id, (value ? { ...node, [field]: value } : rest) as NodeDoc);
  };
  const copy = async () => {
    const clip = acts.copy([id]);
    if (clip !== null) await navigator.clipboard.writeText(clip).then(() => toast('Copied. Paste it in any flow.'), () => toast('The browser does not let the page copy. Press Ctrl C on the node.', { bad: true }));
    return clip !== null;
  };
  const actions = !readOnly && (
    <Menu
      label="What to do with this node"
      trigger={<IconButton size="sm" label="More" icon={<EllipsisVertical />} />}
      items={[
        { label: 'Lead an outlet elsewhere', icon: <Waypoints />, shortcut: 'C', onSelect: () => openDialog('connect') },
        { label: 'Start the flow here', icon: <Flag />, disabled: doc.start === id, onSelect: () => acts.setStart(id) },
        { label: 'Change the id', icon: <Pencil />, onSelect: () => openDialog('rename') },
        ...(text || describing ? [] : [{ label: 'Describe it', icon: <Pencil />, onSelect: () => setDescribing(true) }]),
        null,
        { label: 'Copy', icon: <Copy />, shortcut: 'Ctrl C', onSelect: () => void copy() },
        { label: 'Cut', icon: <Scissors />, shortcut: 'Ctrl X', onSelect: () => void copy().then((done) => done && acts.remove([id])) },
        { label: 'Duplicate', icon: <Copy />, shortcut: 'Ctrl D', onSelect: () => acts.duplicate([id]) },
        null,
        { label: 'Delete', icon: <Trash2 />, shortcut: 'Del', danger: true, onSelect: () => acts.remove([id]) },
      ]}
    />
  );
  const plain = 'w-full rounded border border-transparent bg-transparent px-1 hover:border-line focus-visible:border-accent focus-visible:outline-none read-only:hover:border-transparent';
  return (
    <Frame icon={<Icon aria-hidden />} actions={actions}>
      <h2 className="sr-only">{node.name || id}</h2>
      <input
        aria-label="Name"
        title={node.name}
        data-field="name"
        data-panel-start
        value={node.name ?? ''}
        placeholder={id}
        readOnly={readOnly}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => set('name', event.target.value)}
        className={cn(plain, '-ml-1 h-6 text-base font-semibold')}
      />
      <p className="truncate text-xs text-ink-3" title={`${kind.label} · ${id}`}>
        {kind.label} · <span className="font-mono">{id}</span>
      </p>
      {(text || describing) && (
        <textarea
          aria-label="Description"
          data-field="description"
          value={text}
          readOnly={readOnly}
          placeholder="What it is for"
          rows={2}
          // It was asked for just now.
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus={describing}
          onChange={(event) => set('description', event.target.value)}
          onBlur={() => setDescribing(false)}
          className={cn(plain, 'mt-1 -ml-1 field-sizing-content resize-none text-xs text-ink-2')}
        />
      )}
    </Frame>
  );
}
