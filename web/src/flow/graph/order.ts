// Ways through the graph: the order in which people read it, and the next node in a direction.
import { nodesOf, type FlowDoc, type Point } from '../document/types';
import { boxWidth, outletsOf, triggerId } from './view';

/** The nodes that a node leads to, in the order of its outlets. */
function nextOf(doc: FlowDoc, id: string): string[] {
  return [...new Set(outletsOf(doc, id).flatMap(({ to }) => (to !== null && to in doc.nodes ? [to] : [])))];
}

/** All nodes from the start on, each before what it leads to; those that nothing leads to come last. */
export function flowOrder(doc: FlowDoc): string[] {
  const seen = new Set<string>();
  const order: string[] = [];
  const walk = (first: string) => {
    const stack = [first];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      order.push(id);
      stack.push(...nextOf(doc, id).reverse());
    }
  };
  if (doc.start in doc.nodes) walk(doc.start);
  for (const [id] of nodesOf(doc)) walk(id);
  return order;
}

/** The nodes that lead to this one, nearest in the flow first. */
export function leadingTo(doc: FlowDoc, id: string): string[] {
  const from = flowOrder(doc).filter((each) => nextOf(doc, each).includes(id));
  return doc.start === id ? [triggerId, ...from] : from;
}

export type Direction = 'left' | 'right' | 'up' | 'down';

/** Where an arrow key leads: along the first wire, back, or to what stands above or below. */
export function neighbour(doc: FlowDoc, places: Record<string, Point>, id: string, to: Direction, cameFrom?: string): string | null {
  if (to === 'right') return nextOf(doc, id).find((each) => each !== id) ?? null;
  if (to === 'left') {
    const from = leadingTo(doc, id).filter((each) => each !== id);
    return (cameFrom !== undefined && from.includes(cameFrom) ? cameFrom : from[0]) ?? null;
  }
  return sibling(doc, id, to, cameFrom) ?? beside(places, id, to);
}

/** The next of those that the same node leads to. */
function sibling(doc: FlowDoc, id: string, to: 'up' | 'down', cameFrom?: string): string | null {
  const parents = leadingTo(doc, id);
  const parent = cameFrom !== undefined && parents.includes(cameFrom) ? cameFrom : parents[0];
  if (parent === undefined) return null;
  const all = nextOf(doc, parent);
  return all[all.indexOf(id) + (to === 'down' ? 1 : -1)] ?? null;
}

/** The nearest box above or below in about the same column. */
function beside(places: Record<string, Point>, id: string, to: 'up' | 'down'): string | null {
  const here = places[id];
  if (!here) return null;
  let best: { id: string; far: number } | null = null;
  for (const [other, place] of Object.entries(places)) {
    const down = to === 'down' ? place.y - here.y : here.y - place.y;
    const aside = Math.abs(place.x - here.x);
    if (other === id || down <= 0 || aside > boxWidth) continue;
    const far = down + aside;
    if (!best || far < best.far) best = { id: other, far };
  }
  return best?.id ?? null;
}
