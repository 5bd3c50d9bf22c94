// Nodes on the system's clipboard, as text that other flows and other tabs can take.
import type { Clip } from '@/flow/document/edit';
import type { NodeDoc, Point } from '@/flow/document/types';

export function writeClip(clip: Clip): string {
  return JSON.stringify(clip, null, 2);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What somebody copied, if it is nodes; anything may stand on a clipboard. */
export function readClip(text: string): Clip | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value) || value.kind !== 'callout-nodes' || !isObject(value.nodes)) return null;
  const nodes = Object.entries(value.nodes).filter((entry): entry is [string, NodeDoc] => isObject(entry[1]) && typeof entry[1].type === 'string');
  if (nodes.length === 0) return null;
  const places = isObject(value.layout) ? value.layout : {};
  const layout = Object.fromEntries(
    nodes.map(([id], index): [string, Point] => {
      const place = places[id] as Point | undefined;
      const fits = isObject(place) && Number.isFinite(place.x) && Number.isFinite(place.y);
      return [id, fits ? { x: place.x, y: place.y } : { x: index * 40, y: index * 40 }];
    }),
  );
  return { kind: 'callout-nodes', nodes: Object.fromEntries(nodes), layout };
}

/** Whether keys and the clipboard belong to a text that is being written. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable=""], [contenteditable="true"], .cm-editor') !== null;
}
