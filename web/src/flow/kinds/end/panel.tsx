import { Segmented } from '@/shared/ui/toggle';
import type { Json } from '../../document/types';
import { JsonValueField } from '../../fields/json-value-field';
import { FieldProblems } from '../../fields/problems';
import type { PanelProps } from '../kind';
import { PanelBody, PanelPart, withKey } from '../panel-parts';

type Status = 'completed' | 'failed';

export default function EndPanel({ id, node, onChange, readOnly }: PanelProps) {
  const status: Status = node.status === 'failed' ? 'failed' : 'completed';
  return (
    <PanelBody>
      <PanelPart title="The run ends as">
        <div data-field="status">
          <Segmented<Status>
            label="The run ends as"
            value={status}
            disabled={readOnly}
            options={[
              { value: 'completed', label: 'Completed' },
              { value: 'failed', label: 'Failed' },
            ]}
            onChange={(next) => onChange(withKey(node, 'status', next === 'completed' ? undefined : next))}
          />
        </div>
        <FieldProblems node={id} field="status" />
      </PanelPart>
      <JsonValueField
        label="Result"
        hint="What the run gives back: to who waits for it, and to a flow that runs this one as a part. JSON; templates stand in its texts."
        placeholder={'{ "found": "{{ vars.contact_id }}" }'}
        value={node.result as Json | undefined}
        onChange={(result) => onChange(withKey(node, 'result', result))}
        node={id}
        dataField="result"
        readOnly={readOnly}
      />
    </PanelBody>
  );
}
