import fs from 'node:fs';

const MARK = '\0interop:';

/**
 * Rolldown follows Node: a default import of CommonJS from an .mjs file is `module.exports`, even where the
 * CommonJS says __esModule. @grafana's .mjs files were written for the other rule, so what they import gets a shim.
 */
export function cjsDefaultInterop() {
  return {
    name: 'cjs-default-interop',
    enforce: 'pre',
    async resolveId(source, importer) {
      const foreign = importer && /@grafana\/[^/]+\/dist\/.*\.mjs$/.test(importer) && !/^[./\0]/.test(source) && !source.startsWith('@grafana/');
      if (!foreign) {
        return null;
      }
      const found = await this.resolve(source, importer, { skipSelf: true });
      if (!found || found.external || !/\.c?js$/.test(found.id) || !fs.existsSync(found.id)) {
        return found;
      }
      const code = fs.readFileSync(found.id, 'utf8');
      const transpiled = /__esModule/.test(code) && !/^\s*(import|export)\s/m.test(code);
      return transpiled ? MARK + found.id : found;
    },
    load(id) {
      if (!id.startsWith(MARK)) {
        return null;
      }
      const real = JSON.stringify(id.slice(MARK.length));
      return [
        `import * as all from ${real};`,
        'let main = all.default;',
        "if (main && main.__esModule && 'default' in main) { main = main.default; }",
        'export default main;',
        `export * from ${real};`,
      ].join('\n');
    },
  };
}
