// The editor behind template fields; loaded when the first of them is shown.
import { acceptCompletion, autocompletion, closeCompletion, completionKeymap, completionStatus, startCompletion, type Completion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { xml } from '@codemirror/lang-xml';
import { bracketMatching, HighlightStyle, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState, Prec, StateEffect, StateField, type Extension, type Range } from '@codemirror/state';
import { Decoration, EditorView, keymap, lineNumbers, placeholder as placeholderText, ViewPlugin, type DecorationSet, type KeyBinding, type ViewUpdate } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { cn } from '@/shared/lib/cn';
import { useLatest } from '@/shared/lib/hooks';
import { controlClass } from '@/shared/ui/input';
import { holesOf } from './holes';
import { suggest, type Known, type Suggestion } from './suggest';

/** A place in the text that has something said about it. */
/** Escape closes the list where one stands there; else it is for what the field is in. */
const closeList: KeyBinding = {
  key: 'Escape',
  stopPropagation: true,
  run: (view) => completionStatus(view.state) === 'active' && closeCompletion(view),
};

export interface Mark {
  from: number;
  to: number;
  message: string;
}

export interface CodeProps {
  value: string;
  onChange(value: string): void;
  /** Names the control: the id of its label. */
  labelId: string;
  describedBy?: string;
  invalid?: boolean;
  readOnly?: boolean;
  placeholder?: string;
  multiline?: boolean;
  /** The whole text is an expression. */
  bare?: boolean;
  language?: 'json' | 'xml';
  mono?: boolean;
  dataField?: string;
  known: Known | null;
  marks: Mark[];
  suggestions?: readonly string[];
  /** Taken before a paste goes in; true keeps it out. */
  onPasteText?(text: string): boolean;
  /** Takes the focus over from the plain control that it replaces. */
  takeFocus?: boolean;
}

const theme = EditorView.theme({
  '&': { fontSize: 'var(--text-xs)', backgroundColor: 'transparent', color: 'var(--ink)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { lineHeight: '1.25rem', fontFamily: 'inherit' },
  '.cm-content': { padding: '5px 0', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0 10px' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-placeholder': { color: 'var(--ink-3)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--ink-3)', border: 'none' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--accent-soft) !important' },
  '.cm-hole': { backgroundColor: 'var(--accent-soft)', borderRadius: '3px', padding: '1px 0' },
  '.cm-hole, .cm-hole span': { color: 'var(--accent-text)' },
  '.cm-mark': { textDecoration: 'underline wavy var(--warn) 1px', textUnderlineOffset: '3px' },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', border: '1px solid var(--line)', borderRadius: '6px', boxShadow: 'var(--shadow-lg)', color: 'var(--ink)', zIndex: '60' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono, monospace)', maxHeight: '15rem', maxWidth: 'min(26rem, 90vw)', padding: '4px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '2px 6px', borderRadius: '4px', lineHeight: '1.25rem' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--hover)', color: 'var(--ink)' },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent-text)', fontWeight: '600' },
  '.cm-completionDetail': { color: 'var(--ink-3)', fontStyle: 'normal', marginLeft: '12px', fontFamily: 'var(--font-sans, sans-serif)' },
  '.cm-matchingBracket': { backgroundColor: 'var(--hover) !important' },
});

/** The colours of code, as the page's own in both themes. */
export const colours = HighlightStyle.define([
  { tag: tags.string, color: 'var(--ok)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--warn)' },
  { tag: [tags.propertyName, tags.tagName, tags.attributeName], color: 'var(--ink)' },
  { tag: [tags.punctuation, tags.bracket, tags.angleBracket], color: 'var(--ink-3)' },
]);

function holesIn(view: EditorView): DecorationSet {
  return Decoration.set(holesOf(view.state.doc.toString()).map(({ from, to }) => Decoration.mark({ class: 'cm-hole' }).range(from, to)));
}

const holes = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = holesIn(view);
    }
    update(update: ViewUpdate) {
      if (update.docChanged) this.decorations = holesIn(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

const setMarks = StateEffect.define<Mark[]>();
const marked = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(current, transaction) {
    let next = current.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(setMarks)) {
        const size = transaction.state.doc.length;
        const ranges: Range<Decoration>[] = effect.value
          .map(({ from, to, message }) => ({ from: Math.min(from, size), to: Math.min(to, size), message }))
          .filter(({ from, to }) => to > from)
          .map(({ from, to, message }) => Decoration.mark({ class: 'cm-mark', attributes: { title: message } }).range(from, to));
        next = Decoration.set(ranges, true);
      }
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Two braces make a hole with the cursor in it. */
const braces = EditorView.inputHandler.of((view, from, to, text) => {
  const { doc } = view.state;
  if (text !== '{' || from !== to || doc.sliceString(from - 1, from) !== '{' || doc.sliceString(from, from + 2) === '}}') return false;
  const rest = doc.sliceString(from, from + 1) === '}' ? 1 : 0;
  view.dispatch({ changes: { from, to: from + rest, insert: '{  }}' }, selection: { anchor: from + 2 }, userEvent: 'input.type' });
  startCompletion(view);
  return true;
});

const oneLine = EditorState.transactionFilter.of((transaction) => {
  if (!transaction.docChanged || transaction.newDoc.lines === 1) return transaction;
  const text = transaction.newDoc.toString().replace(/\s*\n\s*/g, ' ');
  return [{ changes: { from: 0, to: transaction.startState.doc.length, insert: text }, selection: { anchor: Math.min(transaction.newSelection.main.head, text.length) } }];
});

function toCompletion(suggestion: Suggestion, bare: boolean): Completion {
  return {
    label: suggestion.label,
    detail: [suggestion.detail, suggestion.info].filter(Boolean).join(' · ') || undefined,
    type: suggestion.kind,
    apply(view, _completion, from, to) {
      const { doc } = view.state;
      const word = suggestion.brackets ? `["${suggestion.label.replace(/["\\]/g, '\\$&')}"]` : suggestion.label + (suggestion.more ? '.' : '');
      const start = suggestion.brackets ? from - 1 : from;
      const after = doc.sliceString(to);
      const open = !bare && !/^[^{]*?(\}\}|%\})/.test(after);
      view.dispatch({ changes: { from: start, to, insert: word + (open ? ' }}' : '') }, selection: { anchor: start + word.length }, userEvent: 'input.complete' });
      if (suggestion.more) startCompletion(view);
    },
  };
}

