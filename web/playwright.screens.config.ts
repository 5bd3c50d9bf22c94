// Pictures of every screen, for people to look at: `npm run screens`.
import { defineConfig } from '@playwright/test';
import config from './playwright.config';

export default defineConfig({ ...config, testMatch: 'screens.ts', workers: 1, timeout: 300_000 });
