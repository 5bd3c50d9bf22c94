import { act, screen, render, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { useState } from 'react';
import { beforeEach, expect, test } from 'vitest';
import { inFlow, writeField } from '../../../../tests/flow';
import { server } from '../../../../tests/server';
import type { FlowContextValue } from '../../context';
import type { NodeDoc } from '../../document/types';
import Panel from './panel';

beforeEach(() => {
  server.use(
    http.post('*/v1/render', async ({ request }) => {
      const { fields } = (await request.json()) as { fields: { key: string; text: string }[] };
      return HttpResponse.json({ fields: fields.map(({ key, text }) => ({ key, value: `~${text}`, reads: [], missing: [] })) });
    }),
    http.get('*/v1/flows', () => HttpResponse.json({ items: [{ slug: 'other', name: 'The other' }], next: null })),
    http.get('*/v1/connections', () =>
      HttpResponse.json({
        items: [
          { id: 'acme', name: 'Acme', integrationSlug: null, allowedHosts: ['api.acme.example'], disabled: false },
          { id: 'desk', name: 'Our desk', integrationSlug: 'desk', allowedHosts: [], disabled: false },
        ],
        next: null,
      }),
    ),
    http.get('*/v1/integrations', () => HttpResponse.json({ items: [{ slug: 'desk', name: 'Desk', version: 4 }], next: null })),
  );
});

/** The panel with the node that it wrote last. */
function open(node: Partial<NodeDoc>, more: Partial<FlowContextValue> = {}) {
  let now = { type: 'apiCall', ...node } as NodeDoc;
  let writes = 0;
  const doc: FlowContextValue['doc'] = { kind: 'flow', slug: 'f', trigger: { type: 'api' }, start: 'call', nodes: { call: now, pop: { type: 'screenPop', name: 'Show it' }, say: { type: 'message', name: 'Say sorry' } } };
  function Held() {
    const [held, setHeld] = useState(now);
    return (
      <Panel
        id="call"
        node={held}
        readOnly={more.readOnly ?? false}
        onChange={(next) => {
          now = next;
          writes++;
          setHeld(next);
        }}
      />
    );
  }
  render(inFlow(<Held />, { doc, ...more }));
  return { node: () => now, writes: () => writes };
}

const user = userEvent.setup({ delay: null });
const openPart = (name: string | RegExp) => user.click(screen.getByRole('button', { name, expanded: false }));
const menu = async (button: string, item: string) => {
  await user.click(screen.getByRole('button', { name: button }));
  await user.click(await screen.findByRole('menuitem', { name: new RegExp(`^${item}`) }));
};

test('a request is written: method, URL, query, and what is the default is left out', async () => {
  const { node } = open({ mode: 'http', url: '' });
  await user.selectOptions(screen.getByRole('combobox', { name: 'Method' }), 'PUT');
  await writeField('URL', 'https://api.example/{{ vars.id }}');
  await openPart(/^Query/);
  await user.click(screen.getByRole('button', { name: 'Add parameter' }));
  await user.type(screen.getByRole('textbox', { name: 'Parameter 1: name' }), 'phone');
  await writeField('Parameter phone: value', '{{ event.from }}');
  await user.click(screen.getByRole('checkbox', { name: 'Send parameter phone' }));
  expect(node()).toEqual({ type: 'apiCall', mode: 'http', method: 'PUT', url: 'https://api.example/{{ vars.id }}', query: [{ name: 'phone', value: '{{ event.from }}', enabled: false }] });
  await user.click(screen.getByRole('checkbox', { name: 'Send parameter phone' }));
  await menu('More about parameter phone', 'Leave out if missing');
  expect(node().query).toEqual([{ name: 'phone', value: '{{ event.from }}', optional: true }]);
  await menu('More about parameter phone', 'Remove parameter');
  expect(node().query).toBeUndefined();
});

test('many lines pasted into a name become rows', async () => {
  const { node } = open({ mode: 'http', url: '', headers: [{ name: '', value: '' }] });
  await user.click(screen.getByRole('combobox', { name: 'Header 1: name' }));
  await user.paste('Accept: application/json\nX-Tenant=acme: eu\n\nPrefer: "return=minimal"');
  expect(node().headers).toEqual([
    { name: 'Accept', value: 'application/json' },
    { name: 'X-Tenant', value: 'acme: eu' },
    { name: 'Prefer', value: 'return=minimal' },
  ]);
});

test('rows are put in order by keys, from the handle and from within', async () => {
  const { node } = open({ mode: 'http', url: '', query: [{ name: 'a', value: '1' }, { name: 'b', value: '2' }, { name: 'c', value: '3' }] });
  const names = () => (node().query as { name: string }[]).map((row) => row.name).join('');
  act(() => screen.getByRole('button', { name: 'Move parameter c' }).focus());
  await user.keyboard('{ArrowUp}');
  expect(names()).toBe('acb');
  await waitFor(() => expect(screen.getByRole('button', { name: 'Move parameter c' })).toHaveFocus());
  await user.click(screen.getByRole('textbox', { name: 'Parameter 1: name' }));
  await user.keyboard('{Alt>}{ArrowDown}{/Alt}');
  expect(names()).toBe('cab');
});

test('a pasted cURL command is imported after asking, in one step', async () => {
  let asked: unknown;
  server.use(
    http.post('*/v1/imports/curl', async ({ request }) => {
      asked = await request.json();
      return HttpResponse.json({ node: { type: 'apiCall', mode: 'http', method: 'POST', url: 'https://api.example/x', body: { type: 'json', value: { a: 1 } } }, notes: [] });
    }),
  );
  const { node, writes } = open({ mode: 'http', url: '', query: [{ name: 'old', value: '1' }], cases: [{ on: '2xx', to: 'pop' }] });
  await user.click(screen.getByRole('textbox', { name: 'URL' }));
  await user.paste(`curl -X POST https://api.example/x -d '{"a":1}'`);
  const dialog = await screen.findByRole('alertdialog', { name: 'Import the cURL command?' });
  await user.click(within(dialog).getByRole('button', { name: 'Import' }));
  await waitFor(() => expect(node()).toEqual({ type: 'apiCall', mode: 'http', method: 'POST', url: 'https://api.example/x', body: { type: 'json', value: { a: 1 } }, cases: [{ on: '2xx', to: 'pop' }] }));
  expect(asked).toEqual({ command: `curl -X POST https://api.example/x -d '{"a":1}'` });
  expect(writes()).toBe(1);
});

test('auth and body keep what was typed while another kind is looked at', async () => {
  const { node } = open({ mode: 'http', url: 'https://x', auth: { type: 'bearer', token: '{{ vars.t }}' }, body: { type: 'json', text: '{"a": {{ vars.a }}, "b": "x {{ vars.b }}"}' } });
  await openPart(/^Auth/);
  await user.selectOptions(screen.getByRole('combobox', { name: 'Signs in with' }), 'connection');
  await user.click(screen.getByRole('combobox', { name: 'Connection' }));
  expect(screen.queryByRole('option', { name: /Our desk/ })).toBeNull();
  await user.click(await screen.findByRole('option', { name: /Acme/ }));
  expect(node()).toMatchObject({ connectionId: 'acme' });
  expect(node().auth).toBeUndefined();
  await user.selectOptions(screen.getByRole('combobox', { name: 'Signs in with' }), 'bearer');
  expect(node()).toMatchObject({ auth: { type: 'bearer', token: '{{ vars.t }}' } });
  expect(node().connectionId).toBeUndefined();
  await user.selectOptions(screen.getByRole('combobox', { name: 'Sends' }), 'form');
  await user.selectOptions(screen.getByRole('combobox', { name: 'Sends' }), 'json');
  await user.click(screen.getByRole('radio', { name: 'Tree' }));
  expect(node().body).toEqual({ type: 'json', value: { a: '{{ vars.a }}', b: 'x {{ vars.b }}' } });
  await user.selectOptions(screen.getByRole('combobox', { name: 'JSON a: kind' }), 'list');
  expect(node().body).toEqual({ type: 'json', value: { a: ['{{ vars.a }}'], b: 'x {{ vars.b }}' } });
});

test('outputs: added, converted, with a default as it is typed', async () => {
  const { node } = open({ mode: 'http', url: 'https://x' });
  await user.click(screen.getByRole('button', { name: 'Add variable' }));
  await user.type(screen.getByRole('textbox', { name: 'Variable 1: name' }), 'total');
  await user.type(screen.getByRole('textbox', { name: 'Variable total: path' }), 'sum');
  await user.click(screen.getByRole('button', { name: 'More about total' }));
  await user.selectOptions(screen.getByRole('combobox', { name: 'Convert to' }), 'number');
  await user.type(screen.getByRole('textbox', { name: 'Where it is not found' }), '0');
  await user.click(screen.getByRole('checkbox', { name: 'Required' }));
  expect(node().outputs).toEqual([{ var: 'total', path: '$.sum', type: 'number', default: 0, required: true }]);
});

test('cases: outcomes as chips and free statuses, condition, target; the default rows below', async () => {
  const { node } = open({ mode: 'http', url: 'https://x', cases: [{ on: '2xx', to: '' }] });
  await user.click(screen.getByRole('button', { name: 'Case 2xx: outcomes: choose outcomes' }));
  await user.type(screen.getByRole('combobox', { name: 'Search outcomes, or type a status' }), '418{Enter}');
  await user.keyboard('{Escape}');
  expect(node().cases).toEqual([{ on: ['2xx', 418], to: '' }]);
  await menu('Actions on 2xx, 418', 'Add a condition');
  await writeField('If', 'vars.id');
  await user.click(screen.getByRole('combobox', { name: 'Case 2xx, 418: go to' }));
  await user.click(await screen.findByRole('option', { name: /Show it/ }));
  await user.click(screen.getByRole('combobox', { name: 'On timeout go to' }));
  await user.click(await screen.findByRole('option', { name: /The other/ }));
  expect(node().cases).toEqual([
    { on: ['2xx', 418], when: 'vars.id', to: 'pop' },
    { on: 'timeout', to: 'flow:other' },
  ]);
  await user.click(screen.getByRole('combobox', { name: 'Where no case matched go to' }));
  await user.click(await screen.findByRole('option', { name: /Say sorry/ }));
  await user.selectOptions(screen.getByRole('combobox', { name: 'A failure that no case matches' }), 'end');
  expect(node()).toMatchObject({ next: 'say', onFailure: 'end' });
});

test('a section opens where the check has something to say, with its words at the field', () => {
  open(
    { mode: 'http', url: 'https://x', retry: { maxAttempts: 0 } },
    { problemsAt: () => [{ code: 'out-of-range', severity: 'error', at: 'nodes.call.retry.maxAttempts', message: 'at least 1 is needed' }] },
  );
  expect(screen.getByRole('button', { name: /^Timeout and retry/ })).toHaveAttribute('aria-expanded', 'true');
  expect(screen.getByText('At least 1 is needed.')).toBeVisible();
  expect(document.querySelector('[data-field="retry.maxAttempts"]')).toBeVisible();
});

test('a viewer sees all of it and can change nothing', () => {
  open({ mode: 'http', url: 'https://x', query: [{ name: 'a', value: '1' }], outputs: [{ var: 'v', path: '$.v' }], cases: [{ on: '2xx', to: 'pop' }] }, { readOnly: true });
  for (const name of ['Add parameter', 'Add header', 'Add variable', 'Add case']) expect(screen.queryByRole('button', { name })).toBeNull();
  expect(screen.getByRole('combobox', { name: 'Method' })).toBeDisabled();
  expect(screen.getByRole('textbox', { name: 'Variable 1: name' })).toHaveAttribute('readonly');
  expect(screen.getByRole('textbox', { name: 'URL' })).toHaveAttribute('aria-readonly', 'true');
});
