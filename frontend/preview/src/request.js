// The request that Grafana makes of a panel's queries: interval, range, variables.
import { CoreApp, rangeUtil } from '@grafana/data';
import { from, isObservable } from 'rxjs';
import { templateSrv } from './host/index.js';

let count = 0;

/** A request as Grafana's query runner makes it, for one query. */
export function requestFor(query, range, { app = CoreApp.Explore, filters = [] } = {}) {
  const { interval, intervalMs } = rangeUtil.calculateInterval(range, 500);
  const scopedVars = { __interval: { text: interval, value: interval }, __interval_ms: { text: String(intervalMs), value: intervalMs } };
  count += 1;
  return { requestId: 'Q' + count, app, targets: [{ ...query }], range, rangeRaw: range.raw, interval, intervalMs, maxDataPoints: 500, timezone: 'browser', startTime: Date.now(), scopedVars, filters };
}

/** Run one query; the answers come one by one, and go on while it streams. */
export function runQuery(dataSource, query, range, options) {
  templateSrv.updateTimeRange(range);
  const answer = dataSource.query(requestFor(query, range, options));
  return isObservable(answer) ? answer : from(answer);
}
