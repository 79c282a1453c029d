import { makeDataSource } from './generated/editors';
import schema from './generated/schema.json';
import type { Query, Settings } from './generated/types';

/** What panels, variables and annotations ask; the backend answers. Override its methods where needed. */
export class DataSource extends makeDataSource<Query, Settings>(schema.query) {}
