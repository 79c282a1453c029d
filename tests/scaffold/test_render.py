from __future__ import annotations

from pathlib import Path

import pytest

from plugin_cli.errors import PluginCliError
from plugin_cli.scaffold.render import render

CONFIGURATION = """
_subdirectory: template
_exclude: [__pycache__]
_envops: {undefined: jinja2.StrictUndefined}
package: {type: str, default: weather}
extra: {type: bool, default: false}
"""


def tree(folder: Path, files: dict[str, str], configuration: str = CONFIGURATION) -> Path:
    """Make a copier template."""
    (folder / "template").mkdir(parents=True)
    (folder / "copier.yml").write_text(configuration, encoding="utf-8")
    for name, text in files.items():
        path = folder / "template" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_only_jinja_files_are_rendered_and_every_path_is(tmp_path: Path) -> None:
    files = {"{{ package }}/x.py.jinja": "{{ package }}\n", "{{ package }}/y.txt": "{{ raw }}"}

    assert render(tree(tmp_path / "a", files), {"package": "tide"}) == {
        "tide/x.py": b"tide\n",
        "tide/y.txt": b"{{ raw }}",
    }


@pytest.mark.parametrize("extra", [True, False])
def test_a_conditional_folder_lies_over_the_plugin(tmp_path: Path, extra: bool) -> None:
    template = tree(tmp_path / "a", {"src/x": "x", "{% if extra %}.{% endif %}/src/y": "y"})

    assert set(render(template, {"extra": extra})) == {"src/x", *(["src/y"] if extra else [])}


# Copier leaves the walk over its folders open where one file fails.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("text", "reason"), [("{{ nmae }}", "'nmae' is undefined"), ("{% if %}", "TemplateSyntaxError")]
)
def test_a_wrong_template_is_refused_with_its_reason(tmp_path: Path, text: str, reason: str) -> None:
    template = tree(tmp_path / "common", {"docs/x.md.jinja": text})

    with pytest.raises(PluginCliError, match="cannot be rendered") as raised:
        render(template, {"package": "weather"})

    assert reason in str(raised.value.why)


def test_caches_of_editors_are_no_templates(tmp_path: Path) -> None:
    template = tree(tmp_path / "a", {"__pycache__/x.pyc": "junk", "x": "kept"})

    assert render(template, {}) == {"x": b"kept"}


def test_what_the_user_has_set_for_other_templates_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.yml").write_text("defaults: {package: theirs}\n")
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(tmp_path / "settings.yml"))

    assert render(tree(tmp_path / "a", {"x.jinja": "{{ package }}"}), {}) == {"x": b"weather"}
