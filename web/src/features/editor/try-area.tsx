// The trial of the draft, below the canvas; the nodes that it came to are marked there.
import { X } from 'lucide-react';
import { Suspense } from 'react';
import { IconButton } from '@/shared/ui/button';
import { Skeleton } from '@/shared/ui/states';
import { useEditor } from './editor-context';
import { TryPanel } from './slots';

export function TryArea() {
  const { trying, stopTrying, setVisited, openPanel } = useEditor();
  if (!trying) return null;
  const close = (event: React.KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    stopTrying();
  };
  return (
    // Escape is for what is inside, which has the focus.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div onKeyDown={close} className="flex h-[46%] min-h-64 shrink-0 flex-col border-t bg-surface">
      <header className="flex h-10 shrink-0 items-center justify-between border-b pr-2 pl-4">
        <h2 className="text-sm font-semibold">Try the flow</h2>
        <IconButton size="sm" label="Close: Try the flow" icon={<X />} onClick={stopTrying} />
      </header>
      <Suspense fallback={<Skeleton />}>
        <TryPanel onVisited={setVisited} onOpenNode={(id) => openPanel(id, { reveal: true })} />
      </Suspense>
    </div>
  );
}
