import { useState } from 'react';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { TextField } from '@/shared/ui/input';
import { JsonTree, type PathStep } from '@/shared/ui/json-tree';
import { jsonPathOf, nameOf } from '../kinds/api-call/output-names';
import type { OutputDoc } from '../kinds/api-call/model';

/** What was clicked in an answer. */
export type Pick = { from: 'body'; path: PathStep[]; value: unknown } | { from: 'headers'; name: string; value: unknown };

interface SaveVariableProps {
  pick: Pick;
  /** Names that are there already. */
  taken: string[];
  onSave(output: OutputDoc): void;
  onClose(): void;
}

function start(pick: Pick, taken: string[]): OutputDoc {
  if (pick.from === 'headers') return { var: nameOf([pick.name], taken), from: 'headers', path: pick.name };
  return { var: nameOf(pick.path, taken), path: jsonPathOf(pick.path) };
}

/** Proposes a name and a path for the value that was clicked. */
export function SaveVariable({ pick, taken, onSave, onClose }: SaveVariableProps) {
  const [output, setOutput] = useState(() => start(pick, taken));
  const clash = taken.includes(output.var);
  const header = pick.from === 'headers';
  const each = (output.path ?? '').replace(/\[\d+\]/g, '[*]');
  const submit = () => {
    if (output.var) onSave(output);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      size="sm"
      title="Save as a variable"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="save-variable" disabled={!output.var}>
            Save variable
          </Button>
        </>
      }
    >
      <form
        id="save-variable"
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <TextField label="Name" mono value={output.var} onChange={(event) => setOutput({ ...output, var: event.target.value })} hint={clash ? 'A variable of this name is set already; this one goes before it.' : `Later steps read it as {{ vars.${output.var} }}`} />
        <TextField label={header ? 'Header' : 'Path (JSONPath)'} mono value={output.path ?? ''} onChange={(event) => setOutput({ ...output, path: event.target.value })} />
        {each !== output.path && !header && (
          <Button size="sm" look="ghost" className="self-start" onClick={() => setOutput({ ...output, path: each })}>
            Take it of every item: {each}
          </Button>
        )}
        <div className="flex flex-col gap-1">
          <span className="text-xs font-medium text-ink-2">In this answer</span>
          <div className="max-h-40 overflow-auto rounded-md border bg-sunken p-2">
            <JsonTree label="The value" value={pick.value} openDepth={1} />
          </div>
        </div>
      </form>
    </Dialog>
  );
}
