import fs from 'node:fs';
import path from 'node:path';

const EMPTY = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"></svg>\n';

/** Put icons and fonts where @grafana/ui asks for them at run time, since it does not import them. */
export function copyAssets(modules, out) {
  return {
    name: 'copy-assets',
    apply: 'build',
    async closeBundle() {
      const icons = path.join(modules, '@grafana/ui/dist/public/img/icons');
      const version = JSON.parse(fs.readFileSync(path.join(modules, '@grafana/ui/package.json'), 'utf8')).version;
      const target = path.join(out, version.startsWith('11.') ? 'img/icons' : 'build/img/icons');
      fs.cpSync(icons, target, { recursive: true });
      fillIcons(modules, target);
      copyMono(modules, path.join(out, 'fonts/roboto'));
      const fonts = path.join(out, 'fonts/inter');
      fs.mkdirSync(fonts, { recursive: true });
      const inter = path.join(modules, '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2');
      for (const weight of ['Regular', 'Medium']) {
        fs.copyFileSync(inter, path.join(fonts, `Inter-${weight}.woff2`));
      }
    },
  };
}

/** The code font under the names that @grafana/ui's styles ask for, of which it has one for each alphabet. */
function copyMono(modules, target) {
  fs.mkdirSync(target, { recursive: true });
  const styles = fs.readFileSync(path.join(modules, '@grafana/ui/dist/esm/themes/GlobalStyles/fonts.mjs'), 'utf8');
  for (const [, name] of styles.matchAll(/roboto\/([\w-]+\.woff2)/g)) {
    fs.copyFileSync(path.join(modules, '@fontsource/roboto-mono/files/roboto-mono-latin-400-normal.woff2'), path.join(target, name));
  }
}

// Icons that @grafana/ui takes from the folder `mono`, whatever type it is asked for.
const MONO = /^(grafana|favorite|heart|heart-break|panel-add|library-panel|circle-mono)$/;

// Shown while something loads; the package names it and does not hold it.
const SPINNER = EMPTY.replace('></svg>', '><path d="M12 3a9 9 0 1 0 9 9" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/></svg>');

/** An icon that the package names but does not hold would be a failed request: mirror its twin, or leave it empty. */
function fillIcons(modules, target) {
  const types = path.join(modules, '@grafana/data/dist/esm/types/icon.mjs');
  const index = fs.readFileSync(types, 'utf8').match(/availableIconsIndex = (\{[^}]*\})/)[1];
  for (const [, name] of index.matchAll(/^\s*"?([\w-]+)"?: true/gm)) {
    const folder = path.join(target, MONO.test(name) ? 'mono' : name.startsWith('gf-') ? 'custom' : 'unicons');
    const file = path.join(folder, name + '.svg');
    if (!fs.existsSync(file)) {
      fs.writeFileSync(file, name === 'spinner' ? SPINNER : mirrored(path.join(folder, name.replace('left', 'right') + '.svg')));
    }
  }
}

function mirrored(twin) {
  if (!fs.existsSync(twin)) {
    return EMPTY;
  }
  const shape = fs.readFileSync(twin, 'utf8').replace(/^<svg[^>]*>/, '').replace('</svg>', '');
  return EMPTY.replace('></svg>', `><g transform="matrix(-1 0 0 1 24 0)">${shape.trim()}</g></svg>`);
}
