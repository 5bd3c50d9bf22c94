import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from './button';
import { toast } from './toast';

/** Puts a text on the clipboard. */
export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      setTimeout(() => setDone(false), 1500);
    } catch {
      toast('The browser does not let the page copy. Select the text and copy it.', { bad: true });
    }
  };
  return <IconButton label={done ? 'Copied' : label} size="sm" icon={done ? <Check /> : <Copy />} onClick={copy} />;
}
