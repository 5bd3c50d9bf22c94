// The draft that is open: its document with its history, and the saving of it as the person goes.
import { ApiError, OfflineError, type Found } from '@/shared/api/client';
import type { FlowDoc } from '@/flow/document/types';
import { sayTheSame } from './differences';
import { act, begin, redo, undo, type History } from './history';

/** A document as the server has it. */
export interface Stored {
  doc: FlowDoc;
  revision: number;
}

export interface Written {
  revision: number;
  problems: Found[];
}

export type SaveState =
  | { at: 'saved' }
  | { at: 'saving' }
  /** The server was not reached: it is tried again. */
  | { at: 'offline' }
  /** The server refused it. */
  | { at: 'refused'; error: unknown }
  /** Somebody else wrote the draft: the person chooses. */
  | { at: 'conflict' };

export interface DraftState {
  history: History<FlowDoc>;
  /** The revision that the document was read from or written as. */
  revision: number;
  problems: Found[];
  save: SaveState;
}

interface Ports {
  put(doc: FlowDoc, revision: number): Promise<Written>;
  /** The draft as the server has it now. */
  read(): Promise<Stored>;
  /** Holds what is not saved yet, so that a closed tab loses nothing. */
  keep(unsaved: Stored): void;
  forget(): void;
}

/** How long the document stands still before it is saved. */
const delayMs = 600;
/** The wait before a save is tried again, doubled up to the longest. */
const againMs = 2_000;
const againMaxMs = 30_000;

export class Draft {
  private state: DraftState;
  private savedDoc: FlowDoc;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private flight: Promise<void> | undefined;
  private tries = 0;
  private readonly watchers = new Set<() => void>();
  private readonly ports: Ports;

  constructor(stored: Stored & { problems?: Found[] }, ports: Ports) {
    this.ports = ports;
    this.savedDoc = stored.doc;
    this.state = { history: begin(stored.doc), revision: stored.revision, problems: stored.problems ?? [], save: { at: 'saved' } };
  }

  get = (): DraftState => this.state;

  subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  get doc(): FlowDoc {
    return this.state.history.present;
  }

  /** Whether something is not on the server yet. */
  get dirty(): boolean {
    return this.doc !== this.savedDoc;
  }

  edit(what: string, change: (doc: FlowDoc) => FlowDoc, key?: string) {
    this.take(act(this.state.history, change(this.doc), what, Date.now(), key));
  }

  undo(): string | null {
    return this.step(undo, this.state.history.past.at(-1)?.what);
  }

  redo(): string | null {
    return this.step(redo, this.state.history.future.at(-1)?.what);
  }

  private step(way: typeof undo, what: string | undefined): string | null {
    this.take(way(this.state.history));
    return what ?? null;
  }

  private take(history: History<FlowDoc>) {
    if (history.present === this.doc) return;
    this.tell({ history });
    if (this.dirty) this.ports.keep({ doc: this.doc, revision: this.state.revision });
    else this.ports.forget();
    if (this.state.save.at !== 'conflict') this.later(delayMs);
  }

  private tell(part: Partial<DraftState>) {
    this.state = { ...this.state, ...part };
    this.watchers.forEach((watcher) => watcher());
  }

  private later(ms: number) {
    clearTimeout(this.timer);
    if (!this.dirty) {
      if (!this.flight) this.tell({ save: { at: 'saved' } });
      return;
    }
    if (this.state.save.at !== 'offline') this.tell({ save: { at: 'saving' } });
    this.timer = setTimeout(() => void this.save(), ms);
  }

  /** Saves what there is, one write at a time; ends when there is nothing left, or it cannot be saved. */
  private save(): Promise<void> {
    clearTimeout(this.timer);
    this.flight ??= this.write().finally(() => {
      this.flight = undefined;
    });
    return this.flight;
  }

  private async write() {
    while (this.dirty) {
      const doc = this.doc;
      try {
        const { revision, problems } = await this.ports.put(doc, this.state.revision);
        this.savedDoc = doc;
        this.tries = 0;
        this.tell({ revision, problems, save: { at: this.dirty ? 'saving' : 'saved' } });
        if (this.dirty) this.ports.keep({ doc: this.doc, revision });
        else this.ports.forget();
      } catch (error) {
        if (!(await this.wasOurs(error, doc))) return this.failed(error);
      }
    }
  }

  /** Whether the draft has moved on by our own write, whose answer was lost: then it is saved, and all goes on. */
  private async wasOurs(error: unknown, sent: FlowDoc): Promise<boolean> {
    if (!(error instanceof ApiError && error.status === 412)) return false;
    const theirs = await this.ports.read().catch(() => null);
    if (!theirs || !sayTheSame(theirs.doc, sent)) return false;
    this.savedDoc = sent;
    this.tell({ revision: theirs.revision, save: { at: this.dirty ? 'saving' : 'saved' } });
    if (!this.dirty) this.ports.forget();
    return true;
  }

  private failed(error: unknown) {
    if (error instanceof ApiError && error.status === 412) return this.tell({ save: { at: 'conflict' } });
    const passing = error instanceof OfflineError || (error instanceof ApiError && error.status >= 500);
    if (!passing) return this.tell({ save: { at: 'refused', error } });
    this.tell({ save: error instanceof OfflineError ? { at: 'offline' } : { at: 'refused', error } });
    this.timer = setTimeout(() => void this.save(), Math.min(againMaxMs, againMs * 2 ** this.tries++));
  }

  /** Waits until all is on the server; fails with the reason where it cannot be. */
  async saved(): Promise<void> {
    if (this.dirty && this.state.save.at !== 'conflict') await this.save();
    const { save } = this.state;
    if (!this.dirty) return;
    if (save.at === 'refused') throw save.error;
    if (save.at === 'offline') throw new OfflineError();
    throw new Error('The draft is not saved yet: somebody else changed it. Choose first which one goes on.');
  }

  /** Tries again at once: the network is back, or the person asked. */
  retry() {
    if (this.dirty && this.state.save.at !== 'conflict') void this.save();
  }

  /** Theirs stands in place of ours; ours can be brought back by undo. */
  takeTheirs(theirs: Stored & { problems?: Found[] }, what: string) {
    clearTimeout(this.timer);
    this.savedDoc = theirs.doc;
    const history = act(this.state.history, theirs.doc, what, Date.now());
    this.ports.forget();
    this.tell({ history, revision: theirs.revision, save: { at: 'saved' }, ...(theirs.problems ? { problems: theirs.problems } : {}) });
  }

  /** Ours is written over theirs, which the person has seen; undo brings theirs. */
  keepMine(theirs: Stored): Promise<void> {
    const mine = this.doc;
    const now = Date.now();
    this.savedDoc = theirs.doc;
    const history = act(act(this.state.history, theirs.doc, 'take their draft', now), mine, 'keep my draft', now);
    this.tell({ history, revision: theirs.revision, save: { at: 'saving' } });
    return this.save();
  }

  /** What was kept from a tab that was closed too early comes back as an edit. */
  restore(doc: FlowDoc, fits: boolean) {
    if (sayTheSame(doc, this.savedDoc)) return this.ports.forget();
    this.take(act(this.state.history, doc, 'bring back what was not saved', Date.now()));
    if (!fits) {
      clearTimeout(this.timer);
      this.tell({ save: { at: 'conflict' } });
    }
  }

  setProblems(problems: Found[]) {
    this.tell({ problems });
  }
}
