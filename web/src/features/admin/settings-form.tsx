import { useState, type ReactNode } from 'react';
import { ApiError } from '@/shared/api/client';
import { Button } from '@/shared/ui/button';
import { Card } from '@/shared/ui/page';
import { ErrorNote } from '@/shared/ui/states';
import { toast } from '@/shared/ui/toast';
import { useAct, writeSettings, type Settings } from './api';

type Texts = Record<string, string>;

interface Props<T extends Texts> {
  title: string;
  description: ReactNode;
  /** The texts as they are saved. */
  saved: T;
  /** All settings with these texts. */
  settings(texts: T): Settings;
  /** The paths whose errors the fields show themselves. */
  fields: string[];
  children(texts: T, set: (key: keyof T) => (value: string) => void, error: unknown): ReactNode;
}

/** A card of settings, saved together; its buttons come when something was changed. */
export function SettingsForm<T extends Texts>({ title, description, saved, settings, fields, children }: Props<T>) {
  const [edited, setEdited] = useState<T | null>(null);
  const texts = edited ?? saved;
  const save = useAct(
    'settings',
    () => writeSettings(settings(texts)),
    () => {
      toast('Saved.');
      setEdited(null);
    },
  );
  const atField = save.error instanceof ApiError && fields.includes(save.error.problem.at ?? '');
  return (
    <Card title={title}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(undefined);
        }}
      >
        <p className="max-w-2xl text-ink-2">{description}</p>
        {children(texts, (key) => (value) => setEdited({ ...texts, [key]: value }), save.error)}
        {!atField && <ErrorNote error={save.error} />}
        {edited && (
          <div className="flex gap-2">
            <Button type="submit" look="primary" busy={save.isPending}>
              Save
            </Button>
            <Button
              onClick={() => {
                setEdited(null);
                save.reset();
              }}
            >
              Discard
            </Button>
          </div>
        )}
      </form>
    </Card>
  );
}
