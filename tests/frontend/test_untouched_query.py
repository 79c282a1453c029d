"""A query that nobody touched, in the real editor: what it shows is stored once, so that it can be run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.frontend.bed import Bed

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

# The plugin's own editor for a query as it is stored, twice drawn as Grafana does after a change.
DRAWN = """async (stored) => {
    const names = ['/public/plugins/acme-showcase-datasource/module.js', 'react', 'react-dom/client'];
    const [module, React, { createRoot }] = await Promise.all(names.map((name) => System.import(name)));
    const source = new module.plugin.DataSourceClass({ id: 1, uid: 'showcase', jsonData: {}, meta: {} });
    const told = [];
    let query = { refId: 'A', ...stored };
    const place = document.body.appendChild(document.createElement('div'));
    const root = createRoot(place);
    const draw = () => root.render(React.createElement(module.plugin.components.QueryEditor, {
        datasource: source, query, onRunQuery: () => told.push('run'),
        onChange: (next) => { told.push(next); query = next; draw(); },
    }));
    const settled = () => new Promise((done) => setTimeout(done, 300));
    draw();
    await settled();
    draw();
    await settled();
    root.unmount();
    place.remove();
    return { told, runs: source.filterQuery(query) };
}"""
GRAFANAS = {"datasource": {"uid": "showcase"}, "key": "Q-1", "hide": False}
DEFAULTS = {"mode": "metric", "station": "berlin", "sensor": "temperature", "factor": 1, "smooth": False}


def drawn(page: Page, stored: dict[str, Any]) -> list[Any]:
    answer = page.evaluate(DRAWN, stored)
    assert answer["runs"]
    told: list[Any] = answer["told"]
    return told


@pytest.mark.parametrize("stored", [{}, GRAFANAS], ids=["a bare link", "with Grafana's own keys"])
def test_what_an_untouched_query_shows_is_stored_once(rich: Bed, stored: dict[str, Any]) -> None:
    (told,) = drawn(rich.open(), stored)

    assert told.items() >= ({"refId": "A", **stored} | DEFAULTS).items()


@pytest.mark.parametrize("stored", [{"station": "munich"}, {"mode": "sql", "sql": ""}])
def test_a_query_that_has_values_is_left_alone(rich: Bed, stored: dict[str, Any]) -> None:
    assert drawn(rich.open(), stored) == []
