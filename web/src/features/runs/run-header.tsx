import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowLeft, Ban, RotateCw } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { isOpen, type RunRecord } from '@/flow/record/types';
import { isProblem } from '@/shared/api/client';
import { useMay } from '@/shared/api/session';
import { formatAgo, formatMs, formatTime } from '@/shared/lib/format';
import { useNow } from '@/shared/lib/hooks';
import { RunStatusBadge } from '@/shared/ui/badge';
import { Button } from '@/shared/ui/button';
import { CopyButton } from '@/shared/ui/copy';
import { Confirm } from '@/shared/ui/dialog';
import { toast, toastError } from '@/shared/ui/toast';
import { useCancel, useRunAgain } from './run-api';

/** Which run it is, how it stands, and what can be done with it. */
export function RunHeader({ record, live }: { record: RunRecord; live: boolean }) {
  return (
    <div className="flex shrink-0 flex-wrap items-start justify-between gap-x-6 gap-y-3 border-b bg-surface px-4 py-3 sm:px-5">
      <div className="flex min-w-0 flex-col gap-1">
        <Link to="/runs" className="inline-flex w-fit items-center gap-1 rounded text-xs text-ink-2 hover:text-ink">
          <ArrowLeft aria-hidden className="size-3.5" />
          Runs
        </Link>
        <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
          <h1 className="text-lg font-semibold break-words">
            <Link to="/flows/$slug" params={{ slug: record.flow }} className="rounded hover:text-accent-text hover:underline">
              {record.flow}
            </Link>
            {record.version !== undefined && <span className="font-normal text-ink-3"> v{record.version}</span>}
          </h1>
          <span aria-live="polite">
            <RunStatusBadge status={record.status} />
          </span>
          {live && (
            <span className="inline-flex items-center gap-1.5 text-xs text-ink-2">
              <span aria-hidden className="size-2 rounded-full bg-ok" />
              Live
            </span>
          )}
        </div>
        <Facts record={record} />
      </div>
      <Acts record={record} />
    </div>
  );
}

function contactName(contact: unknown): string | null {
  if (typeof contact !== 'object' || contact === null) return null;
  const { id, externalId, name } = contact as Record<string, unknown>;
  const key = id ?? externalId;
  return [typeof name === 'string' ? name : '', key === undefined ? '' : String(key)].filter(Boolean).join(' · ') || null;
}

function Facts({ record }: { record: RunRecord }) {
  const now = useNow(5_000);
  const { startedAt, endedAt, waitingUntil } = record;
  const contact = contactName(record.contact);
  const length = startedAt && (endedAt ? new Date(endedAt).getTime() : now) - new Date(startedAt).getTime();
  return (
    <dl className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-ink-2">
      {startedAt && (
        <Fact name="Started">
          <time dateTime={startedAt} title={formatTime(startedAt)}>
            {formatAgo(startedAt, now)}
          </time>
        </Fact>
      )}
      {typeof length === 'number' && endedAt && <Fact name="Took">{formatMs(Math.max(0, length))}</Fact>}
      {waitingUntil && isOpen(record.status) && (
        <Fact name="Goes on">
          <time dateTime={waitingUntil} title={formatTime(waitingUntil)}>
            {formatAgo(waitingUntil, now)}
          </time>
        </Fact>
      )}
      {contact && <Fact name="Contact">{contact}</Fact>}
      <Fact name="Run">
        <span className="inline-flex items-center gap-1 font-mono break-all">
          {record.id}
          <CopyButton text={record.id} label="Copy the run's id" />
        </span>
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 items-center gap-1.5">
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}

function Acts({ record }: { record: RunRecord }) {
  const may = useMay('operator');
  const navigate = useNavigate();
  const [asking, ask] = useState<'cancel' | 'again' | null>(null);
  const cancel = useCancel(record.id);
  const again = useRunAgain(record.id);
  if (!may) return null;
  const onCancel = async () => {
    try {
      const after = await cancel.mutateAsync();
      toast(after.status === 'cancelled' ? 'The run is cancelled.' : 'The run ends once its call is answered.');
    } catch (error) {
      if (isProblem(error, 'run-over')) toast('The run was over before.');
      else toastError(error);
    }
    ask(null);
  };
  const onAgain = async () => {
    try {
      const next = await again.mutateAsync();
      toast('A new run has begun.');
      ask(null);
      await navigate({ to: '/runs/$id', params: { id: next.id } });
    } catch (error) {
      toastError(error);
      ask(null);
    }
  };
  return (
    <div className="flex gap-2">
      {isOpen(record.status) && (
        <Button look="danger" icon={<Ban />} onClick={() => ask('cancel')}>
          Cancel the run
        </Button>
      )}
      <Button icon={<RotateCw />} onClick={() => ask('again')}>
        Run again
      </Button>
      <Confirm open={asking === 'cancel'} title="Cancel this run?" action="Cancel the run" danger onConfirm={onCancel} onClose={() => ask(null)}>
        It ends where it stands, and does not go on. What it did so far stays done.
      </Confirm>
      <Confirm open={asking === 'again'} title="Run it again?" action="Run again" onConfirm={onAgain} onClose={() => ask(null)}>
        A new run of <b className="font-medium text-ink">{record.flow}</b> as it is published now, for the same event and contact. Its calls are sent for real.
      </Confirm>
    </div>
  );
}
