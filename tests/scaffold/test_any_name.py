"""Whatever a person types as a name: refused with a sentence, or valid everywhere it goes."""

from __future__ import annotations

import json
import re
import sys
import tomllib

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plugin_cli.errors import UsageError
from plugin_cli.naming import Names, plugin_names
from plugin_cli.scaffold.answers import render_plugin
from tests.scaffold.scaffolds import TOOL, answers

# Latin letters, and everything that is dropped from an id: symbols, marks, invisible characters.
_characters = st.characters(max_codepoint=0x17F, exclude_categories=["Cc"]) | st.characters(
    categories=("S", "P", "M", "Cf", "Co", "Zs")
)
_text = st.text(_characters, max_size=12)
titles = st.builds(lambda before, after: f"{before}x{after}", _text, _text)


def names_of(name: str, org: str) -> Names | None:
    """Return the names that follow, or None where they are refused."""
    try:
        return plugin_names(kind="datasource", name=name, org=org)
    except UsageError as error:
        refusal = error.what
    assert re.match("--(name|org) ", refusal)
    return None


@given(st.text(max_size=60) | titles, st.text(max_size=60) | titles)
@settings(max_examples=500, deadline=None)
@example("ﷺ", "acme")
def test_a_name_is_refused_or_gives_valid_ids(name: str, org: str) -> None:
    names = names_of(name, org)
    if names is None:
        return

    assert re.fullmatch(r"[0-9a-z]+-[0-9a-z]+-datasource", names.plugin_id)
    assert re.fullmatch(r"gpx_[0-9a-z]+(_[0-9a-z]+)*", names.executable)
    assert re.fullmatch(r"[a-z][0-9a-z_]*", names.package)
    assert names.package not in sys.stdlib_module_names
    assert re.fullmatch(r"[A-Z][0-9A-Za-z]*", names.class_name)
    assert re.fullmatch(r"[0-9a-z-]{1,40}", names.uid)


@given(titles, titles)
@settings(max_examples=40, deadline=None)
@example("x\ufeff\u202e", "x\u200b")
@example("x\ufffe", "x")
@example("x\\N{tag}", "x\"'`")
def test_titles_are_read_back_as_they_were_typed(name: str, org: str) -> None:
    if names_of(name, org) is None:
        return
    files = render_plugin(answers(name=name, org=org, description=name), TOOL)

    metadata = json.loads(files["src/plugin.json"])
    assert (metadata["name"], metadata["info"]["author"]["name"]) == (name, org)
    assert tomllib.loads(files["pyproject.toml"].decode())["project"]["description"] == name
    for path, content in files.items():
        if path.endswith((".yaml", ".yml")):
            yaml.safe_load(content)
    (source,) = yaml.safe_load(files["provisioning/datasources/datasources.yaml"])["datasources"]
    assert source["name"].replace("$$", "$") == name
    for path in (path for path in files if path.endswith(".py")):
        compile(files[path], path, "exec")
