import { LabelRows, labelRows } from '../../fields/label-rows';
import { RenderedText } from '../../fields/rendered-text';
import { ScreenPopCard } from '../../record/effects';
import { TemplateField } from '../../template-field';
import { textOf, type PanelProps } from '../kind';
import { NextField, PanelBody, PanelPart, withKey } from '../panel-parts';

export default function ScreenPopPanel({ id, node, onChange, readOnly }: PanelProps) {
  const set = (key: string) => (value: unknown) => onChange(withKey(node, key, value));
  const rows = labelRows(node.fields);
  const shared = { node: id, readOnly };
  const [title, url] = [textOf(node.title), textOf(node.url)];
  return (
    <PanelBody>
      <TemplateField {...shared} label="To" placeholder="{{ event.agent }}" hint="The agent or queue; left empty, the host decides." position="text" value={textOf(node.to)} onChange={set('to')} dataField="to" />
      <TemplateField {...shared} label="Title" placeholder="{{ vars.customer_name }}" position="text" quiet value={title} onChange={set('title')} dataField="title" />
      <TemplateField {...shared} label="Page to open" placeholder="https://crm.example/contacts/{{ vars.contact_id }}" position="url" quiet value={url} onChange={set('url')} dataField="url" />
      <PanelPart title="Lines">
        <LabelRows rows={rows} onChange={set('fields')} node={id} dataField="fields" readOnly={readOnly} />
      </PanelPart>
      <PanelPart title="As the agent sees it">
        <div className="rounded-md bg-sunken p-3">
          <ScreenPopCard
            title={title && <RenderedText text={title} />}
            url={url && <RenderedText text={url} position="url" />}
            fields={rows.map((row) => ({ label: <RenderedText text={String(row.label ?? '')} />, value: <RenderedText text={String(row.value ?? '')} /> }))}
          />
        </div>
      </PanelPart>
      <NextField id={id} node={node} onChange={onChange} readOnly={readOnly} />
    </PanelBody>
  );
}
