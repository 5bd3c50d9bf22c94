import { expect, test } from 'vitest';
import { nextPath, tokenIn } from './next';

test('the login leads on to a path of this page and nowhere else', () => {
  expect(nextPath('/runs?flow=a#x')).toBe('/runs?flow=a#x');
  for (const elsewhere of [undefined, '', 'https://evil.example', '//evil.example/x', '/\\evil.example', '\\\\evil.example', 'javascript:alert(1)', '/\t/evil.example', 'runs']) {
    expect(nextPath(elsewhere)).toBe('/flows');
  }
  // Where the login itself, or the root, is next, the flows are.
  for (const round of ['/login?next=/login', '/setup', '/password', '/']) expect(nextPath(round)).toBe('/flows');
});

test('a token is found in the address that was pasted', () => {
  expect(tokenIn(' cot_abc ')).toBe('cot_abc');
  expect(tokenIn('http://127.0.0.1:8080/setup#token=cot_abc')).toBe('cot_abc');
  expect(tokenIn('token=cot_abc')).toBe('cot_abc');
});
