// Where every box stands: as the document says, else near what leads to it, else where the lay-out puts it.
import { useEffect, useMemo, useState } from 'react';
import { nodesOf, type FlowDoc, type Point } from '../document/types';
import { boxOf, boxWidth, headHeight, outletsOf, stubHeight, stubsOf, stubWidth, triggerId, wiresOf } from './view';

export const grid = 10;
/** The way between a box and the next to its right. */
export const gapX = 90;
export const gapY = 32;

export type Places = Record<string, Point>;

function placed(doc: FlowDoc, id: string): Point | undefined {
  const place: unknown = doc.layout?.[id];
  if (typeof place !== 'object' || place === null) return undefined;
  const { x, y } = place as Point;
  return Number.isFinite(x) && Number.isFinite(y) ? place as Point : undefined;
}

/** What the document says alone; null where it says nothing of any node and all is to be laid out. */
export function writtenPlaces(doc: FlowDoc): Places | null {
  const nodes = nodesOf(doc);
  const places: Places = {};
  for (const [id] of nodes) {
    const place = placed(doc, id);
    if (place) places[id] = place;
  }
  if (nodes.length > 0 && Object.keys(places).length === 0) return null;
  for (const [id, node] of nodes) places[id] ??= freePlace(doc, places, besideLeading(doc, places, id), boxOf(id, node));
  for (const stub of stubsOf(wiresOf(doc))) {
    places[stub] = placed(doc, stub) ?? freePlace(doc, places, besideLeading(doc, places, stub), { width: stubWidth, height: stubHeight });
  }
  return places;
}

function besideLeading(doc: FlowDoc, places: Places, id: string): Point {
  const from = nodesOf(doc).find(([other]) => places[other] && outletsOf(doc, other).some((outlet) => outlet.to === id))?.[0];
  if (from !== undefined) return { x: places[from]!.x + boxWidth + gapX, y: places[from]!.y };
  const bottom = Math.max(0, ...Object.entries(places).map(([other, { y }]) => y + sizeOf(doc, other).height + gapY));
  return { x: Math.min(0, ...Object.values(places).map(({ x }) => x)), y: bottom };
}

export function sizeOf(doc: FlowDoc, id: string): { width: number; height: number } {
  const node = doc.nodes[id];
  if (node) return boxOf(id, node);
  return id === triggerId ? { width: boxWidth, height: headHeight } : { width: stubWidth, height: stubHeight };
}

/** The place itself, or the first below it where nothing stands. */
export function freePlace(doc: FlowDoc, places: Places, at: Point, size: { width: number; height: number } = { width: boxWidth, height: headHeight }): Point {
  const place = { x: Math.round(at.x / grid) * grid, y: Math.round(at.y / grid) * grid };
  for (let tries = 0; tries < 200; tries++) {
    const hit = Object.entries(places).find(([id, { x, y }]) => {
      const other = sizeOf(doc, id);
      return place.x < x + other.width + grid && x < place.x + size.width + grid && place.y < y + other.height + grid && y < place.y + size.height + grid;
    });
    if (!hit) return place;
    place.y = Math.ceil((hit[1].y + sizeOf(doc, hit[0]).height + gapY) / grid) * grid;
  }
  return place;
}

/** The trigger stands left of where the flow starts. */
export function triggerPlace(doc: FlowDoc, places: Places): Point {
  const start = places[doc.start];
  if (start) return { x: start.x - boxWidth - gapX, y: start.y };
  const all = Object.values(places);
  if (all.length === 0) return { x: 0, y: 0 };
  return { x: Math.min(...all.map(({ x }) => x)) - boxWidth - gapX, y: Math.min(...all.map(({ y }) => y)) };
}

/** Where every box stands; null until a lay-out that is needed has been made. It stays while the document is edited: nothing jumps because a wire was drawn. */
export function usePlaces(doc: FlowDoc): Places | null {
  const [made, setMade] = useState<Places | null>(null);
  const places = useMemo(() => {
    const written = writtenPlaces(doc);
    if (written || !made) return written;
    return writtenPlaces({ ...doc, layout: made });
  }, [doc, made]);
  const needed = places === null;
  useEffect(() => {
    if (!needed) return;
    let current = true;
    void import('./layout').then(({ layoutOf }) => current && setMade(layoutOf(doc)));
    return () => {
      current = false;
    };
  }, [needed, doc]);
  return places;
}
