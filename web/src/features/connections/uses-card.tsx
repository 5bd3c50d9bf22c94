import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { plural } from '@/shared/lib/format';
import { Card } from '@/shared/ui/page';
import { ErrorNote, Skeleton } from '@/shared/ui/states';
import { usesQuery } from './api';

/** The flows whose steps name it. */
export function UsesCard({ id }: { id: string }) {
  const uses = useQuery(usesQuery(id));
  return (
    <Card title="Where it is used">
      {uses.isPending ? (
        <Skeleton rows={2} label="Loading the uses" />
      ) : uses.isError ? (
        <ErrorNote error={uses.error} />
      ) : uses.data.flows.length === 0 ? (
        <p className="text-ink-3">No flow uses it.</p>
      ) : (
        <ul className="flex flex-col gap-2">
          {uses.data.flows.map(({ slug, name, nodes, draft, published }) => (
            <li key={slug}>
              <Link to="/flows/$slug" params={{ slug }} className="font-medium break-words hover:underline">
                {name || slug}
              </Link>
              <p className="text-xs break-words text-ink-3">
                {plural(nodes.length, 'step')}: <span className="font-mono">{nodes.join(', ')}</span>; {[published ? `version ${published}` : '', draft ? 'draft' : ''].filter(Boolean).join(' and ')}
              </p>
            </li>
          ))}
          {!uses.data.complete && <li className="text-xs text-ink-3">There may be more: only the first 500 documents that may use it are looked into.</li>}
        </ul>
      )}
    </Card>
  );
}
