// All keys of the editor.
import { Dialog } from '@/shared/ui/dialog';
import { useEditor } from '../editor-context';

const groups: { title: string; edits?: boolean; keys: [string, string][] }[] = [
  {
    title: 'Move about',
    keys: [
      ['→', 'Along the first wire'],
      ['←', 'Back'],
      ['↑ ↓', 'To the node above or below'],
      ['Tab', 'To the next node'],
      ['Home, End', 'To the trigger, to the last node'],
      ['/ or Ctrl K', 'Find a node; all nodes as a list'],
      ['Enter', 'Open the node'],
      ['Esc', 'Close the panel, choose nothing'],
      ['+ − 0', 'Zoom in, out, fit all in'],
    ],
  },
  {
    title: 'Edit',
    edits: true,
    keys: [
      ['A', 'Add a node after the chosen one'],
      ['C', 'Connect: choose a way out, and where it leads'],
      ['Del', 'Delete what is chosen, or the wire'],
      ['Alt ← → ↑ ↓', 'Move what is chosen; further with Shift'],
      ['Ctrl Z', 'Undo'],
      ['Ctrl Shift Z', 'Do again'],
      ['Ctrl C, X, V', 'Copy, cut, paste: also in another flow'],
      ['Ctrl D', 'Duplicate'],
      ['Ctrl A', 'Choose all'],
    ],
  },
];

export function ShortcutsDialog({ onClose }: { onClose(): void }) {
  const { readOnly } = useEditor();
  return (
    <Dialog open onClose={onClose} title="Keys" size="lg">
      <div className="grid gap-6 pb-4 sm:grid-cols-2">
        {groups
          .filter(({ edits }) => !edits || !readOnly)
          .map(({ title, keys }) => (
            <section key={title}>
              <h3 className="mb-1 text-sm font-semibold">{title}</h3>
              <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
                {keys.map(([key, what]) => (
                  <div key={key} className="contents">
                    <dt className="font-mono text-xs whitespace-nowrap text-ink-2">{key}</dt>
                    <dd>{what}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
      </div>
      {!readOnly && <p className="pb-4 text-ink-2">With the mouse: drag from an outlet to a node, or to an empty place for a new one. Shift and drag chooses several. The plus on a wire puts a node between.</p>}
    </Dialog>
  );
}
