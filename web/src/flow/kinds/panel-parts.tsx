// What the panels of several kinds share.
import type { ReactNode } from 'react';
import { TargetField } from '../fields/target-field';
import { withNext, type NodeDoc } from './kind';

/** The node with a key set; without it where there is nothing to say. */
export function withKey(node: NodeDoc, key: string, value: unknown): NodeDoc {
  const { [key]: _, ...rest } = node;
  const empty = value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
  return (empty ? rest : { ...node, [key]: value }) as NodeDoc;
}

export function PanelBody({ children }: { children: ReactNode }) {
  return <div className="flex min-w-0 flex-col gap-4">{children}</div>;
}

export function PanelPart({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex min-w-0 flex-col gap-2">
      <h3 className="text-xs font-medium text-ink-2">{title}</h3>
      {children}
    </section>
  );
}

interface NextFieldProps {
  id: string;
  node: NodeDoc;
  onChange(node: NodeDoc): void;
  readOnly: boolean;
  label?: string;
}

/** The way on, for who does not draw it. */
export function NextField({ id, node, onChange, readOnly, label = 'Then go on to' }: NextFieldProps) {
  return <TargetField label={label} value={typeof node.next === 'string' ? node.next : ''} onChange={(to) => onChange(withNext(node, to || null))} node={id} dataField="next" readOnly={readOnly} />;
}
