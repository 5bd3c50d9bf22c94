// The words of expressions, as docs/flows.md and the server's allow-list have them: for completion only.

/** What a template can read, by the first word of its path. */
export const roots: Record<string, string> = {
  vars: 'Variables of this run',
  event: 'The event that started the run',
  contact: 'The person it is about',
  steps: 'What earlier calls answered',
  run: 'This run',
  flow: 'This flow',
  now: 'The time of this step',
  conversation: 'The conversation of the event',
};

/** What only a call's request can read. */
export const requestRoots: Record<string, string> = {
  conn: 'Public fields of the connection',
  secret: 'Secrets of the connection, filled in last',
};

/** What a transform can read. */
export const transformRoots: Record<string, string> = {
  value: 'The value that the path found',
  response: 'The whole answer: status, headers, body',
};

export const members: Record<string, Record<string, string>> = {
  contact: {
    id: '', externalId: 'The id that the host application gave', name: '', email: '', phone: '', status: '', locale: '', timeZone: '', city: '',
    region: '', country: '', firstSeenAt: '', lastSeenAt: '', createdAt: '', updatedAt: '', attributes: 'Fields of your own', tags: '', lists: '',
  },
  run: { id: '' },
  flow: { slug: '', name: '', version: '', number: '' },
  response: { status: 'As a number', headers: 'By lower-case name', body: 'Decoded' },
};

export const stepMembers: Record<string, string> = {
  outcome: '200, 404, timeout, …',
  status: 'As a number',
  ok: 'Whether it was a usable 2xx',
  body: 'Decoded',
  headers: 'By lower-case name',
};

/** The filters, each with what it does. */
export const filters: Record<string, string> = {
  default: "default('there'): this where the value is missing",
  upper: 'UPPER CASE',
  lower: 'lower case',
  title: 'Each Word Capitalised',
  capitalize: 'First letter capitalised',
  trim: 'Without spaces around it',
  replace: "replace('a', 'b')",
  split: "split(','): a list",
  join: "join(', '): a text of a list",
  length: 'How many',
  count: 'How many',
  first: 'The first of a list',
  last: 'The last of a list',
  int: 'As a whole number',
  float: 'As a number',
  string: 'As a text',
  bool: 'As true or false',
  round: 'round(2)',
  abs: 'Without its sign',
  min: 'The smallest',
  max: 'The largest',
  sum: 'The sum of a list',
  sort: 'A list in order',
  unique: 'A list without repeats',
  reverse: 'The other way round',
  map: "map('upper') or map(attribute='id')",
  select: "select('gt', 3): those that pass",
  reject: "reject('gt', 3): those that do not",
  selectattr: "selectattr('open', 'true')",
  rejectattr: "rejectattr('open', 'true')",
  items: 'Pairs of key and value',
  keys: 'The keys',
  values: 'The values',
  dictsort: 'Pairs, by key',
  list: 'As a list',
  tojson: 'As JSON text',
  urlencode: 'Percent-encoded',
};

/** What may follow `is`. */
export const tests = [
  'defined', 'undefined', 'none', 'true', 'false', 'boolean', 'string', 'number', 'integer', 'float', 'sequence', 'mapping', 'iterable', 'even', 'odd',
  'divisibleby', 'containing', 'startingwith', 'endingwith', 'eq', 'ne', 'lt', 'le', 'gt', 'ge', 'in',
];
