import { CircleDashed, PencilLine } from 'lucide-react';
import { Badge } from '@/shared/ui/badge';
import type { Integration } from './api';

/** The latest version, and whether the draft is ahead of it. */
export function IntegrationState({ integration: { version, changed } }: { integration: Integration }) {
  return (
    <span className="flex flex-wrap gap-1">
      {version ? <Badge tone="ok">Version {version}</Badge> : <Badge icon={<CircleDashed aria-hidden />}>Not published</Badge>}
      {version && changed && (
        <Badge tone="warn" icon={<PencilLine aria-hidden />}>
          Draft changed
        </Badge>
      )}
    </span>
  );
}
