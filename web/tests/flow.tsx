// An open flow around a component, as the editor gives it.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, screen, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { expect } from 'vitest';
import { FlowContext, type FlowContextValue } from '@/flow/context';
import { TooltipProvider } from '@/shared/ui/tooltip';

export function flowValue(more: Partial<FlowContextValue> = {}): FlowContextValue {
  return {
    slug: 'f',
    doc: { kind: 'flow', slug: 'f', trigger: { type: 'api' }, start: 'call', nodes: { call: { type: 'apiCall', name: 'Call' } } },
    readOnly: false,
    samples: { event: {}, contact: {}, vars: {} },
    setSamples: () => {},
    variablesAt: () => [],
    problemsAt: () => [],
    saved: async () => {},
    ...more,
  };
}

export function inFlow(children: ReactNode, more: Partial<FlowContextValue> = {}) {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const value = flowValue(more);
  return (
    <QueryClientProvider client={queries}>
      <TooltipProvider>
        <FlowContext.Provider value={value}>{children}</FlowContext.Provider>
      </TooltipProvider>
    </QueryClientProvider>
  );
}

/** Writes a template field anew, as typing would: the editor behind it takes no keys from jsdom. */
export async function writeField(name: string | RegExp, text: string) {
  const box = () => screen.getByRole('textbox', { name });
  await waitFor(() => expect(box()).toHaveClass('cm-content'), { timeout: 10_000 });
  const { EditorView } = await import('@codemirror/view');
  const view = EditorView.findFromDOM(box())!;
  act(() => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }));
}
