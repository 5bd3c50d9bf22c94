// What the API's document does not list yet.
import type { Client } from 'openapi-fetch';
import { api } from '@/shared/api/client';

interface Paths {
  '/v1/setup': { get: { parameters: { query?: never }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { needed: boolean } } } } } };
}

export const setup = api as unknown as Client<Paths>;
