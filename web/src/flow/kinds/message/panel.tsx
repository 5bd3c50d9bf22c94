import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Button, IconButton } from '@/shared/ui/button';
import { Input } from '@/shared/ui/input';
import { RenderedText } from '../../fields/rendered-text';
import { MessageBubble } from '../../record/effects';
import { TemplateField } from '../../template-field';
import { textOf, type PanelProps } from '../kind';
import { NextField, PanelBody, PanelPart, withKey } from '../panel-parts';
import { commonLocales, everyone, localeName, readTexts, writeTexts, type Texts } from './texts';

export default function MessagePanel({ id, node, onChange, readOnly }: PanelProps) {
  const rows = readTexts(node.text);
  const [shown, show] = useState(0);
  const write = (next: Texts) => onChange({ ...node, text: writeTexts(next) });
  const chosen = rows[Math.min(shown, rows.length - 1)]!;
  return (
    <PanelBody>
      <div className="flex flex-col gap-3">
        {rows.map(([locale, text], index) => (
          <div key={index} onFocus={() => show(index)}>
            <TemplateField
              label={rows.length === 1 && locale === everyone ? 'Text' : localeName(locale)}
              value={text}
              onChange={(next) => write(rows.map((row, at) => (at === index ? [locale, next] : row)))}
              position="text"
              quiet
              multiline
              required
              placeholder="Hello {{ vars.customer_name }}, …"
              node={id}
              dataField={typeof node.text === 'string' || node.text === undefined ? 'text' : `text.${locale}`}
              readOnly={readOnly}
              aside={
                !readOnly &&
                rows.length > 1 && <IconButton label={`Remove ${localeName(locale)}`} size="sm" icon={<Trash2 />} onClick={() => write(rows.filter((_, at) => at !== index))} />
              }
            />
          </div>
        ))}
        {!readOnly && <AddLocale taken={rows.map(([locale]) => locale)} onAdd={(locale) => write([...rows, [locale, '']])} />}
      </div>
      <PanelPart title={rows.length > 1 ? `As the contact reads it: ${localeName(chosen[0])}` : 'As the contact reads it'}>
        <div className="rounded-md bg-sunken p-3">
          <MessageBubble text={chosen[1] && <RenderedText text={chosen[1]} />} />
        </div>
      </PanelPart>
      <TemplateField
        label="To"
        placeholder="The run’s contact"
        hint="Whom it is for; left empty, the contact whose run it is."
        value={textOf(node.to)}
        onChange={(to) => onChange(withKey(node, 'to', to))}
        position="text"
        node={id}
        dataField="to"
        readOnly={readOnly}
      />
      <NextField id={id} node={node} onChange={onChange} readOnly={readOnly} />
    </PanelBody>
  );
}

function AddLocale({ taken, onAdd }: { taken: string[]; onAdd(locale: string): void }) {
  const [open, setOpen] = useState(false);
  const [locale, setLocale] = useState('');
  const wanted = locale.trim();
  const add = () => {
    if (!wanted || taken.includes(wanted)) return;
    onAdd(wanted);
    setLocale('');
    setOpen(false);
  };
  if (!open) {
    return (
      <Button size="sm" look="ghost" icon={<Plus />} className="self-start" onClick={() => (taken.includes(everyone) ? setOpen(true) : onAdd(everyone))}>
        {taken.includes(everyone) ? 'Add a language' : 'Add a text for all other languages'}
      </Button>
    );
  }
  return (
    <form
      className="flex items-center gap-1.5"
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      {/* It stands there because its button was pressed. */}
      {/* eslint-disable-next-line jsx-a11y/no-autofocus */}
      <Input autoFocus aria-label="Language" list="message-locales" placeholder="de, pt-BR, …" value={locale} onChange={(event) => setLocale(event.target.value)} className="max-w-40" onKeyDown={(event) => event.key === 'Escape' && (event.stopPropagation(), setOpen(false))} />
      <datalist id="message-locales">
        {commonLocales
          .filter((each) => !taken.includes(each))
          .map((each) => (
            <option key={each} value={each}>
              {localeName(each)}
            </option>
          ))}
      </datalist>
      <Button type="submit" disabled={!wanted || taken.includes(wanted)}>
        Add
      </Button>
      <Button look="ghost" onClick={() => setOpen(false)}>
        Cancel
      </Button>
      {taken.includes(wanted) && <span className="text-xs text-ink-3">It has a text already.</span>}
    </form>
  );
}
