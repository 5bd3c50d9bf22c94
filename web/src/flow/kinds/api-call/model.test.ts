import { expect, test } from 'vitest';
import { looseText, looseValue } from '../../document/loose';
import { valueOfText } from './body-part';
import { ownVariables, pastedRows, tidy } from './model';
import { jsonPathOf, nameOf } from './output-names';

test('a path is JSONPath, odd keys in quotes', () => {
  expect(jsonPathOf([])).toBe('$');
  expect(jsonPathOf(['contacts', 0, 'first_name'])).toBe('$.contacts[0].first_name');
  expect(jsonPathOf(['odd key', "it's", '@id', '1st'])).toBe("$['odd key']['it\\'s']['@id']['1st']");
});

test('a name is made of the last keys, valid and free', () => {
  expect(nameOf(['contacts', 0, 'name'], [])).toBe('contact_name');
  expect(nameOf(['data', 'orderTotal'], [])).toBe('order_total');
  expect(nameOf(['items', 0], ['items'])).toBe('items_2');
  expect(nameOf([], [])).toBe('value');
  expect(nameOf(['1st-Key!'], [])).toBe('v_1st_key');
  expect(nameOf(['日本'], [])).toBe('value');
});

test('pasted lines are rows, other texts are not', () => {
  expect(pastedRows('?a=1&b=x%20y')).toEqual([{ name: 'a', value: '1' }, { name: 'b', value: 'x%20y' }]);
  expect(pastedRows('a: 1\nb=2')).toEqual([{ name: 'a', value: '1' }, { name: 'b', value: '2' }]);
  expect(pastedRows('just words\nand more')).toBeNull();
  expect(pastedRows('one=line')).toBeNull();
});

test('a row keeps only what differs from the default', () => {
  expect(tidy({ name: 'a', value: '', enabled: true, optional: false })).toEqual({ name: 'a', value: '' });
  expect(tidy({ name: 'a', enabled: false, optional: true })).toEqual({ name: 'a', enabled: false, optional: true });
});

test('a value is typed loosely and comes back the same', () => {
  for (const value of ['there', '5', 5, true, 'true', null, [], { a: 1 }, '"q"']) expect(looseValue(looseText(value))).toEqual(value);
  expect(looseValue('')).toBeUndefined();
});

test('JSON text becomes a tree with its holes as texts', () => {
  expect(valueOfText('{"n": {{ vars.n }}, "s": "x {{ vars.s | default("a") }}", "e": "\\"{{ vars.e }}"}')).toEqual({ n: '{{ vars.n }}', s: 'x {{ vars.s | default("a") }}', e: '"{{ vars.e }}' });
  expect(valueOfText('{"n": }')).toBeNull();
});

test('what a call sets is known by its source', () => {
  expect(ownVariables({ type: 'apiCall', mode: 'http', responseVariable: 'crm', outputs: [{ var: 'a' }] }, [])).toEqual(['a', 'crm', 'httpStatus', 'httpOk', 'httpHeaders', 'httpError']);
  expect(ownVariables({ type: 'apiCall', mode: 'integration' }, [{ var: 'b' }])).toEqual(['b', 'integrationStatus', 'integrationOk', 'integrationError']);
});
