// Where templates stand in a text, and which names they read: for marking, never for judging.

export interface Span {
  from: number;
  to: number;
}

/** The spans of `{{ … }}` and `{% … %}`; one that is not closed ends with the text. */
export function holesOf(text: string): Span[] {
  const spans: Span[] = [];
  for (const match of text.matchAll(/\{\{[^]*?(?:\}\}|$)|\{%[^]*?(?:%\}|$)/g)) {
    spans.push({ from: match.index, to: match.index + match[0].length });
  }
  return spans;
}

/** Whether a text holds a template at all. */
export function hasHole(text: string): boolean {
  return text.includes('{{') || text.includes('{%');
}

/** Each `vars.name` that is read, with where it stands; texts in quotes are none. */
export function variablesRead(text: string, bare: boolean): (Span & { name: string })[] {
  const spans = bare ? [{ from: 0, to: text.length }] : holesOf(text);
  return spans.flatMap((span) => {
    const inside = text.slice(span.from, span.to).replace(/'[^']*'|"[^"]*"/g, (quoted) => ' '.repeat(quoted.length));
    return [...inside.matchAll(/(?<![\w.])vars\.([A-Za-z_]\w*)/g)].map((match) => ({
      name: match[1]!,
      from: span.from + match.index,
      to: span.from + match.index + match[0].length,
    }));
  });
}

/** The part of the hole before the cursor, or null where the cursor stands in none. */
export function expressionBefore(text: string, pos: number, bare: boolean): { start: number; text: string } | null {
  if (bare) return { start: 0, text: text.slice(0, pos) };
  const before = text.slice(0, pos);
  const open = Math.max(before.lastIndexOf('{{'), before.lastIndexOf('{%'));
  if (open < 0 || /\}\}|%\}/.test(before.slice(open))) return null;
  return { start: open + 2, text: before.slice(open + 2) };
}
