import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { FileUp } from 'lucide-react';
import { useRef, useState } from 'react';
import { cn } from '@/shared/lib/cn';
import { formatBytes } from '@/shared/lib/format';
import { Button } from '@/shared/ui/button';
import { TextareaField } from '@/shared/ui/input';
import { Card, Page } from '@/shared/ui/page';
import { Refusal } from '@/shared/ui/problem-list';
import { Spinner } from '@/shared/ui/spinner';
import { Segmented } from '@/shared/ui/toggle';
import { importOpenapi, type Imported } from './api';
import { ImportSummary } from './import-summary';

/** A document that was given, kept for importing anew with another server. */
interface Source {
  text: string;
  from?: string;
}

type Way = 'file' | 'paste';

/** An OpenAPI document, dropped, chosen or pasted, becomes a draft. */
export function ImportOpenapi() {
  const [source, setSource] = useState<Source | null>(null);
  const [imported, setImported] = useState<Imported | null>(null);
  const [step, setStep] = useState('');
  const read = useMutation({
    mutationFn: async ({ source, server }: { source: File | Source; server?: string }) => {
      const given = source instanceof File ? await textOfFile(source, setStep) : source;
      setSource(given);
      setStep(`The server reads the document (${formatBytes(given.text.length)})…`);
      return importOpenapi(given.text, { from: given.from, server });
    },
    // What came in stays in sight while the document is read anew for another server.
    onSuccess: setImported,
  });
  return (
    <Page
      title="Import an OpenAPI document"
      description="OpenAPI 3.0 or 3.1, as JSON or YAML, up to 32 MiB. Nothing is kept before you create the draft."
      actions={
        <Link to="/integrations" className="rounded text-accent-text hover:underline">
          Back to the integrations
        </Link>
      }
    >
      {imported && source ? (
        <ImportSummary
          key={imported.integration.baseUrl}
          imported={imported}
          busy={read.isPending}
          error={read.error}
          onServer={(server) => read.mutate({ source, server })}
          onOther={() => {
            setImported(null);
            read.reset();
          }}
        />
      ) : (
        <>
          <Choose busy={read.isPending} step={step} onSource={(source) => read.mutate({ source })} />
          <Refusal error={read.error} />
        </>
      )}
    </Page>
  );
}

async function textOfFile(file: File, tell: (step: string) => void): Promise<Source> {
  tell(`Reading ${file.name} (${formatBytes(file.size)})…`);
  return { text: await file.text(), from: file.name };
}

function Choose({ busy, step, onSource }: { busy: boolean; step: string; onSource(source: File | Source): void }) {
  const [way, setWay] = useState<Way>('file');
  const [pasted, setPasted] = useState('');
  return (
    <Card>
      <div className="flex flex-col gap-3">
        <Segmented<Way>
          label="Where the document comes from"
          value={way}
          options={[
            { value: 'file', label: 'File' },
            { value: 'paste', label: 'Paste' },
          ]}
          onChange={(value) => setWay(value)}
          disabled={busy}
        />
        {way === 'file' ? (
          <Drop busy={busy} step={step} onFile={onSource} />
        ) : (
          <>
            <TextareaField label="OpenAPI document" mono rows={14} spellCheck={false} value={pasted} onChange={(event) => setPasted(event.target.value)} placeholder={'openapi: 3.1.0\ninfo:\n  title: …'} />
            <Button look="primary" className="self-start" busy={busy} disabled={!pasted.trim()} onClick={() => onSource({ text: pasted })}>
              Read the document
            </Button>
            {busy && <Spinner label={step} />}
          </>
        )}
      </div>
    </Card>
  );
}

function Drop({ busy, step, onFile }: { busy: boolean; step: string; onFile(file: File): void }) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const take = (files: FileList | null) => {
    const file = files?.[0];
    if (file) onFile(file);
  };
  return (
    // The button in it does the same with keys.
    <div
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (!busy) take(event.dataTransfer.files);
      }}
      className={cn('flex min-h-56 flex-col items-center justify-center gap-3 rounded-lg border-2 border-dashed p-6 text-center', over ? 'border-accent bg-accent-soft' : 'border-line')}
    >
      <FileUp aria-hidden className="size-8 text-ink-3" />
      {busy ? (
        <Spinner label={step} />
      ) : (
        <>
          <p className="text-ink-2">Drop the file here, or</p>
          <Button look="primary" onClick={() => input.current?.click()}>
            Choose a file
          </Button>
        </>
      )}
      <input
        ref={input}
        type="file"
        accept=".json,.yaml,.yml,application/json,application/yaml"
        aria-label="OpenAPI document"
        className="sr-only"
        tabIndex={-1}
        onChange={(event) => {
          take(event.target.files);
          // The same file can be chosen again after it was mended.
          event.target.value = '';
        }}
      />
    </div>
  );
}
