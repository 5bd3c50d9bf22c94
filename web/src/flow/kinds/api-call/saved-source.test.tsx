import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { useState } from 'react';
import { beforeEach, expect, test } from 'vitest';
import { inFlow, writeField } from '../../../../tests/flow';
import { server } from '../../../../tests/server';
import type { NodeDoc } from '../../document/types';
import Panel from './panel';

// As `integrations/zendesk.yaml` has it, and a choice as message APIs have one.
const desk = {
  kind: 'integration',
  slug: 'desk',
  name: 'Desk',
  operations: {
    getTicket: { name: 'Get a ticket', path: '/tickets/{{ inputs.ticket_id }}', inputSchema: { type: 'object', properties: { ticket_id: { type: 'integer', minimum: 1 } }, required: ['ticket_id'], additionalProperties: false } },
    updateTicket: {
      name: 'Update a ticket',
      method: 'PUT',
      path: '/tickets/{{ inputs.ticket_id }}',
      defaultOutputMappings: [{ var: 'ticket_status', path: '$.ticket.status' }],
      inputSchema: {
        type: 'object',
        properties: {
          ticket_id: { type: 'integer', minimum: 1 },
          ticket: {
            type: 'object',
            description: 'The fields to set.',
            properties: {
              status: { type: 'string', enum: ['new', 'open', 'solved'] },
              priority: { type: ['string', 'null'], enum: ['urgent', 'low', null] },
              subject: { type: 'string' },
              tags: { type: 'array', items: { type: 'string' } },
              comment: { type: 'object', properties: { body: { type: 'string' }, public: { type: 'boolean' } } },
              via: { $ref: '#/$defs/via' },
              custom_fields: { type: 'array', items: { type: 'object', properties: { id: { type: 'integer' }, value: {} } } },
            },
          },
        },
        required: ['ticket_id', 'ticket'],
        $defs: {
          via: {
            oneOf: [
              { title: 'Web', type: 'object', properties: { channel: { const: 'web' }, page: { type: 'string' } }, required: ['channel'] },
              { title: 'Phone', type: 'object', properties: { channel: { const: 'phone' }, number: { type: 'string' } }, required: ['channel'] },
            ],
          },
        },
      },
    },
  },
};

beforeEach(() => {
  server.use(
    http.post('*/v1/render', async ({ request }) => {
      const { fields } = (await request.json()) as { fields: { key: string; text: string }[] };
      return HttpResponse.json({ fields: fields.map(({ key, text }) => ({ key, value: text, reads: [], missing: [] })) });
    }),
    http.get('*/v1/flows', () => HttpResponse.json({ items: [], next: null })),
    http.get('*/v1/connections', () => HttpResponse.json({ items: [{ id: 'desk-main', name: 'Our desk', integrationSlug: 'desk', allowedHosts: [], disabled: false }], next: null })),
    http.get('*/v1/integrations', () => HttpResponse.json({ items: [{ slug: 'desk', name: 'Desk', version: 4 }, { slug: 'draft', name: 'Never published', version: null }], next: null })),
    http.get('*/v1/integrations/desk/versions/:version', () => HttpResponse.json(desk)),
  );
});

const user = userEvent.setup({ delay: null });

function open(node: Partial<NodeDoc>) {
  let now = { type: 'apiCall', ...node } as NodeDoc;
  function Held() {
    const [held, setHeld] = useState(now);
    return (
      <Panel
        id="call"
        node={held}
        readOnly={false}
        onChange={(next) => {
          now = next;
          setHeld(next);
        }}
      />
    );
  }
  render(inFlow(<Held />));
  return () => now;
}

const choose = async (name: string, option: RegExp) => {
  await user.click(await screen.findByRole('combobox', { name }));
  await user.click(await screen.findByRole('option', { name: option }));
};

