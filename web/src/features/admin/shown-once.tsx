import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '@/shared/ui/button';
import { CodeBlock } from '@/shared/ui/code';
import { Dialog } from '@/shared/ui/dialog';

/** A secret that the server tells this one time. */
export function ShownOnce({ title, label, text, children, onClose }: { title: string; label: string; text: string; children?: ReactNode; onClose(): void }) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      footer={
        <Button look="primary" onClick={onClose}>
          I have kept it
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        <p className="flex gap-2 rounded-md bg-warn-soft px-3 py-2 text-sm text-warn">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          It is shown only now. Copy it before you close this.
        </p>
        <CodeBlock label={label} text={text} />
        {children}
      </div>
    </Dialog>
  );
}
