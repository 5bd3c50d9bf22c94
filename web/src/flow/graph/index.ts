// The canvas, for who edits a flow and who looks at a run of one.
export { FlowGraph, type FlowGraphProps } from './flow-graph';
export { flowOrder, leadingTo, neighbour } from './order';
export { freePlace, gapX, gapY, grid, sizeOf, usePlaces, writtenPlaces, type Places } from './places';
export { problemWords } from './step-node';
export { dragType, type GraphEdits, type GraphHandle, type NodeDecoration, type ProblemCount, type Spot, type WireDecoration } from './types';
export { boxOf, boxWidth, headHeight, outletsOf, triggerId, triggerSummary, wireEnds, wireId, wiresOf, type Wire } from './view';