test('integration, operation and connection are chosen, and the latest version is pinned', async () => {
  const node = open({ mode: 'http', url: 'https://x', headers: [{ name: 'A', value: '1' }] });
  await user.click(screen.getByRole('radio', { name: 'Saved integration' }));
  await user.click(await screen.findByRole('combobox', { name: 'Integration' }));
  expect(screen.queryByRole('option', { name: /Never published/ })).toBeNull();
  await user.click(await screen.findByRole('option', { name: /Desk/ }));
  await user.click(await screen.findByRole('combobox', { name: 'Operation' }));
  await user.type(screen.getByRole('combobox', { name: 'Search: Operation' }), 'updateTicket{Enter}');
  await choose('Connection', /Our desk/);
  expect(node()).toEqual({ type: 'apiCall', mode: 'integration', integrationSlug: 'desk', integrationVersion: 4, operationKey: 'updateTicket', connectionId: 'desk-main' });
  expect(screen.getByText('ticket_status')).toBeVisible();
  await user.click(screen.getByRole('radio', { name: 'HTTP request' }));
  expect(node()).toEqual({ type: 'apiCall', mode: 'http', url: 'https://x', headers: [{ name: 'A', value: '1' }] });
  await user.click(screen.getByRole('radio', { name: 'Saved integration' }));
  expect(node()).toMatchObject({ operationKey: 'updateTicket', connectionId: 'desk-main' });
});

test('inputs are asked for as the schema has them, and each takes a template too', async () => {
  const node = open({ mode: 'integration', integrationSlug: 'desk', integrationVersion: 4, operationKey: 'updateTicket' });
  const inputs = await screen.findByRole('region', { name: 'Inputs' });
  await user.type(within(inputs).getByRole('spinbutton', { name: /^ticket_id/ }), '7');
  await user.selectOptions(within(inputs).getByRole('combobox', { name: 'status' }), 'open');
  expect(within(inputs).getByRole('combobox', { name: 'priority' })).not.toHaveTextContent('null');
  await user.click(within(inputs).getByRole('button', { name: '2 more fields' }));
  await writeField('subject', 'Called {{ event.from }}');
  await user.click(within(inputs).getByRole('button', { name: 'Add to tags' }));
  await writeField('tags 1', 'vip');
  await user.click(within(inputs).getByRole('button', { name: 'Add comment' }));
  await user.selectOptions(within(inputs).getByRole('combobox', { name: 'public' }), 'false');
  expect(node().inputs).toEqual({ ticket_id: 7, ticket: { status: 'open', subject: 'Called {{ event.from }}', tags: ['vip'], comment: { public: false } } });
  await user.click(within(inputs).getByRole('button', { name: 'ticket_id: use a template' }));
  await writeField(/^ticket_id/, '{{ event.ticket }}');
  expect(node().inputs).toMatchObject({ ticket_id: '{{ event.ticket }}' });
});

test('a choice of the schema brings its fixed fields, and is told by them when it is opened again', async () => {
  const node = open({ mode: 'integration', integrationSlug: 'desk', integrationVersion: 4, operationKey: 'updateTicket', inputs: { ticket_id: 1, ticket: { via: { channel: 'phone', number: '+44' } } } });
  const kind = await screen.findByRole('combobox', { name: 'via: kind' });
  expect(kind).toHaveDisplayValue('Phone');
  await user.selectOptions(kind, 'Web');
  await writeField('page', '/help');
  expect(node().inputs).toEqual({ ticket_id: 1, ticket: { via: { channel: 'web', page: '/help' } } });
});

test('an older pin shows what a newer version changes, this operation first, and moves only when told', async () => {
  server.use(
    http.get('*/v1/integrations/desk/diff', ({ request }) => {
      expect(new URL(request.url).search).toBe('?from=3&to=4');
      return HttpResponse.json({
        from: '3',
        to: '4',
        breaking: true,
        flows: [],
        changes: [
          { operation: 'getTicket', what: 'input', name: 'x', breaking: true, message: 'of the other' },
          { operation: 'updateTicket', what: 'input', name: 'note', breaking: true, message: '`note` is new, and must be given' },
        ],
      });
    }),
  );
  const node = open({ mode: 'integration', integrationSlug: 'desk', integrationVersion: 3, operationKey: 'updateTicket' });
  await user.click(await screen.findByRole('button', { name: 'Version 4 is out: what changes' }));
  const dialog = await screen.findByRole('dialog', { name: 'From version 3 to 4' });
  const items = await within(dialog).findAllByRole('listitem');
  expect(items.map((item) => item.textContent)).toEqual(['breakingnote is new, and must be given.', 'breakingOf the other.']);
  expect(node().integrationVersion).toBe(3);
  await user.click(within(dialog).getByRole('button', { name: 'Move to version 4' }));
  await waitFor(() => expect(node().integrationVersion).toBe(4));
});
