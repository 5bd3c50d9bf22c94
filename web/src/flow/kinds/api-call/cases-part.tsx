// Where to go on, by how the call ended: the author's rows, then those that are always there.
import { ArrowRight, Ellipsis, Plus } from 'lucide-react';
import { Button, IconButton } from '@/shared/ui/button';
import { Input, TextField } from '@/shared/ui/input';
import { Menu } from '@/shared/ui/menu';
import { Select } from '@/shared/ui/select';
import { Sortable, useListEdit } from '@/shared/ui/sortable';
import { textOf } from '../kind';
import { ExpressionField } from '../../template-field';
import { asStatus } from './advanced-parts';
import { joinCases, onList, splitCases, type CaseDoc, type CaseRows } from './cases';
import { looseText, looseValue } from '../../document/loose';
import { FieldProblems } from '../../field-problems';
import { ownVariables, type OutputDoc, type PartProps } from './model';
import { OutcomeChip, OutcomePicker } from './outcome-picker';
import { Part } from './part';
import { TargetSelect } from './target-select';

export function CasesPart({ id, node, patch, readOnly, given = [] }: PartProps & { given?: OutputDoc[] }) {
  const rows = splitCases(node);
  const own = ownVariables(node, given);
  const write = (next: Partial<CaseRows>) => patch({ cases: joinCases(node, { ...rows, ...next }).cases });
  const edit = useListEdit(rows.author, (author) => write({ author }));
  const defaultsAt = (on: string) => {
    const written = rows.defaults.filter((row) => row.to !== null).findIndex((row) => row.on === on);
    return written < 0 ? `cases.${on}` : `cases[${rows.author.length + written}].to`;
  };
  return (
    <Part node={id} title="Where to go on" fields={['cases', 'next', 'onFailure']} count={rows.author.length} open>
      <p className="text-xs text-ink-3">The first row that fits is taken.</p>
      <Sortable label="Cases" rows={rows.author} edit={edit} readOnly={readOnly} rowLabel={(row, index) => `case ${row.name || onList(row).join(', ') || index + 1}`}>
        {(row, index, handle) => (
          <CaseRow
            id={id}
            row={row}
            index={index}
            count={rows.author.length}
            handle={handle}
            readOnly={readOnly}
            resultPath={textOf(node.resultPath)}
            hasOwnPath={node.mode !== 'integration'}
            own={own}
            onResultPath={(path) => patch({ resultPath: path || undefined })}
            onChange={(next) => edit.set(index, next)}
            onRemove={() => edit.remove(index)}
            onMove={(to) => edit.move(index, to)}
          />
        )}
      </Sortable>
      {!readOnly && (
        <Button size="sm" look="ghost" icon={<Plus />} className="self-start" data-field="cases" onClick={() => edit.add({ on: '2xx', to: '' })}>
          Add case
        </Button>
      )}
      <div role="group" aria-label="Always there" className="flex flex-col gap-1.5 border-t pt-3">
        {rows.defaults.map((row) => (
          <Way key={row.on} mark={<OutcomeChip outcome={row.on} />}>
            <TargetSelect
              label={`On ${row.on} go to`}
              node={id}
              outlet={`default:${row.on}`}
              field={defaultsAt(row.on)}
              to={row.to}
              readOnly={readOnly}
              onChange={(to) => write({ defaults: rows.defaults.map((each) => (each.on === row.on ? { ...each, to } : each)) })}
              className="min-w-0 flex-1"
            />
          </Way>
        ))}
        <Way mark={<span className="text-xs text-ink-2">no case matched</span>}>
          <TargetSelect label="Where no case matched go to" node={id} outlet="next" field="next" to={textOf(node.next) || null} readOnly={readOnly} onChange={(to) => patch({ next: to ?? undefined })} className="min-w-0 flex-1" />
        </Way>
        <FieldProblems node={id} field="next" />
        <Way mark={<span className="text-xs text-ink-2">… and it failed</span>}>
          <Select
            aria-label="A failure that no case matches"
            data-field="onFailure"
            value={textOf(node.onFailure) || 'continue'}
            options={[
              { value: 'continue', label: 'Goes on as well' },
              { value: 'end', label: 'Ends the run as failed' },
            ]}
            disabled={readOnly}
            onChange={(next) => patch({ onFailure: next === 'continue' ? undefined : next })}
            className="min-w-0 flex-1"
          />
        </Way>
        <FieldProblems node={id} field="onFailure" />
        <FieldProblems node={id} field="cases" />
      </div>
    </Part>
  );
}

function Way({ mark, children }: { mark: React.ReactNode; children: React.ReactNode }) {
  return (
    <div className="flex items-center gap-2">
      <span className="w-32 shrink-0">{mark}</span>
      <ArrowRight aria-hidden className="size-3.5 shrink-0 text-ink-3" />
      {children}
    </div>
  );
}

