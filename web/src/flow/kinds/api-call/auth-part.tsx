import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { SelectField } from '@/shared/ui/select';
import { TextField } from '@/shared/ui/input';
import { textOf } from '../kind';
import { TemplateField } from '../../template-field';
import { connectionsQuery } from './api';
import { ConnectionField } from './connection-field';
import { FieldProblems, useWorst } from '../../field-problems';
import { objectOf, type AuthDoc, type PartProps } from './model';
import { Part } from './part';

const kinds = [
  { value: 'none', label: 'None' },
  { value: 'connection', label: 'Saved connection' },
  { value: 'bearer', label: 'Bearer token' },
  { value: 'basic', label: 'User and password' },
  { value: 'header', label: 'Own header' },
];

const blank: Record<string, AuthDoc> = {
  bearer: { type: 'bearer', token: '' },
  basic: { type: 'basic', username: '', password: '' },
  header: { type: 'header', name: '', value: '' },
};

/** How an HTTP request shows who it is. */
export function AuthPart({ id, node, patch, readOnly }: PartProps) {
  const auth = objectOf<AuthDoc>(node.auth);
  const kind = node.connectionId !== undefined ? 'connection' : (auth?.type ?? 'none');
  const connections = useQuery(connectionsQuery);
  const worst = useWorst(id, ['auth']);
  // What was typed under another kind comes back when it is chosen again.
  const held = useRef<{ connectionId?: unknown; auths: Record<string, AuthDoc> }>({ auths: {} });
  const choose = (next: string) => {
    if (auth) held.current.auths[auth.type] = auth;
    if (node.connectionId !== undefined) held.current.connectionId = node.connectionId;
    patch({
      connectionId: next === 'connection' ? (held.current.connectionId ?? '') : undefined,
      auth: next === 'none' || next === 'connection' ? undefined : (held.current.auths[next] ?? blank[next]),
    });
  };
  const set = (changes: Partial<AuthDoc>) => patch({ auth: { ...auth, ...changes } });
  const named = connections.data?.find((each) => each.id === node.connectionId)?.name;
  const note = kind === 'connection' ? (named ?? textOf(node.connectionId)) : kinds.find((each) => each.value === kind)?.label;
  const text = (label: string, key: 'token' | 'username' | 'password' | 'value', placeholder: string) => (
    <TemplateField label={label} node={id} dataField={`auth.${key}`} value={auth?.[key] ?? ''} placeholder={placeholder} onChange={(value) => set({ [key]: value })} readOnly={readOnly} request />
  );
  return (
    <Part node={id} title="Auth" fields={['auth', 'connectionId']} note={note}>
      <SelectField label="Signs in with" data-field="auth" value={kind} options={kinds} disabled={readOnly} onChange={choose} />
      {kind === 'connection' && <ConnectionField id={id} node={node} patch={patch} readOnly={readOnly} integration={null} />}
      {kind === 'bearer' && text('Token', 'token', '{{ vars.token }}')}
      {kind === 'basic' && (
        <>
          {text('User', 'username', 'user')}
          {text('Password', 'password', '')}
        </>
      )}
      {kind === 'header' && (
        <>
          <TextField label="Header" mono data-field="auth.name" value={auth?.name ?? ''} placeholder="X-Api-Key" readOnly={readOnly} onChange={(event) => set({ name: event.target.value })} />
          <FieldProblems node={id} field="auth.name" />
          {text('Value', 'value', '{{ vars.key }}')}
        </>
      )}
      {kind !== 'none' && kind !== 'connection' && worst === null && <p className="text-xs text-ink-3">What you write here can be read by everyone who sees this flow. A saved connection keeps it sealed.</p>}
      <FieldProblems node={id} field="auth" />
    </Part>
  );
}
