import { expect, test } from 'vitest';
import { visible } from './visible';

test('what steers is written out, what people write stays', () => {
  expect(visible('\u001b[31mred\u202Eevil\u0000')).toBe('\\u001b[31mred\\u202eevil\\u0000');
  expect(visible('a\tb\r\nc 👩‍👩‍👧 Grüße עברית')).toBe('a\tb\r\nc 👩‍👩‍👧 Grüße עברית');
});
