import { useQuery } from '@tanstack/react-query';
import { CornerUpRight } from 'lucide-react';
import { useMemo } from 'react';
import { api, unwrap } from '@/shared/api/client';
import { Combobox, type Choice } from '@/shared/ui/combobox';
import { useFlow } from '../context';
import { nodesOf } from '../document/types';
import { kindOf } from '../kinds';
import { FieldProblems } from './problems';

/** The org's flows by slug, for what leads to one. */
export function useFlowList() {
  const flows = useQuery({
    queryKey: ['flows', 'choices'],
    queryFn: () => unwrap(api.GET('/v1/flows', { params: { query: { limit: 200 } } })),
    staleTime: 60_000,
  });
  return flows.data?.items ?? [];
}

interface TargetFieldProps {
  label: string;
  hideLabel?: boolean;
  /** A node's id or `flow:<slug>`; empty where nothing is wired. */
  value: string;
  onChange(value: string): void;
  node: string;
  dataField: string;
  readOnly: boolean;
  hint?: string;
  className?: string;
}

/** Where a way leads: a step of this flow, another flow, or nowhere. */
export function TargetField({ label, hideLabel, value, onChange, node, dataField, readOnly, hint, className }: TargetFieldProps) {
  const { doc, slug } = useFlow();
  const flows = useFlowList();
  const choices = useMemo((): Choice[] => {
    const steps = nodesOf(doc).map(([id, each]): Choice => {
      const kind = kindOf(each);
      return { value: id, label: each.name || id, description: each.name ? `${kind.label} · ${id}` : kind.label, mark: <kind.icon aria-hidden className="mt-0.5 size-4 shrink-0 text-ink-3" /> };
    });
    const others = flows
      .filter((flow) => flow.slug !== slug)
      .map((flow): Choice => ({ value: `flow:${flow.slug}`, label: flow.name || flow.slug, description: `Another flow · ${flow.slug}`, mark: <CornerUpRight aria-hidden className="mt-0.5 size-4 shrink-0 text-ink-3" /> }));
    return [{ value: '', label: 'Nothing: the run ends' }, ...steps, ...others];
  }, [doc, flows, slug]);
  return (
    <div className={className}>
      <Combobox label={label} hideLabel={hideLabel} value={value} choices={choices} onChange={onChange} disabled={readOnly} hint={hint} data-field={dataField} none="No step or flow fits." />
      <FieldProblems node={node} field={dataField} />
    </div>
  );
}
