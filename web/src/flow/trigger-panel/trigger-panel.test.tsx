import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { useState } from 'react';
import { beforeEach, expect, test, vi } from 'vitest';
import { inFlow, writeField } from '../../../tests/flow';
import { server } from '../../../tests/server';
import type { FlowDoc } from '../document/types';
import { TriggerPanel } from './trigger-panel';

const event = { type: 'object', description: 'An event with this name.', properties: { type: { const: 'event' }, event: { type: 'string' }, when: { type: ['string', 'null'], description: 'An expression that must hold.' } }, required: ['type', 'event'] };
const api = { type: 'object', description: 'A call of the API.', properties: { type: { const: 'api' } }, required: ['type'] };
const segment = { type: 'object', description: 'A contact enters a segment.', properties: { type: { const: 'segment' }, name: { type: 'string' } }, required: ['type', 'name'] };

const schema = (more: object[] = [], entry: object = { enum: ['always', null] }) => ({ properties: { trigger: { $ref: '#/$defs/TriggerDraft' }, entry }, $defs: { TriggerDraft: { oneOf: [event, api, ...more] } } });

let given: object;
let written: FlowDoc;

beforeEach(() => {
  given = schema();
  server.use(
    http.get('*/v1/schemas/flow', () => HttpResponse.json(given as never)),
    http.post('*/v1/render', () => HttpResponse.json({ fields: [] })),
  );
});

function Panel({ trigger, readOnly = false }: { trigger: FlowDoc['trigger']; readOnly?: boolean }) {
  const [doc, set] = useState<FlowDoc>({ kind: 'flow', slug: 'f', trigger, start: '', nodes: {} });
  written = doc;
  return <TriggerPanel doc={doc} onChange={set} readOnly={readOnly} problems={[{ code: 'x', severity: 'warning', at: 'trigger.event', message: 'no such event came yet' }, { code: 'y', severity: 'error', at: 'start', message: 'nowhere' }]} />;
}

test('the trigger is edited by its schema, and its problems stand with it', async () => {
  const user = userEvent.setup();
  render(inFlow(<Panel trigger={{ type: 'event', event: 'call.connected' }} />));
  expect(await screen.findByText('An event with this name.')).toBeVisible();
  expect(screen.getByText('No such event came yet.')).toBeVisible();
  expect(screen.queryByText(/nowhere/i)).toBeNull();
  await writeField(/When/, "event.from != ''");
  expect(written.trigger).toEqual({ type: 'event', event: 'call.connected', when: "event.from != ''" });
  await user.selectOptions(screen.getByLabelText('What starts a run'), 'A call of the API');
  expect(written.trigger).toEqual({ type: 'api' });
  expect(screen.queryByLabelText('Entry')).toBeNull();
});

test('a type of trigger and an entry rule that came later are offered at once', async () => {
  given = schema([segment], { description: 'How often one contact may enter.', oneOf: [{ enum: ['always', 'once'] }, { type: 'object', properties: { oncePer: { type: 'string' } }, required: ['oncePer'] }] });
  const user = userEvent.setup();
  render(inFlow(<Panel trigger={{ type: 'api' }} />));
  await user.selectOptions(await screen.findByLabelText('What starts a run'), 'Segment');
  expect(written.trigger).toEqual({ type: 'segment', name: '' });
  await user.selectOptions(screen.getByLabelText('Entry'), 'Once per');
  expect(written.entry).toEqual({ oncePer: '' });
});

test('the sample event is kept, and stands in the command that sends it', async () => {
  const setSamples = vi.fn();
  render(inFlow(<Panel trigger={{ type: 'event', event: 'call.connected' }} />, { samples: { event: { name: 'call.connected', note: "it's" }, contact: {}, vars: {} }, setSamples }));
  expect(await screen.findByRole('region', { name: 'the command' })).toHaveTextContent(`/v1/events' \\`);
  expect(screen.getByRole('region', { name: 'the command' })).toHaveTextContent(`it'\\''s`);
  await writeField('Sample event', '{"name": "other"}');
  expect(setSamples).toHaveBeenLastCalledWith({ event: { name: 'other' }, contact: {}, vars: {} });
});
