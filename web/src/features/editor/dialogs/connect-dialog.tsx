// Wiring by keys: choose an outlet of the node, then where it leads.
import { useState } from 'react';
import { flowOrder, outletsOf } from '@/flow/graph';
import { kindOf } from '@/flow/kinds';
import { Button } from '@/shared/ui/button';
import { Combobox, type Choice } from '@/shared/ui/combobox';
import { Dialog } from '@/shared/ui/dialog';
import { SelectField } from '@/shared/ui/select';
import { nodeName, outletForNew } from '../edits';
import { useEditor } from '../editor-context';

/** The choice that leads nowhere; no node can be called so. */
const nowhere = '@nowhere';

export function ConnectDialog({ onClose }: { onClose(): void }) {
  const { doc, selection, acts, graph } = useEditor();
  const id = selection[0]!;
  const outlets = outletsOf(doc, id);
  const [outlet, setOutlet] = useState(() => outletForNew(doc, id) ?? '');
  const [to, setTo] = useState(() => outlets.find((each) => each.id === outlet)?.to ?? '');
  const choices: Choice[] = [
    { value: nowhere, label: 'Nowhere', description: 'Takes the wire away' },
    ...flowOrder(doc).map((each) => ({ value: each, label: nodeName(doc, each), description: `${kindOf(doc.nodes[each]!).label} · ${each}` })),
  ];
  const done = () => {
    onClose();
    graph.current?.focus(id);
  };
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    if (!outlet || !to) return;
    acts.lead(id, outlet, to === nowhere ? null : to);
    done();
  };
  return (
    <Dialog
      open
      onClose={done}
      size="sm"
      title={`Lead on from ${nodeName(doc, id)}`}
      footer={
        <>
          <Button onClick={done}>Cancel</Button>
          <Button look="primary" type="submit" form="connect" disabled={!outlet || !to}>
            Connect
          </Button>
        </>
      }
    >
      {outlets.length === 0 ? (
        <p className="text-ink-2">The flow ends at this node: it has no way out.</p>
      ) : (
        <form id="connect" onSubmit={submit} className="flex flex-col gap-3">
          <SelectField
            label="Way out"
            value={outlet}
            options={outlets.map((each) => ({ value: each.id, label: each.to === null ? each.label : `${each.label} (to ${nodeName(doc, each.to)})` }))}
            onChange={(next) => {
              setOutlet(next);
              setTo(outlets.find((each) => each.id === next)?.to ?? '');
            }}
          />
          <Combobox label="Leads to" value={to} choices={choices} onChange={setTo} placeholder="Choose a node" />
        </form>
      )}
    </Dialog>
  );
}
