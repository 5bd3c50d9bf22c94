// The palette beside the pointer: where a wire was dropped, or the plus on a wire was pressed.
import { useEffect, useRef } from 'react';
import { useEditor } from '../editor-context';
import { Palette } from './palette';

const width = 272;
const height = 380;

export function FloatingPalette() {
  const { adding, stopAdding, acts } = useEditor();
  const box = useRef<HTMLDivElement>(null);
  const pointer = adding?.pointer;
  useEffect(() => {
    if (!pointer) return;
    const close = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) stopAdding();
    };
    document.addEventListener('pointerdown', close, true);
    return () => document.removeEventListener('pointerdown', close, true);
  }, [pointer, stopAdding]);
  if (!adding || !pointer) return null;
  return (
    // Escape is for what is inside, which has the focus.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      ref={box}
      role="dialog"
      aria-label="Add a node"
      style={{ width, left: Math.max(8, Math.min(pointer.x, innerWidth - width - 8)), top: Math.max(8, Math.min(pointer.y - 20, innerHeight - height - 8)), maxHeight: height }}
      className="fixed z-40 flex flex-col rounded-lg border border-line bg-surface pt-2 shadow-pop"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        stopAdding();
      }}
    >
      <Palette
        onChoose={(type) => {
          acts.add(type, adding);
          stopAdding();
        }}
      />
    </div>
  );
}
