// How wide the panel is: dragged, or moved with arrow keys, and kept.
import { useState } from 'react';

const key = 'callout.panel-width';
const least = 340;
const most = 900;
const usual = 420;

const fit = (width: number) => Math.max(least, Math.min(most, Math.round(width)));

export function useWidth() {
  const [width, setWidth] = useState(() => fit(Number(localStorage.getItem(key)) || usual));
  const set = (next: number) => {
    const fitted = fit(next);
    setWidth(fitted);
    localStorage.setItem(key, String(fitted));
  };
  return [width, set] as const;
}

export function WidthHandle({ width, onChange }: { width: number; onChange(width: number): void }) {
  const drag = (down: React.PointerEvent<HTMLDivElement>) => {
    const handle = down.currentTarget;
    handle.setPointerCapture(down.pointerId);
    const move = (event: PointerEvent) => onChange(width + down.clientX - event.clientX);
    handle.addEventListener('pointermove', move);
    handle.addEventListener('pointerup', () => handle.removeEventListener('pointermove', move), { once: true });
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const by = { ArrowLeft: 20, ArrowRight: -20 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    onChange(width + by);
  };
  return (
    // A splitter is moved: the rule does not know it as interactive.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the panel"
      aria-valuenow={width}
      aria-valuemin={least}
      aria-valuemax={most}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      onPointerDown={drag}
      onKeyDown={onKeyDown}
      onDoubleClick={() => onChange(usual)}
      className="-mr-1 w-1 shrink-0 cursor-col-resize touch-none hover:bg-accent focus-visible:bg-accent focus-visible:outline-none max-md:hidden"
    />
  );
}
