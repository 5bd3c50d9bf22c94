// The palette at the left: to drag from, or to add after the chosen node.
import { SelectField } from '@/shared/ui/select';
import { outletsOf } from '@/flow/graph';
import { nodeName } from '../edits';
import { useEditor } from '../editor-context';
import { Palette } from './palette';

export function AddPanel() {
  const { doc, adding, startAdding, stopAdding, acts, graph } = useEditor();
  const from = adding?.from;
  const outlets = from ? outletsOf(doc, from.node) : [];
  const choose = (type: string) => {
    // Without a node to come after it stands in the middle of what is in sight.
    const middle = graph.current?.middle();
    acts.add(type, from ? { from } : { at: middle && { x: middle.x - 120, y: middle.y - 28 } });
    stopAdding();
  };
  return (
    <>
      <div className="px-4 pb-2 text-xs text-ink-2">
        {from ? (
          <p className="truncate" title={nodeName(doc, from.node)}>
            After <span className="font-medium text-ink">{nodeName(doc, from.node)}</span>
          </p>
        ) : (
          <p>Drag one onto the canvas or onto a wire, or press Enter.</p>
        )}
        {from && outlets.length > 1 && (
          <SelectField
            label="Way out"
            hideLabel
            className="mt-1"
            value={from.outlet}
            options={outlets.map(({ id, label, to }) => ({ value: id, label: to === null ? label : `${label} (before ${nodeName(doc, to)})` }))}
            onChange={(outlet) => startAdding({ from: { node: from.node, outlet } })}
          />
        )}
      </div>
      <Palette draggable onChoose={choose} />
    </>
  );
}
