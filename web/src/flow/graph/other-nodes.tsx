// What stands on the canvas beside the nodes: the trigger, and the other flows that wires lead to.
import { Handle, Position, type Node, type NodeProps } from '@xyflow/react';
import { Link } from '@tanstack/react-router';
import { ArrowUpRight, Zap } from 'lucide-react';
import { memo } from 'react';
import { cn } from '@/shared/lib/cn';
import type { NodeDecoration } from './types';
import { boxWidth, headHeight, stubHeight, stubWidth } from './view';

export type TriggerNodeType = Node<{ summary: string; wired: boolean; editable: boolean; problem: boolean; decoration?: NodeDecoration }, 'trigger'>;

export const TriggerNode = memo(function TriggerNode({ data, selected }: NodeProps<TriggerNodeType>) {
  return (
    <div
      style={{ width: boxWidth, height: headHeight }}
      className={cn('graph-box flex items-center gap-2.5 rounded-full border bg-surface px-3', selected ? 'border-accent outline-1 outline-accent' : 'border-line-strong/60', data.decoration?.faint && 'opacity-45')}
    >
      <span className="flex size-8 shrink-0 items-center justify-center rounded-full bg-accent-soft text-accent-text">
        <Zap aria-hidden className="size-4" />
      </span>
      <span className="min-w-0 flex-1 pr-2">
        <span className="block text-sm font-medium text-ink">Trigger</span>
        <span className={cn('block truncate text-xs', data.problem ? 'text-bad' : 'text-ink-3')} title={data.summary}>
          {data.summary}
        </span>
      </span>
      <Handle id="start" type="source" position={Position.Right} style={{ top: headHeight / 2 }} isConnectable={data.editable} className={cn('graph-out', !data.wired && 'graph-open')} />
    </div>
  );
});

export type StubNodeType = Node<{ slug: string; decoration?: NodeDecoration }, 'stub'>;

export const StubNode = memo(function StubNode({ data }: NodeProps<StubNodeType>) {
  return (
    <div style={{ width: stubWidth, height: stubHeight }} className="flex items-center gap-1.5 rounded-md border border-dashed border-line-strong bg-bg px-2.5">
      <Handle type="target" position={Position.Left} isConnectable={false} className="graph-in" />
      <Link to="/flows/$slug" params={{ slug: data.slug }} title={`Open the flow ${data.slug}`} className="nodrag flex min-w-0 flex-1 items-center gap-1.5 rounded text-xs text-accent-text hover:underline">
        <span className="truncate">{data.slug}</span>
        <ArrowUpRight aria-hidden className="size-3.5 shrink-0" />
      </Link>
    </div>
  );
});
