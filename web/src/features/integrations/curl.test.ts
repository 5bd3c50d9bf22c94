import { expect, test } from 'vitest';
import { integrationOfCall } from './curl';

test('a call becomes an operation below its host, and its credential a field of the connection', () => {
  const node = {
    type: 'apiCall',
    mode: 'http',
    method: 'POST',
    url: 'https://api.example.com/v2/customers',
    query: [{ name: 'x', value: '1' }],
    auth: { type: 'basic', username: 'bob', password: 'a-real-one' },
    body: { type: 'json', value: { a: 1 } },
    timeoutMs: 5000,
  };
  const doc = integrationOfCall('customers', 'Customers', 'create', node);
  expect(doc).toEqual({
    kind: 'integration',
    slug: 'customers',
    name: 'Customers',
    baseUrl: 'https://api.example.com',
    auth: { type: 'basic', username: '{{ conn.username }}', password: '{{ secret.password }}' },
    configSchema: { type: 'object', properties: { username: { type: 'string' } }, required: ['username'] },
    secretSchema: { type: 'object', properties: { password: { type: 'string' } }, required: ['password'] },
    operations: { create: { method: 'POST', path: '/v2/customers', query: [{ name: 'x', value: '1' }], body: { type: 'json', value: { a: 1 } }, timeoutMs: 5000 } },
  });
  expect(JSON.stringify(doc)).not.toContain('a-real-one');
});

test('an address without a path has an empty one', () => {
  expect(integrationOfCall('a', '', 'call', { url: 'https://api.example.com?x=1' }).operations.call).toEqual({ method: 'GET', path: '?x=1' });
});
