import { act, render, screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { useState } from 'react';
import { expect, test, vi } from 'vitest';
import { server } from '../../../tests/server';
import { inFlow, writeField } from '../../../tests/flow';
import { ExpressionField, JsonField, TemplateField } from './index';
import { placeIn } from './template-field';

interface Asked {
  scope: unknown;
  fields: { key: string; position: string; text: string }[];
}

function answering(answer: (field: Asked['fields'][number]) => object) {
  const asked: Asked[] = [];
  server.use(
    http.post('*/v1/render', async ({ request }) => {
      const body = (await request.json()) as Asked;
      asked.push(body);
      return HttpResponse.json({ fields: body.fields.map((field) => ({ key: field.key, reads: [], missing: [], ...answer(field) })) });
    }),
  );
  return asked;
}

function Held({ first, ...rest }: { first: string } & Omit<React.ComponentProps<typeof TemplateField>, 'value' | 'onChange'>) {
  const [value, setValue] = useState(first);
  return <TemplateField {...rest} value={value} onChange={setValue} />;
}

test('all fields of a panel are rendered by one request, with the samples', async () => {
  const asked = answering((field) => ({ value: field.text.toUpperCase() }));
  render(
    inFlow(
      <>
        <Held label="URL" first="https://x/{{ event.from }}" position="url" />
        <Held label="Phone" first="{{ event.from }}" position="query" />
        <Held label="Plain" first="no holes" position="header" />
      </>,
      { samples: { event: { from: '+44' }, contact: {}, vars: {} } },
    ),
  );
  expect(await screen.findByText('HTTPS://X/{{ EVENT.FROM }}')).toBeVisible();
  expect(screen.getByText('{{ EVENT.FROM }}')).toBeVisible();
  expect(asked).toEqual([
    {
      scope: { event: { from: '+44' }, contact: {}, vars: {} },
      fields: [
        { key: '0', position: 'url', text: 'https://x/{{ event.from }}' },
        { key: '1', position: 'query', text: '{{ event.from }}' },
      ],
    },
  ]);
});

test('typing asks once it pauses, and what came of it follows', async () => {
  const asked = answering((field) => ({ value: `<${field.text}>` }));
  render(inFlow(<Held label="Name" first="" position="text" />));
  await writeField('Name', 'Hi {{ va');
  await writeField('Name', 'Hi {{ vars.a }}');
  expect(await screen.findByText('<Hi {{ vars.a }}>')).toBeVisible();
  expect(asked).toHaveLength(1);
});

test('what the samples lack is named, an error is told in words, nothing is a dash', async () => {
  answering((field) =>
    field.position === 'query' ? { error: { message: '`event.x` is missing' }, missing: ['event.x'] } : field.position === 'header' ? { error: { message: 'the expression ends too early' } } : { value: null },
  );
  render(
    inFlow(
      <>
        <Held label="A" first="{{ event.x }}" position="query" />
        <Held label="B" first="{{ event. }}" position="header" />
        <Held label="C" first="{{ vars.n }}" position="json" />
      </>,
    ),
  );
  expect(await screen.findByText('No test value for event.x')).toBeVisible();
  expect(screen.getByText('The expression ends too early.')).toBeVisible();
  expect(screen.getByText('—')).toBeVisible();
});

test('a variable that no step sets is told of, and the words of the check stand below', async () => {
  answering(() => ({ value: 'x' }));
  render(
    inFlow(<Held label="URL" first="https://x/{{ vars.custmer }}" position="url" node="call" dataField="url" />, {
      variablesAt: () => [{ name: 'customer', maybeUnset: false, setBy: ['lookup'] }],
      problemsAt: () => [{ code: 'url-refused', severity: 'warning', at: 'nodes.call.url', message: 'The guard would refuse it', fix: 'Ask an operator.' }],
    }),
  );
  expect(screen.getByText('No step before this one sets vars.custmer')).toBeVisible();
  expect(screen.getByText('The guard would refuse it.')).toBeVisible();
  const box = screen.getByRole('textbox', { name: 'URL' });
  expect(box).toHaveAccessibleDescription(/The guard would refuse it/);
  await waitFor(() => expect(screen.getByTestId('rendered')).toBeVisible());
});

test('the editor takes the place of the plain control, and keeps name, text and field', async () => {
  answering(() => ({ value: true }));
  const onChange = vi.fn();
  render(inFlow(<ExpressionField label="When" value="vars.a" onChange={onChange} dataField="cases[0].when" />));
  await waitFor(() => expect(document.querySelector('.cm-content')).not.toBeNull(), { timeout: 10_000 });
  const box = screen.getByRole('textbox', { name: 'When' });
  expect(box).toHaveTextContent('vars.a');
  expect(box).toHaveAttribute('data-field', 'cases[0].when');
  expect(box).toHaveAttribute('aria-multiline', 'false');
  const { EditorView } = await import('@codemirror/view');
  const view = EditorView.findFromDOM(box)!;
  act(() => view.dispatch({ changes: { from: 6, insert: ' and\nvars.b' } }));
  expect(onChange).toHaveBeenCalledWith('vars.a and vars.b');
});

test('who may only read gets no preview, and cannot write', () => {
  render(inFlow(<JsonField label="Body" value='{"a": {{ vars.a }}}' onChange={() => {}} />, { readOnly: true }));
  expect(screen.getByRole('textbox', { name: 'Body' })).toHaveAttribute('aria-readonly', 'true');
});

test('the place that a message names is found in the text', () => {
  expect(placeIn('{\n  "a": }', 'Enter valid JSON: line 2, column 8: expected value')).toEqual({ from: 9, to: 10 });
  expect(placeIn('{', 'no place')).toBeNull();
});
