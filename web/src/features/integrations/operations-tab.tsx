import { ArrowLeft, Blocks } from 'lucide-react';
import { useMemo } from 'react';
import type { Found } from '@/shared/api/client';
import { cn } from '@/shared/lib/cn';
import { Button } from '@/shared/ui/button';
import { EmptyState } from '@/shared/ui/states';
import { freeKey, insertedAfter, objectOf, operationsOf, renamed, type IntegrationDoc, type OperationDoc } from './document';
import { OperationEditor } from './operation-editor';
import { OperationList } from './operation-list';

interface OperationsTabProps {
  doc: IntegrationDoc;
  onChange(doc: IntegrationDoc): void;
  problems: Found[];
  readOnly: boolean;
  /** The operation that is open. */
  chosen?: string;
  onChoose(key?: string): void;
}

/** All operations, and the one that is open beside them. */
export function OperationsTab({ doc, onChange, problems, readOnly, chosen, onChoose }: OperationsTabProps) {
  const operations = useMemo(() => operationsOf(doc), [doc]);
  const all = objectOf(doc.operations) as Record<string, OperationDoc>;
  const wanted = chosen !== undefined && chosen in all ? chosen : undefined;
  // On a wide screen one is always open; on a narrow one the list comes first.
  const open = wanted ?? operations[0]?.[0];
  const write = (next: Record<string, OperationDoc>, verify = doc.verify) => {
    const { verify: _, ...rest } = doc;
    onChange({ ...rest, ...(verify ? { verify } : {}), operations: next } as IntegrationDoc);
  };
  const add = (from?: string) => {
    const key = freeKey(all, from ?? 'operation');
    write(insertedAfter(all, from, key, from ? all[from]! : { method: 'GET', path: '/' }));
    onChoose(key);
  };
  const remove = (key: string) => {
    const index = operations.findIndex(([name]) => name === key);
    const { [key]: _, ...rest } = all;
    write(rest);
    onChoose((operations[index + 1] ?? operations[index - 1])?.[0]);
  };
  if (open === undefined) return <None readOnly={readOnly} onAdd={() => add()} />;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[20rem_minmax(0,1fr)]">
      <div className={cn('lg:sticky lg:top-4', wanted && 'max-lg:hidden')}>
        <OperationList operations={operations} problems={problems} chosen={open} onChoose={onChoose} onAdd={readOnly ? undefined : () => add()} verify={doc.verify} />
      </div>
      <div className={cn('min-w-0', !wanted && 'max-lg:hidden')}>
        <Button size="sm" look="ghost" icon={<ArrowLeft />} className="mb-2 lg:hidden" onClick={() => onChoose(undefined)}>
          All operations
        </Button>
        <OperationEditor
          key={open}
          name={open}
          operation={objectOf(all[open]) as OperationDoc}
          taken={(key) => key !== open && key in all}
          problems={problems}
          readOnly={readOnly}
          onChange={(operation) => write({ ...all, [open]: operation })}
          onRename={(key) => {
            write(renamed(all, open, key), doc.verify === open ? key : doc.verify);
            onChoose(key);
          }}
          onDuplicate={() => add(open)}
          onRemove={() => remove(open)}
        />
      </div>
    </div>
  );
}

function None({ readOnly, onAdd }: { readOnly: boolean; onAdd(): void }) {
  return (
    <EmptyState
      icon={<Blocks aria-hidden />}
      title="No operations yet"
      actions={
        !readOnly && (
          <Button look="primary" onClick={onAdd}>
            Add operation
          </Button>
        )
      }
    >
      An operation is one call: a method, a path, and the inputs that flows fill in.
    </EmptyState>
  );
}
