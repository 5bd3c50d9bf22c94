// The canvas: a document drawn as boxes and wires, to look at or to edit.
import '@xyflow/react/dist/base.css';
import './graph.css';
import { Background, ReactFlow, ReactFlowProvider, SelectionMode, type Connection, type FinalConnectionState, type NodeChange } from '@xyflow/react';
import { useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState, type ReactNode, type Ref, type RefObject } from 'react';
import { useLatest } from '@/shared/lib/hooks';
import type { FlowDoc } from '../document/types';
import { useElements, type AnyNode } from './elements';
import { FarProvider } from './far';
import { GraphControls } from './graph-controls';
import { InsertButton, useHoveredWire } from './insert-button';
import { useGraphKeys } from './keys';
import { StubNode, TriggerNode } from './other-nodes';
import { grid, usePlaces, type Places } from './places';
import { StepNode } from './step-node';
import { dragType, type GraphEdits, type GraphHandle, type NodeDecoration, type ProblemCount, type Spot, type WireDecoration } from './types';
import { firstFit, useGraphHandle } from './view-port';
import { triggerId, wireEnds } from './view';
import { WireEdge, type WireEdgeType } from './wire-edge';

export interface FlowGraphProps {
  doc: FlowDoc;
  /** Where the boxes stand; as the document says where this is not given. */
  places?: Places | null;
  /** What is chosen: ids of nodes, and the trigger's. */
  selection?: readonly string[];
  onSelect?(ids: string[]): void;
  /** A node was clicked, or Enter was pressed on it. */
  onOpen?(id: string, by: 'mouse' | 'key'): void;
  chosenWire?: string | null;
  onChooseWire?(id: string | null): void;
  problems?: Record<string, ProblemCount>;
  decorations?: Record<string, NodeDecoration>;
  /** By `wireId(node, outlet)`. */
  edgeDecorations?: Record<string, WireDecoration>;
  /** Without them the canvas is there to be read. */
  edits?: GraphEdits;
  readOnly?: boolean;
  label?: string;
  /** More buttons beside those for zoom. */
  controls?: ReactNode;
  children?: ReactNode;
  handle?: Ref<GraphHandle>;
}

const nodeTypes = { step: StepNode, trigger: TriggerNode, stub: StubNode };
const edgeTypes = { wire: WireEdge };
const none: readonly string[] = [];
const noDrag: Places = {};
const many = ['Shift', 'Meta', 'Control'];

export function FlowGraph(props: FlowGraphProps) {
  const own = usePlaces(props.doc);
  const places = props.places === undefined ? own : props.places;
  if (!places) return <div role="status" aria-label="Laying out the flow" className="size-full bg-bg" />;
  return (
    <ReactFlowProvider>
      <FarProvider>
        <Canvas {...props} places={places} />
      </FarProvider>
    </ReactFlowProvider>
  );
}

function Canvas(props: FlowGraphProps & { places: Places }) {
  const { doc, places, selection = none, onSelect, onOpen, problems, decorations, edgeDecorations, readOnly, label = 'The flow', controls, children, handle } = props;
  const edits = readOnly ? undefined : props.edits;
  const root = useRef<HTMLDivElement>(null);
  const self = useGraphHandle(root);
  useImperativeHandle(handle, () => self, [self]);
  const [drag, setDrag] = useState<Places>(noDrag);
  const [over, setOver] = useState<string | null>(null);
  const chosen = useMemo(() => new Set(selection), [selection]);
  const { nodes, edges } = useElements({ doc, places, selection: chosen, editable: Boolean(edits), problems, decorations }, drag, over ?? props.chosenWire ?? null, edgeDecorations);
  const changed = useNodeChanges(chosen, onSelect, edits, setDrag);
  const onKeyDown = useGraphKeys({ doc, places, self, onSelect, onOpen });
  const [first] = useState(() => firstFit(doc));
  const motion = useMotion(root);
  const hover = useHoveredWire(root, Boolean(edits));
  const { onConnect, onConnectEnd, onReconnectEnd } = useConnecting(edits, self);
  // Who comes to a node with the Tab key has chosen it; a click chooses by itself.
  const onFocus = ({ target }: React.FocusEvent<HTMLElement>) => {
    const id = target.classList.contains('react-flow__node') ? target.dataset.id : undefined;
    if (id !== undefined && !chosen.has(id) && target.matches(':focus-visible')) onSelect?.([id]);
  };
  return (
    // Keys are those of the boxes inside, which have the focus.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div ref={root} className="relative size-full" onKeyDown={onKeyDown} onFocus={onFocus} {...useDropping(edits, self, setOver)}>
      <ReactFlow<AnyNode, WireEdgeType>
        aria-label={label}
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onNodesChange={changed}
        onEdgeClick={edits && ((_, edge) => props.onChooseWire?.(edge.id))}
        onPaneClick={() => props.onChooseWire?.(null)}
        onNodeClick={(event, node) => !event.shiftKey && !event.ctrlKey && !event.metaKey && node.type !== 'stub' && onOpen?.(node.id, 'mouse')}
        onConnect={onConnect}
        onConnectEnd={onConnectEnd}
        onReconnect={(edge, to) => edits?.connect(edge.source, edge.sourceHandle ?? '', to.target)}
        onReconnectEnd={onReconnectEnd}
        onMoveStart={motion.start}
        onMoveEnd={motion.end}
        onEdgeMouseEnter={hover.enter}
        onEdgeMouseLeave={hover.leave}
        fitView
        fitViewOptions={first}
        minZoom={0.1}
        maxZoom={2}
        snapToGrid
        snapGrid={[grid, grid]}
        connectionRadius={28}
        nodeDragThreshold={3}
        nodesDraggable={Boolean(edits)}
        nodesConnectable={Boolean(edits)}
        edgesReconnectable={Boolean(edits)}
        elementsSelectable={Boolean(onSelect)}
        nodesFocusable={Boolean(onSelect)}
        edgesFocusable={false}
        selectionMode={SelectionMode.Partial}
        multiSelectionKeyCode={many}
        deleteKeyCode={null}
        disableKeyboardA11y
        panOnScroll
        zoomOnDoubleClick={false}
        onlyRenderVisibleElements
        attributionPosition="bottom-center"
      >
        <Background gap={20} size={1.2} />
        <GraphControls many={nodes.length > 14}>{controls}</GraphControls>
        {edits && hover.wire && <InsertButton wire={hover.wire} onHold={hover.hold} onLeave={hover.leave} onInsert={(spot) => edits.insert(hover.wire!.id, spot)} />}
        {children}
      </ReactFlow>
    </div>
  );
}

