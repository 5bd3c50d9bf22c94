import { useMemo } from 'react';
import type { FlowDoc } from '@/flow/document/types';
import { FlowGraph, triggerId } from '@/flow/graph';
import type { RunRecord } from '@/flow/record/types';
import { pathOf } from './path';

interface RunPathProps {
  record: RunRecord;
  doc: FlowDoc;
  /** The node of the chosen step. */
  selected: string | null;
  onSelect(node: string | null): void;
}

/** The flow of the run's version, with the way that the run took. */
export default function RunPath({ record, doc, selected, onSelect }: RunPathProps) {
  const path = useMemo(() => pathOf(record, doc), [record, doc]);
  const selection = useMemo(() => [selected ?? triggerId], [selected]);
  const open = (id: string) => onSelect(id === triggerId ? null : id);
  return (
    <FlowGraph
      doc={doc}
      readOnly
      label="The way that the run took"
      selection={selection}
      onSelect={(ids) => ids.length === 1 && open(ids[0]!)}
      onOpen={open}
      decorations={path.decorations}
      edgeDecorations={path.edgeDecorations}
    />
  );
}
