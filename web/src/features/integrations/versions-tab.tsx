import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { IntegrationDiff } from '@/flow/integration-diff';
import { formatTime } from '@/shared/lib/format';
import { Badge } from '@/shared/ui/badge';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { Card } from '@/shared/ui/page';
import { SelectField } from '@/shared/ui/select';
import { EmptyState, ErrorState, Skeleton } from '@/shared/ui/states';
import { Table } from '@/shared/ui/table';
import { CopyButton } from '@/shared/ui/copy';
import { versionsQuery, versionTextQuery, type Version } from './api';
import { LazySourceEditor } from './lazy-source-editor';

interface VersionsTabProps {
  slug: string;
  latest: number | null;
  onMovePins?(to: number): void;
}

/** All published versions, and what differs between any two. */
export function VersionsTab({ slug, latest, onMovePins }: VersionsTabProps) {
  const list = useInfiniteQuery(versionsQuery(slug));
  const [viewed, view] = useState<number | null>(null);
  if (list.isPending) return <Skeleton label="Loading the versions" />;
  if (list.isError) return <ErrorState error={list.error} onRetry={() => void list.refetch()} />;
  const versions = list.data.pages.flatMap((page) => page.items);
  if (versions.length === 0) return <EmptyState title="Not published yet">Publishing the draft makes version 1. Flows and connections need one.</EmptyState>;
  return (
    <div className="flex flex-col gap-4">
      <Table
        label="Versions"
        rows={versions}
        rowKey={({ version }) => String(version)}
        columns={[
          {
            key: 'version',
            header: 'Version',
            cell: ({ version }) => (
              <span className="flex items-center gap-2">
                <span className="font-medium tabular-nums">{version}</span>
                {version === latest && <Badge tone="ok">latest</Badge>}
              </span>
            ),
          },
          { key: 'at', header: 'Published', cell: ({ publishedAt }) => <time dateTime={publishedAt}>{formatTime(publishedAt)}</time> },
          { key: 'by', header: 'By', from: 'sm', cell: ({ publishedBy }) => <span className="break-words">{publishedBy}</span> },
          {
            key: 'acts',
            header: 'Document',
            align: 'right',
            cell: ({ version }) => (
              <Button size="sm" look="ghost" aria-label={`View version ${version}`} onClick={() => view(version)}>
                View
              </Button>
            ),
          },
        ]}
      />
      {list.hasNextPage && (
        <Button className="self-start" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show older versions
        </Button>
      )}
      <Compare slug={slug} versions={versions} />
      {onMovePins && latest !== null && latest > 1 && (
        <Card title="Flows on older versions">
          <div className="flex flex-wrap items-center justify-between gap-3">
            <p className="text-ink-2">Flows go on with the version that they pin, until you move them.</p>
            <Button onClick={() => onMovePins(latest)}>Move pins to version {latest}…</Button>
          </div>
        </Card>
      )}
      {viewed !== null && <ViewVersion slug={slug} version={viewed} onClose={() => view(null)} />}
    </div>
  );
}

function Compare({ slug, versions }: { slug: string; versions: Version[] }) {
  const newest = versions[0]!.version;
  const [from, setFrom] = useState(String(versions[1]?.version ?? newest));
  const [to, setTo] = useState(versions.length > 1 ? String(newest) : 'draft');
  const options = [{ value: 'draft', label: 'the draft' }, ...versions.map(({ version }) => ({ value: String(version), label: `version ${version}` }))];
  return (
    <Card title="Compare">
      <div className="flex flex-col gap-4">
        <div className="flex flex-wrap gap-3">
          <SelectField label="From" value={from} options={options} onChange={setFrom} className="w-40" />
          <SelectField label="To" value={to} options={options} onChange={setTo} className="w-40" />
        </div>
        <IntegrationDiff slug={slug} from={from} to={to} />
      </div>
    </Card>
  );
}

function ViewVersion({ slug, version, onClose }: { slug: string; version: number; onClose(): void }) {
  const text = useQuery(versionTextQuery(slug, version));
  return (
    <Dialog open onClose={onClose} size="xl" title={`Version ${version} of ${slug}`}>
      {text.isPending ? (
        <Skeleton label="Loading the version" />
      ) : text.isError ? (
        <ErrorState error={text.error} onRetry={() => void text.refetch()} />
      ) : (
        <div className="flex flex-col gap-2 pb-3">
          <span className="self-end">
            <CopyButton text={text.data} label="Copy the document" />
          </span>
          <LazySourceEditor label={`Version ${version}`} value={text.data} readOnly height={{ min: '10rem', max: '65vh' }} />
        </div>
      )}
    </Dialog>
  );
}
