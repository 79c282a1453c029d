/* Where the provisioned alert rules stand. */
import { el, show } from './dom.js';

const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString();
const pairs = (values) => Object.entries(values || {}).map(([key, value]) => `${key}=${value}`).join(', ');
const cells = (instance) => [instance.state, pairs(instance.labels), instance.error || pairs(instance.values), 'since ' + clock(instance.since)];

/** Where the rule came to another state, the newest twelve times. */
const turns = (history) => history.filter(({ state }, i) => !i || history[i - 1].state !== state).slice(-12);

const ruleCard = (rule) => el('section', { class: 'card', 'aria-label': rule.title },
  el('h2', {}, rule.title + ': ' + rule.state), rule.annotations && rule.annotations.summary && el('p', {}, rule.annotations.summary),
  el('table', {}, el('tbody', {}, rule.instances.map((instance) => el('tr', {}, cells(instance).map((text) => el('td', {}, text)))))),
  el('ol', { class: 'turns', 'aria-label': 'State over time' }, turns(rule.history).map(({ time, state }) => el('li', {}, state + ' ' + clock(time)))),
  el('p', { class: 'note' }, `evaluated ${clock(rule.evaluated)}, every ${rule.interval} s`));

/** Ask while `place` is open; the rules are evaluated once an interval, however often they are asked for. */
export function alertsPage(place) {
  const ask = async () => {
    if (place.hidden) {
      return;
    }
    try {
      const { rules, error, message } = await (await fetch('/api/preview/alerts')).json();
      const wrong = error || message;
      show(place, wrong && el('div', { class: 'status error', role: 'alert' }, wrong),
        rules && (rules.length ? rules.map(ruleCard) : !wrong && el('p', {}, 'There are no rules in provisioning/alerting/.')));
    } catch (error) {
      show(place, el('div', { class: 'status error', role: 'alert' }, 'The preview server does not answer.'));
    }
  };
  new MutationObserver(ask).observe(place, { attributeFilter: ['hidden'] });
  setInterval(ask, 5000);
  ask();
}
