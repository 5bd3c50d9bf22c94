import { Plus, Trash2 } from 'lucide-react';
import { Button, IconButton } from '@/shared/ui/button';
import { Input } from '@/shared/ui/input';
import { Sortable, useListEdit } from '@/shared/ui/sortable';
import { FieldProblems } from '../../fields/problems';
import { TargetField } from '../../fields/target-field';
import { ExpressionField } from '../../template-field';
import type { PanelProps } from '../kind';
import { NextField, PanelBody, PanelPart } from '../panel-parts';
import { branchCases, type BranchCaseDoc } from './index';

export default function BranchPanel({ id, node, onChange, readOnly }: PanelProps) {
  const rows = branchCases(node);
  const edit = useListEdit<BranchCaseDoc>(rows, (cases) => onChange({ ...node, cases }));
  return (
    <PanelBody>
      <PanelPart title="Cases, tried in order: the first that holds is taken">
        <FieldProblems node={id} field="cases" />
        <Sortable label="Cases" rows={rows} edit={edit} readOnly={readOnly} rowLabel={(row, index) => `case ${row.name || index + 1}`}>
          {(row, index, handle) => (
            <CaseRow id={id} row={row} index={index} handle={handle} readOnly={readOnly} onChange={(next) => edit.set(index, next)} onRemove={() => edit.remove(index)} />
          )}
        </Sortable>
        {!readOnly && (
          <Button size="sm" look="ghost" icon={<Plus />} className="self-start" data-field="cases" onClick={() => edit.add({ when: '', to: '' })}>
            Add case
          </Button>
        )}
      </PanelPart>
      <NextField id={id} node={node} onChange={onChange} readOnly={readOnly} label="Otherwise go on to" />
    </PanelBody>
  );
}

interface CaseRowProps {
  id: string;
  row: BranchCaseDoc;
  index: number;
  handle: React.ReactNode;
  readOnly: boolean;
  onChange(row: BranchCaseDoc): void;
  onRemove(): void;
}

function CaseRow({ id, row, index, handle, readOnly, onChange, onRemove }: CaseRowProps) {
  const at = `cases[${index}]`;
  const setName = (name: string) => {
    const { name: _, ...rest } = row;
    onChange(name ? { ...rest, name } : rest);
  };
  return (
    <div className="flex items-start gap-1.5">
      {handle}
      <div className="flex min-w-0 flex-1 flex-col gap-2 rounded-md border border-line bg-sunken/60 p-2">
        <div className="flex items-center gap-1.5">
          <Input aria-label={`Name of case ${index + 1}`} data-field={`${at}.name`} placeholder={`Case ${index + 1}: a name, as “VIP”`} value={row.name ?? ''} readOnly={readOnly} onChange={(event) => setName(event.target.value)} />
          {!readOnly && <IconButton label={`Remove case ${row.name || index + 1}`} size="sm" icon={<Trash2 />} onClick={onRemove} />}
        </div>
        <ExpressionField label={index === 0 ? 'If' : 'Else if'} placeholder="vars.plan == 'gold'" value={row.when ?? ''} onChange={(when) => onChange({ ...row, when })} node={id} dataField={`${at}.when`} readOnly={readOnly} />
        <TargetField label="Go on to" value={row.to ?? ''} onChange={(to) => onChange({ ...row, to })} node={id} dataField={`${at}.to`} readOnly={readOnly} />
      </div>
    </div>
  );
}
