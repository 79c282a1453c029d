import fs from 'node:fs';
import path from 'node:path';

const FILES = /^(licen[cs]e|notice|copying)/i;

/** Write THIRD_PARTY_LICENSES.txt beside the page: name, version, licence and its text for all that went in. */
export function thirdPartyLicenses() {
  return {
    name: 'third-party-licenses',
    generateBundle(_, bundle) {
      const folders = new Set();
      for (const chunk of Object.values(bundle)) {
        for (const id of Object.keys(chunk.modules ?? {})) {
          const match = id.replace('\0interop:', '').replaceAll('\0', '').match(/^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/);
          if (match) {
            folders.add(match[0]);
          }
        }
      }
      const parts = [...new Set([...folders].map(describe))].filter(Boolean).sort();
      this.emitFile({ type: 'asset', fileName: 'THIRD_PARTY_LICENSES.txt', source: parts.join('\n' + '-'.repeat(80) + '\n\n') });
    },
  };
}

function describe(folder) {
  const manifest = path.join(folder, 'package.json');
  if (!fs.existsSync(manifest)) {
    return undefined;
  }
  const { name, version, license, licenses, repository } = JSON.parse(fs.readFileSync(manifest, 'utf8'));
  const texts = fs.readdirSync(folder).filter((file) => FILES.test(file) && fs.statSync(path.join(folder, file)).isFile()).sort();
  const text = texts.map((file) => fs.readFileSync(path.join(folder, file), 'utf8').trim()).join('\n\n');
  const told = license ?? (licenses && JSON.stringify(licenses)) ?? 'not told by the package';
  return `${name} ${version}\nLicence: ${told}\n\n${text || 'Source: ' + (repository?.url ?? repository)}\n`;
}
