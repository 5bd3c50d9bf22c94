// A call that came of a cURL command, as an integration with that one operation.
import type { AuthDoc } from '@/flow/auth-form/auth-form';
import { freshIntegration, listOf, objectOf, textOf, withKey, type IntegrationDoc, type JsonObject, type OperationDoc } from './document';

const texts = (...names: string[]): JsonObject => ({ type: 'object', properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])), required: names });

/** Credentials of the command stay out of the document: each becomes a field of the connection. */
function authOf(auth: JsonObject): Partial<IntegrationDoc> {
  if (auth.type === 'basic') {
    const fields: AuthDoc = { type: 'basic', username: '{{ conn.username }}', password: '{{ secret.password }}' };
    return { auth: fields, configSchema: texts('username'), secretSchema: texts('password') };
  }
  if (auth.type === 'bearer') return { auth: { type: 'bearer', token: '{{ secret.token }}' }, secretSchema: texts('token') };
  return {};
}

/** The host is the base, what follows it the operation's path. */
function splitUrl(url: string): [string, string] {
  const found = /^(\w+:\/\/[^/?#]+)(.*)$/s.exec(url);
  return found ? [found[1]!, found[2]!] : [url, ''];
}

export function integrationOfCall(slug: string, name: string, key: string, node: JsonObject): IntegrationDoc {
  const [baseUrl, path] = splitUrl(textOf(node.url));
  let operation: OperationDoc = { method: textOf(node.method) || 'GET', path };
  for (const field of ['query', 'headers'] as const) operation = withKey(operation, field, listOf(node[field]));
  for (const field of ['body', 'timeoutMs', 'retry'] as const) operation = withKey(operation, field, node[field]);
  return { ...freshIntegration(slug, name, baseUrl), ...authOf(objectOf(node.auth)), operations: { [key]: operation } };
}
