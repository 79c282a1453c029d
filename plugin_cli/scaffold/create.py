"""Makes a new plugin repository: rendered aside, moved into place whole, or nothing at all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from plugin_cli.errors import PluginCliError, UsageError
from plugin_cli.scaffold.answers import Answers, Tool, check_answers, render_plugin
from plugin_cli.scaffold.aside import PREFIX, made_aside, move_back, move_contents, remove_left
from plugin_cli.scaffold.foreign import Foreign, copy, overlay
from plugin_cli.scaffold.render import read_tree, write_tree
from plugin_cli.scaffold.state import state_files
from plugin_cli.system.git import Git

Write = Callable[[Path], None]
"""Fills a folder with the files of a plugin."""


@dataclass(frozen=True)
class CreateResult:
    """What was made, or would be.

    Attributes:
        directory: the plugin's folder.
        files: every file in it, sorted, relative to it.
        commit: the hash of the first commit; None where nothing was committed.
        repository: the work tree that the plugin became a part of, instead of a repository of its own.
        dry_run: whether nothing was written.
    """

    directory: Path
    files: tuple[str, ...]
    commit: str | None
    repository: Path | None = None
    dry_run: bool = False


def create(
    answers: Answers,
    directory: Path | None,
    tool: Tool,
    *,
    template: Foreign | None = None,
    dry_run: bool = False,
) -> CreateResult:
    """Make the plugin repository.

    Args:
        answers: what decides the scaffold.
        directory: the folder to make; None: named after the id, in the current folder.
        tool: the running tool.
        template: an organisation's template to lay over ours.
        dry_run: report what would be made and write nothing.

    Raises:
        UsageError: an answer or the directory is not acceptable.
        ToolMissingError: git is not installed.
        ToolFailedError: git failed.
        PluginCliError: the files cannot be written.
    """
    check_answers(answers, tool.templates)
    directory = (directory or Path(answers.names.plugin_id)).absolute()
    check_directory(directory)
    rendered = overlay(template, render_plugin(answers, tool), answers, tool)
    files = rendered | state_files(answers, tool.version, rendered)
    files |= template.record() if template else {}
    if dry_run:
        return CreateResult(directory, tuple(sorted(files)), None, dry_run=True)
    message = f"Create {answers.names.plugin_id} with plugin-cli {tool.version}"
    return _write_repository(partial(write_tree, files), directory, message)


def create_from(
    template: Foreign, given: Mapping[str, Any], directory: Path | None, *, asks: bool, dry_run: bool = False
) -> CreateResult:
    """Make a repository of an organisation's template alone, by copier.

    Args:
        template: the template.
        given: answers by flags and an answers file, to those of its questions that are named as ours.
        directory: the folder to make.
        asks: whether copier may ask on a terminal what is not given.
        dry_run: report what would be made and write nothing.

    Raises:
        UsageError: there is no directory, or the template refuses what is given.
        ToolFailedError: git or a task of the template failed.
        PluginCliError: the files cannot be written.
    """
    if directory is None:
        raise UsageError("DIR is missing", why="a template of your own has no plugin id to name it after")
    directory = directory.absolute()
    check_directory(directory)
    if dry_run:
        with tempfile.TemporaryDirectory(prefix="plugin-cli-") as aside:
            copy(template, Path(aside), data=given, asks=asks)
            return CreateResult(directory, tuple(read_tree(Path(aside))), None, dry_run=True)
    write = partial(copy, template, data=given, asks=asks)
    return _write_repository(write, directory, f"Create {directory.name} from {template.name}")


def _write_repository(write: Write, directory: Path, message: str) -> CreateResult:
    """Let `write` fill the folder, and commit except where it becomes a part of another repository."""
    Git.require()
    around = _repository_around(directory)
    try:
        remove_left(directory.parent)
        commit = _place(write, directory, message, is_part=around is not None)
    except OSError as error:
        raise PluginCliError(
            f"{directory} cannot be written",
            why=error.strerror or str(error),
            remedy="choose a folder that you may write to, on a disk with room",
        ) from error
    return CreateResult(directory, tuple(read_tree(directory)), commit, around)


def check_directory(directory: Path) -> None:
    """Refuse a place where a plugin cannot be put without touching what is there.

    Raises:
        UsageError: naming the directory.
    """
    if directory.is_dir():
        remove_left(directory)
        if any(entry.name != ".git" for entry in directory.iterdir()):
            raise UsageError(
                f"DIR {directory} is not empty",
                why="allowed: a new folder, an empty one, or a clone with nothing in it",
                remedy="give another DIR",
            )
    elif directory.exists() or directory.is_symlink():
        raise UsageError(
            f"DIR {directory} is a file",
            why="allowed: a new folder, or an empty one",
            remedy="give another DIR",
        )
    elif not directory.parent.is_dir():
        raise UsageError(
            f"DIR {directory} has no parent folder",
            remedy=f"mkdir -p {directory.parent}   (then the same again)",
        )


def _repository_around(directory: Path) -> Path | None:
    """Return the work tree that will hold the plugin; None if the plugin is a repository itself."""
    if (directory / ".git").exists():
        return None
    top = Git(directory.parent).top_level()
    return None if top is None or Git(directory.parent).ignores(directory) else top


def _place(write: Write, directory: Path, message: str, *, is_part: bool) -> str | None:
    """Write aside, on the same file system, then move into place; return the commit if there is one."""
    exists = directory.is_dir()
    has_git = (directory / ".git").exists()
    with made_aside(directory if exists else directory.parent) as aside:
        made = aside / "plugin"
        made.mkdir()
        write(made)
        commit = None if is_part or has_git else Git(made).start(message)
        if not exists:
            made.rename(directory)
        elif has_git:
            commit = _fill_clone(made, directory, message)
        else:
            move_contents(made, directory)
    return commit


def _fill_clone(made: Path, directory: Path, message: str) -> str | None:
    """Move the files into a repository that holds none; commit them unless there is history already."""
    git = Git(directory)
    has_commits = git.has_commits()
    move_contents(made, directory)
    if has_commits:
        return None
    try:
        return git.commit_all(message, but=f"{PREFIX}*")
    except BaseException:
        git.unstage_all()
        move_back(made.parent, directory)
        raise
