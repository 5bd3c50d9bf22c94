// What a run told its host, as the customer and the agent would see it.
import { AppWindow, ExternalLink, Headset, MessageSquare, Radio } from 'lucide-react';
import type { ReactNode } from 'react';
import { JsonTree } from '@/shared/ui/json-tree';
import type { Effect } from './types';

type Data = Record<string, unknown>;

const record = (value: unknown): Data => (typeof value === 'object' && value !== null ? (value as Data) : {});
const words = (value: unknown): string => (value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value));

/** A link that data gave: only to the web. */
export function webUrl(text: string): string | null {
  try {
    const url = new URL(text);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
  } catch {
    return null;
  }
}

export function EffectView({ effect }: { effect: Effect }) {
  const data = record(effect.data);
  if (effect.type === 'message') return <MessageBubble text={words(data.text)} to={words(effect.to)} locale={words(data.locale)} />;
  if (effect.type === 'screenPop') return <ScreenPopCard to={words(effect.to)} title={words(data.title)} url={words(data.url)} fields={fieldsOf(data.fields)} />;
  if (effect.type === 'handoff') {
    const to = record(effect.to);
    return <HandoffCard group={words(to.group)} agent={words(to.agent)} note={words(data.note)} fields={fieldsOf(data.fields)} />;
  }
  return (
    <Card icon={<Radio />} kind={effect.type}>
      <JsonTree value={{ to: effect.to, data: effect.data }} label={effect.type} />
    </Card>
  );
}

export interface LabelledValue {
  label: ReactNode;
  value: ReactNode;
}

export function fieldsOf(value: unknown): LabelledValue[] {
  return Array.isArray(value) ? value.map((field) => ({ label: words(record(field).label), value: words(record(field).value) })) : [];
}

/** A message as the customer reads it. */
export function MessageBubble({ text, to, locale }: { text: ReactNode; to?: string; locale?: string }) {
  return (
    <figure className="flex max-w-md flex-col items-start gap-1">
      <blockquote className="rounded-2xl rounded-bl-sm bg-accent-soft px-3.5 py-2 text-base break-words whitespace-pre-wrap text-ink">
        {text || <span className="text-ink-3">An empty message</span>}
      </blockquote>
      {(to || locale) && (
        <figcaption className="flex items-center gap-1 pl-1 text-xs text-ink-3">
          <MessageSquare aria-hidden className="size-3" />
          {[to && `to ${to}`, locale].filter(Boolean).join(' · ')}
        </figcaption>
      )}
    </figure>
  );
}

function Card({ icon, kind, children }: { icon: ReactNode; kind: string; children: ReactNode }) {
  return (
    <article aria-label={kind} className="w-full max-w-md overflow-hidden rounded-lg border border-line bg-surface shadow-card">
      <header className="flex items-center gap-1.5 border-b bg-sunken px-3 py-1.5 text-xs text-ink-2 [&_svg]:size-3.5">
        {icon}
        {kind}
      </header>
      <div className="flex flex-col gap-2 px-3 py-2.5">{children}</div>
    </article>
  );
}

function Fields({ fields }: { fields: LabelledValue[] }) {
  if (fields.length === 0) return null;
  return (
    <dl className="grid grid-cols-[minmax(6rem,auto)_1fr] gap-x-4 gap-y-1">
      {fields.map((field, index) => (
        <div key={index} className="contents">
          <dt className="break-words text-ink-3">{field.label}</dt>
          <dd className="min-w-0 break-words">{field.value || '–'}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A record on an agent's screen. */
export function ScreenPopCard({ to, title, url, fields }: { to?: string; title?: ReactNode; url?: ReactNode; fields: LabelledValue[] }) {
  const href = typeof url === 'string' ? webUrl(url) : null;
  return (
    <Card icon={<AppWindow aria-hidden />} kind={to ? `Screen pop to ${to}` : 'Screen pop'}>
      <p className="text-base font-semibold break-words">{title || <span className="font-normal text-ink-3">No title</span>}</p>
      <Fields fields={fields} />
      {href ? (
        <a href={href} target="_blank" rel="noreferrer noopener" className="inline-flex items-start gap-1 text-sm break-all text-accent-text underline">
          {url}
          <ExternalLink aria-hidden className="mt-1 size-3 shrink-0" />
        </a>
      ) : (
        url && <p className="text-sm break-all text-ink-2">{url}</p>
      )}
    </Card>
  );
}

/** A conversation that goes to people. */
export function HandoffCard({ group, agent, note, fields }: { group?: ReactNode; agent?: ReactNode; note?: ReactNode; fields: LabelledValue[] }) {
  return (
    <Card icon={<Headset aria-hidden />} kind="Hand-off">
      <p className="text-base font-semibold break-words">{agent ? <>To {agent}</> : group ? <>To the group {group}</> : <span className="font-normal text-ink-3">To nobody</span>}</p>
      {note && <p className="break-words whitespace-pre-wrap text-ink-2">{note}</p>}
      <Fields fields={fields} />
    </Card>
  );
}