interface CaseRowProps {
  id: string;
  row: CaseDoc;
  index: number;
  count: number;
  handle: React.ReactNode;
  readOnly: boolean;
  resultPath: string;
  /** The node says itself what `result` is compared with; an operation says it for its calls. */
  hasOwnPath: boolean;
  /** The variables that the call itself sets. */
  own: readonly string[];
  onResultPath(path: string): void;
  onChange(row: CaseDoc): void;
  onRemove(): void;
  onMove(to: number): void;
}

function without(row: CaseDoc, key: keyof CaseDoc): CaseDoc {
  const { [key]: _, ...rest } = row;
  return rest as CaseDoc;
}

function CaseRow(props: CaseRowProps) {
  const { id, row, index, count, handle, readOnly, onChange } = props;
  const at = `cases[${index}]`;
  const title = row.name || onList(row).join(', ') || `case ${index + 1}`;
  const outcomes = (on: string[]) => {
    const list = on.map(asStatus);
    onChange(list.length === 0 ? without(row, 'on') : { ...row, on: list.length === 1 ? list[0]! : list });
  };
  return (
    <div className="flex items-start gap-1.5 rounded-md border p-2">
      {handle}
      <div className="flex min-w-0 flex-1 flex-col gap-2">
        {row.name !== undefined && <Input aria-label={`Case ${index + 1}: name`} data-field={`${at}.name`} placeholder="Name on the canvas" value={row.name} readOnly={readOnly} onChange={(event) => onChange({ ...row, name: event.target.value })} />}
        <OutcomePicker label={`Case ${title}: outcomes`} hideLabel field={`${at}.on`} value={onList(row)} readOnly={readOnly} onChange={outcomes} />
        <FieldProblems node={id} field={`${at}.on`} deep />
        {row.result !== undefined && <ResultFields {...props} />}
        {row.when !== undefined && (
          <ExpressionField label="If" node={id} dataField={`${at}.when`} value={row.when} placeholder="vars.contact_id" ownVariables={props.own} onChange={(when) => onChange({ ...row, when })} readOnly={readOnly} />
        )}
        <div className="flex items-center gap-2">
          <ArrowRight aria-hidden className="size-3.5 shrink-0 text-ink-3" />
          <TargetSelect label={`Case ${title}: go to`} node={id} outlet={`case:${index}`} field={`${at}.to`} to={row.to || null} readOnly={readOnly} onChange={(to) => onChange({ ...row, to: to ?? '' })} className="min-w-0 flex-1" />
        </div>
        <FieldProblems node={id} field={`${at}.to`} />
        <FieldProblems node={id} field={at} />
      </div>
      {!readOnly && (
        <Menu
          trigger={<IconButton label={`Actions on ${title}`} icon={<Ellipsis />} className="w-6!" />}
          items={[
            row.when === undefined ? { label: 'Add a condition', onSelect: () => onChange({ ...row, when: '' }) } : { label: 'Take the condition away', onSelect: () => onChange(without(row, 'when')) },
            row.result === undefined ? { label: 'Compare a result', onSelect: () => onChange({ ...row, result: '' }) } : { label: 'Compare no result', onSelect: () => onChange(without(row, 'result')) },
            row.name === undefined ? { label: 'Give it a name', onSelect: () => onChange({ ...row, name: '' }) } : { label: 'Take the name away', onSelect: () => onChange(without(row, 'name')) },
            null,
            { label: 'Move up', shortcut: 'Alt+↑', disabled: index === 0, onSelect: () => props.onMove(index - 1) },
            { label: 'Move down', shortcut: 'Alt+↓', disabled: index === count - 1, onSelect: () => props.onMove(index + 1) },
            null,
            { label: 'Remove case', danger: true, onSelect: props.onRemove },
          ]}
        />
      )}
    </div>
  );
}

function ResultFields({ id, row, index, readOnly, resultPath, hasOwnPath, onResultPath, onChange }: CaseRowProps) {
  const at = `cases[${index}]`;
  return (
    <>
      <div className="grid grid-cols-2 gap-2">
        {hasOwnPath && <TextField label="The value at" mono data-field="resultPath" placeholder="$.status" value={resultPath} readOnly={readOnly} hint="The same for all cases." onChange={(event) => onResultPath(event.target.value)} />}
        <TextField
          label={hasOwnPath ? 'Is exactly' : "The operation's result is exactly"}
          mono
          data-field={`${at}.result`}
          value={looseText(row.result as never)}
          placeholder="a text, or JSON"
          readOnly={readOnly}
          onChange={(event) => onChange({ ...row, result: looseValue(event.target.value) ?? '' })}
          className={hasOwnPath ? '' : 'col-span-2'}
        />
      </div>
      <FieldProblems node={id} field="resultPath" />
      <FieldProblems node={id} field={`${at}.result`} />
    </>
  );
}
