// A whole Callout of a test's own: the real binary on a fresh folder, and the example upstream that its calls reach.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const web = join(dirname(fileURLToPath(import.meta.url)), '..');
const root = join(web, '..');
/** Where the binaries are; what tests fetch stands beside it. */
export const bin = process.env.CALLOUT_BIN_DIR ?? join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'debug');

export interface Site {
  /** Where the page is: `http://127.0.0.1:PORT`. */
  url: string;
  /** The admin's token that the first start printed. */
  token: string;
  /** The example upstream: `http://127.0.0.2:PORT`. */
  upstream: string;
  /** Asks the API as the admin; refuses what is no success. */
  api<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
  /** Writes and publishes an example's flow, with its integration and connection, its calls led to this upstream. */
  example(name: string): Promise<void>;
  stop(): Promise<void>;
}

interface Started {
  process: ChildProcess;
  /** What the lines said that were waited for, in the order of the patterns. */
  said: string[];
}

/** Starts a program and waits until its lines have said all of this; they come by two ways, in any order. */
async function start(command: string, args: string[], env: NodeJS.ProcessEnv, ...patterns: RegExp[]): Promise<Started> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const said = await new Promise<string[]>((resolve, reject) => {
    const read = (line: string) => {
      lines.push(line);
      const found = patterns.map((pattern) => lines.map((each) => each.match(pattern)?.[0]).find(Boolean));
      if (found.every((each) => each !== undefined)) resolve(found);
    };
    createInterface({ input: child.stdout }).on('line', read);
    createInterface({ input: child.stderr }).on('line', read);
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`${command} ended with ${code}:\n${lines.join('\n')}`)));
  });
  return { process: child, said };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const over = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await over;
}

/** For work on the page alone: with CALLOUT_PAGE=dist what `npm run build` made stands before the binary's own page. */
async function page(server: string): Promise<{ url: string; close(): Promise<void> }> {
  if (process.env.CALLOUT_PAGE !== 'dist') return { url: server, close: async () => {} };
  const { preview } = await import('vite');
  const front = await preview({ root: web, configFile: false, logLevel: 'error', preview: { host: '127.0.0.1', port: 0, proxy: { '/v1': server, '/docs': server } } });
  return { url: front.resolvedUrls!.local[0]!.replace(/\/$/, ''), close: () => front.close() };
}

export async function startSite(): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'callout-'));
  const upstream = await start(join(bin, 'example-upstream'), ['127.0.0.2:0'], {}, /http:\/\/127\.0\.0\.2:\d+/);
  const upstreamUrl = upstream.said[0]!;
  const config = join(folder, 'callout.toml');
  await writeFile(config, '[egress]\nallow = [{ host = "127.0.0.2", cidr = "127.0.0.2/32" }]\nhttp_hosts = ["127.0.0.2"]\n');
  const key = join(folder, 'master.key');
  await start(join(bin, 'callout'), ['key', 'generate', '--out', key], {}, /master key/);
  const env = { CALLOUT_SECRETS_MASTER_KEY_FILE: key, NO_COLOR: '1' };
  const args = ['serve', '--config', config, '--data', join(folder, 'data'), '--listen', '127.0.0.1:0'];
  const server = await start(join(bin, 'callout'), args, env, /(?<=listening on )http:\/\/\S+/, /^cot_\S+/);
  const url = server.said[0]!;
  const front = await page(url);
  const token = server.said[1]!;

  async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const text = typeof body === 'string';
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': text ? 'application/yaml' : 'application/json' }) },
      body: body === undefined ? undefined : text ? body : JSON.stringify(body),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`);
    return (answer ? JSON.parse(answer) : undefined) as T;
  }

  async function example(name: string): Promise<void> {
    const read = async (file: string) => (await readFile(join(root, 'examples', name, file), 'utf8')).replaceAll('http://127.0.0.2:7070', upstreamUrl);
    const integration = await read('integration.yaml').catch(() => null);
    if (integration !== null) {
      const slug = integration.match(/^slug: *(\S+)/m)![1];
      await api('PUT', `/v1/integrations/${slug}/draft`, integration);
      await api('POST', `/v1/integrations/${slug}/publish`);
      const connection = JSON.parse(await read('connection.json')) as { id: string };
      const { items } = await api<{ items: { id: string }[] }>('GET', '/v1/connections?limit=200');
      if (!items.some(({ id }) => id === connection.id)) await api('POST', '/v1/connections', connection);
    }
    await api('PUT', `/v1/flows/${name}/draft`, await read('flow.yaml'));
    await api('POST', `/v1/flows/${name}/publish`);
  }

  async function stop() {
    await front.close();
    await ended(server.process);
    await ended(upstream.process);
    await rm(folder, { recursive: true, force: true });
  }

  return { url: front.url, token, upstream: upstreamUrl, api, example, stop };
}
