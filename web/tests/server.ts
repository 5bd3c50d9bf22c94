// The REST API as the tests of components see it: each test adds what its screen asks for.
import { setupServer } from 'msw/node';

export const server = setupServer();
