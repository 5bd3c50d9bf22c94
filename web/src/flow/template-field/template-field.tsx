// A control for texts with templates: marks them, completes them, shows below what comes of them.
import { useContext, useEffect, useId, useMemo, useRef, useState, type ComponentType, type ReactNode } from 'react';
import { cn } from '@/shared/lib/cn';
import { controlClass } from '@/shared/ui/input';
import { FlowContext, problemsOfField, type KnownVariable } from '../context';
import { nodesOf } from '../document/types';
import type { CodeProps, Mark } from './code';
import { hasHole, variablesRead } from './holes';
import { Notes } from './notes';
import { useRendered, type Position } from './render';
import type { Known } from './suggest';

export interface TemplateFieldProps {
  label: string;
  value: string;
  onChange(value: string): void;
  /** Where the text stands in the request; without one there is no preview. */
  position?: Position;
  /** The node whose variables are completed, and whose problems are shown. */
  node?: string;
  /** Its path below the node: `url`, `headers[0].value`. */
  dataField?: string;
  hint?: ReactNode;
  error?: ReactNode;
  placeholder?: string;
  multiline?: boolean;
  readOnly?: boolean;
  required?: boolean;
  hideLabel?: boolean;
  /** Beside the label. */
  aside?: ReactNode;
  /** Variables that exist here besides those of the node: what it sets itself. */
  ownVariables?: readonly string[];
  /** Also completes `conn` and `secret`. */
  request?: boolean;
  /** Left out of the request where its value is missing. */
  optional?: boolean;
  /** With the position `json`: the text is one leaf of a value, not JSON itself. */
  leaf?: boolean;
  /** Whole values that are common here. */
  suggestions?: readonly string[];
  /** Taken before a pasted text goes in; true keeps it out. */
  onPasteText?(text: string): boolean;
  /** Shows no preview below, only what is wrong. */
  quiet?: boolean;
  className?: string;
}

interface InnerProps extends TemplateFieldProps {
  bare?: boolean;
  transform?: boolean;
  language?: 'json' | 'xml';
  /** Shows no preview below, only what is wrong. */
  quiet?: boolean;
}

let loaded: ComponentType<CodeProps> | null = null;
let loading: Promise<void> | null = null;

function load(): Promise<void> {
  loading ??= import('./code').then(
    (module) => {
      loaded = module.default;
    },
    () => {
      // Without it (no network just now) the plain control goes on; the next field asks again.
      loading = null;
    },
  );
  return loading;
}

function useCode(): ComponentType<CodeProps> | null {
  const [code, set] = useState<ComponentType<CodeProps> | null>(() => loaded);
  useEffect(() => {
    let here = true;
    if (!code) void load().then(() => here && set(() => loaded));
    return () => {
      here = false;
    };
  }, [code]);
  return code;
}

function useKnown(node: string | undefined, request: boolean, transform: boolean, own: string): Known | null {
  const flow = useContext(FlowContext);
  return useMemo(() => {
    if (!flow) return null;
    const nodes = nodesOf(flow.doc).filter(([id]) => id !== node);
    return {
      variables: withOwn(node === undefined ? [] : flow.variablesAt(node), own),
      nodes: nodes.map(([id, each]) => ({ id, name: each.name ?? '' })),
      samples: flow.samples,
      request,
      transform,
    };
  }, [flow, node, request, transform, own]);
}

function withOwn(variables: KnownVariable[], own: string): KnownVariable[] {
  const names = own.split(' ').filter((name) => name && !variables.some((variable) => variable.name === name));
  return [...names.map((name) => ({ name, maybeUnset: false, setBy: [], type: 'set by this step' })), ...variables];
}

const requestPositions: readonly (Position | undefined)[] = ['url', 'query', 'header', 'form', 'xml', 'jsonText', 'json'];

function unknownIn(value: string, bare: boolean, known: Known | null): Mark[] {
  if (!known || known.variables.length === 0) return [];
  const names = new Set(known.variables.map((variable) => variable.name));
  return variablesRead(value, bare)
    .filter((read) => !names.has(read.name))
    .map(({ from, to, name }) => ({ from, to, message: `No step before this one sets vars.${name}` }));
}

/** Variables that the check's words name stand out in the text too. */
function told(value: string, bare: boolean, words: string): Mark[] {
  return variablesRead(value, bare)
    .filter(({ name }) => words.includes(`\`vars.${name}\``))
    .map(({ from, to }) => ({ from, to, message: words }));
}

/** The place that a message names: `line 1, column 7`. */
export function placeIn(text: string, message: string): { from: number; to: number } | null {
  const found = /line (\d+), column (\d+)/.exec(message);
  if (!found) return null;
  const lines = text.split('\n');
  const line = Number(found[1]) - 1;
  if (lines[line] === undefined) return null;
  const start = lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0);
  const from = Math.min(start + Number(found[2]) - 1, start + Math.max(0, lines[line].length - 1));
  return { from, to: Math.min(text.length, from + 1) };
}

const nothing: Mark[] = [];

