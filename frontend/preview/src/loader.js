// SystemJS set up so that a plugin's module.js finds the packages that Grafana shares.
import 'systemjs/dist/system.js';
import 'systemjs/dist/extras/amd.js';
import 'systemjs/dist/extras/named-register.js';
import * as emotionCss from '@emotion/css';
import * as emotionReact from '@emotion/react';
import * as grafanaData from '@grafana/data';
import * as grafanaRuntime from '@grafana/runtime';
import * as grafanaUi from '@grafana/ui';
import i18next from 'i18next';
import lodash from 'lodash';
import moment from 'moment';
import * as React from 'react';
import * as ReactDom from 'react-dom';
import * as jsxRuntime from 'react/jsx-runtime';
import * as rxjs from 'rxjs';
import * as operators from 'rxjs/operators';

const asDefault = (value) => ({ default: value, __useDefault: true });

// A function is asked only when a plugin wants the package.
const SHARED = {
  react: React, 'react-dom': ReactDom, 'react/jsx-runtime': jsxRuntime, rxjs, 'rxjs/operators': operators,
  '@grafana/data': grafanaData, '@grafana/ui': grafanaUi, '@grafana/runtime': grafanaRuntime,
  '@grafana/data/unstable': () => import('@grafana/data/unstable'),
  '@grafana/ui/unstable': () => import('@grafana/ui/unstable'),
  '@grafana/runtime/unstable': () => import('@grafana/runtime/unstable'),
  '@emotion/css': emotionCss, emotion: emotionCss, '@emotion/react': emotionReact,
  lodash: { ...lodash, default: lodash, __useDefault: true }, moment: asDefault(moment), i18next: asDefault(i18next),
  jquery: () => import('jquery').then((module) => asDefault(module.default)),
  d3: () => import('d3'),
  'react-router': () => import('react-router-dom-v5-compat'),
  'react-router-dom': () => import('react-router-dom'), // 5, with 6 below the name react-router: Grafana's own mixture
  'react-inlinesvg': () => import('react-inlinesvg'),
  'react/jsx-dev-runtime': () => import('react/jsx-dev-runtime'),
  'react-dom/client': () => import('react-dom/client'),
  'react-redux': () => import('react-redux'),
  redux: () => import('redux'),
  prismjs: () => import('prismjs').then((module) => asDefault(module.default)),
  slate: () => import('slate'),
  'slate-plain-serializer': () => import('slate-plain-serializer'),
  'slate-react': () => import('slate-react'),
  '@grafana/slate-react': () => import('slate-react'),
};

const System = window.System;
const imports = {};
for (const [name, value] of Object.entries(SHARED)) {
  const id = 'package:' + name;
  imports[name] = id;
  if (typeof value === 'function') {
    System.register(id, [], (give) => ({ execute: async () => { give(await value()); } }));
  } else {
    System.set(id, value);
  }
}
System.addImportMap({ imports });

const hooks = System.constructor.prototype;
// Scripts by a script element, as Grafana loads a local plugin; styles and the rest by fetch.
hooks.shouldFetch = (url) => !/^[^#?]+\.js([?#].*)?$/.test(url);
const resolve = hooks.resolve;
let cacheKey = '';
hooks.resolve = function (id, parent) {
  const url = resolve.call(this, id, parent);
  return /\.(js|css)$/.test(url) ? `${url}?_cache=${cacheKey}` : url;
};

/** Load module.js and return what it exports. */
export async function importPlugin(url, key) {
  cacheKey = key;
  const module = await System.import(url);
  return module && module.__useDefault ? module.default : module;
}
