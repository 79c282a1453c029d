import { defineConfig } from '@playwright/test';
import type { PluginOptions } from '@grafana/plugin-e2e';

// GRAFANA_URL is what `plugin-cli dev up` prints: a Grafana that lets anybody on this machine be its administrator.
// CHROMIUM_PATH is a browser that is here already; without it: npx playwright install chromium
export default defineConfig<PluginOptions>({
  testDir: '.',
  outputDir: 'results',
  // A Grafana that has just started compiles and caches on its first pages.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  workers: 1,
  reporter: 'list',
  use: {
    baseURL: process.env.GRAFANA_URL ?? 'http://127.0.0.1:3000',
    provisioningRootDir: '../provisioning',
    trace: 'retain-on-failure',
    launchOptions: { executablePath: process.env.CHROMIUM_PATH || undefined },
  },
});
