// From afar boxes are drawn as boxes alone: their texts are too small to read, and a large flow moves more lightly.
import { useStore } from '@xyflow/react';
import { createContext, useContext, type ReactNode } from 'react';

const farZoom = 0.3;
const FarContext = createContext(false);

/** Each box learns it from here, once, and not from every change of the view. */
export function FarProvider({ children }: { children: ReactNode }) {
  const far = useStore((state) => state.transform[2] < farZoom);
  return <FarContext value={far}>{children}</FarContext>;
}

export function useFar(): boolean {
  return useContext(FarContext);
}
