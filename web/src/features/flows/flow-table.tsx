import { Link } from '@tanstack/react-router';
import { useNow } from '@/shared/lib/hooks';
import { Table, type Column } from '@/shared/ui/table';
import type { FlowLine } from './api';
import { Day, FlowState, FlowTrigger, LastRun } from './flow-cells';
import { FlowMenu } from './flow-menu';

export function FlowTable({ flows, onRename, onDuplicate }: { flows: FlowLine[]; onRename(flow: FlowLine): void; onDuplicate(flow: FlowLine): void }) {
  const now = useNow();
  const columns: Column<FlowLine>[] = [
    { key: 'name', header: 'Flow', cell: (flow) => <FlowName flow={flow} />, className: 'sm:min-w-56 lg:w-2/5' },
    { key: 'state', header: 'State', from: 'md', cell: (flow) => <FlowState flow={flow} /> },
    { key: 'trigger', header: 'Starts with', from: 'lg', cell: (flow) => <FlowTrigger flow={flow} /> },
    { key: 'lastRun', header: 'Last run', cell: (flow) => <LastRun flow={flow} now={now} /> },
    { key: 'day', header: 'Last 24 h', from: 'sm', align: 'right', cell: (flow) => <Day flow={flow} /> },
    { key: 'menu', header: 'Acts', hideHeader: true, align: 'right', className: 'w-10 pl-0', cell: (flow) => <FlowMenu flow={flow} onRename={() => onRename(flow)} onDuplicate={() => onDuplicate(flow)} /> },
  ];
  return <Table label="Flows" columns={columns} rows={flows} rowKey={(flow) => flow.slug} />;
}

function FlowName({ flow }: { flow: FlowLine }) {
  return (
    <div className="flex flex-col gap-0.5">
      <span className="flex flex-wrap items-baseline gap-x-2">
        <Link to="/flows/$slug" params={{ slug: flow.slug }} className="rounded font-medium wrap-anywhere hover:underline">
          {flow.name || flow.slug}
        </Link>
        <span className="font-mono text-xs wrap-anywhere text-ink-3">{flow.slug}</span>
      </span>
      {flow.description && (
        <span className="line-clamp-1 text-xs text-ink-2 max-lg:hidden" title={flow.description}>
          {flow.description}
        </span>
      )}
      <span className="md:hidden">
        <FlowState flow={flow} />
      </span>
    </div>
  );
}
