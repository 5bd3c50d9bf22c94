// Rows of names and values: query, headers, form fields, parts.
import { Ellipsis, Plus } from 'lucide-react';
import { useId } from 'react';
import { cn } from '@/shared/lib/cn';
import { Badge } from '@/shared/ui/badge';
import { Button, IconButton } from '@/shared/ui/button';
import { Input } from '@/shared/ui/input';
import { Menu } from '@/shared/ui/menu';
import { Sortable, useListEdit } from '@/shared/ui/sortable';
import { TemplateField, type Position } from '../../template-field';
import { FieldProblems } from '../../field-problems';
import { pastedRows, tidy, type PartDoc } from './model';

interface RowsEditorProps {
  /** One row: `header`. */
  noun: string;
  label: string;
  /** Where the rows stand below the node: `headers`, `body.fields`. */
  field: string;
  node: string;
  rows: PartDoc[];
  onChange(rows: PartDoc[]): void;
  position: Position;
  readOnly: boolean;
  /** Names that are common here. */
  names?: readonly string[];
  values?: Record<string, readonly string[]>;
  /** Rows are parts of a multipart body: they may be files; they cannot be switched off. */
  parts?: boolean;
}

export function RowsEditor({ noun, label, field, node, rows, onChange, position, readOnly, names, values, parts }: RowsEditorProps) {
  const edit = useListEdit(rows, onChange);
  const listId = useId();
  const title = noun[0]!.toUpperCase() + noun.slice(1);
  const paste = (index: number) => (event: React.ClipboardEvent) => {
    const pasted = pastedRows(event.clipboardData.getData('text/plain'));
    if (!pasted || readOnly) return;
    event.preventDefault();
    edit.replace(index, ...pasted);
  };
  return (
    <div className="flex flex-col gap-2">
      {names && (
        <datalist id={listId}>
          {names.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      )}
      <Sortable label={label} rows={rows} edit={edit} readOnly={readOnly} rowLabel={(row, index) => `${noun} ${row.name || index + 1}`}>
        {(row, index, handle) => {
          const at = `${field}[${index}]`;
          const off = row.enabled === false;
          const set = (changes: Partial<PartDoc>) => edit.set(index, tidy({ ...row, ...changes }));
          return (
            <div className="flex items-start gap-1.5">
              {handle}
              {!parts && (
                <input
                  type="checkbox"
                  aria-label={`Send ${noun} ${row.name || index + 1}`}
                  title={off ? 'Not sent' : 'Sent'}
                  data-field={`${at}.enabled`}
                  checked={!off}
                  disabled={readOnly}
                  onChange={(event) => set({ enabled: event.target.checked })}
                  className="mt-2.5 size-3.5 shrink-0 accent-accent"
                />
              )}
              <div className={cn('grid min-w-0 flex-1 grid-cols-[minmax(0,2fr)_minmax(0,3fr)] gap-1.5', off && 'opacity-60')}>
                <div className="flex min-w-0 flex-col gap-1">
                  <Input
                    mono
                    aria-label={`${title} ${index + 1}: name`}
                    data-field={`${at}.name`}
                    placeholder="name"
                    list={names ? listId : undefined}
                    value={row.name}
                    title={row.name}
                    readOnly={readOnly}
                    onChange={(event) => set({ name: event.target.value })}
                    onPaste={paste(index)}
                    className="text-xs"
                  />
                  <FieldProblems node={node} field={`${at}.name`} />
                  {row.optional && <Badge>left out if missing</Badge>}
                </div>
                <TemplateField
                  label={`${title} ${row.name || index + 1}: value`}
                  hideLabel
                  node={node}
                  dataField={`${at}.value`}
                  position={off ? undefined : position}
                  request
                  optional={row.optional}
                  placeholder="value"
                  value={row.value ?? ''}
                  readOnly={readOnly}
                  suggestions={values?.[row.name.toLowerCase()]}
                  onChange={(value) => set({ value })}
                />
                {parts && (row.filename !== undefined || row.contentType !== undefined) && (
                  <>
                    <Input aria-label={`${title} ${index + 1}: file name`} data-field={`${at}.filename`} placeholder="file name" value={row.filename ?? ''} readOnly={readOnly} onChange={(event) => set({ filename: event.target.value || undefined, contentType: row.contentType ?? '' })} />
                    <Input aria-label={`${title} ${index + 1}: content type`} data-field={`${at}.contentType`} placeholder="content type, as text/csv" value={row.contentType ?? ''} readOnly={readOnly} onChange={(event) => set({ contentType: event.target.value || undefined, filename: row.filename ?? '' })} />
                  </>
                )}
              </div>
              {!readOnly && (
                <Menu
                  trigger={<IconButton label={`More about ${noun} ${row.name || index + 1}`} icon={<Ellipsis />} className="w-6!" />}
                  items={[
                    { label: row.optional ? 'Require a value' : 'Leave out if missing', onSelect: () => set({ optional: !row.optional }) },
                    ...(parts ? [{ label: row.filename !== undefined ? 'Not a file' : 'Send as a file', onSelect: () => set(row.filename !== undefined ? { filename: undefined, contentType: undefined } : { filename: '' }) }] : []),
                    { label: 'Move up', shortcut: 'Alt+↑', disabled: index === 0, onSelect: () => edit.move(index, index - 1) },
                    { label: 'Move down', shortcut: 'Alt+↓', disabled: index === rows.length - 1, onSelect: () => edit.move(index, index + 1) },
                    null,
                    { label: `Remove ${noun}`, danger: true, onSelect: () => edit.remove(index) },
                  ]}
                />
              )}
            </div>
          );
        }}
      </Sortable>
      {!readOnly && (
        <Button size="sm" look="ghost" icon={<Plus />} className="self-start" data-field={field} onClick={() => edit.add({ name: '', value: '' })}>
          Add {noun}
        </Button>
      )}
    </div>
  );
}
