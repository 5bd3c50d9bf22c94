// Keys of the editor: they work wherever no text is being written and no dialog is open.
import { useEffect } from 'react';
import { isTyping } from './clipboard';
import { outletForNew } from './edits';
import type { Editor } from './editor-context';
import { triggerId } from '@/flow/graph';
import { useLatest } from '@/shared/lib/hooks';

/** Whether something else on the screen has the keys: a dialog, a menu. */
function isElsewhere(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]') !== null;
}

const arrows: Record<string, { x: number; y: number }> = { ArrowLeft: { x: -10, y: 0 }, ArrowRight: { x: 10, y: 0 }, ArrowUp: { x: 0, y: -10 }, ArrowDown: { x: 0, y: 10 } };

export function useEditorKeys(editor: Editor) {
  const latest = useLatest(editor);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isElsewhere(event.target)) return;
      const mod = event.ctrlKey || event.metaKey;
      if (mod && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        latest.current.setDock('find');
        return;
      }
      if (isTyping(event.target)) return;
      const handled = withMod(latest.current, event, mod) || plainKey(latest.current, event, mod);
      if (handled) event.preventDefault();
    };
    const onClip = (event: ClipboardEvent) => clip(latest.current, event);
    document.addEventListener('keydown', onKey);
    for (const name of ['copy', 'cut', 'paste'] as const) document.addEventListener(name, onClip);
    return () => {
      document.removeEventListener('keydown', onKey);
      for (const name of ['copy', 'cut', 'paste'] as const) document.removeEventListener(name, onClip);
    };
  }, [latest]);
}

/** With Ctrl or Cmd. */
function withMod({ readOnly, acts, selection, doc, select }: Editor, event: KeyboardEvent, mod: boolean): boolean {
  if (!mod) return false;
  const key = event.key.toLowerCase();
  if (key === 'a') select(Object.keys(doc.nodes));
  else if (readOnly) return false;
  else if (key === 'z' && !event.shiftKey) acts.undo();
  else if ((key === 'z' && event.shiftKey) || key === 'y') acts.redo();
  else if (key === 'd') acts.duplicate(selection);
  else return false;
  return true;
}

function plainKey(editor: Editor, event: KeyboardEvent, mod: boolean): boolean {
  if (mod) return false;
  const { selection, readOnly, acts } = editor;
  if (event.altKey) {
    const by = arrows[event.key];
    if (!by || readOnly || selection.length === 0) return false;
    const far = event.shiftKey ? 5 : 1;
    acts.nudge(selection, { x: by.x * far, y: by.y * far });
    return true;
  }
  if (event.key === '/') editor.setDock('find');
  else if (event.key === '?') editor.openDialog('shortcuts');
  else if (event.key === 'Escape') return escape(editor);
  else return !readOnly && editKey(editor, event.key);
  return true;
}

function escape({ adding, dock, panel, selection, wire, stopAdding, setDock, closePanel, select, chooseWire }: Editor): boolean {
  if (adding || dock === 'add') stopAdding();
  else if (panel) closePanel();
  else if (dock) setDock(null);
  else if (wire) chooseWire(null);
  else if (selection.length > 0) select([]);
  else return false;
  return true;
}

function editKey(editor: Editor, key: string): boolean {
  const { selection, wire, acts, doc } = editor;
  if (key === 'a') addAfterChosen(editor);
  else if ((key === 'Delete' || key === 'Backspace') && wire) acts.unwire(wire);
  else if ((key === 'Delete' || key === 'Backspace') && selection.length > 0) acts.remove(selection);
  else if (key === 'c' && selection.length === 1 && (selection[0] === triggerId || selection[0]! in doc.nodes)) editor.openDialog('connect');
  else return false;
  return true;
}

/** Opens the palette for a node after the one that is chosen. */
export function addAfterChosen({ selection, doc, startAdding }: Pick<Editor, 'selection' | 'doc' | 'startAdding'>) {
  const node = selection.length === 1 ? selection[0]! : undefined;
  const outlet = node === undefined ? undefined : outletForNew(doc, node);
  startAdding(node !== undefined && outlet !== undefined ? { from: { node, outlet } } : {});
}

function clip({ selection, acts, readOnly }: Editor, event: ClipboardEvent) {
  if (event.defaultPrevented || isTyping(event.target) || isElsewhere(event.target) || !event.clipboardData) return;
  if (event.type === 'paste') {
    if (!readOnly && acts.paste(event.clipboardData.getData('text/plain'))) event.preventDefault();
    return;
  }
  // Text that is marked on the page is copied as text.
  if (!document.getSelection()?.isCollapsed) return;
  const text = acts.copy(selection);
  if (text === null) return;
  event.clipboardData.setData('text/plain', text);
  event.preventDefault();
  if (event.type === 'cut' && !readOnly) acts.remove(selection);
}
