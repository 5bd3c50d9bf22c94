import { Button } from '@/shared/ui/button';
import { PlainField } from '../../fields/plain-field';
import { textOf, type PanelProps } from '../kind';
import { NextField, PanelBody } from '../panel-parts';

const presets = [
  { duration: '30s', label: '30 seconds' },
  { duration: '5m', label: '5 minutes' },
  { duration: '1h', label: '1 hour' },
  { duration: '1d', label: '1 day' },
  { duration: '7d', label: '7 days' },
];

export default function WaitPanel({ id, node, onChange, readOnly }: PanelProps) {
  const duration = textOf(node.duration);
  const set = (next: string) => onChange({ ...node, duration: next });
  return (
    <PanelBody>
      <div className="flex flex-col gap-2">
        <PlainField label="Wait for" required mono placeholder="5m" hint="A number and s, m, h or d: 30s, 5m, 1h30m, 2d. Meanwhile the run is on disk, and survives a restart." value={duration} onChange={set} node={id} dataField="duration" readOnly={readOnly} />
        {!readOnly && (
          <div role="group" aria-label="Common times" className="flex flex-wrap gap-1.5">
            {presets.map((preset) => (
              <Button key={preset.duration} size="sm" aria-pressed={duration === preset.duration} className="aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent-text" onClick={() => set(preset.duration)}>
                {preset.label}
              </Button>
            ))}
          </div>
        )}
      </div>
      <NextField id={id} node={node} onChange={onChange} readOnly={readOnly} />
    </PanelBody>
  );
}
