// Zoom, fit and the mini map, at the canvas's lower edge.
import { MiniMap, Panel, useReactFlow, useStore } from '@xyflow/react';
import { Map as MapIcon, Maximize, Minus, Plus } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { IconButton } from '@/shared/ui/button';
import { fitOptions, smooth } from './view-port';

const key = 'callout.minimap';

export function GraphControls({ many, children }: { many: boolean; children?: ReactNode }) {
  const flow = useReactFlow();
  const [map, setMap] = useState(() => {
    const kept = localStorage.getItem(key);
    return kept === null ? many : kept === 'on';
  });
  const toggle = () => {
    localStorage.setItem(key, map ? 'off' : 'on');
    setMap(!map);
  };
  return (
    <>
      <Panel position="bottom-left" className="flex items-center rounded-lg border border-line bg-surface p-0.5 shadow-card">
        <IconButton size="sm" label="Zoom out" shortcut="-" icon={<Minus />} onClick={() => void flow.zoomOut(smooth())} />
        <Zoom />
        <IconButton size="sm" label="Zoom in" shortcut="+" icon={<Plus />} onClick={() => void flow.zoomIn(smooth())} />
        <IconButton size="sm" label="Fit the flow in" shortcut="0" icon={<Maximize />} onClick={() => void flow.fitView({ ...fitOptions, ...smooth() })} />
        <IconButton size="sm" label={map ? 'Hide the map' : 'Show the map'} aria-pressed={map} icon={<MapIcon />} onClick={toggle} />
        {children}
      </Panel>
      {map && <MiniMap position="bottom-right" pannable zoomable ariaLabel="Map of the flow" nodeColor="var(--line-strong)" nodeBorderRadius={12} className="max-sm:!hidden overflow-hidden rounded-lg border border-line" style={{ width: 180, height: 110 }} />}
    </>
  );
}

function Zoom() {
  const zoom = useStore((state) => Math.round(state.transform[2] * 100));
  return <span className="w-10 text-center text-xs text-ink-2 tabular-nums">{zoom}%</span>;
}
