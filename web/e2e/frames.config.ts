import config from '../playwright.config';

export default { ...config, testDir: '.', testMatch: 'frames.bench.ts', workers: 1, timeout: 180_000, reporter: [['line']] };