/** While the view moves its picture is kept and shifted as it is; it is drawn sharp again once it stands. */
function useMotion(root: RefObject<HTMLDivElement | null>) {
  return useMemo(
    () => ({
      start: () => root.current?.classList.add('graph-moving'),
      end: () => root.current?.classList.remove('graph-moving'),
    }),
    [root],
  );
}

/** What React Flow tells of its nodes: what is chosen, and where they were dragged to. */
function useNodeChanges(chosen: ReadonlySet<string>, onSelect: FlowGraphProps['onSelect'], edits: GraphEdits | undefined, setDrag: (places: Places) => void) {
  const dragging = useRef<Places>(noDrag);
  // React Flow may tell of one act in two goes before the first has come back as props.
  const now = useRef<ReadonlySet<string>>(chosen);
  useEffect(() => {
    now.current = chosen;
  }, [chosen]);
  const latest = useLatest({ onSelect, edits });
  return useCallback(
    (changes: NodeChange<AnyNode>[]) => {
      const next = new Set(now.current);
      let selects = false;
      const dropped: Places = {};
      for (const change of changes) {
        if (change.type === 'select') {
          selects = true;
          if (change.selected) next.add(change.id);
          else next.delete(change.id);
        } else if (change.type === 'position' && change.position) {
          if (change.dragging) dragging.current = { ...dragging.current, [change.id]: change.position };
          else dropped[change.id] = change.position;
        }
      }
      if (selects) {
        now.current = next;
        latest.current.onSelect?.([...next]);
      }
      if (Object.keys(dropped).length > 0) {
        dragging.current = noDrag;
        latest.current.edits?.move(dropped);
      }
      setDrag(dragging.current);
    },
    [latest, setDrag],
  );
}

function pointerOf(event: MouseEvent | TouchEvent): { x: number; y: number } {
  const at = 'changedTouches' in event ? event.changedTouches[0]! : event;
  return { x: at.clientX, y: at.clientY };
}

/** The node's box below the pointer. */
function nodeAt({ x, y }: { x: number; y: number }): string | null {
  return document.elementFromPoint(x, y)?.closest<HTMLElement>('.react-flow__node')?.dataset.id ?? null;
}

/** The wire below the pointer. */
function wireAt({ x, y }: { x: number; y: number }): string | undefined {
  return document.elementFromPoint(x, y)?.closest<HTMLElement>('.react-flow__edge')?.dataset.id;
}

function useConnecting(edits: GraphEdits | undefined, self: GraphHandle) {
  const onConnect = ({ source, sourceHandle, target }: Connection) => edits?.connect(source, sourceHandle ?? '', target);
  const onConnectEnd = (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
    if (!edits || state.isValid || !state.fromNode || !state.fromHandle?.id || state.fromHandle.type !== 'source') return;
    const pointer = pointerOf(event);
    const target = nodeAt(pointer);
    if (target === null) edits.dropWire(state.fromNode.id, state.fromHandle.id, { at: self.place(pointer), pointer });
    else if (target !== triggerId && !target.startsWith('flow:')) edits.connect(state.fromNode.id, state.fromHandle.id, target);
  };
  // A wire whose end is pulled off and let go leads nowhere any more.
  const onReconnectEnd = (event: MouseEvent | TouchEvent, edge: WireEdgeType, _: unknown, state: FinalConnectionState) => {
    if (state.isValid) return;
    const target = nodeAt(pointerOf(event));
    const fits = target !== null && target !== triggerId && !target.startsWith('flow:');
    const { node, outlet } = wireEnds(edge.id);
    edits?.connect(node, outlet, fits ? target : null);
  };
  return { onConnect, onConnectEnd, onReconnectEnd };
}

/** What the palette drags onto the canvas. */
function useDropping(edits: GraphEdits | undefined, self: GraphHandle, setOver: (wire: string | null) => void) {
  if (!edits) return {};
  const spotOf = (event: React.DragEvent): Spot => {
    const pointer = { x: event.clientX, y: event.clientY };
    return { at: self.place(pointer), wire: wireAt(pointer), pointer };
  };
  return {
    onDragOver(event: React.DragEvent) {
      if (!event.dataTransfer.types.includes(dragType)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
      setOver(spotOf(event).wire ?? null);
    },
    onDragLeave: () => setOver(null),
    onDrop(event: React.DragEvent) {
      const type = event.dataTransfer.getData(dragType);
      setOver(null);
      if (!type) return;
      event.preventDefault();
      edits.drop(type, spotOf(event));
    },
  };
}
