// Everything that a person can do to the document, each one step of undo, told aloud.
import { useMemo, type RefObject } from 'react';
import { copyNodes, moveNodes, pasteNodes, removeNodes, renameNode, setNode } from '@/flow/document/edit';
import type { FlowDoc, NodeDoc, Point } from '@/flow/document/types';
import { leadingTo, outletsOf, triggerId, wireEnds, type GraphHandle, type Places } from '@/flow/graph';
import { kindOf, kinds } from '@/flow/kinds';
import { plural } from '@/shared/lib/format';
import { readClip, writeClip } from './clipboard';
import { addAt, lead, nodeName, wireName, type Where } from './edits';
import { typedField } from './draft/typed-field';

export interface Acts {
  add(type: string, where: Where): string | null;
  setNode(id: string, node: NodeDoc): void;
  setDoc(doc: FlowDoc, what: string, key?: string): void;
  lead(node: string, outlet: string, to: string | null): void;
  move(to: Record<string, Point>): void;
  nudge(ids: readonly string[], by: Point): void;
  remove(ids: readonly string[]): void;
  unwire(wire: string): void;
  duplicate(ids: readonly string[]): void;
  /** The nodes as text for the clipboard; null where none can be copied. */
  copy(ids: readonly string[]): string | null;
  paste(text: string): boolean;
  tidy(): void;
  setStart(id: string): void;
  rename(id: string, to: string): void;
  undo(): void;
  redo(): void;
}

/** What the acts need of the editor, read at the time of each. */
export interface Bench {
  doc: FlowDoc;
  places: Places | null;
  readOnly: boolean;
  edit(what: string, change: (doc: FlowDoc) => FlowDoc, key?: string): void;
  undo(): string | null;
  redo(): string | null;
  select(ids: readonly string[]): void;
  say(text: string): void;
  graph: RefObject<GraphHandle | null>;
}

const real = (ids: readonly string[], doc: FlowDoc) => ids.filter((id) => id in doc.nodes);
const some = (ids: readonly string[], doc: FlowDoc) => (ids.length === 1 ? nodeName(doc, ids[0]!) : plural(ids.length, 'node'));

export function useActs(bench: RefObject<Bench>): Acts {
  return useMemo(() => ({ ...nodeActs(bench), ...placeActs(bench), ...clipActs(bench), ...timeActs(bench) }), [bench]);
}

function nodeActs(bench: RefObject<Bench>) {
  const now = () => bench.current;
  const leadTo = (node: string, outlet: string, to: string | null) => {
    const { doc, edit, say } = now();
    if (outletsOf(doc, node).some((each) => each.id === outlet && each.to === to)) return;
    edit(to === null ? 'unwire' : 'wire', () => lead(doc, node, outlet, to));
    say(to === null ? `${wireName(doc, `${node} ${outlet}`)}: leads nowhere` : `${wireName(doc, `${node} ${outlet}`)}: leads to ${nodeName(doc, to)}`);
  };
  return {
    add(type: string, where: Where) {
      const { doc, places, edit, select, say, graph } = now();
      const kind = kinds.find((each) => each.type === type);
      if (!kind || !places) return null;
      const added = addAt(doc, places, kind.create(), where);
      edit(`add ${kind.label}`, () => added.doc);
      select([added.id]);
      say(where.from ? `${kind.label} added after ${nodeName(doc, where.from.node)}` : `${kind.label} added`);
      graph.current?.reveal(added.id, { focus: true });
      return added.id;
    },
    setNode(id: string, node: NodeDoc) {
      const before = now().doc.nodes[id];
      if (!before) return;
      const typed = typedField(before, node);
      now().edit(`change ${nodeName(now().doc, id)}`, (doc) => setNode(doc, id, node), typed === null ? undefined : `${id}${typed}`);
    },
    setDoc(doc: FlowDoc, what: string, key?: string) {
      now().edit(what, () => doc, key);
    },
    lead: leadTo,
    unwire(wire: string) {
      const { node, outlet } = wireEnds(wire);
      leadTo(node, outlet, null);
    },
    remove(ids: readonly string[]) {
      const { doc, edit, select, say, graph } = now();
      const gone = real(ids, doc);
      if (gone.length === 0) return;
      const before = leadingTo(doc, gone[0]!).find((id) => !gone.includes(id));
      edit(`delete ${some(gone, doc)}`, (each) => removeNodes(each, gone));
      select([]);
      // Who works with keys goes on from what led here.
      if (before !== undefined) graph.current?.focus(before);
      say(`${some(gone, doc)} deleted`);
    },
    setStart(id: string) {
      const { doc, edit, say } = now();
      edit('move the start', () => ({ ...doc, start: id }));
      say(`The flow starts at ${nodeName(doc, id)}`);
    },
    rename(id: string, to: string) {
      const { edit, select, say } = now();
      edit(`rename ${id}`, (doc) => renameNode(doc, id, to));
      select([to]);
      say(`${id} is now called ${to}`);
    },
  };
}

