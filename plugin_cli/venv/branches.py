"""Branches of repositories that packages come from, which move on while uv.lock keeps the commit."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from plugin_cli.system.process import run
from plugin_cli.venv.tool_source import DISTRIBUTION

_LOOKUP_SECONDS = 20


@dataclass(frozen=True)
class MovedBranch:
    """A package of a branch that has another commit by now.

    Attributes:
        name: the distribution.
        branch: the branch, empty for the repository's main one.
        locked: the commit that uv.lock has.
        newest: the commit that the branch is at.
    """

    name: str
    branch: str
    locked: str
    newest: str

    def __str__(self) -> str:
        """Return what the author should know, and what takes the newest commit."""
        branch = f"branch {self.branch!r}" if self.branch else "the main branch"
        return (
            f"{branch} of {self.name} has moved to {self.newest[:7]}; uv.lock keeps {self.locked[:7]}\n"
            f"  try: plugin-cli update --packages {self.name}   (to take it into uv.lock)"
        )


def moved_branches(lock: Path) -> Iterator[MovedBranch]:
    """Yield the packages of a uv.lock whose branch has another commit than the lock.

    Nothing is yielded for a repository that cannot be reached, a fixed commit or tag, or plugin-cli itself.
    """
    for name, address in _repositories(lock):
        parts = urlsplit(address)
        asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
        branch, locked = asked.get("branch", asked.get("rev", "")), parts.fragment
        if "tag" in asked or (branch and locked.startswith(branch)):
            continue
        newest = newest_commit(parts._replace(query="", fragment="").geturl(), branch)
        if newest not in ("", locked):
            yield MovedBranch(name, branch, locked, newest)


def _repositories(lock: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the address of each package of a repository; a lock that uv cannot read has none."""
    try:
        packages = tomllib.loads(lock.read_text(encoding="utf-8")).get("package", [])
    except ValueError:
        return  # uv has said what is wrong with it
    for package in packages if isinstance(packages, list) else []:
        match package:
            case {"name": str(name), "source": {"git": str(address)}} if name != DISTRIBUTION:
                yield name, address


def newest_commit(address: str, revision: str) -> str:
    """Return the commit that a branch of a repository is at, nothing where it cannot be reached."""
    command = ["git", "ls-remote", address, revision or "HEAD"]
    done = run(
        command,
        what="the repository of a dependency cannot be read",
        env=os.environ | {"GIT_TERMINAL_PROMPT": "0"},
        timeout_seconds=_LOOKUP_SECONDS,
        check=False,
    )
    return done.stdout.split()[0] if done.returncode == 0 and done.stdout.split() else ""
