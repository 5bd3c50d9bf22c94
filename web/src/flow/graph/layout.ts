// Places for boxes, left to right: ranks by dagre, the order in a rank by that of the outlets. Loaded when a document has boxes without a place.
import { graphlib, layout } from '@dagrejs/dagre';
import { nodesOf, type FlowDoc } from '../document/types';
import { flowOrder } from './order';
import { freePlace, sizeOf, triggerPlace, type Places } from './places';
import { boxOf, boxWidth, headHeight, stubHeight, stubsOf, stubWidth, triggerId, wiresOf, type Wire } from './view';

/** Between boxes above each other, px. */
const apart = 40;

/** A place for every node and every other flow that is led to; always the same for the same document. */
export function layoutOf(doc: FlowDoc): Places {
  const wires = wiresOf(doc);
  const graph = ranked(doc, wires);
  const tops = topsOf(graph, doc, wires);
  const places: Places = {};
  for (const id of graph.nodes()) {
    const { x } = graph.node(id) as Placed;
    if (id !== triggerId) places[id] = { x: snap(x - boxWidth / 2), y: snap(tops.get(id) ?? 0) };
  }
  return besideTrigger(doc, places);
}

/** The trigger stands left of the start, whatever dagre says: what would stand below it goes further down. */
function besideTrigger(doc: FlowDoc, places: Places): Places {
  const trigger = triggerPlace(doc, places);
  for (const [id, place] of Object.entries(places)) {
    const { [id]: _, ...others } = places;
    if (Math.abs(place.x - trigger.x) < boxWidth && id !== doc.start) places[id] = freePlace(doc, { ...others, [triggerId]: trigger }, place, sizeOf(doc, id));
  }
  return places;
}

interface Placed {
  x: number;
  y: number;
  height: number;
}

type Ranked = ReturnType<typeof ranked>;

function ranked(doc: FlowDoc, wires: Wire[]) {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: apart, ranksep: 90, edgesep: 16, ranker: 'network-simplex' });
  const nodes = new Map(nodesOf(doc));
  const order = flowOrder(doc);
  graph.setNode(triggerId, { width: boxWidth, height: headHeight });
  for (const id of order) {
    const { width, height } = boxOf(id, nodes.get(id)!);
    graph.setNode(id, { width, height });
  }
  for (const id of stubsOf(wires)) graph.setNode(id, { width: stubWidth, height: stubHeight });
  const depth = new Map([triggerId, ...order].map((id, index) => [id, index]));
  for (const wire of inOrder(wires, depth)) {
    if (wire.source === wire.target || graph.hasEdge(wire.source, wire.target)) continue;
    // Wires near the start pull more, so that a node stands close to what first leads to it.
    graph.setEdge(wire.source, wire.target, { weight: 1 + order.length - (depth.get(wire.source) ?? 0) });
  }
  layout(graph, { disableOptimalOrderHeuristic: true });
  return graph;
}

function inOrder(wires: Wire[], depth: Map<string, number>): Wire[] {
  return [...wires].sort((a, b) => (depth.get(a.source) ?? 0) - (depth.get(b.source) ?? 0));
}

/** A box in its rank. */
interface Item {
  id: string;
  /** Where dagre has it; the order in the rank. */
  y: number;
  height: number;
  wanted: number;
}

/** The upper edge of every box: as near as there is room to the outlets that lead to it. */
function topsOf(graph: Ranked, doc: FlowDoc, wires: Wire[]): Map<string, number> {
  const ranks = new Map<number, Item[]>();
  const rankAt = (x: number) => {
    const near = [...ranks.keys()].find((each) => Math.abs(each - x) < 40);
    if (near === undefined) ranks.set(x, []);
    return ranks.get(near ?? x)!;
  };
  for (const id of graph.nodes()) {
    const { x, y, height } = graph.node(id) as Placed;
    rankAt(x).push({ id, y, height, wanted: y - height / 2 });
  }
  const tops = new Map<string, number>();
  for (const [, items] of [...ranks].sort(([a], [b]) => a - b)) {
    for (const item of items) {
      const ports = portsTo(item.id, wires, tops, doc);
      if (ports.length > 0) item.wanted = ports.reduce((sum, port) => sum + port, 0) / ports.length - headOf(item.id) / 2;
    }
    for (const { item, top } of spread(items)) tops.set(item.id, top);
  }
  return tops;
}

function headOf(id: string): number {
  return id.startsWith('flow:') ? stubHeight : headHeight;
}

/** Where wires to this box leave boxes that have their place, px from above. */
function portsTo(id: string, wires: Wire[], tops: Map<string, number>, doc: FlowDoc): number[] {
  return wires.flatMap((wire) => {
    const top = wire.target === id && wire.source !== id ? tops.get(wire.source) : undefined;
    if (top === undefined) return [];
    const node = doc.nodes[wire.source];
    const row = node && boxOf(wire.source, node).rows.find((each) => each.outlet.id === wire.outlet.id);
    return [top + (row?.y ?? headHeight / 2)];
  });
}

/** Keeps the order and the distances, and moves each as little as can be from where it wants to be. */
function spread(items: Item[]): { item: Item; top: number }[] {
  const sorted = [...items].sort((a, b) => a.y - b.y);
  const blocks: { sum: number; count: number; items: { item: Item; offset: number }[]; length: number }[] = [];
  for (const item of sorted) {
    let block = { sum: item.wanted, count: 1, items: [{ item, offset: 0 }], length: item.height + apart };
    for (let before = blocks.at(-1); before && before.sum / before.count + before.length > block.sum / block.count; before = blocks.at(-1)) {
      blocks.pop();
      const shift = before.length;
      block = {
        sum: before.sum + block.sum - shift * block.count,
        count: before.count + block.count,
        items: [...before.items, ...block.items.map((each) => ({ item: each.item, offset: each.offset + shift }))],
        length: before.length + block.length,
      };
    }
    blocks.push(block);
  }
  return blocks.flatMap(({ sum, count, items: inside }) => inside.map(({ item, offset }) => ({ item, top: sum / count + offset })));
}

/** Everything stands on the grid that dragging snaps to. */
function snap(value: number): number {
  return Math.round(value / 10) * 10;
}
