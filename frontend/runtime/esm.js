/* The generated editors as components, for a frontend in TypeScript. Written by plugin-cli: do not edit. */
import * as React from 'react';
import * as data from '@grafana/data';
import * as ui from '@grafana/ui';
import * as runtime from '@grafana/runtime';

/* @@PARTS@@ */

export { makeConfigEditor, makeDataSource, makeQueryEditor, WIDGETS as widgets };
