// A node as a box: what it is, what it does, and a row for every way out of it.
import { Handle, Position, type Node, type NodeProps } from '@xyflow/react';
import { CircleX, TriangleAlert } from 'lucide-react';
import { memo } from 'react';
import { cn } from '@/shared/lib/cn';
import { Badge } from '@/shared/ui/badge';
import { kindOf } from '../kinds';
import { useFar } from './far';
import type { NodeDecoration, ProblemCount } from './types';
import { headHeight, type BoxView, type Row } from './view';

export type StepNodeType = Node<{ box: BoxView; start: boolean; problems?: ProblemCount; decoration?: NodeDecoration; editable: boolean }, 'step'>;

const dots = { ok: 'bg-ok', bad: 'bg-bad', neutral: 'bg-line-strong' };
const edges = { neutral: '', ok: 'border-ok', warn: 'border-warn', bad: 'border-bad', accent: 'border-accent' };

export const StepNode = memo(function StepNode({ data, selected }: NodeProps<StepNodeType>) {
  const { box, start, problems, decoration, editable } = data;
  const far = useFar();
  if (far) return <FarBox data={data} selected={selected} />;
  const Icon = kindOf(box.doc).icon;
  return (
    <div
      style={{ width: box.width, height: box.height }}
      className={cn(
        'graph-box relative rounded-lg border bg-surface text-left',
        selected ? 'border-accent outline-1 outline-accent' : decoration?.tone ? edges[decoration.tone] : 'border-line-strong/60',
        decoration?.faint && 'opacity-45',
      )}
    >
      <Handle type="target" position={Position.Left} isConnectableStart={false} style={{ top: headHeight / 2 }} className="graph-in" />
      <div className="flex items-center gap-2.5 px-3" style={{ height: headHeight }}>
        <span className={cn('flex size-8 shrink-0 items-center justify-center rounded-md', start ? 'bg-accent-soft text-accent-text' : 'bg-sunken text-ink-2')}>
          <Icon aria-hidden className="size-4" />
        </span>
        <span className="min-w-0 flex-1">
          <span className="block truncate text-sm font-medium text-ink" title={box.name}>
            {box.name}
          </span>
          <span className="block truncate text-xs text-ink-3" title={box.summary || box.kind}>
            {box.summary || box.kind}
          </span>
        </span>
        {problems && <ProblemMark problems={problems} />}
      </div>
      {box.rows.map((row) => (
        <OutletRow key={row.outlet.id} row={row} editable={editable} />
      ))}
      {box.only && <Handle id={box.only.id} type="source" position={Position.Right} style={{ top: headHeight / 2 }} isConnectable={editable} className={cn('graph-out', box.only.to === null && 'graph-open')} />}
      {start && <span className="absolute -top-2.5 left-2.5 rounded border border-line bg-surface px-1.5 text-xs text-accent-text">Start</span>}
      {decoration?.badge && (
        <span className="absolute -top-3 right-2.5 flex max-w-40">
          <Badge tone={decoration.tone} icon={decoration.badgeIcon} className="bg-surface">
            {decoration.badge}
          </Badge>
        </span>
      )}
      {decoration?.note && <div className="absolute top-full left-0 w-full truncate px-1 pt-1 text-xs text-ink-2">{decoration.note}</div>}
    </div>
  );
});

/** What can be told apart from afar: that it is there, chosen, wrong, or on the way of a run. */
function FarBox({ data: { box, start, problems, decoration }, selected }: { data: StepNodeType['data']; selected: boolean }) {
  const bad = decoration?.tone === 'bad' || (problems?.errors ?? 0) > 0;
  const look = selected ? 'border-accent bg-accent-soft' : bad ? 'border-bad bg-bad-soft' : decoration?.tone ? cn(edges[decoration.tone], 'bg-surface') : cn('border-line-strong', start ? 'bg-accent-soft' : 'bg-surface');
  return <div title={box.name} style={{ width: box.width, height: box.height }} className={cn('graph-box rounded-lg border-2', look, decoration?.faint && 'opacity-45')} />;
}

function OutletRow({ row: { outlet, height, quiet, y }, editable }: { row: Row; editable: boolean }) {
  return (
    <div style={{ height }} className={cn('flex items-center justify-end gap-1.5 pr-3 pl-4 text-xs', quiet ? 'text-ink-3' : 'border-t border-line text-ink-2')}>
      <span className="min-w-0 truncate" title={outlet.label}>
        {outlet.label}
      </span>
      {!quiet && outlet.tone !== 'neutral' && <span aria-hidden className={cn('size-1.5 shrink-0 rounded-full', dots[outlet.tone])} />}
      <Handle id={outlet.id} type="source" position={Position.Right} style={{ top: y }} isConnectable={editable} className={cn('graph-out', outlet.to === null && 'graph-open', quiet && 'graph-quiet')} />
    </div>
  );
}

function ProblemMark({ problems: { errors, warnings } }: { problems: ProblemCount }) {
  const bad = errors > 0;
  const Icon = bad ? CircleX : TriangleAlert;
  return (
    <span title={problemWords({ errors, warnings })} className={cn('flex shrink-0 items-center gap-0.5 text-xs font-medium', bad ? 'text-bad' : 'text-warn')}>
      <Icon aria-hidden className="size-4" />
      {errors + warnings}
    </span>
  );
}

/** `2 errors, 1 warning`. */
export function problemWords({ errors, warnings }: ProblemCount): string {
  const word = (count: number, one: string) => (count === 0 ? [] : [`${count} ${one}${count === 1 ? '' : 's'}`]);
  return [...word(errors, 'error'), ...word(warnings, 'warning')].join(', ');
}
