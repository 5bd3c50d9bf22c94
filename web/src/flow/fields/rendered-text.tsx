import { hasHole, useRendered, type Position } from '../template-field';

/** A text as it looks with the test values; its own words where that is not known. */
export function RenderedText({ text, position = 'text' }: { text: string; position?: Position }) {
  const rendered = useRendered(position, text);
  if (!hasHole(text)) return text;
  const known = rendered && !rendered.error && (rendered.missing ?? []).length === 0 && rendered.value !== undefined && rendered.value !== null && rendered.value !== '';
  if (known) {
    return typeof rendered.value === 'string' ? rendered.value : JSON.stringify(rendered.value);
  }
  return (
    <span className="text-ink-3" title="No test value for all that it reads">
      {text}
    </span>
  );
}
