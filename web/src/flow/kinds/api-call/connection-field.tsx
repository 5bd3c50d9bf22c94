import { useQuery } from '@tanstack/react-query';
import { ExternalLink } from 'lucide-react';
import { Badge } from '@/shared/ui/badge';
import { Combobox } from '@/shared/ui/combobox';
import { textOf } from '../kind';
import { connectionsQuery } from './api';
import { FieldProblems } from '../../field-problems';
import type { PartProps } from './model';

/** Which connection's credentials are used: of an integration, or with null one for HTTP requests. */
export function ConnectionField({ id, node, patch, readOnly, integration }: PartProps & { integration: string | null }) {
  const connections = useQuery(connectionsQuery);
  const fitting = (connections.data ?? []).filter((each) => (each.integrationSlug ?? null) === integration);
  const choices = fitting.map((each) => ({
    value: each.id,
    label: each.name,
    description: [each.id, each.disabled ? 'disabled' : '', each.allowedHosts.join(', ')].filter(Boolean).join(' · '),
    mark: (each.verification as { ok?: boolean } | null | undefined)?.ok === false ? <Badge tone="bad">failed its test</Badge> : undefined,
  }));
  const path = integration === null ? '/connections?new=1' : `/connections?new=1&integration=${encodeURIComponent(integration)}`;
  return (
    <div className="flex flex-col gap-1">
      <Combobox
        label="Connection"
        data-field="connectionId"
        value={textOf(node.connectionId)}
        choices={choices}
        onChange={(connectionId) => patch({ connectionId })}
        disabled={readOnly}
        placeholder="Choose whose account is used"
        none={connections.isPending ? 'Loading…' : connections.isError ? 'The connections could not be read.' : integration === null ? 'There is none for HTTP requests yet.' : 'There is none for this integration yet.'}
        footer={
          <a href={path} target="_blank" rel="noreferrer noopener" className="flex h-7 items-center gap-1.5 rounded px-2 text-accent-text hover:bg-hover">
            <ExternalLink aria-hidden className="size-3.5" />
            Make a connection
          </a>
        }
      />
      <FieldProblems node={id} field="connectionId" />
    </div>
  );
}
