// Places for boxes, left to right, by dagre; loaded when a document has boxes without a place.
import { graphlib, layout } from '@dagrejs/dagre';
import { nodesOf, type FlowDoc, type Point } from '../document/types';
import { flowOrder } from './order';
import { boxOf, boxWidth, headHeight, stubHeight, stubsOf, stubWidth, triggerId, wiresOf } from './view';

/** A place for every node and every other flow that is led to; always the same for the same document. */
export function layoutOf(doc: FlowDoc): Record<string, Point> {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 44, ranksep: 84, edgesep: 16, ranker: 'network-simplex' });
  graph.setDefaultEdgeLabel(() => ({}));
  const wires = wiresOf(doc);
  graph.setNode(triggerId, { width: boxWidth, height: headHeight });
  const nodes = new Map(nodesOf(doc));
  for (const id of flowOrder(doc)) {
    const { width, height } = boxOf(id, nodes.get(id)!);
    graph.setNode(id, { width, height });
  }
  for (const id of stubsOf(wires)) graph.setNode(id, { width: stubWidth, height: stubHeight });
  for (const wire of wires) {
    if (wire.source !== wire.target && !graph.hasEdge(wire.source, wire.target)) graph.setEdge(wire.source, wire.target, {});
  }
  layout(graph);
  const places: Record<string, Point> = {};
  for (const id of graph.nodes()) {
    const { x, y, width, height } = graph.node(id) as { x: number; y: number; width: number; height: number };
    if (id !== triggerId) places[id] = { x: snap(x - width / 2), y: snap(y - height / 2) };
  }
  return places;
}

/** Everything stands on the grid that dragging snaps to. */
function snap(value: number): number {
  return Math.round(value / 10) * 10;
}