export default function Code(props: CodeProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useLatest(props);
  const emitted = useRef(props.value);
  const attributes = useRef(new Compartment());
  const { value, marks } = props;

  useEffect(() => {
    const first = latest.current;
    const { bare = false, multiline, language } = first;
    const source = (context: CompletionContext): CompletionResult | null => {
      const { known, suggestions } = latest.current;
      const line = context.state.doc.toString();
      if (suggestions && !holesOf(line).length && (line || context.explicit)) return { from: 0, options: suggestions.map((label) => ({ label })), validFor: /^[^{]*$/ };
      const found = known && suggest(context.state.doc.toString(), context.pos, known, bare);
      if (!found || found.options.length === 0) return null;
      if (!context.explicit && bare && found.from === context.pos && context.pos === 0) return null;
      return { from: found.from, options: found.options.map((option) => toCompletion(option, bare)), validFor: /^\w*$/ };
    };
    const extensions: Extension[] = [
      history(),
      theme,
      EditorView.lineWrapping,
      syntaxHighlighting(colours),
      multiline && language ? bracketMatching() : [],
      bare ? [] : [holes, braces],
      marked,
      indentUnit.of('  '),
      autocompletion({ override: [source], icons: false, aboveCursor: false, activateOnTyping: true, defaultKeymap: false }),
      Prec.highest(keymap.of([{ key: 'Tab', run: acceptCompletion }])),
      Prec.high(keymap.of(completionKeymap.map((binding) => (binding.key === 'Escape' ? closeList : binding)))),
      multiline ? [] : [oneLine, Prec.high(keymap.of([{ key: 'Enter', run: () => true }]))],
      multiline && language ? lineNumbers() : [],
      keymap.of([...defaultKeymap.filter(({ key }) => key !== 'Mod-Enter' && key !== 'Escape' && !(key?.startsWith('Alt-') && !multiline)), ...historyKeymap]),
      language === 'json' ? json() : language === 'xml' ? xml() : [],
      placeholderText(first.placeholder ?? ''),
      attributes.current.of(EditorView.contentAttributes.of(attributesOf(first))),
      EditorState.readOnly.of(first.readOnly ?? false),
      EditorView.editable.of(!first.readOnly),
      EditorView.domEventHandlers({ paste: (event) => latest.current.onPasteText?.(event.clipboardData?.getData('text/plain') ?? '') ?? false }),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        const text = update.state.doc.toString();
        if (text === emitted.current) return;
        emitted.current = text;
        latest.current.onChange(text);
      }),
    ];
    const made = new EditorView({ parent: host.current!, state: EditorState.create({ doc: latest.current.value, extensions }) });
    view.current = made;
    if (first.takeFocus) {
      made.dispatch({ selection: { anchor: made.state.doc.length } });
      made.focus();
    }
    return () => {
      made.destroy();
      view.current = null;
    };
    // Made anew where what it is changes; what it shows follows below.
  }, [props.bare, props.multiline, props.language, props.readOnly, props.placeholder, latest]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || value === emitted.current) return;
    emitted.current = value;
    if (value !== editor.state.doc.toString()) editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    view.current?.dispatch({ effects: setMarks.of(marks) });
  }, [marks]);

  const said = JSON.stringify(attributesOf(props));
  useEffect(() => {
    view.current?.dispatch({ effects: attributes.current.reconfigure(EditorView.contentAttributes.of(JSON.parse(said) as Record<string, string>)) });
  }, [said]);

  return (
    <div
      ref={host}
      className={cn(
        controlClass,
        'min-h-8 overflow-hidden px-0! focus-within:border-accent focus-within:outline-1 focus-within:outline-accent',
        props.mono !== false && 'font-mono',
        props.multiline && 'max-h-96 min-h-20 overflow-y-auto',
        props.invalid && 'border-bad',
        props.readOnly && 'bg-sunken!',
      )}
    />
  );
}

function attributesOf(props: CodeProps): Record<string, string> {
  return {
    'aria-labelledby': props.labelId,
    'aria-multiline': String(props.multiline ?? false),
    ...(props.describedBy ? { 'aria-describedby': props.describedBy } : {}),
    ...(props.invalid ? { 'aria-invalid': 'true' } : {}),
    ...(props.readOnly ? { 'aria-readonly': 'true', tabindex: '0' } : {}),
    ...(props.dataField ? { 'data-field': props.dataField } : {}),
    class: 'focus:outline-none focus-visible:outline-none',
    spellcheck: 'false',
    autocorrect: 'off',
    autocapitalize: 'off',
  };
}
