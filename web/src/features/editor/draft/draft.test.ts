import { http, HttpResponse } from 'msw';
import { expect, test, vi } from 'vitest';
import { server } from '../../../../tests/server';
import type { FlowDoc } from '@/flow/document/types';
import { ApiError } from '@/shared/api/client';
import { readDraft, writeDraft } from '../api';
import { Draft } from './draft';
import { forgetUnsaved, keepUnsaved, readUnsaved } from './unsaved';

/** A busy machine takes its time. */
const patience = { timeout: 20_000 };

const doc: FlowDoc = { kind: 'flow', slug: 'f', name: 'F', trigger: { type: 'api' }, start: '', nodes: {} };
const named = (name: string) => (from: FlowDoc) => ({ ...from, name });

/** A server that keeps one draft as the real one does; `down` stands for what keeps a write from it. */
function serve(revision = 1) {
  const kept = { revision, name: 'F', writes: [] as string[], down: null as null | (() => Response), lost: false };
  server.use(
    http.get('*/v1/flows/f/draft', () => HttpResponse.json({ ...doc, name: kept.name }, { headers: { etag: `"${kept.revision}"` } })),
    http.put('*/v1/flows/f/draft', async ({ request }) => {
      if (kept.down) return kept.down();
      if (request.headers.get('if-match') !== `"${kept.revision}"`) {
        return HttpResponse.json({ type: 'x', title: 'The draft has moved on', status: 412, code: 'revision-differs', detail: 'It is another revision.' }, { status: 412 });
      }
      const body = (await request.json()) as FlowDoc;
      kept.name = body.name ?? '';
      kept.writes.push(kept.name);
      kept.revision++;
      if (kept.lost) return HttpResponse.error();
      return HttpResponse.json({ flow: { revision: kept.revision }, errors: 0, warnings: 1, problems: [{ code: 'w', severity: 'warning', at: '', message: kept.name }] });
    }),
  );
  return kept;
}

function open(revision = 1) {
  return new Draft({ doc, revision }, { put: (each, at) => writeDraft('f', each, at), read: () => readDraft('f'), keep: (unsaved) => keepUnsaved('org', 'f', unsaved), forget: () => forgetUnsaved('org', 'f') });
}

test('edits are saved once they stand still, and what the check says comes back', async () => {
  const kept = serve();
  const draft = open();
  draft.edit('name', named('A'));
  draft.edit('name', named('B'));
  expect(draft.get().save.at).toBe('saving');
  await vi.waitFor(() => expect(draft.get().save.at).toBe('saved'), patience);
  expect(kept.writes).toEqual(['B']);
  expect(draft.get()).toMatchObject({ revision: 2, problems: [{ message: 'B' }] });
});

test('what is not saved yet is in the browser’s store, and gone from there when it is', async () => {
  serve();
  const draft = open();
  draft.edit('name', named('A'));
  expect(readUnsaved('org', 'f')).toMatchObject({ revision: 1, doc: { name: 'A' } });
  await draft.saved();
  expect(readUnsaved('org', 'f')).toBeNull();
});

test('one write at a time: what was edited meanwhile follows with the new revision', async () => {
  const kept = serve();
  const draft = open();
  draft.edit('name', named('A'));
  const saved = draft.saved();
  draft.edit('name', named('B'));
  await saved;
  await draft.saved();
  expect(kept.writes).toEqual(['A', 'B']);
  expect(draft.get().revision).toBe(3);
});

test('a draft that is as it was saved needs no write', async () => {
  const kept = serve();
  const draft = open();
  draft.edit('name', named('A'));
  expect(draft.undo()).toBe('name');
  await draft.saved();
  expect(draft.get().save.at).toBe('saved');
  expect(kept.writes).toEqual([]);
});

