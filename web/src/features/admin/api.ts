// Members, tokens, orgs, settings and the audit log.
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, unwrap, unwrapAnswer, type Role, type Schemas } from '@/shared/api/client';
import { usePages } from './pages';

export type Member = Schemas['Member'];
export type Token = Schemas['Token'];
export type AuditEntry = Schemas['PageOf_AuditEntry']['items'][number];
export type Settings = Schemas['Settings'];
/** What the server's configuration lets calls do. */
export type Egress = Schemas['Egress'];

const limit = 50;

export const useMembers = () => usePages(['members'], (cursor) => unwrap(api.GET('/v1/members', { params: { query: { limit, cursor } } })));
export const useTokens = () => usePages(['tokens'], (cursor) => unwrap(api.GET('/v1/tokens', { params: { query: { limit, cursor } } })));
export const useOrgs = () => usePages(['orgs'], (cursor) => unwrap(api.GET('/v1/orgs', { params: { query: { limit, cursor } } })));

export interface AuditFilter {
  actor?: string;
  action?: string;
  object?: string;
  from?: string;
  to?: string;
}

export const useAudit = (filter: AuditFilter) => usePages(['audit', filter], (cursor) => unwrap(api.GET('/v1/audit', { params: { query: { ...filter, limit, cursor } } })));

/** An act, after which a list is read anew. */
export function useAct<In, Out>(key: string, act: (input: In) => Promise<Out>, onDone?: (out: Out, input: In) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (out, input) => {
      void queries.invalidateQueries({ queryKey: [key] });
      onDone?.(out, input);
    },
  });
}

export const addMember = (body: { email: string; name?: string; role: Role }) => unwrap(api.POST('/v1/members', { body }));
export const changeMember = (id: string, body: Schemas['MemberChange']) => unwrap(api.PATCH('/v1/members/{id}', { params: { path: { id } }, body }));
export const removeMember = (id: string) => unwrapAnswer(api.DELETE('/v1/members/{id}', { params: { path: { id } } }));

export const makeToken = (body: { name: string; role: Role; expires?: string }) => unwrap(api.POST('/v1/tokens', { body }));
export const revokeToken = (id: string) => unwrapAnswer(api.DELETE('/v1/tokens/{id}', { params: { path: { id } } }));

export const makeOrg = (body: Schemas['NewOrg']) => unwrap(api.POST('/v1/orgs', { body }));

export const settingsQuery = queryOptions({ queryKey: ['settings'], queryFn: () => unwrap(api.GET('/v1/settings')) });
export const writeSettings = (body: Settings) => unwrap(api.PUT('/v1/settings', { body }));

export const egressQuery = queryOptions({ queryKey: ['egress'], queryFn: () => unwrap(api.GET('/v1/egress')) });
