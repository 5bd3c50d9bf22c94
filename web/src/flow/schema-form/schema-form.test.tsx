import { screen, waitFor, within } from '@testing-library/react';
import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { useState } from 'react';
import { beforeEach, expect, test } from 'vitest';
import { inFlow, writeField } from '../../../tests/flow';
import { server } from '../../../tests/server';
import type { NodeDoc } from '../document/types';
import { blank, labelOf, variantIndex, viewOf, type JsonSchema } from './schema';
import { SchemaForm } from './schema-form';

const defs: Record<string, JsonSchema> = {
  Color: { type: 'string', enum: ['red', 'darkBlue'] },
  Line: { type: 'object', properties: { label: { type: 'string' }, size: { type: 'integer', minimum: 1 } }, required: ['label'] },
  Body: {
    oneOf: [
      { type: 'object', properties: { type: { type: 'string', const: 'json' }, value: {} }, required: ['type'] },
      { type: 'object', properties: { type: { type: 'string', const: 'text' }, text: { type: 'string' } }, required: ['type', 'text'] },
    ],
  },
};

/** A type that this page has no panel for. */
const survey: JsonSchema = {
  type: 'object',
  description: 'Asks a question.',
  properties: {
    type: { type: 'string', const: 'survey' },
    name: { type: ['string', 'null'] },
    question: { type: 'string', description: 'What is asked; takes templates.' },
    color: { anyOf: [{ $ref: '#/$defs/Color' }, { type: 'null' }], description: 'Of the bubble.' },
    timesMax: { type: ['integer', 'null'], minimum: 1 },
    urgent: { type: 'boolean', default: false },
    lines: { type: 'array', items: { $ref: '#/$defs/Line' } },
    body: { $ref: '#/$defs/Body' },
    next: { type: ['string', 'null'] },
  },
  required: ['type', 'question'],
};

beforeEach(() => {
  server.use(
    http.get('*/v1/schemas/flow', () => HttpResponse.json({ $defs: { ...defs, NodeDraft: { oneOf: [survey] } } } as never)),
    http.get('*/v1/flows', () => HttpResponse.json({ items: [] })),
    http.post('*/v1/render', () => HttpResponse.json({ fields: [] })),
  );
});

let written: NodeDoc;

function Form({ node, readOnly = false }: { node: NodeDoc; readOnly?: boolean }) {
  const [now, set] = useState(node);
  written = now;
  return <SchemaForm id="ask" node={now} onChange={set} readOnly={readOnly} />;
}

test('a type that came later has a form of its schema, and what it does not name is kept', async () => {
  const user = userEvent.setup();
  render(inFlow(<Form node={{ type: 'survey', name: 'Ask', question: 'How?', later: { a: 1 } }} />));
  expect(await screen.findByText('Asks a question.')).toBeVisible();
  await writeField(/Question/, 'Who?');
  await user.selectOptions(screen.getByLabelText('Color'), 'Dark blue');
  await user.type(screen.getByLabelText('Times max'), '3');
  await user.click(screen.getByRole('switch', { name: 'Urgent' }));
  expect(written).toEqual({ type: 'survey', name: 'Ask', question: 'Who?', later: { a: 1 }, color: 'darkBlue', timesMax: 3, urgent: true });
  await user.click(screen.getByRole('switch', { name: 'Urgent' }));
  await user.selectOptions(screen.getByLabelText('Color'), 'Not set');
  await user.clear(screen.getByLabelText('Times max'));
  expect(written).toEqual({ type: 'survey', name: 'Ask', question: 'Who?', later: { a: 1 } });
});

test('lists get rows, and what is one of several kinds is chosen', async () => {
  const user = userEvent.setup();
  render(inFlow(<Form node={{ type: 'survey', question: '' }} />));
  await user.click(await screen.findByRole('button', { name: 'Add line' }));
  expect(written.lines).toEqual([{ label: '' }]);
  await writeField(/^Label/, 'Size');
  expect(written.lines).toEqual([{ label: 'Size' }]);
  await user.click(screen.getByRole('button', { name: 'Remove line 1' }));
  expect(written).not.toHaveProperty('lines');
  await user.selectOptions(screen.getByLabelText('Body'), 'Text');
  expect(written.body).toEqual({ type: 'text', text: '' });
  await writeField(/^Text/, 'hi');
  expect(written.body).toEqual({ type: 'text', text: 'hi' });
});

test('a type that the server does not know either is edited as JSON', async () => {
  render(inFlow(<Form node={{ type: 'mystery', a: 1 }} />));
  expect(await screen.findByText(/knows no type “mystery”/)).toBeVisible();
  await writeField(/The node as JSON/, '{"b": 2}');
  await waitFor(() => expect(written).toEqual({ type: 'mystery', b: 2 }));
});

test('who may only read cannot add or remove', async () => {
  render(inFlow(<Form node={{ type: 'survey', question: 'How?', lines: [{ label: 'a' }] }} readOnly />, { readOnly: true }));
  const lines = await screen.findByRole('list', { name: 'Lines' });
  expect(within(lines).queryByRole('button', { name: /Remove/ })).toBeNull();
  expect(screen.queryByRole('button', { name: 'Add line' })).toBeNull();
  expect(screen.getByLabelText('Color')).toBeDisabled();
});

test('the control of a schema', () => {
  expect(viewOf({ type: ['string', 'null'] }, defs)).toMatchObject({ kind: 'text', expression: false });
  expect(viewOf({ type: 'string', description: 'The expression that must hold.' }, defs)).toMatchObject({ kind: 'text', expression: true });
  expect(viewOf({ $ref: '#/$defs/Color' }, defs)).toMatchObject({ kind: 'choice' });
  expect(viewOf({ type: 'object', additionalProperties: true }, defs)).toEqual({ kind: 'map' });
  expect(viewOf({}, defs)).toEqual({ kind: 'any' });
  const body = viewOf({ $ref: '#/$defs/Body' }, defs);
  expect(body.kind === 'variants' && variantIndex({ type: 'text', text: 'x' }, body.variants, defs)).toBe(1);
  expect(blank({ $ref: '#/$defs/Line' }, defs)).toEqual({ label: '' });
  expect(labelOf('resultVariable')).toBe('Result variable');
});
