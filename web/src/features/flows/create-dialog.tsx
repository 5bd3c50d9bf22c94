import { FileText, Plus, Shapes, Terminal } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dialog } from '@/shared/ui/dialog';
import { Tabs } from '@/shared/ui/tabs';
import { CreateBlank } from './create-blank';
import { CreateCurl } from './create-curl';
import { CreateExample } from './create-example';
import { CreateFile } from './create-file';

export type Origin = 'blank' | 'example' | 'curl' | 'file';

export interface CreateFormProps {
  /** The slugs that are known to be in use. */
  taken: ReadonlySet<string>;
  /** Which flow was made, and which of its nodes to open. */
  onDone(slug: string, node?: string): void;
  onCancel(): void;
}

interface Way {
  value: Origin;
  label: string;
  title: string;
  text: string;
  icon: ReactNode;
  Form: (props: CreateFormProps) => ReactNode;
}

/** What a flow can be made from. */
export const origins: Way[] = [
  { value: 'example', label: 'Example', title: 'Start with an example', text: 'A flow that works, with its calls, cases and test events. Change it into yours.', icon: <Shapes />, Form: CreateExample },
  { value: 'blank', label: 'Blank', title: 'Start from blank', text: 'An empty canvas: drag the steps that you need.', icon: <Plus />, Form: CreateBlank },
  { value: 'curl', label: 'cURL', title: 'Paste a cURL command', text: 'The call becomes the first step, ready to test.', icon: <Terminal />, Form: CreateCurl },
  { value: 'file', label: 'File', title: 'Bring a document', text: 'A flow as YAML or JSON, from git or another Callout.', icon: <FileText />, Form: CreateFile },
];

export function CreateDialog({ origin, onOrigin, onClose, ...rest }: Omit<CreateFormProps, 'onCancel'> & { origin: Origin | null; onOrigin(origin: Origin): void; onClose(): void }) {
  return (
    <Dialog open={origin !== null} onClose={onClose} title="New flow">
      <Tabs
        label="Make it from"
        value={origin ?? 'blank'}
        onChange={(value) => onOrigin(value as Origin)}
        tabs={origins.map(({ value, label, icon, Form }) => ({
          value,
          label: (
            <span className="flex items-center gap-1.5 [&_svg]:size-4">
              {icon}
              {label}
            </span>
          ),
          content: <Form {...rest} onCancel={onClose} />,
        }))}
      />
    </Dialog>
  );
}
