import { RadioGroup } from 'radix-ui';
import { useId } from 'react';

export interface ChoiceOption {
  value: string;
  label: string;
  description?: string;
  disabled?: boolean;
}

/** One of a few, each with a line of what it means. */
export function Choices({ label, value, options, onChange }: { label: string; value: string; options: ChoiceOption[]; onChange(value: string): void }) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <span id={id} className="text-xs font-medium text-ink-2">
        {label}
      </span>
      <RadioGroup.Root aria-labelledby={id} value={value} onValueChange={onChange} className="overflow-hidden rounded-md border border-line">
        {options.map((option) => (
          <div key={option.value} className="flex items-start gap-2.5 border-b px-3 py-2 last:border-b-0 has-data-[state=checked]:bg-accent-soft">
            <RadioGroup.Item
              id={`${id}-${option.value}`}
              value={option.value}
              disabled={option.disabled}
              aria-labelledby={`${id}-${option.value}-label`}
              aria-describedby={option.description ? `${id}-${option.value}-more` : undefined}
              className="mt-0.5 flex size-4 shrink-0 items-center justify-center rounded-full border border-line-strong bg-surface disabled:opacity-50 data-[state=checked]:border-accent data-[state=checked]:bg-accent"
            >
              <RadioGroup.Indicator className="size-1.5 rounded-full bg-accent-ink" />
            </RadioGroup.Item>
            <label htmlFor={`${id}-${option.value}`} className="min-w-0 flex-1">
              <span id={`${id}-${option.value}-label`} className="block text-sm">
                {option.label}
              </span>
              {option.description && (
                <span id={`${id}-${option.value}-more`} className="block text-xs text-ink-2">
                  {option.description}
                </span>
              )}
            </label>
          </div>
        ))}
      </RadioGroup.Root>
    </div>
  );
}
