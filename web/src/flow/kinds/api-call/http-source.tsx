import { useState } from 'react';
import { Confirm } from '@/shared/ui/dialog';
import { SelectField } from '@/shared/ui/select';
import { toast, toastError } from '@/shared/ui/toast';
import { TemplateField } from '../../template-field';
import { textOf } from '../kind';
import { HostsPart, SeparatorChoice } from './advanced-parts';
import { importCurl } from './api';
import { AuthPart } from './auth-part';
import { BodyPart } from './body-part';
import { headerNames, headerValues } from './known-headers';
import { listOf, orNone, type BodyDoc, type PartProps, type RowDoc } from './model';
import { Part } from './part';
import { RowsEditor } from './rows';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'].map((value) => ({ value, label: value }));

/** What an import writes; all else of the node stays. */
const imported = ['method', 'url', 'query', 'headers', 'auth', 'body', 'timeoutMs', 'followRedirects', 'connectionId'];

export function HttpSource(props: PartProps) {
  const { id, node, patch, readOnly } = props;
  const [command, setCommand] = useState<string | null>(null);
  const query = listOf<RowDoc>(node.query);
  const headers = listOf<RowDoc>(node.headers);
  const method = textOf(node.method) || ((node.body as BodyDoc | undefined)?.type === 'contact' ? 'POST' : 'GET');

  const take = async () => {
    try {
      const { node: made, notes } = await importCurl(command!);
      patch(Object.fromEntries(imported.map((key) => [key, (made as Record<string, unknown>)[key]])));
      toast(notes.length > 0 ? `Imported. ${notes.join('. ')}.` : 'Imported from the cURL command.');
    } catch (error) {
      toastError(error);
    }
    setCommand(null);
  };

  return (
    <>
      <div className="grid grid-cols-[6.5rem_minmax(0,1fr)] items-start gap-2 pb-3">
        <SelectField label="Method" data-field="method" value={method} options={methods} disabled={readOnly} onChange={(next) => patch({ method: next })} />
        <TemplateField
          label="URL"
          node={id}
          dataField="url"
          position="url"
          value={textOf(node.url)}
          placeholder="https://api.example.com/…  or paste a cURL command"
          readOnly={readOnly}
          onChange={(url) => patch({ url })}
          onPasteText={(text) => {
            if (!/^\s*(\$\s*)?curl(\.exe)?\s/.test(text)) return false;
            setCommand(text.trim());
            return true;
          }}
        />
      </div>
      <HostsPart {...props} />
      <Part node={id} title="Query" fields={['query', 'querySeparator']} count={query.length} open={query.length > 0}>
        <RowsEditor noun="parameter" label="Query" field="query" node={id} rows={query} onChange={(rows) => patch({ query: orNone(rows) })} position="query" readOnly={readOnly} />
        <SeparatorChoice {...props} />
      </Part>
      <HeadersPart {...props} headers={headers} />
      <AuthPart {...props} />
      <BodyPart {...props} />
      <Confirm open={command !== null} title="Import the cURL command?" action="Import" onConfirm={take} onClose={() => setCommand(null)}>
        Method, URL, query, headers, auth and body of this step are replaced by those of the command. Undo brings them back.
      </Confirm>
    </>
  );
}

export function HeadersPart({ id, patch, readOnly, headers }: PartProps & { headers: RowDoc[] }) {
  return (
    <Part node={id} title="Headers" fields={['headers']} count={headers.length} open={headers.length > 0}>
      <RowsEditor
        noun="header"
        label="Headers"
        field="headers"
        node={id}
        rows={headers}
        onChange={(rows) => patch({ headers: orNone(rows) })}
        position="header"
        readOnly={readOnly}
        names={headerNames}
        values={headerValues}
      />
    </Part>
  );
}
