// The document's boxes and wires as React Flow takes them; what did not change keeps its identity, so that it is not drawn again.
import { MarkerType, Position, type NodeHandle } from '@xyflow/react';
import { useMemo, useState } from 'react';
import { nodesOf, targetFlow, type FlowDoc, type Point } from '../document/types';
import type { StubNodeType, TriggerNodeType } from './other-nodes';
import { flowOrder } from './order';
import { sizeOf, triggerPlace, type Places } from './places';
import { problemWords, type StepNodeType } from './step-node';
import type { NodeDecoration, ProblemCount, WireDecoration } from './types';
import { boxOf, boxWidth, headHeight, stubHeight, stubsOf, stubWidth, triggerId, triggerSummary, wiresOf, type BoxView, type Wire } from './view';
import type { WireEdgeType } from './wire-edge';

export type AnyNode = StepNodeType | TriggerNodeType | StubNodeType;

export interface Drawn {
  doc: FlowDoc;
  places: Places;
  selection: ReadonlySet<string>;
  editable: boolean;
  problems?: Record<string, ProblemCount>;
  decorations?: Record<string, NodeDecoration>;
}

/** Keeps what was made for a key for as long as all that it was made of is the same. */
export class Keep<T> {
  private known = new Map<string, { of: readonly unknown[]; made: T }>();
  private next = new Map<string, { of: readonly unknown[]; made: T }>();

  get(key: string, of: readonly unknown[], make: () => T): T {
    const before = this.known.get(key);
    const same = before && before.of.length === of.length && before.of.every((each, index) => Object.is(each, of[index]));
    const entry = same ? before : { of, made: make() };
    this.next.set(key, entry);
    return entry.made;
  }

  /** What was not asked for since the last turn is forgotten. */
  turn() {
    this.known = this.next;
    this.next = new Map();
  }
}

const inHandle = (height: number): NodeHandle => ({ type: 'target', position: Position.Left, x: -3, y: height / 2 - 7, width: 6, height: 14 });
const outHandle = (id: string, y: number): NodeHandle => ({ id, type: 'source', position: Position.Right, x: boxWidth - 5, y: y - 5, width: 10, height: 10 });

function handlesOf(box: BoxView): NodeHandle[] {
  const out = box.only ? [outHandle(box.only.id, headHeight / 2)] : box.rows.map((row) => outHandle(row.outlet.id, row.y));
  return [inHandle(headHeight), ...out];
}

function spokenName(box: BoxView, start: boolean, problems?: ProblemCount, decoration?: NodeDecoration): string {
  return [`${box.kind} ${box.name}`, start && 'start', problems && problemWords(problems), decoration?.spoken ?? decoration?.badge].filter(Boolean).join(', ');
}

/** Size and the props that all have: nothing is measured, so that the first picture is the right one. */
function common(id: string, { x, y }: Point, width: number, height: number, selected: boolean) {
  return { id, position: { x, y }, width, height, measured: { width, height }, selected };
}

export function nodesFor(drawn: Drawn, drag: Places, keep: Keep<AnyNode>): AnyNode[] {
  const { doc, places, selection, editable, problems, decorations } = drawn;
  const nodes = new Map(nodesOf(doc));
  const at = (id: string): Point => drag[id] ?? places[id] ?? { x: 0, y: 0 };
  const steps = flowOrder(doc).map((id): AnyNode => {
    const box = boxOf(id, nodes.get(id)!);
    const start = doc.start === id;
    const place = at(id);
    const parts = [box, start, place.x, place.y, selection.has(id), editable, problems?.[id], decorations?.[id]] as const;
    return keep.get(id, parts, () => ({
      ...common(id, place, box.width, box.height, selection.has(id)),
      type: 'step',
      handles: handlesOf(box),
      ariaLabel: spokenName(box, start, problems?.[id], decorations?.[id]),
      data: { box, start, problems: problems?.[id], decoration: decorations?.[id], editable },
    }));
  });
  const all = [triggerNode(drawn, at(doc.start), keep), ...steps, ...stubNodes(drawn, at, keep)];
  keep.turn();
  return all;
}

