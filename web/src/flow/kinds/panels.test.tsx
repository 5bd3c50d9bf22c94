import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { Suspense, useState, type ReactNode } from 'react';
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { beforeEach, expect, test } from 'vitest';
import { inFlow, writeField } from '../../../tests/flow';
import { server } from '../../../tests/server';
import type { FlowDoc, NodeDoc } from '../document/types';
import { kindOf } from './index';

let written: NodeDoc;

const doc: FlowDoc = { kind: 'flow', slug: 'f', trigger: { type: 'api' }, start: 'one', nodes: { one: { type: 'end' }, two: { type: 'message', name: 'Say it', text: '' } } };

beforeEach(() => {
  server.use(
    http.get('*/v1/flows', () => HttpResponse.json({ items: [{ slug: 'f', name: 'This one' }, { slug: 'other', name: 'The other', version: 2 }] })),
    http.post('*/v1/render', async ({ request }) => {
      const { fields } = (await request.json()) as { fields: { key: string; text: string }[] };
      return HttpResponse.json({ fields: fields.map(({ key, text }) => ({ key, value: text.replace(/\{\{.*?\}\}/g, 'Ada'), reads: [], missing: [] })) });
    }),
  );
});

function Panel({ first, readOnly }: { first: NodeDoc; readOnly: boolean }) {
  const [node, set] = useState(first);
  written = node;
  const Own = kindOf(node).panel!;
  return (
    <Suspense>
      <Own id="one" node={node} onChange={set} readOnly={readOnly} />
    </Suspense>
  );
}

/** Links lead somewhere: the panels stand in a router. */
function routed(children: ReactNode) {
  const router = createRouter({ routeTree: createRootRoute({ component: () => children }), history: createMemoryHistory() });
  return <RouterProvider router={router as never} />;
}

function open(node: NodeDoc, readOnly = false) {
  render(routed(inFlow(<Panel first={node} readOnly={readOnly} />, { doc, readOnly })));
  return userEvent.setup();
}

async function choose(user: ReturnType<typeof userEvent.setup>, label: string, option: RegExp) {
  await user.click(screen.getByRole('combobox', { name: label }));
  await user.click(screen.getByRole('option', { name: option }));
}

test('variables keep the type that they are given, and their order', async () => {
  const user = open({ type: 'setVars', set: { tries: 1, who: '{{ event.from }}' } });
  await user.click(await screen.findByRole('button', { name: 'Add variable' }));
  expect(written.set).toEqual({ tries: 1, who: '{{ event.from }}', variable: '' });
  const name = screen.getByRole('textbox', { name: 'Name of variable 3' });
  await user.clear(name);
  await user.type(name, 'vip');
  await user.selectOptions(screen.getByLabelText('Type of Value of vip'), 'Yes/no');
  await user.selectOptions(screen.getByLabelText('Value of vip'), 'Yes');
  expect(written.set).toEqual({ tries: 1, who: '{{ event.from }}', vip: true });
  await user.click(screen.getByRole('button', { name: 'Remove variable tries' }));
  expect(Object.keys(written.set as object)).toEqual(['who', 'vip']);
});

test('a name that stands twice is said, and the other row is not lost while it is typed', async () => {
  const user = open({ type: 'setVars', set: { a: 1, b: 2 } });
  const second = await screen.findByRole('textbox', { name: 'Name of variable 2' });
  await user.clear(second);
  await user.type(second, 'a');
  expect(screen.getAllByText(/stands twice/)).toHaveLength(2);
  await user.type(second, 'b');
  expect(written.set).toEqual({ a: 1, ab: 2 });
});

test('cases of a branch are named, ordered and led on', async () => {
  const user = open({ type: 'branch', cases: [{ when: 'vars.a', to: '' }, { name: 'rest', when: 'true', to: 'one' }] });
  await user.type(await screen.findByRole('textbox', { name: 'Name of case 1' }), 'A');
  await writeField('If', 'vars.b');
  const cases = screen.getByRole('list', { name: 'Cases' });
  const first = within(cases).getAllByRole('listitem')[0]!;
  await user.click(within(first).getByRole('combobox', { name: 'Go on to' }));
  await user.click(screen.getByRole('option', { name: /^Say it/ }));
  expect(written.cases).toEqual([{ name: 'A', when: 'vars.b', to: 'two' }, { name: 'rest', when: 'true', to: 'one' }]);
  screen.getByRole('button', { name: 'Move case A' }).focus();
  await user.keyboard('{ArrowDown}');
  expect((written.cases as { name: string }[]).map((row) => row.name)).toEqual(['rest', 'A']);
  await choose(user, 'Otherwise go on to', /^The other/);
  expect(written.next).toBe('flow:other');
});

