import { Terminal } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/shared/ui/button';
import { toast, toastError } from '@/shared/ui/toast';
import { useFlow } from '../context';
import type { NodeDoc } from '../document/types';
import { exportCall } from './api';

/** Puts the call on the clipboard as a command; secrets stay variables of the shell. */
export function CopyCurl({ node }: { node: NodeDoc }) {
  const { samples } = useFlow();
  const [busy, setBusy] = useState(false);
  const copy = async () => {
    setBusy(true);
    try {
      const { command, variables, notes } = await exportCall(node, samples);
      await navigator.clipboard.writeText(command);
      const set = variables.length > 0 ? ` Set ${variables.join(', ')} in your shell.` : '';
      toast(`Copied as cURL.${set}${notes.length > 0 ? ` ${notes.join('. ')}.` : ''}`);
    } catch (error) {
      toastError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button size="sm" look="ghost" icon={<Terminal />} busy={busy} onClick={copy}>
      Copy as cURL
    </Button>
  );
}
