import { useQuery } from '@tanstack/react-query';
import { CircleOff, Plus } from 'lucide-react';
import { Popover } from 'radix-ui';
import { Badge } from '@/shared/ui/badge';
import { Combobox, type Choice } from '@/shared/ui/combobox';
import { useFlow } from '../../context';
import { nodesOf } from '../../document/types';
import { flowsQuery } from './api';

interface TargetSelectProps {
  label: string;
  /** The node whose way on it is: it is offered last, for a loop. */
  node: string;
  /** The way on as outlets name it, for a new node there. */
  outlet: string;
  field: string;
  to: string | null;
  onChange(to: string | null): void;
  readOnly: boolean;
  className?: string;
}

/** Where to go on: a node of this flow, or another flow. */
export function TargetSelect({ label, node, outlet, field, to, onChange, readOnly, className }: TargetSelectProps) {
  const { doc, slug, addAfter } = useFlow();
  const flows = useQuery(flowsQuery);
  const nodes = nodesOf(doc);
  const here = nodes
    .filter(([id]) => id !== node)
    .map(([id, each]): Choice => ({ value: id, label: each.name || id, description: each.name ? id : undefined }));
  const self: Choice[] = node in doc.nodes ? [{ value: node, label: `${doc.nodes[node]?.name || node} (itself)` }] : [];
  const others = (flows.data ?? [])
    .filter((flow) => flow.slug !== slug)
    .map((flow): Choice => ({ value: `flow:${flow.slug}`, label: flow.name || flow.slug, description: flow.slug, mark: <Badge>flow</Badge> }));
  const nowhere: Choice = { value: '', label: 'Nowhere yet', mark: <CircleOff aria-hidden className="mt-0.5 size-4 shrink-0 text-ink-3" /> };
  return (
    <Combobox
      label={label}
      hideLabel
      data-field={field}
      className={className}
      value={to ?? ''}
      choices={[...here, ...others, ...self, ...(to ? [nowhere] : [])]}
      placeholder="Nowhere yet"
      disabled={readOnly}
      onChange={(value) => onChange(value || null)}
      footer={
        addAfter && (
          <Popover.Close type="button" onClick={() => addAfter(node, outlet)} className="flex h-7 w-full items-center gap-1.5 rounded px-2 text-accent-text hover:bg-hover">
            <Plus aria-hidden className="size-3.5" />
            New node…
          </Popover.Close>
        )
      }
    />
  );
}
