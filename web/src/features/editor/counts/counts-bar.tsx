// Of which time and version the counts on the canvas are.
import { explain } from '@/shared/api/client';
import { formatCount, plural } from '@/shared/lib/format';
import { Segmented } from '@/shared/ui/toggle';
import { ranges, useCountsContext } from './counts-shown';

export function CountsBar() {
  const { on, hours, setHours, which, setWhich, version, total, hidden, error } = useCountsContext();
  if (!on) return null;
  if (version === null) return <Bar>Nothing is counted yet: this flow was never published.</Bar>;
  return (
    <Bar>
      <Segmented label="Counts of the last" value={String(hours)} options={ranges.map((range) => ({ value: String(range.hours), label: range.label }))} onChange={(value) => setHours(Number(value))} />
      <Segmented
        label="Counts of"
        value={which}
        options={[
          { value: 'all', label: 'All versions' },
          { value: 'latest', label: `Version ${version}` },
        ]}
        onChange={setWhich}
      />
      <span className="text-xs text-ink-2">
        {error ? explain(error).title : total ? (total.success + total.fail === 0 ? 'No visits in this time' : `${formatCount(total.success)} ok · ${formatCount(total.fail)} failed`) : 'Counting…'}
      </span>
      {hidden > 0 && (
        <span className="w-full text-xs text-ink-3" title="Counts on wires are those of the published version.">
          {plural(hidden, 'wire')} without counts: the draft differs there from version {version}.
        </span>
      )}
    </Bar>
  );
}

function Bar({ children }: { children: React.ReactNode }) {
  return (
    <div role="region" aria-label="Counts" className="pointer-events-auto absolute top-3 right-3 z-10 flex max-w-[70%] flex-wrap items-center gap-2 rounded-lg border border-line bg-surface px-2 py-1.5 text-xs shadow-card max-sm:top-14 max-sm:left-3 max-sm:max-w-none">
      {children}
    </div>
  );
}
