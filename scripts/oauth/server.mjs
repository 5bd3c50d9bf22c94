// An OAuth 2.0 server whose one user agrees to everything, and an API that takes its tokens. It tells its address on
// standard output and ends with standard input.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const redirectUri = process.argv[2];
const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.2', listening));
const issuer = `http://127.0.0.2:${server.address().port}`;

const client = (id, method) => ({
  client_id: id,
  client_secret: 's3cret-of-the-client',
  token_endpoint_auth_method: method,
  redirect_uris: [redirectUri],
  response_types: ['code'],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
});

const provider = new Provider(issuer, {
  clients: [client('in the header', 'client_secret_basic'), client('in the form', 'client_secret_post')],
  scopes: ['openid', 'read'],
  pkce: { required: () => true },
  // A refresh token is good for one use; a second use ends all that the consent gave.
  rotateRefreshToken: true,
  issueRefreshToken: async () => true,
  features: { devInteractions: { enabled: false }, clientCredentials: { enabled: true } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  cookies: { keys: ['keys of a test'] },
  ttl: { AccessToken: 3600, ClientCredentials: 600, RefreshToken: 86400, Grant: 86400, Session: 86400, Interaction: 3600 },
});

async function agree(request, response) {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    return provider.interactionFinished(request, response, { login: { accountId: 'ann' } });
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope ?? '');
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
}

async function api(request, response) {
  const shown = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  const token = (await provider.AccessToken.find(shown)) ?? (await provider.ClientCredentials.find(shown));
  response.writeHead(token ? 200 : 401, { 'content-type': 'application/json' });
  response.end(JSON.stringify(token ? { who: token.accountId ?? token.clientId, scope: token.scope } : {}));
}

const standard = provider.callback();
server.on('request', (request, response) => {
  const path = request.url.split('?')[0];
  const serve = path.startsWith('/interaction/') ? agree : path === '/get' ? api : standard;
  Promise.resolve(serve(request, response)).catch((error) => {
    console.error(error);
    response.writeHead(500).end();
  });
});

console.log(issuer);
process.stdin.resume().on('end', () => process.exit(0));
