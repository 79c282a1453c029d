import { defineConfig } from 'vitest/config';

// Grafana hands these over when it loads the plugin: one copy for all plugins.
const SHARED = /^(react|react-dom|rxjs|lodash|moment|jquery|d3|i18next|@emotion\/css|@grafana\/(data|ui|runtime))(\/.*)?$/;

export default defineConfig({
  publicDir: false,
  oxc: { jsx: { runtime: 'classic' } }, // React.createElement: what every Grafana can run
  build: {
    outDir: 'dist',
    emptyOutDir: false, // the backend is in there too
    sourcemap: true,
    target: 'es2020',
    lib: { entry: 'src/module.ts', formats: ['umd'], name: 'plugin', fileName: () => 'module.js' },
    rolldownOptions: { external: SHARED, output: { globals: (id) => id.replace(/\W/g, '_') } },
  },
  test: {
    // The real packages need a browser; these draw plain HTML, which is enough to see what an editor shows.
    alias: {
      '@grafana/ui': new URL('test/grafana_ui.tsx', import.meta.url).pathname,
      '@grafana/data': new URL('test/grafana_data.ts', import.meta.url).pathname,
      '@grafana/runtime': new URL('test/grafana_runtime.ts', import.meta.url).pathname,
    },
  },
});
