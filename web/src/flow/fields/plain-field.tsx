import type { ComponentProps } from 'react';
import { TextField } from '@/shared/ui/input';
import { FieldProblems } from './problems';

type Props = Omit<ComponentProps<typeof TextField>, 'onChange' | 'value'> & {
  value: string;
  onChange(value: string): void;
  node: string;
  dataField: string;
};

/** A text that takes no templates. */
export function PlainField({ onChange, node, dataField, className, ...rest }: Props) {
  return (
    <div className={className}>
      <TextField {...rest} data-field={dataField} onChange={(event) => onChange(event.target.value)} />
      <FieldProblems node={node} field={dataField} />
    </div>
  );
}
