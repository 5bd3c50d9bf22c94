import { Section } from '@/shared/ui/section';
import { CallPreviewView } from '../../test-call/call-preview';
import type { PartProps } from './model';

/** The whole request as it would be sent; asked for only while it is open. */
export function PreviewPart({ node, readOnly }: PartProps) {
  if (readOnly) return null;
  return (
    <Section title="Request preview" note="With the test values; nothing is sent">
      <CallPreviewView node={node} />
    </Section>
  );
}
