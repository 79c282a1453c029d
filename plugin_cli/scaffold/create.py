"""Makes a new plugin repository: rendered aside, moved into place whole, or nothing at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from plugin_cli.errors import PluginCliError, UsageError
from plugin_cli.scaffold.answers import Answers, Tool, check_answers, render_plugin
from plugin_cli.scaffold.aside import made_aside, move_contents, remove_left
from plugin_cli.scaffold.render import Tree, write_tree
from plugin_cli.scaffold.state import state_files
from plugin_cli.system.git import Git


@dataclass(frozen=True)
class CreateResult:
    """What was made, or would be.

    Attributes:
        directory: the plugin's folder.
        files: every file in it, sorted, relative to it.
        commit: the hash of the first commit; None in a dry run.
    """

    directory: Path
    files: tuple[str, ...]
    commit: str | None


def create(answers: Answers, directory: Path | None, tool: Tool, *, dry_run: bool = False) -> CreateResult:
    """Make the plugin repository.

    Args:
        answers: what decides the scaffold.
        directory: the folder to make; None: named after the id, in the current folder.
        tool: the running tool.
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
    rendered = render_plugin(answers, tool)
    files = rendered | state_files(answers, tool.version, rendered)
    names = tuple(sorted(files))
    if dry_run:
        return CreateResult(directory, names, None)
    Git.require()
    try:
        remove_left(directory.parent)
        commit = _write(files, directory, f"Create {answers.names.plugin_id} with plugin-cli {tool.version}")
    except OSError as error:
        raise PluginCliError(
            f"{directory} cannot be written",
            why=error.strerror or str(error),
            remedy="choose a folder that you may write to, on a disk with room",
        ) from error
    return CreateResult(directory, names, commit)


def check_directory(directory: Path) -> None:
    """Refuse a place where a plugin cannot be put without touching what is there.

    Raises:
        UsageError: naming the directory.
    """
    if directory.is_dir():
        remove_left(directory)
        if any(directory.iterdir()):
            raise UsageError(
                f"DIR {directory} is not empty",
                why="allowed: a new folder, or an empty one",
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


def _write(files: Tree, directory: Path, message: str) -> str:
    """Write and commit aside, on the same file system, then move into place; return the commit."""
    exists = directory.is_dir()
    with made_aside(directory if exists else directory.parent) as aside:
        made = aside / "plugin"
        made.mkdir()
        write_tree(files, made)
        commit = Git(made).start(message)
        if exists:
            move_contents(made, directory)
        else:
            made.rename(directory)
    return commit
