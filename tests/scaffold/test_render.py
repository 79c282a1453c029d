from __future__ import annotations

from pathlib import Path

import pytest

from plugin_cli.errors import PluginCliError
from plugin_cli.scaffold.render import render


def tree(folder: Path, files: dict[str, str]) -> Path:
    """Make a template layer."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_only_jinja_files_are_rendered_and_every_path_is(tmp_path: Path) -> None:
    layer = tree(
        tmp_path / "a", {"{{ package }}/x.py.jinja": "{{ package }}", "{{ package }}/y.txt": "{{ raw }}"}
    )

    assert render([layer], {"package": "weather"}) == {
        "weather/x.py": b"weather",
        "weather/y.txt": b"{{ raw }}",
    }


def test_the_later_layer_wins(tmp_path: Path) -> None:
    first = tree(tmp_path / "a", {"x": "first", "y": "first"})
    second = tree(tmp_path / "b", {"x.jinja": "second"})

    assert render([first, second], {}) == {"x": b"second", "y": b"first"}


@pytest.mark.parametrize(
    ("text", "reason"), [("{{ nmae }}", "'nmae' is undefined"), ("{% if %}", "TemplateSyntaxError")]
)
def test_a_wrong_template_is_named_with_its_reason(tmp_path: Path, text: str, reason: str) -> None:
    layer = tree(tmp_path / "common", {"docs/x.md.jinja": text})

    with pytest.raises(PluginCliError) as raised:
        render([layer], {"name": "Weather"})

    assert raised.value.what == "the template common/docs/x.md.jinja cannot be rendered"
    assert reason in str(raised.value.why)


def test_caches_of_editors_are_no_templates(tmp_path: Path) -> None:
    layer = tree(tmp_path / "a", {"__pycache__/x.pyc": "junk", "x": "kept"})

    assert render([layer], {}) == {"x": b"kept"}
