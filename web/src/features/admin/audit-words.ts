// The actions of the audit log in words. One that is not here is shown as it is.

const words: Record<string, string> = {
  'call.test': 'tested a call of',
  'connection.authorize': 'began to authorise',
  'connection.authorized': 'authorised',
  'connection.change': 'changed',
  'connection.create': 'made',
  'connection.refresh': 'refreshed the token of',
  'connection.remove': 'removed',
  'connection.use': 'used',
  'connection.verify': 'tested',
  'flow.publish': 'published',
  'flow.remove': 'removed',
  'flow.restore': 'brought back',
  'flow.upgrade': 'moved the pins of',
  'flow.write': 'wrote the draft of',
  'integration.publish': 'published',
  'integration.remove': 'removed',
  'integration.write': 'wrote the draft of',
  'member.change': 'changed',
  'member.create': 'added',
  'member.remove': 'removed',
  'org.create': 'made',
  'run.cancel': 'cancelled',
  'run.rerun': 'ran again',
  'session.close': 'logged out',
  'session.open': 'logged in',
  'session.password': 'set a password',
  'session.refuse': 'was refused a login',
  'settings.write': 'changed',
  'token.create': 'made',
  'token.revoke': 'revoked',
};

/** Every action that is known here, for proposals while one is typed. */
export const actions = Object.keys(words);

export const objectKinds = ['connection', 'flow', 'integration', 'member', 'org', 'run', 'settings', 'token'];

/** `published`, for `flow.publish`. */
export function actionWords(action: string): string {
  return words[action] ?? action;
}
