import { expect, test } from 'vitest';
import { stateOf } from './state';

const now = Date.parse('2026-06-01T00:00:00Z');
const plain = { disabled: false, expiresAt: null, tokenExpiresAt: null, verification: null };

test('the gravest of what a connection is comes first', () => {
  const failed = { at: '2026-05-01T00:00:00Z', ok: false, text: 'ended as 401' };
  const label = (part: Partial<typeof plain>, consent = false) => stateOf({ ...plain, ...part } as Parameters<typeof stateOf>[0], consent, now).label;
  expect(label({})).toBe('Not tested');
  expect(label({}, true)).toBe('Not authorised yet');
  expect(label({ verification: failed } as never)).toBe('Test failed');
  expect(label({ verification: { ...failed, ok: true } } as never, true)).toBe('Test passed');
  expect(label({ expiresAt: '2026-05-31T00:00:00Z' as never, verification: failed as never })).toBe('Expired');
  expect(label({ expiresAt: '2026-07-01T00:00:00Z' as never })).toBe('Not tested');
  expect(label({ disabled: true, expiresAt: '2026-05-31T00:00:00Z' as never })).toBe('Disabled');
});
