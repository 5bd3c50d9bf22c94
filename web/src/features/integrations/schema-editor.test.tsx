import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, test } from 'vitest';
import { TooltipProvider } from '@/shared/ui/tooltip';
import type { JsonObject } from './document';
import { SchemaEditor } from './schema-editor';

let schema: JsonObject | undefined;

function Harness({ first }: { first?: JsonObject }) {
  const [value, setValue] = useState(first);
  schema = value;
  return (
    <TooltipProvider>
      <SchemaEditor label="Inputs" noun="Input" value={value} onChange={setValue} at="operations.find.inputSchema" problems={[{ code: 'x', severity: 'error', at: 'operations.find.inputSchema.properties.phone.minLength', message: 'expected a whole number' }]} />
    </TooltipProvider>
  );
}

test('inputs that are added become a schema, and leave it again', async () => {
  const user = userEvent.setup();
  render(<Harness />);
  await user.click(screen.getByRole('button', { name: 'Add input' }));
  expect(schema).toBeUndefined();
  await user.type(screen.getByLabelText('Name of input 1'), 'limit');
  await user.selectOptions(screen.getByLabelText('Type of input 1'), 'whole number');
  await user.click(screen.getByLabelText('Required of input 1'));
  expect(schema).toEqual({ type: 'object', properties: { limit: { type: 'integer' } }, additionalProperties: false });
  await user.click(screen.getByRole('button', { name: 'Remove input 1' }));
  expect(schema).toBeUndefined();
});

test('a name that another has on the way to its own takes nothing from that one', async () => {
  const user = userEvent.setup();
  render(<Harness first={{ type: 'object', properties: { a: { type: 'string', description: 'first' } } }} />);
  await user.click(screen.getByRole('button', { name: 'Add input' }));
  await user.type(screen.getByLabelText('Name of input 2'), 'a');
  expect(within(screen.getByRole('group', { name: 'Input 2' })).getByText('There is another input with this name.')).toBeVisible();
  await user.type(screen.getByLabelText('Name of input 2'), 'b');
  expect(schema?.properties).toEqual({ a: { type: 'string', description: 'first' }, ab: { type: 'string' } });
});

test('what the form does not know stays, and problems stand at their row', async () => {
  const user = userEvent.setup();
  const first = { type: 'object', title: 'Find', properties: { phone: { type: ['string', 'null'], minLength: 'x' } }, required: ['phone'], $defs: {} };
  render(<Harness first={first} />);
  expect(screen.getByText('Expected a whole number.')).toBeVisible();
  expect(screen.getByLabelText('Type of input 1')).toHaveDisplayValue('see JSON');
  await user.type(screen.getByLabelText('Description of input 1'), 'Its number');
  expect(schema).toEqual({ ...first, properties: { phone: { type: ['string', 'null'], minLength: 'x', description: 'Its number' } } });
});
