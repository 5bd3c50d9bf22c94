// A wire: a curve to the right, and around the boxes where it leads back.
import { BaseEdge, EdgeLabelRenderer, getBezierPath, getSmoothStepPath, type Edge, type EdgeProps } from '@xyflow/react';
import { memo } from 'react';
import { cn } from '@/shared/lib/cn';
import type { WireDecoration } from './types';

export type WireEdgeType = Edge<{ decoration?: WireDecoration; /** Where it goes along if it leads back, px from above. */ low?: number }, 'wire'>;

const strokes = { ok: 'var(--ok)', bad: 'var(--bad)', accent: 'var(--accent)' };

export const WireEdge = memo(function WireEdge({ data, selected, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, markerEnd }: EdgeProps<WireEdgeType>) {
  const ends = { sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition };
  const low = targetX < sourceX ? data?.low : undefined;
  const [path, x, y] = low !== undefined ? getSmoothStepPath({ ...ends, borderRadius: 16, offset: 24, centerY: low }) : getBezierPath({ ...ends, curvature: 0.35 });
  const decoration = data?.decoration;
  const stroke = selected ? strokes.accent : decoration?.tone ? strokes[decoration.tone] : 'var(--line-strong)';
  return (
    <>
      <BaseEdge path={path} markerEnd={markerEnd} interactionWidth={22} style={{ stroke, strokeWidth: selected || decoration?.look === 'strong' ? 2.5 : 1.5, opacity: decoration?.look === 'faint' ? 0.35 : 1 }} />
      {decoration?.label && (
        <EdgeLabelRenderer>
          <span
            title={decoration.title}
            style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
            className={cn('pointer-events-auto absolute max-w-44 truncate rounded border border-line bg-surface px-1.5 py-px text-xs text-ink-2', decoration.look === 'faint' && 'opacity-60')}
          >
            {decoration.label}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  );
});
