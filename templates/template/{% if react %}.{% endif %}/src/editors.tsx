// The editors come from backend/.../models.py. One control is put in another's place by naming its field:
// makeQueryEditor(schema.query, { station: StationPicker }). Or write a component of your own altogether.
import type { DataSource } from './datasource';
import { makeConfigEditor, makeQueryEditor } from './generated/editors';
import schema from './generated/schema.json';
import type { Query, Secrets, Settings } from './generated/types';

export const ConfigEditor = makeConfigEditor<Settings, Secrets>(schema.settings);
export const QueryEditor = makeQueryEditor<DataSource, Query, Settings>(schema.query);
