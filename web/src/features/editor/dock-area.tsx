// What stands at the left of the canvas, one at a time: palette, problems, search.
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from '@/shared/ui/button';
import { AddPanel } from './dock/add-panel';
import { FindPanel } from './dock/find-panel';
import { ProblemsPanel } from './dock/problems-panel';
import { useEditor } from './editor-context';

export function DockArea() {
  const { dock, setDock, stopAdding } = useEditor();
  if (dock === 'add') return <DockFrame title="Add a node" onClose={stopAdding} children={<AddPanel />} />;
  if (dock === 'problems') return <DockFrame title="Problems" onClose={() => setDock(null)} children={<ProblemsPanel />} />;
  if (dock === 'find') return <DockFrame title="Find a node" onClose={() => setDock(null)} children={<FindPanel />} />;
  return null;
}

function DockFrame({ title, onClose, children }: { title: string; onClose(): void; children: ReactNode }) {
  const close = (event: React.KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    onClose();
  };
  return (
    // Escape is for what is inside, which has the focus.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section aria-label={title} onKeyDown={close} className="flex min-h-0 w-72 shrink-0 flex-col border-r bg-surface max-md:absolute max-md:inset-0 max-md:z-20 max-md:w-full">
      <header className="flex h-11 shrink-0 items-center justify-between pr-2 pl-4">
        <h2 className="text-sm font-semibold">{title}</h2>
        <IconButton size="sm" label={`Close: ${title}`} icon={<X />} onClick={onClose} />
      </header>
      {children}
    </section>
  );
}
