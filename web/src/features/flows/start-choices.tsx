import { origins, type Origin } from './create-dialog';

/** What to begin with, while there is no flow yet. */
export function StartChoices({ onChoose }: { onChoose(origin: Origin): void }) {
  return (
    <section className="mx-auto flex w-full max-w-3xl flex-col items-center gap-6 py-8 text-center">
      <div>
        <h2 className="text-lg font-semibold">Make your first flow</h2>
        <p className="mt-1 max-w-lg text-ink-2">A flow is started by an event, calls your systems, and branches on what comes back.</p>
      </div>
      <div className="grid w-full gap-3 sm:grid-cols-2">
        {origins.map(({ value, title, text, icon }) => (
          <button
            key={value}
            type="button"
            onClick={() => onChoose(value)}
            className="flex items-start gap-3 rounded-lg border border-line bg-surface p-4 text-left shadow-card transition-colors hover:border-line-strong hover:bg-hover"
          >
            <span aria-hidden className="flex size-9 shrink-0 items-center justify-center rounded-md bg-accent-soft text-accent-text [&_svg]:size-5">
              {icon}
            </span>
            <span className="min-w-0">
              <span className="block text-base font-medium">{title}</span>
              <span className="block text-sm text-ink-2">{text}</span>
            </span>
          </button>
        ))}
      </div>
    </section>
  );
}
