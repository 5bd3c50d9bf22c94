import { X } from 'lucide-react';
import { AlertDialog, Dialog as Radix } from 'radix-ui';
import { useMemo, useState, type ReactNode } from 'react';
import { cn } from '../lib/cn';
import { Button, IconButton } from './button';

/** The dialog itself takes the focus unless one of its fields did: no button is lit, and the next Tab goes to the first control. */
function focusBox(event: Event) {
  event.preventDefault();
  (event.currentTarget as HTMLElement).focus();
}

const overlay = 'fixed inset-0 z-40 bg-black/40';
const box = 'fixed top-1/2 left-1/2 z-50 flex max-h-[90dvh] w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 flex-col rounded-lg border border-line bg-surface shadow-pop outline-none';

interface DialogProps {
  open: boolean;
  onClose(): void;
  title: string;
  description?: ReactNode;
  size?: 'sm' | 'md' | 'lg' | 'xl';
  children: ReactNode;
  /** The row of buttons at its foot. */
  footer?: ReactNode;
}

const sizes = { sm: 'max-w-sm', md: 'max-w-lg', lg: 'max-w-3xl', xl: 'max-w-6xl' };

/** Where the focus goes when the dialog opens, and that it goes back when it closes. */
function useFocusWays(open: boolean) {
  const before = useMemo(() => (open ? document.activeElement : null), [open]);
  return {
    onOpenAutoFocus: focusBox,
    onCloseAutoFocus(event: Event) {
      if (!(before instanceof HTMLElement) || !before.isConnected || before === document.body) return;
      event.preventDefault();
      before.focus({ preventScroll: true });
    },
  };
}

export function Dialog({ size = 'md', ...rest }: DialogProps) {
  return <Framed {...rest} box={cn(box, sizes[size])} head="px-5 pt-4 pb-2" body="px-5 py-2" foot="px-5 pt-2 pb-4" />;
}

/** A panel over the right of the screen. */
export function Sheet(props: DialogProps) {
  const side = 'fixed inset-y-0 right-0 z-50 flex w-full max-w-xl flex-col border-l border-line bg-surface shadow-pop outline-none';
  return <Framed {...props} box={side} head="border-b px-5 py-3" body="px-5 py-4" foot="border-t px-5 py-3" />;
}

/** How the parts of a dialog are set. */
interface Frame {
  box: string;
  head: string;
  body: string;
  foot: string;
}

function Framed({ open, onClose, title, description, children, footer, box, head, body, foot }: Omit<DialogProps, 'size'> & Frame) {
  const focus = useFocusWays(open);
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={overlay} />
        <Radix.Content className={box} {...focus} {...(description ? {} : { 'aria-describedby': undefined })}>
          <div className={cn('flex items-start justify-between gap-4', head)}>
            <div className="min-w-0">
              <Radix.Title className="text-lg font-semibold break-words">{title}</Radix.Title>
              {description && <Radix.Description className="text-sm text-ink-2">{description}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <IconButton label="Close" icon={<X />} size="sm" />
            </Radix.Close>
          </div>
          <div className={cn('min-h-0 flex-1 overflow-auto', body)}>{children}</div>
          {footer && <div className={cn('flex flex-wrap justify-end gap-2', foot)}>{footer}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ConfirmProps {
  open: boolean;
  title: string;
  children: ReactNode;
  /** What the button says: a verb, never `OK`. */
  action: string;
  danger?: boolean;
  onConfirm(): void | Promise<unknown>;
  onClose(): void;
}

/** A question before something that cannot be taken back. */
export function Confirm({ open, title, children, action, danger, onConfirm, onClose }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const { onCloseAutoFocus } = useFocusWays(open);
  const confirm = async () => {
    setBusy(true);
    try {
      await onConfirm();
    } finally {
      setBusy(false);
    }
  };
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={overlay} />
        <AlertDialog.Content className={cn(box, 'max-w-md p-5')} onCloseAutoFocus={onCloseAutoFocus}>
          <AlertDialog.Title className="text-lg font-semibold break-words">{title}</AlertDialog.Title>
          <AlertDialog.Description asChild>
            <div className="mt-2 text-sm text-ink-2">{children}</div>
          </AlertDialog.Description>
          <div className="mt-5 flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>Cancel</Button>
            </AlertDialog.Cancel>
            <Button look={danger ? 'danger' : 'primary'} busy={busy} onClick={confirm}>
              {action}
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