function placeActs(bench: RefObject<Bench>) {
  return {
    move(to: Record<string, Point>) {
      const { places, edit } = bench.current;
      edit(`move ${plural(Object.keys(to).length, 'node')}`, (doc) => moveNodes(doc, { ...places, ...to }));
    },
    nudge(ids: readonly string[], by: Point) {
      const { doc, places, edit, say } = bench.current;
      const moved = Object.fromEntries(real(ids, doc).flatMap((id) => (places?.[id] ? [[id, { x: places[id].x + by.x, y: places[id].y + by.y }]] : [])));
      if (Object.keys(moved).length === 0) return;
      edit(`move ${some(ids, doc)}`, (each) => moveNodes(each, { ...places, ...moved }), `move ${ids.join(' ')}`);
      say('Moved');
    },
    tidy() {
      const { doc, edit, say, graph } = bench.current;
      void import('@/flow/graph/layout').then(({ layoutOf }) => {
        edit('tidy up', (each) => moveNodes(each, layoutOf(doc)));
        say('The flow is tidied up');
        requestAnimationFrame(() => requestAnimationFrame(() => graph.current?.fit()));
      });
    },
  };
}

/** Copies stand a little aside from what they were made of. */
const asideBy = 40;

function clipActs(bench: RefObject<Bench>) {
  const clip = (ids: readonly string[]) => {
    const { doc, places } = bench.current;
    const chosen = real(ids, doc);
    return chosen.length > 0 && places ? copyNodes(doc, chosen, places) : null;
  };
  const put = (text: string, by: Point | null, what: string): boolean => {
    const read = readClip(text);
    const { doc, places, edit, select, say, graph } = bench.current;
    if (!read || !places) return false;
    const at = Object.values(read.layout);
    const middle = graph.current?.middle() ?? { x: 0, y: 0 };
    const aside = by ?? { x: middle.x - Math.min(...at.map(({ x }) => x)) - 120, y: middle.y - Math.min(...at.map(({ y }) => y)) - 60 };
    const pasted = pasteNodes(moveNodes(doc, places), read, { x: Math.round(aside.x / 10) * 10, y: Math.round(aside.y / 10) * 10 });
    edit(`${what} ${plural(pasted.ids.length, 'node')}`, () => pasted.doc);
    select(pasted.ids);
    say(`${plural(pasted.ids.length, 'node')} added`);
    graph.current?.reveal(pasted.ids[0]!, { focus: true });
    return true;
  };
  return {
    copy(ids: readonly string[]) {
      const made = clip(ids);
      if (!made) return null;
      bench.current.say(`${plural(Object.keys(made.nodes).length, 'node')} copied`);
      return writeClip(made);
    },
    paste(text: string) {
      // Where the originals stand in this flow the copies stand aside; else in the middle of what is in sight.
      const read = readClip(text);
      const { places } = bench.current;
      const covers = read && Object.values(read.layout).some(({ x, y }) => Object.values(places ?? {}).some((place) => place.x === x && place.y === y));
      return put(text, covers ? { x: asideBy, y: asideBy } : null, 'paste');
    },
    duplicate(ids: readonly string[]) {
      const made = clip(ids);
      if (made) put(writeClip(made), { x: asideBy, y: asideBy }, 'duplicate');
    },
  };
}

function timeActs(bench: RefObject<Bench>) {
  return {
    undo() {
      const what = bench.current.undo();
      if (what) bench.current.say(`Undone: ${what}`);
    },
    redo() {
      const what = bench.current.redo();
      if (what) bench.current.say(`Done again: ${what}`);
    },
  };
}

/** A node's kind, for what is only for calls. */
export function isCall(doc: FlowDoc, id: string): boolean {
  const node = doc.nodes[id];
  return node !== undefined && id !== triggerId && kindOf(node).type === 'apiCall';
}
