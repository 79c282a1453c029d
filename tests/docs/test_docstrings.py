"""The examples in docstrings of the runtime give what they show."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

import plugin_sdk
import plugin_sdk.data
from tests.built_plugin import ROOT

# They need a plugin around them: their modules' own tests run such code.
_FRAGMENTS = ("Feed", "background", "PluginProcess", "plugin_sdk.testing")
_NAMES = {
    name: getattr(module, name)
    for module in (plugin_sdk, plugin_sdk.data)
    for name in module.__all__
    if not name.startswith("_")
}


def examples() -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = []
    for path in sorted((ROOT / "plugin_sdk").rglob("*.py")):
        if ">>> " not in path.read_text("utf-8"):
            continue
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = import_module(".".join(part for part in parts if part != "__init__"))
        own = finder.find(module, module.__name__, globs={**_NAMES, **vars(module)})
        found += [test for test in own if test.examples and not test.name.endswith(_FRAGMENTS)]
    return found


@pytest.mark.parametrize("example", examples(), ids=lambda test: test.name)
def test_an_example_gives_what_it_shows(example: doctest.DocTest) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed = doctest.DocTestRunner(verbose=False, optionflags=flags).run(example)

    assert failed.failed == 0
    assert failed.attempted > 0


def test_examples_are_found() -> None:
    assert len(examples()) > 20
