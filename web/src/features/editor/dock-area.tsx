// What stands at the left of the canvas, one at a time: palette, problems, search, trial.
import { X } from 'lucide-react';
import { Suspense, type ReactNode } from 'react';
import { IconButton } from '@/shared/ui/button';
import { Skeleton } from '@/shared/ui/states';
import { cn } from '@/shared/lib/cn';
import { AddPanel } from './dock/add-panel';
import { FindPanel } from './dock/find-panel';
import { ProblemsPanel } from './dock/problems-panel';
import { useEditor } from './editor-context';
import { TryPanel } from './slots';

export function DockArea() {
  const { dock, setDock, stopAdding, openPanel } = useEditor();
  if (dock === 'add') return <DockFrame title="Add a node" onClose={stopAdding} children={<AddPanel />} />;
  if (dock === 'problems') return <DockFrame title="Problems" onClose={() => setDock(null)} children={<ProblemsPanel />} />;
  if (dock === 'find') return <DockFrame title="Find a node" onClose={() => setDock(null)} children={<FindPanel />} />;
  if (dock === 'try' && TryPanel) {
    return (
      <DockFrame title="Try the flow" wide onClose={() => setDock(null)}>
        <Suspense fallback={<Skeleton />}>
          <TryPanel onOpenNode={(id) => openPanel(id, { reveal: true })} />
        </Suspense>
      </DockFrame>
    );
  }
  return null;
}

function DockFrame({ title, wide, onClose, children }: { title: string; wide?: boolean; onClose(): void; children: ReactNode }) {
  const close = (event: React.KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    onClose();
  };
  return (
    // Escape is for what is inside, which has the focus.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section aria-label={title} onKeyDown={close} className={cn('flex min-h-0 shrink-0 flex-col border-r bg-surface max-md:absolute max-md:inset-0 max-md:z-20 max-md:w-full', wide ? 'w-[26rem]' : 'w-72')}>
      <header className="flex h-11 shrink-0 items-center justify-between pr-2 pl-4">
        <h2 className="text-sm font-semibold">{title}</h2>
        <IconButton size="sm" label={`Close: ${title}`} icon={<X />} onClick={onClose} />
      </header>
      {children}
    </section>
  );
}
