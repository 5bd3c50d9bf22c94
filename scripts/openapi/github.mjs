// Cuts GitHub's published document down to the operations of the catalogue, and adds to what was imported of it what an
// OpenAPI document cannot say. Used by scripts/import-github, in two steps: `cut DOCUMENT`, `finish DOCUMENT IMPORTED`.
import { readFileSync } from 'node:fs';

// Per operation: the fields of the answer that are kept (of a list, those of its items), and the variables that it sets.
const issue = ['id', 'number', 'title', 'state', 'state_reason', 'html_url', 'body', 'comments', 'locked', 'created_at', 'updated_at', 'closed_at', 'user.login', 'assignees.login', 'labels'];
const comment = ['id', 'html_url', 'body', 'user.login', 'created_at', 'updated_at'];
const repository = ['id', 'name', 'full_name', 'description', 'private', 'archived', 'html_url', 'default_branch', 'language', 'stargazers_count', 'open_issues_count', 'pushed_at', 'owner.login'];
const found = (fields) => ['total_count', 'incomplete_results', ...fields.map((field) => `items.${field}`)];
const setByIssue = { issue_number: ['$.number', 'number'], issue_url: ['$.html_url', 'string'], issue_state: ['$.state', 'string'] };
const setByComment = { comment_id: ['$.id', 'number'], comment_url: ['$.html_url', 'string'] };
const wanted = {
  'users/get-authenticated': { fields: ['id', 'login', 'name', 'html_url'], outputs: { github_login: ['$.login', 'string'] } },
  'repos/get': { fields: repository, outputs: { repo_default_branch: ['$.default_branch', 'string'], repo_archived: ['$.archived', 'boolean'] } },
  'issues/list-for-repo': { fields: issue, outputs: { issues: ['$'] } },
  'issues/create': { fields: issue, outputs: setByIssue },
  'issues/get': { fields: issue, outputs: { ...setByIssue, issue_title: ['$.title', 'string'] }, result: '$.state' },
  'issues/update': { fields: issue, outputs: setByIssue, result: '$.state' },
  'issues/add-labels': { fields: ['name', 'color', 'description'], outputs: { issue_labels: ['$[*].name'] } },
  'issues/list-comments': { fields: comment, outputs: { comments: ['$'] } },
  'issues/create-comment': { fields: comment, outputs: setByComment },
  'issues/update-comment': { fields: comment, outputs: setByComment },
  'issues/delete-comment': { fields: [], outputs: {} },
  'search/issues-and-pull-requests': { fields: found(issue), outputs: { found_count: ['$.total_count', 'number'], found: ['$.items'] }, result: '$.total_count' },
  'search/repos': { fields: found(repository), outputs: { found_count: ['$.total_count', 'number'], found: ['$.items'] }, result: '$.total_count' },
};

const [step, documentPath, importedPath] = process.argv.slice(2);
const document = JSON.parse(readFileSync(documentPath, 'utf8'));

// What a schema or an answer stands for, where it is a reference.
function resolve(value) {
  while (value?.$ref) value = value.$ref.slice(2).split('/').reduce((at, key) => at[key.replaceAll('~1', '/')], document);
  return value;
}

// The schema with these fields alone, and nothing below them that is not asked for. Nothing becomes required.
function prune(schema, fields) {
  schema = resolve(schema);
  if (schema.type === 'array') return { type: 'array', items: prune(schema.items, fields) };
  const branch = [schema, ...(schema.anyOf ?? schema.oneOf ?? schema.allOf ?? []).map(resolve)].find((one) => one.properties);
  if (!branch) return {};
  const groups = new Map();
  for (const field of fields) {
    const [head, ...rest] = field.split('.');
    groups.set(head, [...(groups.get(head) ?? []), ...(rest.length ? [rest.join('.')] : [])]);
  }
  const properties = {};
  for (const [name, below] of groups) {
    const property = resolve(branch.properties[name]);
    if (!property) throw new Error(`the document has no field ${name} any more: change scripts/openapi/github.mjs`);
    const { type, format, description, enum: values, nullable } = property;
    const leaf = { type, format, description, enum: values, nullable };
    properties[name] = below.length ? { ...prune(property, below), nullable } : type === 'array' ? { type } : leaf;
  }
  return { type: 'object', properties };
}

function cut() {
  // A default of the API's is what it does without being told.
  for (const { schema } of Object.values(document.components.parameters)) delete schema?.default;
  const paths = {};
  const missing = new Set(Object.keys(wanted));
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const want = wanted[operation?.operationId];
      if (!want) continue;
      missing.delete(operation.operationId);
      for (const { schema } of operation.parameters ?? []) delete schema?.default;
      for (const [status, answer] of Object.entries(operation.responses)) {
        const json = resolve(answer).content?.['application/json'];
        operation.responses[status] = { description: '' };
        if (/^2/.test(status) && json && want.fields.length) {
          operation.responses[status].content = { 'application/json': { schema: prune(json.schema, want.fields) } };
        }
      }
      // The first paragraph: what follows tells of tokens and media types.
      operation.description = operation.description.split('\n\n')[0].replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
      (paths[path] ??= item.parameters ? { parameters: item.parameters } : {})[method] = operation;
    }
  }
  if (missing.size) throw new Error(`the document has no ${[...missing].join(', ')} any more`);
  document.paths = paths;
  document.info.title = 'GitHub';
  document.info.description = 'Repositories, issues, their comments and labels, and search.';
  // The document says nothing of how calls sign in.
  document.components.securitySchemes = { token: { type: 'http', scheme: 'bearer' } };
  document.security = [{ token: [] }];
  process.stdout.write(JSON.stringify(document));
}

function finish() {
  const keys = Object.fromEntries(Object.keys(wanted).map((id) => [id.replace(/[/-](\w)/g, (_, letter) => letter.toUpperCase()), wanted[id]]));
  const { version } = document.info;
  const lines = [];
  let key;
  for (const line of readFileSync(importedPath, 'utf8').trimEnd().split('\n')) {
    const next = /^ {2}(\w+):$/.exec(line)?.[1];
    if (next in keys) key = next;
    if (line === 'operations:') {
      lines.push('headers:', '  - { name: Accept, value: application/vnd.github+json }', '  - { name: X-GitHub-Api-Version, value: "2022-11-28" }', 'verify: usersGetAuthenticated');
    }
    lines.push(/^ {2}from: /.test(line) ? `  from: npm @octokit/openapi ${version}, generated/api.github.com.json` : line);
    if (next !== key || !key) continue;
    const { outputs, result } = keys[key];
    if (result) lines.push(`    resultPath: ${result}`);
    if (Object.keys(outputs).length) lines.push('    defaultOutputMappings:');
    for (const [name, [path, type]] of Object.entries(outputs)) {
      lines.push(`      - { var: ${name}, path: "${path}"${type ? `, type: ${type}` : ''} }`);
    }
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

step === 'cut' ? cut() : finish();
