import { NamedValues } from '../../fields/named-values';
import type { PanelProps } from '../kind';
import { NextField, PanelBody, PanelPart } from '../panel-parts';

export default function SetVarsPanel({ id, node, onChange, readOnly }: PanelProps) {
  return (
    <PanelBody>
      <PanelPart title="Variables">
        <p className="text-xs text-ink-3">All are read first, then set together. A text that is one {'{{ expression }}'} keeps the type of what it finds.</p>
        <NamedValues noun="variable" value={node.set} onChange={(set) => onChange({ ...node, set })} node={id} dataField="set" readOnly={readOnly} />
      </PanelPart>
      <NextField id={id} node={node} onChange={onChange} readOnly={readOnly} />
    </PanelBody>
  );
}
