// The provisioned alert rules, their states and what they were computed from.
import { Alert, Badge, useTheme2 } from '@grafana/ui';
import * as React from 'react';

const EVERY_MS = 5000; // the rules themselves are evaluated once an interval, however often they are asked for
const MOST_SPANS = 8;
const COLORS = { Normal: 'green', Pending: 'orange', Alerting: 'red', NoData: 'blue', Error: 'red' };
const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString();
const pairs = (values) => Object.entries(values ?? {}).map(([key, value]) => `${key}=${value}`).join(', ');

/** Where the rules stand; asked beside the requests view, which would show little else. */
function useRules() {
  const [answer, setAnswer] = React.useState(null);
  React.useEffect(() => {
    let active = true;
    const ask = () => fetch('/api/preview/alerts').then((response) => response.json()).then(
      (found) => active && setAnswer(found.rules ? found : { rules: [], error: found.message }),
      (error) => active && setAnswer({ rules: [], error: error.message })
    );
    ask();
    const timer = setInterval(ask, EVERY_MS);
    return () => {
      active = false;
      clearInterval(timer);
    };
  }, []);
  return answer;
}

const CELL = { padding: '4px 24px 4px 0', textAlign: 'left', verticalAlign: 'top' };

function Instances({ instances }) {
  return (
    <table>
      <thead><tr>{['State', 'Labels', 'Values', 'Since'].map((name) => <th key={name} scope="col" style={CELL}>{name}</th>)}</tr></thead>
      <tbody>
        {instances.map((instance, i) => (
          <tr key={i}>
            <td style={CELL}><Badge color={COLORS[instance.state]} text={instance.state} /></td>
            <td style={CELL}>{pairs(instance.labels)}</td>
            <td style={CELL}>{instance.error ?? pairs(instance.values)}</td>
            <td style={CELL}>{clock(instance.since)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Evaluations in a row that came to the same state, as one span each. */
function spansOf(history) {
  const spans = [];
  for (const { time, state } of history) {
    if (spans.at(-1)?.state === state) {
      spans.at(-1).to = time;
    } else {
      if (spans.length) {
        spans.at(-1).to = time;
      }
      spans.push({ state, from: time, to: time });
    }
  }
  return spans.slice(-MOST_SPANS);
}

/** A band in which each state is as wide as it was long. */
function History({ history }) {
  const theme = useTheme2();
  const span = ({ state, from, to }) => ({
    flex: `${Math.max(1, to - from)} 0 124px`, overflow: 'hidden', whiteSpace: 'nowrap', fontSize: 12, paddingTop: 2,
    borderTop: `6px solid ${theme.visualization.getColorByName(COLORS[state] ?? 'gray')}`,
  });
  return (
    <ol aria-label="State over time" style={{ display: 'flex', flexWrap: 'wrap', gap: 2, listStyle: 'none', margin: '12px 0 8px' }}>
      {spansOf(history).map((one) => <li key={one.from} style={span(one)}>{one.state} {clock(one.from)}</li>)}
    </ol>
  );
}

function Rule({ rule }) {
  const theme = useTheme2();
  return (
    <section aria-label={rule.title} style={{ marginBottom: 16, padding: 16, background: theme.colors.background.secondary, borderRadius: 6 }}>
      <h2 style={{ display: 'flex', alignItems: 'center', gap: 8, fontSize: 18 }}>{rule.title} <Badge color={COLORS[rule.state]} text={rule.state} /></h2>
      <p>{rule.annotations?.summary}</p>
      <Instances instances={rule.instances} />
      <History history={rule.history} />
      <div style={{ color: theme.colors.text.secondary }}>evaluated {clock(rule.evaluated)}, every {rule.interval} s</div>
    </section>
  );
}

export function AlertsPage() {
  const answer = useRules();
  if (!answer) {
    return <p>Evaluating ...</p>;
  }
  return (
    <div aria-live="polite">
      {answer.error && <Alert severity="error" title={answer.error} />}
      {!answer.error && !answer.rules.length && <p>There are no rules in provisioning/alerting/.</p>}
      {answer.rules.map((rule) => <Rule key={rule.uid} rule={rule} />)}
    </div>
  );
}
