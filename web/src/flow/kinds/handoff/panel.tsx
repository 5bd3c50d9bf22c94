import { useState } from 'react';
import { Segmented } from '@/shared/ui/toggle';
import { LabelRows, labelRows } from '../../fields/label-rows';
import { FieldProblems } from '../../fields/problems';
import { RenderedText } from '../../fields/rendered-text';
import { HandoffCard } from '../../record/effects';
import { TemplateField } from '../../template-field';
import { textOf, type PanelProps } from '../kind';
import { NextField, PanelBody, PanelPart, withKey } from '../panel-parts';

type Receiver = 'group' | 'agent';

export default function HandoffPanel({ id, node, onChange, readOnly }: PanelProps) {
  const written: Receiver = node.agent !== undefined && node.group === undefined ? 'agent' : 'group';
  const [held, hold] = useState<Receiver>(written);
  const receiver = node.agent === undefined && node.group === undefined ? held : written;
  const both = node.agent !== undefined && node.group !== undefined;
  const set = (key: string) => (value: unknown) => onChange(withKey(node, key, value));
  // What was written for the one goes over to the other: exactly one of them may be there.
  const choose = (next: Receiver) => {
    hold(next);
    const { group, agent, ...rest } = node;
    const text = textOf(group) || textOf(agent);
    onChange({ ...rest, type: node.type, [next]: text });
  };
  const rows = labelRows(node.fields);
  const shared = { node: id, readOnly };
  const to = textOf(node[receiver]);
  const note = textOf(node.note);
  return (
    <PanelBody>
      <div className="flex flex-col gap-2">
        <Segmented<Receiver>
          label="To whom"
          value={receiver}
          disabled={readOnly}
          options={[
            { value: 'group', label: 'A group' },
            { value: 'agent', label: 'An agent' },
          ]}
          onChange={choose}
        />
        <TemplateField {...shared} label={receiver === 'group' ? 'Group' : 'Agent'} required placeholder={receiver === 'group' ? 'front-desk' : '{{ event.agent }}'} position="text" value={to} onChange={(text) => onChange({ ...node, [receiver]: text })} dataField={receiver} />
        {both && <TemplateField {...shared} label="Agent" hint="A hand-off goes to a group or to an agent, not to both." position="text" value={textOf(node.agent)} onChange={set('agent')} dataField="agent" />}
        <FieldProblems node={id} field="" />
      </div>
      <TemplateField {...shared} label="Note" multiline placeholder="What they should know" position="text" quiet value={note} onChange={set('note')} dataField="note" />
      <PanelPart title="Lines">
        <LabelRows rows={rows} onChange={set('fields')} node={id} dataField="fields" readOnly={readOnly} />
      </PanelPart>
      <PanelPart title="As they see it">
        <div className="rounded-md bg-sunken p-3">
          <HandoffCard
            group={receiver === 'group' && to ? <RenderedText text={to} /> : undefined}
            agent={receiver === 'agent' && to ? <RenderedText text={to} /> : undefined}
            note={note && <RenderedText text={note} />}
            fields={rows.map((row) => ({ label: <RenderedText text={String(row.label ?? '')} />, value: <RenderedText text={String(row.value ?? '')} /> }))}
          />
        </div>
      </PanelPart>
      <NextField id={id} node={node} onChange={onChange} readOnly={readOnly} />
    </PanelBody>
  );
}
