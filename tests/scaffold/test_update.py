from __future__ import annotations

import dataclasses
import shutil
import subprocess
from pathlib import Path

import pytest

from plugin_cli.errors import PluginCliError, ProjectError, ToolMissingError, UsageError
from plugin_cli.scaffold.add import AddResult, add, features
from plugin_cli.scaffold.answers import Tool
from plugin_cli.scaffold.create import create
from plugin_cli.scaffold.state import pack, read_answers, read_base
from plugin_cli.scaffold.update import UpdateResult, update
from tests.scaffold.scaffolds import TOOL, answers

pytestmark = pytest.mark.usefixtures("own_git")


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """Return a new plugin, committed."""
    return create(answers(ci=False, alerting=False), tmp_path / "weather", TOOL).directory


@pytest.fixture
def later(tmp_path: Path) -> Tool:
    """Return a later tool with templates of its own, to be changed by the test."""
    templates = tmp_path / "templates"
    shutil.copytree(TOOL.templates, templates)
    return dataclasses.replace(TOOL, templates=templates, version="1.3.0")


def edit(path: Path, old: str, new: str) -> None:
    """Replace text that is there once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path, old, text.count(old))
    path.write_text(text.replace(old, new), encoding="utf-8")


def commit(plugin: Path) -> None:
    """Commit everything in the plugin."""
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", "add", "--all"], cwd=plugin, check=True)
    subprocess.run(["git", *identity, "commit", "--quiet", "-m", "Edit"], cwd=plugin, check=True)


def run(plugin: Path, tool: Tool) -> UpdateResult:
    """Update the plugin."""
    return update(plugin, tool)


def snapshot(plugin: Path) -> dict[str, bytes]:
    """Return every file but git's own."""
    files = (path for path in plugin.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(plugin).as_posix(): path.read_bytes() for path in files}


def test_an_address_of_the_tool_stays_and_the_lock_is_the_authors(tmp_path: Path, later: Tool) -> None:
    address = "grafana-plugin-cli @ git+https://git.example.org/plugin-cli@v1"
    named = dataclasses.replace(TOOL, requirement=address)
    plugin = create(answers(ci=False, alerting=False), tmp_path / "weather", named).directory
    (plugin / "uv.lock").write_text("version = 1\n")  # written by the first command, not yet committed

    assert run(plugin, later).merge.conflicts == ()
    commit(plugin)
    (plugin / "uv.lock").write_text("version = 2\n")
    assert add(plugin, "alerting", later).merge.conflicts == ()

    assert f'"{address}"' in (plugin / "pyproject.toml").read_text()
    assert (plugin / "uv.lock").read_text() == "version = 2\n"


def test_the_same_version_changes_nothing(plugin: Path) -> None:
    before = snapshot(plugin)

    result = run(plugin, TOOL)

    assert result.merge.is_empty
    assert snapshot(plugin) == before


def test_untouched_files_become_the_new_rendering_and_new_ones_appear(plugin: Path, later: Tool) -> None:
    (later.templates / "template" / "CHANGELOG.md").write_text("# News\n")
    (later.templates / "template" / "SECURITY.md.jinja").write_text("Write to {{ org }}.\n")
    (later.templates / "template" / "LICENSE").unlink()

    result = run(plugin, later)

    assert (plugin / "CHANGELOG.md").read_text() == "# News\n"
    assert (plugin / "SECURITY.md").read_text() == "Write to acme.\n"
    assert not (plugin / "LICENSE").exists()
    assert (result.merge.updated, result.merge.added) == (("CHANGELOG.md",), ("SECURITY.md",))
    assert result.merge.removed == ("LICENSE",)
    assert (plugin / ".plugin-cli" / "version").read_text() == "1.3.0\n"


def test_edits_of_both_sides_come_together(plugin: Path, later: Tool) -> None:
    edit(plugin / "README.md", "## Develop\n", "## Develop it\n")
    edit(plugin / "backend/weather_datasource/datasource.py", '["berlin", "lisbon", "oslo"]', '["rome"]')
    commit(plugin)
    edit(later.templates / "template/README.md.jinja", "## Release\n", "## Releases\n")

    result = run(plugin, later)

    text = (plugin / "README.md").read_text()
    assert "## Develop it\n" in text
    assert "## Releases\n" in text
    assert '["rome"]' in (plugin / "backend/weather_datasource/datasource.py").read_text()
    assert result.merge.updated == ("README.md",)
    assert result.merge.conflicts == ()


