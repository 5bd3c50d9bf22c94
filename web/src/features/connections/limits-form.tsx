import type { Found } from '@/shared/api/client';
import { problemsAt, wordsOf } from '@/shared/lib/problems';
import { TextField } from '@/shared/ui/input';
import { Switch } from '@/shared/ui/toggle';
import type { Limits } from './api';

interface LimitsFormProps {
  value: Limits;
  onChange(value: Limits): void;
  problems: Found[];
  readOnly?: boolean;
}

type Numbers = Record<string, unknown>;

interface NumberSpec {
  name: string;
  label: string;
  placeholder?: string;
}

const plain: NumberSpec[] = [
  { name: 'maxConnections', label: 'Calls at once', placeholder: '64' },
  { name: 'requestsPerSecond', label: 'Requests a second', placeholder: 'no limit' },
  { name: 'burst', label: 'Burst after a pause', placeholder: 'a second’s worth' },
];
const breaker: NumberSpec[] = [
  { name: 'failurePercent', label: 'Failed calls, percent' },
  { name: 'minCalls', label: 'Of at least so many calls', placeholder: '10' },
  { name: 'windowMs', label: 'Counted over, ms', placeholder: '10000' },
  { name: 'openMs', label: 'Then paused for, ms', placeholder: '30000' },
];

/** How much may be asked of the API, by all flows together. */
export function LimitsForm({ value, onChange, problems, readOnly }: LimitsFormProps) {
  const pauses = value.circuitBreaker !== undefined && value.circuitBreaker !== null;
  return (
    <div className="flex flex-col gap-3">
      <NumberFields specs={plain} value={value as Numbers} onChange={(next) => onChange(next as Limits)} at="limits" problems={problems} readOnly={readOnly} />
      <Switch
        label="Pause calls to a host that fails"
        checked={pauses}
        disabled={readOnly}
        hint="A circuit breaker: calls end as circuit-open until one has tried the host and it works."
        onChange={(on) => {
          const { circuitBreaker: _, ...rest } = value;
          onChange(on ? { ...rest, circuitBreaker: { failurePercent: 50 } } : rest);
        }}
      />
      {pauses && <NumberFields specs={breaker} value={value.circuitBreaker as Numbers} onChange={(next) => onChange({ ...value, circuitBreaker: next as Limits['circuitBreaker'] })} at="limits.circuitBreaker" problems={problems} readOnly={readOnly} />}
    </div>
  );
}

function NumberFields({ specs, value, onChange, at, problems, readOnly }: { specs: NumberSpec[]; value: Numbers; onChange(value: Numbers): void; at: string; problems: Found[]; readOnly?: boolean }) {
  const set = (name: string, text: string) => {
    const { [name]: _, ...rest } = value;
    onChange(text.trim() === '' ? rest : { ...value, [name]: Number.isNaN(Number(text)) ? text : Number(text) });
  };
  return (
    <div className="grid gap-3 sm:grid-cols-4">
      {specs.map(({ name, label, placeholder }) => {
        const current = value[name];
        return (
          <TextField
            key={name}
            label={label}
            inputMode="decimal"
            value={current === undefined || current === null ? '' : String(current)}
            placeholder={placeholder}
            readOnly={readOnly}
            error={wordsOf(problemsAt(problems, `${at}.${name}`))}
            onChange={(event) => set(name, event.target.value)}
          />
        );
      })}
    </div>
  );
}