test('where somebody else wrote, nothing is written over until the person chooses', async () => {
  const kept = serve(7);
  const draft = open(1);
  draft.edit('name', named('Mine'));
  await expect(draft.saved()).rejects.toThrow('somebody else changed it');
  expect(draft.get().save.at).toBe('conflict');
  draft.edit('name', named('Mine, and more'));
  expect(draft.get().save.at).toBe('conflict');
  expect(kept.writes).toEqual([]);
  // Theirs: mine is one undo away.
  draft.takeTheirs({ doc: { ...doc, name: 'Theirs' }, revision: 7 }, 'take theirs');
  expect(draft.get().save.at).toBe('saved');
  expect(draft.doc.name).toBe('Theirs');
  draft.undo();
  expect(draft.doc.name).toBe('Mine, and more');
  await draft.saved();
  expect(kept.writes).toEqual(['Mine, and more']);
});

test('mine is written over theirs only with their revision, and theirs is one undo away', async () => {
  const kept = serve(7);
  const draft = open(1);
  draft.edit('name', named('Mine'));
  await expect(draft.saved()).rejects.toThrow();
  await draft.keepMine({ doc: { ...doc, name: 'Theirs' }, revision: 7 });
  expect(kept.writes).toEqual(['Mine']);
  draft.undo();
  expect(draft.doc.name).toBe('Theirs');
});

test('while the server is away edits are kept, and saved when it is back', async () => {
  const kept = serve();
  kept.down = () => HttpResponse.error();
  const draft = open();
  draft.edit('name', named('A'));
  await expect(draft.saved()).rejects.toThrow('cannot be reached');
  expect(draft.get().save.at).toBe('offline');
  draft.edit('name', named('B'));
  expect(draft.get().save.at).toBe('offline');
  expect(readUnsaved('org', 'f')).toMatchObject({ doc: { name: 'B' } });
  kept.down = null;
  draft.retry();
  await vi.waitFor(() => expect(draft.get().save.at).toBe('saved'), patience);
  expect(kept.writes).toEqual(['B']);
});

test('a write whose answer was lost is known again, and is no conflict', async () => {
  const kept = serve();
  kept.lost = true;
  const draft = open();
  draft.edit('name', named('A'));
  await expect(draft.saved()).rejects.toThrow('cannot be reached');
  kept.lost = false;
  draft.retry();
  await vi.waitFor(() => expect(draft.get().save.at).toBe('saved'), patience);
  expect(draft.get().revision).toBe(2);
  draft.edit('name', named('B'));
  await draft.saved();
  expect(kept.writes).toEqual(['A', 'B']);
  // What the closed tab kept is on the server already.
  const again = new Draft({ doc: { ...doc, name: 'B' }, revision: 3 }, { put: () => Promise.reject(new Error('nothing to write')), read: () => readDraft('f'), keep: () => {}, forget: () => {} });
  again.restore({ ...doc, name: 'B' }, false);
  expect(again.get().save.at).toBe('saved');
});

test('what the server refuses is told with its reason, and tried again with the next edit', async () => {
  const kept = serve();
  kept.down = () => HttpResponse.json({ type: 'x', title: 'The body is larger than it may be', status: 413, code: 'request-too-large', detail: 'At most 1 MiB.' }, { status: 413 });
  const draft = open();
  draft.edit('name', named('A'));
  await expect(draft.saved()).rejects.toThrow(ApiError);
  expect(draft.get().save).toMatchObject({ at: 'refused', error: { message: 'At most 1 MiB.' } });
  kept.down = null;
  draft.edit('name', named('B'));
  await vi.waitFor(() => expect(draft.get().save.at).toBe('saved'), patience);
  expect(kept.writes).toEqual(['B']);
});

test('what was kept of a tab that was closed comes back; over a newer draft only after a choice', async () => {
  const kept = serve();
  const draft = open();
  draft.restore({ ...doc, name: 'Kept' }, true);
  await draft.saved();
  expect(kept.writes).toEqual(['Kept']);
  const other = open(2);
  other.restore({ ...doc, name: 'Kept' }, false);
  expect(other.get().save.at).toBe('conflict');
});

test('anything may stand in the browser’s store', () => {
  localStorage.setItem('callout.unsaved.org.f', '{"revision":"x"');
  expect(readUnsaved('org', 'f')).toBeNull();
  localStorage.setItem('callout.unsaved.org.f', '{"revision":1,"doc":{}}');
  expect(readUnsaved('org', 'f')).toBeNull();
});
