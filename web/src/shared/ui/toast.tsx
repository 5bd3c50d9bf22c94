// Short notes at the foot of the screen, some with one act: `Deleted. Undo`.
import { CircleCheck, CircleX, X } from 'lucide-react';
import { useEffect, useSyncExternalStore } from 'react';
import { explain } from '../api/client';
import { Button, IconButton } from './button';

interface Toast {
  id: number;
  text: string;
  bad?: boolean;
  action?: { label: string; run(): void };
}

let toasts: Toast[] = [];
let next = 1;
const watchers = new Set<() => void>();

function set(list: Toast[]) {
  toasts = list;
  watchers.forEach((watcher) => watcher());
}

/** Shows a note for some seconds. */
export function toast(text: string, options: { bad?: boolean; action?: Toast['action'] } = {}) {
  set([...toasts.slice(-2), { id: next++, text, ...options }]);
}

/** Shows why an act failed. */
export function toastError(error: unknown) {
  const { title, detail } = explain(error);
  toast(detail ? `${title}: ${detail}` : title, { bad: true });
}

const close = (id: number) => set(toasts.filter((item) => item.id !== id));

function subscribe(watcher: () => void) {
  watchers.add(watcher);
  return () => {
    watchers.delete(watcher);
  };
}

export function Toasts() {
  const list = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div aria-live="polite" className="pointer-events-none fixed inset-x-0 bottom-4 z-50 flex flex-col items-center gap-2 px-4">
      {list.map((item) => (
        <Note key={item.id} item={item} />
      ))}
    </div>
  );
}

function Note({ item }: { item: Toast }) {
  useEffect(() => {
    const timer = setTimeout(() => close(item.id), item.action || item.bad ? 10_000 : 4_000);
    return () => clearTimeout(timer);
  }, [item]);
  return (
    <div className="pointer-events-auto flex max-w-xl items-center gap-3 rounded-lg border border-line bg-surface py-2 pr-2 pl-3 text-sm shadow-pop">
      {item.bad ? <CircleX aria-hidden className="size-4 shrink-0 text-bad" /> : <CircleCheck aria-hidden className="size-4 shrink-0 text-ok" />}
      <span className="min-w-0 break-words">{item.text}</span>
      {item.action && (
        <Button
          size="sm"
          onClick={() => {
            item.action?.run();
            close(item.id);
          }}
        >
          {item.action.label}
        </Button>
      )}
      <IconButton label="Dismiss" icon={<X />} size="sm" onClick={() => close(item.id)} />
    </div>
  );
}
