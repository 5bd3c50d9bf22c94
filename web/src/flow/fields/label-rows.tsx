// Lines of a record: a label and a value, both templates.
import { Plus, Trash2 } from 'lucide-react';
import { Button, IconButton } from '@/shared/ui/button';
import { Sortable, useListEdit } from '@/shared/ui/sortable';
import { TemplateField } from '../template-field';

export interface LabelRow {
  label: string;
  value?: string | number | boolean;
}

export function labelRows(value: unknown): LabelRow[] {
  return Array.isArray(value) ? (value as LabelRow[]).filter((row) => typeof row === 'object' && row !== null) : [];
}

interface LabelRowsProps {
  rows: LabelRow[];
  onChange(rows: LabelRow[]): void;
  node: string;
  dataField: string;
  readOnly: boolean;
}

export function LabelRows({ rows, onChange, node, dataField, readOnly }: LabelRowsProps) {
  const edit = useListEdit(rows, onChange);
  return (
    <div className="flex flex-col gap-2">
      {rows.length === 0 && <p className="text-xs text-ink-3">No lines yet: a label and a value each, as “Open tickets: 2”.</p>}
      <Sortable label="Lines" rows={rows} edit={edit} readOnly={readOnly} rowLabel={(row, index) => `line ${String(row.label) || index + 1}`}>
        {(row, index, handle) => (
          <div className="flex items-start gap-1.5">
            {handle}
            <div className="grid min-w-0 flex-1 grid-cols-[2fr_3fr] items-start gap-1.5">
              <TemplateField label={`Label of line ${index + 1}`} hideLabel placeholder="Label" position="text" value={String(row.label ?? '')} onChange={(label) => edit.set(index, { ...row, label })} node={node} dataField={`${dataField}[${index}].label`} readOnly={readOnly} />
              <TemplateField label={`Value of line ${index + 1}`} hideLabel placeholder="{{ vars.name }}" position="text" value={String(row.value ?? '')} onChange={(value) => edit.set(index, { ...row, value })} node={node} dataField={`${dataField}[${index}].value`} readOnly={readOnly} />
            </div>
            {!readOnly && <IconButton label={`Remove line ${index + 1}`} size="sm" className="mt-0.5" icon={<Trash2 />} onClick={() => edit.remove(index)} />}
          </div>
        )}
      </Sortable>
      {!readOnly && (
        <Button size="sm" look="ghost" icon={<Plus />} className="self-start" data-field={dataField} onClick={() => edit.add({ label: '', value: '' })}>
          Add line
        </Button>
      )}
    </div>
  );
}
