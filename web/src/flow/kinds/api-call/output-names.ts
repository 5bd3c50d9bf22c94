// Names and paths for values that one picks out of an answer.
import type { PathStep } from '@/shared/ui/json-tree';

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The path as JSONPath (RFC 9535): `$.contacts[0].name`, `$['odd key']`. */
export function jsonPathOf(path: readonly PathStep[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (/^[A-Za-z_\u0080-\uFFFF][A-Za-z0-9_\u0080-\uFFFF]*$/.test(step)) return `${text}.${step}`;
    return `${text}[${quote(step)}]`;
  }, '$');
}

function quote(text: string): string {
   
  const escaped = text.replace(/[\\']/g, '\\$&').replace(/[\u0000-\u001f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `'${escaped}'`;
}

/** A name for a variable, made of the last keys of its path; free among those that are taken. */
export function nameOf(path: readonly PathStep[], taken: readonly string[]): string {
  const keys = path.filter((step): step is string => typeof step === 'string').map(words).filter(Boolean);
  const last = keys.at(-1) ?? 'value';
  const before = keys.at(-2);
  // `id` and `name` say little alone: whose they are stands before them.
  const plain = before && /^(id|name|type|status|value|key|count|url|href|code|text)$/.test(last) ? `${singular(before)}_${last}` : last;
  const base = identifier.test(plain) ? plain : `v_${plain}`;
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : `${base}_${count}`;
    if (!taken.includes(name)) return name;
  }
}

function words(key: string): string {
  return key
    .normalize('NFKD')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase()
    .slice(0, 40);
}

function singular(word: string): string {
  return word.replace(/ies$/, 'y').replace(/([^s])s$/, '$1');
}