test('a message gets a text for each language, and one alone is a plain text again', async () => {
  const user = open({ type: 'message', text: 'Hello {{ event.name }}' });
  expect(await screen.findByText('Hello Ada')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Add a language' }));
  await user.type(screen.getByRole('combobox', { name: 'Language' }), 'de');
  await user.click(screen.getByRole('button', { name: 'Add' }));
  await writeField('German (de)', 'Hallo');
  expect(written.text).toEqual({ default: 'Hello {{ event.name }}', de: 'Hallo' });
  await user.click(screen.getByRole('button', { name: 'Remove German (de)' }));
  expect(written.text).toBe('Hello {{ event.name }}');
});

test('a wait takes a common time by a click', async () => {
  const user = open({ type: 'wait', duration: '5m' });
  await user.click(await screen.findByRole('button', { name: '1 hour' }));
  expect(written.duration).toBe('1h');
  expect(screen.getByRole('button', { name: '1 hour' })).toHaveAttribute('aria-pressed', 'true');
  expect(screen.getByLabelText(/Wait for/)).toHaveValue('1h');
});

test('a screen pop is shown as the agent sees it', async () => {
  const user = open({ type: 'screenPop', title: '{{ vars.name }}', fields: [{ label: 'Plan', value: 'gold' }] });
  const card = await screen.findByRole('article', { name: 'Screen pop' });
  expect(await within(card).findByText('Ada')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Add line' }));
  await writeField('Label of line 2', 'From');
  expect(written.fields).toEqual([{ label: 'Plan', value: 'gold' }, { label: 'From', value: '' }]);
  expect(within(card).getByText('From')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Remove line 1' }));
  await user.click(screen.getByRole('button', { name: 'Remove line 1' }));
  expect(written).not.toHaveProperty('fields');
});

test('a hand-off goes to a group or to an agent, never to both', async () => {
  const user = open({ type: 'handoff', group: 'front-desk' });
  await user.click(await screen.findByRole('radio', { name: 'An agent' }));
  expect(written).toEqual({ type: 'handoff', agent: 'front-desk' });
  await writeField(/^Agent/, '{{ event.agent }}');
  expect(written).toEqual({ type: 'handoff', agent: '{{ event.agent }}' });
});

test('a flow that is run as a part has inputs, a result and ways back', async () => {
  const user = open({ type: 'goToFlow', flow: '', mode: 'jump' });
  await screen.findByText('Jump');
  await choose(user, 'Flow', /^The other/);
  await user.click(screen.getByRole('radio', { name: 'Run as a part' }));
  await user.click(screen.getByRole('button', { name: 'Add input' }));
  await user.type(screen.getByLabelText('Variable for its result'), 'answer');
  await choose(user, 'If it failed', /^Say it/);
  expect(written).toEqual({ type: 'goToFlow', flow: 'other', mode: 'subFlow', inputs: { input: '' }, resultVariable: 'answer', cases: [{ on: 'failed', to: 'two' }] });
});

test('an end gives back JSON; what is no JSON is not kept, and said', async () => {
  const user = open({ type: 'end' });
  await user.click(await screen.findByRole('radio', { name: 'Failed' }));
  await writeField('Result', '{"ok": tru');
  expect(await screen.findByText(/no JSON/)).toBeVisible();
  expect(written).toEqual({ type: 'end', status: 'failed' });
  await writeField('Result', '{"ok": true}');
  expect(written).toEqual({ type: 'end', status: 'failed', result: { ok: true } });
});

test('who may only read changes nothing', async () => {
  open({ type: 'branch', cases: [{ name: 'A', when: 'vars.a', to: 'two' }] }, true);
  expect(await screen.findByRole('textbox', { name: 'Name of case 1' })).toHaveAttribute('readonly');
  expect(screen.queryByRole('button', { name: 'Add case' })).toBeNull();
  expect(screen.getByRole('combobox', { name: 'Otherwise go on to' })).toBeDisabled();
});
