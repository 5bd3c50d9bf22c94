import { lazy, Suspense } from 'react';
import { Spinner } from '@/shared/ui/spinner';
import type { SourceEditorProps } from './source-editor';

const SourceEditor = lazy(() => import('./source-editor').then((module) => ({ default: module.SourceEditor })));

/** The editor of texts, loaded when it is first needed. */
export function LazySourceEditor(props: SourceEditorProps) {
  return (
    <Suspense fallback={<Spinner label="Loading the editor" />}>
      <SourceEditor {...props} />
    </Suspense>
  );
}
