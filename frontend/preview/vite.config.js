import fs from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'vite';
import { copyAssets } from './build/assets.js';
import { cjsDefaultInterop } from './build/interop.js';
import { thirdPartyLicenses } from './build/licenses.js';

// The folder whose node_modules decide the Grafana line; the source is the same for all.
const line = process.cwd();
const modules = path.join(line, 'node_modules');
const out = path.join(line, 'dist');
const version = JSON.parse(fs.readFileSync(path.join(modules, '@grafana/ui/package.json'), 'utf8')).version;

// The 11 line has no @grafana/i18n yet; there is nothing to start in it then.
const i18n = path.join(modules, '@grafana/i18n');
const alias = fs.existsSync(i18n) ? {} : { '@grafana/i18n': path.join(line, 'src/no_i18n.js') };

export default defineConfig({
  root: path.join(line, 'src'),
  base: '/_page/',
  resolve: { alias },
  define: {
    'process.env.NODE_ENV': '"production"',
    'process.env': '{}',
    global: 'globalThis',
    GRAFANA_VERSION: JSON.stringify(version),
  },
  build: { outDir: out, emptyOutDir: true, sourcemap: false, chunkSizeWarningLimit: 100000, reportCompressedSize: false },
  plugins: [cjsDefaultInterop(), thirdPartyLicenses(), copyAssets(modules, out)],
});
