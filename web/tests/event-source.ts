// Server-sent events as the browser has them, told by the test.
import { act } from '@testing-library/react';
import { vi } from 'vitest';

/** Every stream that a component opened, and whether it is still open. */
export class Streams {
  readonly all: FakeEventSource[] = [];

  /** The open stream whose address begins so. */
  of(path: string): FakeEventSource | undefined {
    return this.all.find((stream) => !stream.closed && stream.url.startsWith(path));
  }
}

export class FakeEventSource extends EventTarget {
  closed = false;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(readonly url: string) {
    super();
  }

  close() {
    this.closed = true;
  }

  open() {
    act(() => this.onopen?.());
  }

  lose() {
    act(() => this.onerror?.());
  }

  tell(name: string, data: unknown) {
    act(() => void this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) })));
  }
}

/** From here to the end of the test. */
export function watchStreams(): Streams {
  const streams = new Streams();
  vi.stubGlobal(
    'EventSource',
    class extends FakeEventSource {
      constructor(url: string) {
        super(url);
        streams.all.push(this);
      }
    },
  );
  return streams;
}
