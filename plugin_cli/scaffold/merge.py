"""Brings a new rendering into a plugin whose author has edited the old one: all of it, or nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from plugin_cli.errors import PluginCliError, ProjectError
from plugin_cli.scaffold.render import Tree
from plugin_cli.system.git import Git
from plugin_cli.venv.lock import LOCK

LABELS = ("yours", "template before", "template now")


@dataclass(frozen=True)
class Merge:
    """What a merge does to each file, by its path.

    Attributes:
        added: files that the templates bring.
        updated: files that change, without a conflict.
        removed: files that the templates no longer have and the author left as they were.
        kept: files that stay as the author has them, edited or deleted, although the template went on.
        conflicts: files in which both changed the same lines; marked as git marks them.
        content: the bytes to write, for added, updated and conflicting files.
    """

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    content: Tree = field(default_factory=dict, repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether the plugin stays as it is."""
        return not (self.content or self.removed or self.kept)


def require_clean(root: Path) -> None:
    """Refuse to touch a plugin whose state git could not bring back.

    Raises:
        ToolMissingError: git is not installed.
        ProjectError: the plugin is in no repository, or has changes that are not committed.
    """
    Git.require()
    git = Git(root)
    if not git.is_repository():
        raise ProjectError(
            f"{root} is not in a git repository",
            why="files are merged; without a commit there is no way back",
            remedy='git init && git add --all && git commit --message "Before the update"',
        )
    changes = git.changes(but=LOCK)  # which no template writes, and the first command in a plugin does
    if changes:
        shown = [*changes[:8], *([f"and {len(changes) - 8} more"] if len(changes) > 8 else [])]
        raise ProjectError(
            "the plugin has changes that are not committed",
            why="\n".join(shown),
            remedy="git stash --include-untracked   (or commit them)",
        )


def merge(root: Path, base: Tree, new: Tree) -> Merge:
    """Return what bringing `base` to `new` means for the author's files below `root`; writes nothing."""
    outcome: dict[str, list[str]] = {"added": [], "updated": [], "removed": [], "kept": [], "conflicts": []}
    content: Tree = {}
    for name in sorted(base.keys() | new.keys()):
        before, after, path = base.get(name), new.get(name), root / name
        yours = path.read_bytes() if path.is_file() and not path.is_symlink() else None
        ends_in_crlf = yours is not None and b"\r\n" in yours and b"\r\n" not in (before or b"")
        if yours is not None and ends_in_crlf:
            yours = yours.replace(b"\r\n", b"\n")
        verdict, result = _merge_file(root, before, after, yours, exists=path.exists() or path.is_symlink())
        if verdict is not None:
            outcome[verdict].append(name)
        if result is not None:
            content[name] = result.replace(b"\n", b"\r\n") if ends_in_crlf else result
    return Merge(**{verdict: tuple(names) for verdict, names in outcome.items()}, content=content)


def _merge_file(
    root: Path, before: bytes | None, after: bytes | None, yours: bytes | None, *, exists: bool
) -> tuple[str | None, bytes | None]:
    """Return the verdict on one file and what to write; None if there is nothing to report or write."""
    if before == after or yours == after:
        return None, None
    if after is None:
        return ("removed", None) if yours == before else ("kept", None) if exists else (None, None)
    if yours == before and (yours is not None or not exists):
        return ("added" if before is None else "updated"), after
    if yours is None:  # deleted by the author, or not a regular file
        return "kept", None
    merged, conflict = _three_way(root, before or b"", after, yours)
    return ("conflicts" if conflict else "updated"), merged


def _three_way(root: Path, before: bytes, after: bytes, yours: bytes) -> tuple[bytes, bool]:
    with tempfile.TemporaryDirectory() as aside:
        mine, base, theirs = (Path(aside, name) for name in ("yours", "before", "now"))
        mine.write_bytes(yours)
        base.write_bytes(before)
        theirs.write_bytes(after)
        return Git(root).merge_file(mine, base, theirs, LABELS)


def apply(root: Path, content: Tree, removed: Iterable[str] = ()) -> None:
    """Write and remove files, in order; when one fails, put everything back.

    Raises:
        PluginCliError: a file cannot be written; the plugin is as it was.
    """
    before: dict[Path, bytes | None] = {}
    try:
        for name, data in content.items():
            path = root / name
            before[path] = path.read_bytes() if path.is_file() else None
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        for name in removed:
            before[root / name] = (root / name).read_bytes()
            (root / name).unlink()
    except OSError as error:
        _restore(before)
        raise PluginCliError(
            f"{error.filename or root} cannot be written",
            why=f"{error.strerror or error}; the plugin is as it was",
            remedy="make the plugin's folder writable and see that the disk has room",
        ) from error
    except BaseException:
        _restore(before)
        raise


def _restore(before: dict[Path, bytes | None]) -> None:
    for path, data in before.items():
        if data is None:
            path.unlink(missing_ok=True)
        elif not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)
