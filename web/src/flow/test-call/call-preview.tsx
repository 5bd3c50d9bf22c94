import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useDebounced } from '@/shared/lib/hooks';
import { ApiError } from '@/shared/api/client';
import { ErrorNote, Skeleton } from '@/shared/ui/states';
import { useFlow, type SampleScope } from '../context';
import type { NodeDoc } from '../document/types';
import { previewCall } from './api';
import { CopyCurl } from './copy-curl';
import { PreviewView, Remarks } from './request-view';

/** What a call is made of, for asking anew where that changes. */
function useAsked(node: NodeDoc, samples: SampleScope) {
  return useDebounced(JSON.stringify({ node, samples }), 300);
}

/** Follows the node and the test values; nothing is sent. */
export function CallPreviewView({ node }: { node: NodeDoc }) {
  const { samples } = useFlow();
  const asked = useAsked(node, samples);
  const preview = useQuery({
    queryKey: ['call-preview', asked],
    queryFn: () => {
      const now = JSON.parse(asked) as { node: NodeDoc; samples: SampleScope };
      return previewCall(now.node, now.samples);
    },
    placeholderData: keepPreviousData,
    retry: false,
  });
  if (preview.isPending) return <Skeleton rows={3} label="Rendering the request" />;
  if (preview.isError) return <CallError error={preview.error} />;
  return (
    <div className="flex flex-col gap-3">
      <PreviewView preview={preview.data} />
      <div>
        <CopyCurl node={node} />
      </div>
    </div>
  );
}

/** Why a call cannot be made as it stands: every reason, with its field. */
export function CallError({ error }: { error: unknown }) {
  const problem = error instanceof ApiError ? error.problem : null;
  if (!problem || (problem.problems ?? []).length < 2) return <ErrorNote error={error} />;
  return (
    <div role="alert" className="flex flex-col gap-2">
      <p className="text-sm font-medium">It cannot be sent like this</p>
      <Remarks remarks={problem.problems!} severity="error" />
    </div>
  );
}
