import { Link } from '@tanstack/react-router';
import { ExternalLink } from 'lucide-react';
import { Combobox } from '@/shared/ui/combobox';
import { Segmented } from '@/shared/ui/toggle';
import { NamedValues } from '../../fields/named-values';
import { PlainField } from '../../fields/plain-field';
import { FieldProblems } from '../../fields/problems';
import { TargetField, useFlowList } from '../../fields/target-field';
import { textOf, type PanelProps } from '../kind';
import { NextField, PanelBody, PanelPart, withKey } from '../panel-parts';
import { goToFlow } from './index';

type Mode = 'jump' | 'subFlow';

const says: Record<Mode, string> = {
  jump: 'The run goes on there for good, and takes its variables along.',
  subFlow: 'The other flow runs with inputs of its own, and comes back here with its result.',
};

export default function GoToFlowPanel({ id, node, onChange, readOnly }: PanelProps) {
  const flows = useFlowList();
  const flow = textOf(node.flow);
  const mode: Mode = node.mode === 'subFlow' ? 'subFlow' : 'jump';
  const known = flows.some((each) => each.slug === flow);
  return (
    <PanelBody>
      <div>
        <Combobox
          label="Flow"
          value={flow}
          placeholder="Choose a flow"
          choices={flows.map((each) => ({ value: each.slug, label: each.name || each.slug, description: [each.slug, each.version ? `version ${each.version}` : 'not published yet'].join(' · ') }))}
          onChange={(slug) => onChange({ ...node, flow: slug })}
          disabled={readOnly}
          data-field="flow"
          none="No flow fits."
        />
        <FieldProblems node={id} field="flow" />
        {known && (
          <Link to="/flows/$slug" params={{ slug: flow }} className="mt-1 inline-flex items-center gap-1 rounded text-xs text-accent-text hover:underline">
            Open {flow}
            <ExternalLink aria-hidden className="size-3" />
          </Link>
        )}
      </div>
      <PanelPart title="How">
        <Segmented<Mode>
          label="How it goes there"
          value={mode}
          disabled={readOnly}
          options={[
            { value: 'jump', label: 'Jump' },
            { value: 'subFlow', label: 'Run as a part' },
          ]}
          onChange={(next) => onChange({ ...node, mode: next })}
        />
        <p className="text-xs text-ink-3">{says[mode]}</p>
      </PanelPart>
      {mode === 'subFlow' && <SubFlow id={id} node={node} onChange={onChange} readOnly={readOnly} />}
    </PanelBody>
  );
}

function SubFlow({ id, node, onChange, readOnly }: PanelProps) {
  const outlets = goToFlow.outlets(node);
  const to = (outlet: string) => outlets.find((each) => each.id === outlet)?.to ?? '';
  const wire = (outlet: string) => (target: string) => onChange(goToFlow.connect(node, outlet, target || null));
  const shared = { node: id, readOnly };
  return (
    <>
      <PanelPart title="Variables that it starts with">
        <NamedValues {...shared} noun="input" value={node.inputs} onChange={(inputs) => onChange(withKey(node, 'inputs', Object.keys(inputs).length > 0 ? inputs : undefined))} dataField="inputs" empty="None: it starts with no variables." />
      </PanelPart>
      <PlainField {...shared} label="Variable for its result" mono placeholder="result" hint="Takes what its end gives back." value={textOf(node.resultVariable)} onChange={(name) => onChange(withKey(node, 'resultVariable', name))} dataField="resultVariable" />
      <PanelPart title="Then">
        <TargetField {...shared} label="If it completed" value={to('default:success')} onChange={wire('default:success')} dataField="cases.success" />
        <TargetField {...shared} label="If it failed" value={to('default:failed')} onChange={wire('default:failed')} dataField="cases.failed" />
        <FieldProblems node={id} field="cases" deep />
        <NextField id={id} node={node} onChange={onChange} readOnly={readOnly} label="Otherwise go on to" />
      </PanelPart>
    </>
  );
}