function triggerNode({ doc, places, selection, editable, problems, decorations }: Drawn, start: Point, keep: Keep<AnyNode>): AnyNode {
  const place = places[doc.start] ? triggerPlace(doc, { [doc.start]: start }) : triggerPlace(doc, places);
  const summary = triggerSummary(doc);
  const problem = problems?.[triggerId];
  const parts = [place.x, place.y, summary, doc.start, selection.has(triggerId), editable, problem, decorations?.[triggerId]];
  return keep.get(triggerId, parts, () => ({
    ...common(triggerId, place, boxWidth, headHeight, selection.has(triggerId)),
    type: 'trigger',
    handles: [outHandle('start', headHeight / 2)],
    draggable: false,
    ariaLabel: ['Trigger', summary, problem && problemWords(problem)].filter(Boolean).join(', '),
    data: { summary, wired: doc.start in doc.nodes, editable, problem: Boolean(problem?.errors), decoration: decorations?.[triggerId] },
  }));
}

function stubNodes({ doc, decorations }: Drawn, at: (id: string) => Point, keep: Keep<AnyNode>): AnyNode[] {
  return stubsOf(wiresOf(doc)).map((id) => {
    const place = at(id);
    return keep.get(id, [place.x, place.y, decorations?.[id]], () => ({
      ...common(id, place, stubWidth, stubHeight, false),
      type: 'stub',
      handles: [inHandle(stubHeight)],
      selectable: false,
      focusable: false,
      data: { slug: targetFlow(id) ?? '', decoration: decorations?.[id] },
    }));
  });
}

/** Below both boxes: where a wire that leads back goes along. */
function lowWay(doc: FlowDoc, places: Places, { source, target }: Wire): number | undefined {
  const from = places[source];
  const to = places[target];
  if (!from || !to || to.x > from.x + boxWidth) return undefined;
  return Math.max(from.y + sizeOf(doc, source).height, to.y + sizeOf(doc, target).height) + 24;
}

export function edgesFor(doc: FlowDoc, places: Places, chosen: string | null, decorations: Record<string, WireDecoration> | undefined, keep: Keep<WireEdgeType>): WireEdgeType[] {
  const edges = wiresOf(doc).map((wire) => {
    const decoration = decorations?.[wire.id];
    const low = lowWay(doc, places, wire);
    return keep.get(wire.id, [wire.target, low, chosen === wire.id, decoration], () => ({
      id: wire.id,
      type: 'wire' as const,
      source: wire.source,
      sourceHandle: wire.outlet.id,
      target: wire.target,
      selected: chosen === wire.id,
      reconnectable: 'target' as const,
      focusable: false,
      // A click chooses it; a box that is drawn around nodes does not.
      selectable: false,
      markerEnd: arrow,
      data: { decoration, low },
    }));
  });
  keep.turn();
  return edges;
}

const arrow = { type: MarkerType.ArrowClosed, width: 14, height: 14, color: 'var(--line-strong)' };

export function useElements(drawn: Drawn, drag: Places, chosen: string | null, wires: Record<string, WireDecoration> | undefined) {
  const [keepNodes] = useState(() => new Keep<AnyNode>());
  const [keepEdges] = useState(() => new Keep<WireEdgeType>());
  const { doc, places, selection, editable, problems, decorations } = drawn;
  const nodes = useMemo(
    () => nodesFor({ doc, places, selection, editable, problems, decorations }, drag, keepNodes),
    [doc, places, selection, editable, problems, decorations, drag, keepNodes],
  );
  const edges = useMemo(() => edgesFor(doc, places, chosen, wires, keepEdges), [doc, places, chosen, wires, keepEdges]);
  return { nodes, edges };
}