function Inner(props: InnerProps) {
  const { label, value, node, dataField, bare = false, position, hideLabel, multiline } = props;
  const id = useId();
  const flow = useContext(FlowContext);
  const readOnly = props.readOnly ?? flow?.readOnly ?? false;
  const request = props.request ?? requestPositions.includes(position);
  const known = useKnown(node, request, props.transform ?? false, props.ownVariables?.join(' ') ?? '');
  const rendered = useRendered(position, value, { off: readOnly, optional: props.optional, leaf: props.leaf });
  const problems = node !== undefined && dataField !== undefined && flow ? problemsOfField(flow.problemsAt(node), node, dataField, props.language === 'json') : [];
  const named = useMemo(() => unknownIn(value, bare, known), [value, bare, known]);
  const said = [rendered?.error?.message, ...problems.map((problem) => problem.message), typeof props.error === 'string' ? props.error : ''].find((text) => text && /line \d+, column \d+/.test(text));
  const offset = rendered?.error?.offset;
  const complained = problems.map((problem) => problem.message).join('\n');
  const marks = useMemo(() => {
    const unknown = [...named, ...told(value, bare, complained)];
    if (typeof offset === 'number' && !props.leaf && (rendered?.missing.length ?? 0) === 0) return [...unknown, { from: offset, to: offset + 1, message: rendered!.error!.message }];
    const place = said && props.language === 'json' ? placeIn(value, said) : null;
    const all = place ? [...unknown, { ...place, message: said! }] : unknown;
    return all.length > 0 ? all : nothing;
  }, [named, complained, said, value, bare, props.language, props.leaf, offset, rendered]);
  const Code = useCode();
  const plain = useRef<HTMLTextAreaElement & HTMLInputElement>(null);
  const [focused, setFocused] = useState(false);
  const field = useRef<HTMLDivElement>(null);
  const invalid = Boolean(props.error) || problems.some((problem) => problem.severity === 'error');
  const noted = problems.length > 0 || rendered !== null || Boolean(props.error) || named.length > 0;
  const describedBy = [noted ? `${id}-notes` : '', props.hint ? `${id}-hint` : ''].filter(Boolean).join(' ') || undefined;
  const shared = { 'aria-labelledby': `${id}-label`, 'aria-describedby': describedBy, 'aria-invalid': invalid || undefined, 'data-field': dataField };
  const mono = position !== 'text' || props.language !== undefined;
  return (
    <div ref={field} className={cn('flex min-w-0 flex-col gap-1', props.className)}>
      <div className={cn('flex min-h-4 items-center justify-between gap-2', hideLabel && 'sr-only')}>
        {/* The control has its name by aria-labelledby; a click on the name only leads there. */}
        {/* eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions */}
        <span id={`${id}-label`} className="text-xs font-medium text-ink-2" onClick={() => field.current?.querySelector<HTMLElement>('.cm-content, textarea, input')?.focus()}>
          {label}
          {props.required && (
            <span aria-hidden className="text-bad">
              {' '}
              *
            </span>
          )}
        </span>
        {!hideLabel && props.aside}
      </div>
      {Code ? (
        <Code
          value={value}
          onChange={props.onChange}
          labelId={`${id}-label`}
          describedBy={describedBy}
          invalid={invalid}
          readOnly={readOnly}
          placeholder={props.placeholder}
          multiline={multiline}
          bare={bare}
          language={props.language}
          mono={mono}
          dataField={dataField}
          known={known}
          marks={marks}
          suggestions={props.suggestions}
          onPasteText={props.onPasteText}
          takeFocus={focused}
        />
      ) : (
        <Plain {...shared} ref={plain} multiline={multiline} mono={mono} value={value} readOnly={readOnly} placeholder={props.placeholder} onChange={props.onChange} onFocused={setFocused} onPasteText={props.onPasteText} />
      )}
      <Notes id={`${id}-notes`} rendered={rendered} problems={problems} unknown={named} error={props.error} quiet={props.quiet || (props.language === 'json' && !hasHole(value))} />
      {props.hint && (
        <p id={`${id}-hint`} className="text-xs break-words text-ink-3">
          {props.hint}
        </p>
      )}
    </div>
  );
}

interface PlainProps {
  ref: React.Ref<HTMLTextAreaElement & HTMLInputElement>;
  multiline?: boolean;
  mono: boolean;
  value: string;
  readOnly: boolean;
  placeholder?: string;
  onChange(value: string): void;
  onFocused(focused: boolean): void;
  onPasteText?(text: string): boolean;
}

/** What stands there until the editor is loaded: of the same size, and it works. */
function Plain({ multiline, mono, onChange, onFocused, onPasteText, ...rest }: PlainProps) {
  const shared = {
    ...rest,
    autoComplete: 'off',
    spellCheck: false,
    onChange: (event: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => onChange(event.target.value),
    onFocus: () => onFocused(true),
    onBlur: () => onFocused(false),
    onPaste: (event: React.ClipboardEvent) => {
      if (onPasteText?.(event.clipboardData.getData('text/plain'))) event.preventDefault();
    },
  };
  const look = cn(controlClass, 'text-xs leading-5', mono && 'font-mono');
  return multiline ? <textarea {...shared} className={cn(look, 'field-sizing-content max-h-96 min-h-20 resize-none py-1.5')} /> : <input {...shared} className={cn(look, 'h-8')} />;
}

/** A text with templates: `https://api.example/{{ event.id }}`. */
export function TemplateField(props: TemplateFieldProps) {
  return <Inner {...props} />;
}

/** A bare expression: a case's `when`, an output's `transform`. */
export function ExpressionField(props: Omit<TemplateFieldProps, 'position'> & { transform?: boolean }) {
  return <Inner {...props} bare position={props.transform ? undefined : 'expression'} request={false} />;
}

/** JSON as text, with holes that may stand bare: `{"n": {{ vars.n }}}`. */
export function JsonField({ position = 'jsonText', ...props }: TemplateFieldProps) {
  return <Inner {...props} position={position} multiline language="json" />;
}

/** XML with templates. */
export function XmlField(props: Omit<TemplateFieldProps, 'position'>) {
  return <Inner {...props} position="xml" multiline language="xml" />;
}
