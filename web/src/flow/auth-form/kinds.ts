// The ways in which calls of an integration show who they are, and the fields of each.
export interface AuthField {
  name: string;
  label: string;
  hint?: string;
  placeholder?: string;
  required?: boolean;
  /** `rows` is a list of names and values. */
  as?: 'text' | 'rows' | { value: string; label: string }[];
}

export interface AuthKind {
  type: string;
  label: string;
  description: string;
  fields: AuthField[];
  /** What a fresh one holds. */
  create: Record<string, unknown>;
}

const clientAuth: AuthField = {
  name: 'clientAuth',
  label: 'Client id and secret go',
  as: [
    { value: 'basic', label: 'in the Authorization header' },
    { value: 'body', label: 'as fields of the form' },
  ],
};
const client: AuthField[] = [
  { name: 'tokenUrl', label: 'Token URL', placeholder: 'https://login.example.com/oauth/token', required: true },
  { name: 'clientId', label: 'Client id', required: true },
  { name: 'clientSecret', label: 'Client secret' },
  { name: 'scope', label: 'Scope', hint: 'Several with spaces between.' },
];

export const authKinds: AuthKind[] = [
  { type: 'none', label: 'None', description: 'Calls go out as they are.', fields: [], create: {} },
  {
    type: 'apiKey',
    label: 'API key',
    description: 'A key in a header or in the query.',
    fields: [
      {
        name: 'in',
        label: 'Goes in',
        as: [
          { value: 'header', label: 'a header' },
          { value: 'query', label: 'the query' },
        ],
      },
      { name: 'name', label: 'Name', placeholder: 'X-Api-Key', required: true },
      { name: 'value', label: 'Value', required: true },
    ],
    create: { in: 'header', name: 'X-Api-Key', value: '{{ secret.api_key }}' },
  },
  {
    type: 'basic',
    label: 'User name and password',
    description: 'HTTP Basic.',
    fields: [
      { name: 'username', label: 'User name', required: true },
      { name: 'password', label: 'Password' },
    ],
    create: { username: '{{ conn.username }}', password: '{{ secret.password }}' },
  },
  {
    type: 'bearer',
    label: 'Bearer token',
    description: 'A token in the Authorization header.',
    fields: [{ name: 'token', label: 'Token', required: true }],
    create: { token: '{{ secret.token }}' },
  },
  {
    type: 'headers',
    label: 'Several headers',
    description: 'Any headers at once.',
    fields: [{ name: 'headers', label: 'Headers', as: 'rows' }],
    create: { headers: [{ name: 'X-Api-Key', value: '{{ secret.api_key }}' }] },
  },
  {
    type: 'oauth2ClientCredentials',
    label: 'OAuth 2.0: client credentials',
    description: 'Callout fetches a token with the client’s own id and secret, and renews it.',
    fields: [...client, clientAuth, { name: 'params', label: 'Further fields of the token request', as: 'rows' }],
    create: { tokenUrl: '', clientId: '{{ conn.client_id }}', clientSecret: '{{ secret.client_secret }}' },
  },
  {
    type: 'oauth2AuthorizationCode',
    label: 'OAuth 2.0: a person agrees',
    description: 'Somebody agrees in a browser once; after that tokens are refreshed.',
    fields: [
      { name: 'authorizationUrl', label: 'Authorization URL', placeholder: 'https://login.example.com/oauth/authorize', required: true },
      ...client,
      clientAuth,
      { name: 'params', label: 'Further fields of the authorization request', as: 'rows' },
    ],
    create: { authorizationUrl: '', tokenUrl: '', clientId: '{{ conn.client_id }}', clientSecret: '{{ secret.client_secret }}' },
  },
  {
    type: 'awsSigV4',
    label: 'AWS Signature Version 4',
    description: 'Requests are signed with an access key.',
    fields: [
      { name: 'accessKeyId', label: 'Access key id', required: true },
      { name: 'secretAccessKey', label: 'Secret access key', required: true },
      { name: 'sessionToken', label: 'Session token' },
      { name: 'region', label: 'Region', placeholder: 'eu-west-1', required: true },
      { name: 'service', label: 'Service', placeholder: 'execute-api', required: true },
    ],
    create: { accessKeyId: '{{ conn.access_key_id }}', secretAccessKey: '{{ secret.secret_access_key }}', region: '{{ conn.region }}', service: '' },
  },
  {
    type: 'standardWebhooks',
    label: 'Standard Webhooks signature',
    description: 'Each request is signed, so that its receiver can tell who sent it.',
    fields: [{ name: 'secret', label: 'Secret', hint: 'whsec_…, or its base64.', required: true }],
    create: { secret: '{{ secret.webhook_secret }}' },
  },
];

/** The names that templates of a value read from `secret` or `conn`, in order. */
export function namesRead(value: unknown, from: 'secret' | 'conn'): string[] {
  const found = new Set<string>();
  const pattern = new RegExp(`\\b${from}\\.([A-Za-z_][A-Za-z0-9_]*)`, 'g');
  const walk = (item: unknown) => {
    if (typeof item === 'string') {
      for (const hole of item.match(/\{\{.*?\}\}/gs) ?? []) for (const [, name] of hole.matchAll(pattern)) found.add(name!);
    } else if (typeof item === 'object' && item !== null) Object.values(item).forEach(walk);
  };
  walk(value);
  return [...found];
}
