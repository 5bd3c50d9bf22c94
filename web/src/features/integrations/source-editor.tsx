// A text in CodeMirror: JSON with its syntax told, anything else plain.
import { json, jsonParseLinter } from '@codemirror/lang-json';
import { syntaxHighlighting } from '@codemirror/language';
import { linter } from '@codemirror/lint';
import { Compartment, EditorState } from '@codemirror/state';
import { basicSetup, EditorView } from 'codemirror';
import { useEffect, useRef } from 'react';
import { colours } from '@/flow/template-field/code';
import { useLatest } from '@/shared/lib/hooks';

export interface SourceEditorProps {
  label: string;
  value: string;
  onChange?(value: string): void;
  language?: 'json' | 'plain';
  readOnly?: boolean;
  height?: { min: string; max: string };
}

const theme = EditorView.theme({
  '&': { fontSize: '0.75rem', backgroundColor: 'var(--surface)', color: 'var(--ink)', borderRadius: '0.375rem' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-1px' },
  '.cm-scroller': { fontFamily: 'var(--font-mono, ui-monospace, Menlo, "DejaVu Sans Mono", monospace)', lineHeight: '1.25rem' },
  '.cm-gutters': { backgroundColor: 'var(--sunken)', color: 'var(--ink-3)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--hover) 60%, transparent)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--accent-soft) !important' },
  '.cm-tooltip, .cm-panels': { backgroundColor: 'var(--surface)', color: 'var(--ink)', border: '1px solid var(--line)' },
});

export function SourceEditor({ label, value, onChange, language = 'plain', readOnly = false, height = { min: '6rem', max: '24rem' } }: SourceEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const changed = useLatest(onChange);
  const first = useRef(value);
  const { min, max } = height;
  useEffect(() => {
    const fixed = new Compartment();
    const editor = new EditorView({
      parent: host.current!,
      state: EditorState.create({
        doc: first.current,
        extensions: [
          basicSetup,
          theme,
          EditorView.theme({ '.cm-scroller': { overflow: 'auto', maxHeight: max }, '.cm-content, .cm-gutter': { minHeight: min } }),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
          language === 'json' ? [json(), linter(jsonParseLinter()), syntaxHighlighting(colours)] : [],
          fixed.of([EditorState.readOnly.of(readOnly), EditorView.contentAttributes.of({ 'aria-readonly': String(readOnly) })]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current?.(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, [label, language, readOnly, min, max, changed]);
  useEffect(() => {
    first.current = value;
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== value) editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);
  return <div ref={host} className="overflow-hidden rounded-md border border-line" />;
}
