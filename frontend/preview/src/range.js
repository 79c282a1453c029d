// The time range, from words such as now-6h to instants.
import { dateMath } from '@grafana/data';

/** The absolute time range that two texts such as `now-6h` and `now` mean at this moment. */
export function rangeOf(raw) {
  return { from: dateMath.parse(raw.from, false), to: dateMath.parse(raw.to, true), raw };
}