def test_a_conflict_is_marked_and_the_next_update_starts_from_the_new_base(plugin: Path, later: Tool) -> None:
    edit(plugin / "README.md", "## Develop\n", "## Mine\n")
    commit(plugin)
    edit(later.templates / "template/README.md.jinja", "## Develop\n", "## Theirs\n")

    result = run(plugin, later)

    assert result.merge.conflicts == ("README.md",)
    assert "<<<<<<< yours\n## Mine\n" in (plugin / "README.md").read_text()
    assert b"## Theirs\n" in read_base(plugin)["README.md"]
    commit(plugin)
    assert run(plugin, later).merge.is_empty


def test_what_the_author_deleted_or_edited_stays_when_the_templates_go_on(plugin: Path, later: Tool) -> None:
    (plugin / "CHANGELOG.md").unlink()
    edit(plugin / "AGENTS.md", "# Notes", "# My notes")
    commit(plugin)
    (later.templates / "template" / "CHANGELOG.md").write_text("# News\n")
    (later.templates / "template" / "AGENTS.md.jinja").unlink()

    result = run(plugin, later)

    assert not (plugin / "CHANGELOG.md").exists()
    assert (plugin / "AGENTS.md").read_text().startswith("# My notes")
    assert result.merge.kept == ("AGENTS.md", "CHANGELOG.md")


def test_an_authors_file_where_a_new_template_goes_is_not_lost(plugin: Path, later: Tool) -> None:
    (plugin / "SECURITY.md").write_text("mine\n")
    commit(plugin)
    (later.templates / "template" / "SECURITY.md").write_text("theirs\n")

    result = run(plugin, later)

    assert result.merge.conflicts == ("SECURITY.md",)
    assert "mine\n" in (plugin / "SECURITY.md").read_text()


