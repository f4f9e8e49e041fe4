import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';
import { insecureHost, origin } from './server/address.mjs';

const chromium = process.env.PARKING_LOT_CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(chromium)) {
  throw new Error(
    `no browser at ${chromium}: install Debian's chromium, or name another one in PARKING_LOT_CHROMIUM`,
  );
}

export default defineConfig({
  testDir: 'specs',
  outputDir: '../build/e2e/results',
  reporter: [['list'], ['json', { outputFile: '../build/e2e/report.json' }]],
  timeout: 60_000,
  // Two browsers at a time would make the figures of the load specs depend on each other.
  workers: 1,
  retries: 0,
  forbidOnly: true,
  use: {
    baseURL: origin,
    serviceWorkers: 'allow',
    launchOptions: {
      executablePath: chromium,
      args: [
        `--host-resolver-rules=MAP ${insecureHost} 127.0.0.1`,
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [{ name: 'chromium', use: { browserName: 'chromium', channel: undefined, headless: true } }],
  webServer: {
    command: 'node server/serve.mjs',
    url: `${origin}/pages/kit.html`,
    reuseExistingServer: false,
  },
});
