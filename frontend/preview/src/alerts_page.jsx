import { Alert, Badge } from '@grafana/ui';
import * as React from 'react';

const EVERY_MS = 5000; // the rules themselves are evaluated once an interval, however often they are asked for
const COLORS = { Normal: 'green', Pending: 'orange', Alerting: 'red', NoData: 'blue', Error: 'red' };
const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString();
const pairs = (values) => Object.entries(values ?? {}).map(([key, value]) => `${key}=${value}`).join(', ');

/** Where the rules stand; asked beside the requests view, which would show little else. */
function useRules() {
  const [answer, setAnswer] = React.useState(null);
  React.useEffect(() => {
    let wanted = true;
    const ask = () => fetch('/api/preview/alerts').then((response) => response.json()).then(
      (found) => wanted && setAnswer(found.rules ? found : { rules: [], error: found.message }),
      (error) => wanted && setAnswer({ rules: [], error: error.message })
    );
    ask();
    const timer = setInterval(ask, EVERY_MS);
    return () => {
      wanted = false;
      clearInterval(timer);
    };
  }, []);
  return answer;
}

function Instance({ instance }) {
  return (
    <tr>
      <td><Badge color={COLORS[instance.state]} text={instance.state} /></td>
      <td style={{ padding: '4px 16px' }}>{pairs(instance.labels)}</td>
      <td style={{ padding: '4px 16px' }}>{instance.error ?? pairs(instance.values)}</td>
      <td style={{ padding: '4px 16px' }}>since {clock(instance.since)}</td>
    </tr>
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
      {answer.rules.map((rule) => (
        <section key={rule.uid} aria-label={rule.title} style={{ marginBottom: 24 }}>
          <h2 style={{ fontSize: 18 }}>{rule.title} <Badge color={COLORS[rule.state]} text={rule.state} /></h2>
          <p>{rule.annotations?.summary}</p>
          <table>
            <tbody>{rule.instances.map((instance, i) => <Instance key={i} instance={instance} />)}</tbody>
          </table>
          <p>evaluated {clock(rule.evaluated)}, every {rule.interval} s</p>
        </section>
      ))}
    </div>
  );
}