def test_a_link_in_place_of_a_file_is_left_alone(plugin: Path, later: Tool, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine\n")
    (plugin / "CHANGELOG.md").unlink()
    (plugin / "CHANGELOG.md").symlink_to(outside)
    commit(plugin)
    (later.templates / "template" / "CHANGELOG.md").write_text("# News\n")

    assert run(plugin, later).merge.kept == ("CHANGELOG.md",)
    assert outside.read_text() == "mine\n"


def test_windows_line_ends_stay_and_do_not_conflict(plugin: Path, later: Tool) -> None:
    path = plugin / "README.md"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n").replace(b"## Develop\r\n", b"## Mine\r\n"))
    commit(plugin)
    edit(later.templates / "template/README.md.jinja", "## Release\n", "## Releases\n")

    result = run(plugin, later)

    assert result.merge.conflicts == ()
    assert b"## Mine\r\n" in path.read_bytes()
    assert b"## Releases\r\n" in path.read_bytes()
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")


@pytest.mark.parametrize("change", ["edited", "new"])
def test_uncommitted_changes_are_named_and_nothing_is_written(plugin: Path, later: Tool, change: str) -> None:
    (plugin / ("README.md" if change == "edited" else "notes.txt")).write_text("mine\n")
    (later.templates / "template" / "CHANGELOG.md").write_text("# News\n")
    before = snapshot(plugin)

    with pytest.raises(ProjectError, match="not committed") as raised:
        run(plugin, later)

    assert ("README.md" if change == "edited" else "notes.txt") in str(raised.value.why)
    assert snapshot(plugin) == before


def test_a_plugin_outside_git_is_refused(plugin: Path) -> None:
    shutil.rmtree(plugin / ".git")

    with pytest.raises(ProjectError, match="not in a git repository"):
        run(plugin, TOOL)


def test_without_git_it_says_so(plugin: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ToolMissingError, match="git is not installed"):
        run(plugin, TOOL)


def test_an_older_tool_is_refused(plugin: Path) -> None:
    with pytest.raises(ProjectError, match=r"made by plugin-cli 1\.2\.3, this is 1\.2\.0"):
        run(plugin, dataclasses.replace(TOOL, version="1.2.0"))


@pytest.mark.parametrize("name", ["answers.json", "base.tar.xz", "version"])
@pytest.mark.parametrize("damage", ["gone", "garbage"])
def test_a_damaged_state_is_named(plugin: Path, name: str, damage: str) -> None:
    path = plugin / ".plugin-cli" / name
    path.unlink() if damage == "gone" else path.write_bytes(b"\xfd7zXZ\x00\xff\xfe")
    commit(plugin)

    with pytest.raises(ProjectError) as raised:
        run(plugin, TOOL)

    assert name in raised.value.what
    assert "git checkout" in str(raised.value.remedy)


def test_a_full_disk_leaves_the_plugin_as_it_was(
    plugin: Path, later: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (later.templates / "template" / "CHANGELOG.md").write_text("# News\n")
    (later.templates / "template" / "LICENSE").unlink()
    (later.templates / "template" / "A.md").write_text("new\n")
    before, write = snapshot(plugin), Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if self.name == "version":
            raise OSError(28, "No space left on device", str(self))
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(PluginCliError, match="version cannot be written"):
        run(plugin, later)
    monkeypatch.undo()

    assert snapshot(plugin) == before


def test_an_interrupt_leaves_the_plugin_as_it_was(
    plugin: Path, later: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (later.templates / "template" / "CHANGELOG.md").write_text("# News\n")
    before, write = snapshot(plugin), Path.write_bytes

    def interrupted(self: Path, data: bytes) -> int:
        if self.name == "version":
            monkeypatch.undo()
            raise KeyboardInterrupt
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(plugin, later)

    assert snapshot(plugin) == before


@pytest.mark.parametrize("name", ["../outside", "/outside", "a/../../outside"])
def test_a_base_that_reaches_out_of_the_plugin_is_refused(plugin: Path, name: str) -> None:
    (plugin / ".plugin-cli" / "base.tar.xz").write_bytes(pack({name: b"x"}))
    commit(plugin)

    with pytest.raises(ProjectError, match=r"base\.tar\.xz cannot be read"):
        run(plugin, TOOL)


def test_a_development_version_of_the_tool_is_not_older(plugin: Path) -> None:
    assert run(plugin, dataclasses.replace(TOOL, version="1.2.3.dev4")).merge.is_empty


def test_a_dry_run_tells_and_writes_nothing_even_with_changes(plugin: Path, later: Tool) -> None:
    (plugin / "notes.txt").write_text("mine\n")
    (later.templates / "template" / "CHANGELOG.md").write_text("# News\n")
    before = snapshot(plugin)

    result = update(plugin, later, dry_run=True)

    assert result.merge.updated == ("CHANGELOG.md",)
    assert snapshot(plugin) == before


def add_to(plugin: Path, feature: str, tool: Tool = TOOL) -> AddResult:
    """Add a feature."""
    return add(plugin, feature, tool)


@pytest.mark.parametrize("feature", sorted(features(TOOL.templates)))
def test_adding_a_feature_makes_the_plugin_that_create_makes_with_it(
    plugin: Path, feature: str, tmp_path: Path
) -> None:
    assert not add_to(plugin, feature).is_there

    wanted = read_answers(plugin, TOOL.templates)
    assert wanted.frontend == "react" if feature == "react" else getattr(wanted, feature) is True
    other = create(wanted, tmp_path / "other", TOOL).directory
    assert snapshot(plugin) == snapshot(other)
    commit(plugin)
    assert add_to(plugin, feature).is_there


def test_adding_keeps_the_authors_edits(plugin: Path) -> None:
    edit(plugin / "backend/weather_datasource/datasource.py", '["berlin", "lisbon", "oslo"]', '["rome"]')
    commit(plugin)

    result = add_to(plugin, "ci")

    assert {".github/workflows/ci.yml", ".github/workflows/release.yml"} < set(result.merge.added)
    assert '["rome"]' in (plugin / "backend/weather_datasource/datasource.py").read_text()


def test_an_unknown_feature_is_refused_with_the_list(plugin: Path) -> None:
    with pytest.raises(UsageError) as raised:
        add_to(plugin, "streams")

    assert raised.value.why == f"allowed: {', '.join(features(TOOL.templates))}"
    assert raised.value.remedy == "plugin-cli add stream"


def test_adding_to_a_plugin_of_an_older_version_asks_for_the_update_first(plugin: Path, later: Tool) -> None:
    (later.templates / "template" / "CHANGELOG.md").write_text("# News\n")

    with pytest.raises(ProjectError) as raised:
        add_to(plugin, "ci", later)

    assert str(raised.value.remedy).startswith("plugin-cli update")


def test_adding_needs_a_clean_tree(plugin: Path) -> None:
    (plugin / "notes.txt").write_text("mine\n")

    with pytest.raises(ProjectError, match="not committed"):
        add_to(plugin, "ci")
