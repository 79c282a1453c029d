"""Git, as far as scaffolding and updating need it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from plugin_cli.errors import ToolFailedError, ToolMissingError

_NOBODY = {"user.name": "plugin-cli", "user.email": "plugin-cli@localhost"}

# What git says, in small letters, and what helps; the first that fits.
_REMEDIES = {
    "dubious ownership": "make the folder yours, or trust it: git config --global --add safe.directory <DIR>",
    "index.lock": "another git is at work there; if none is, remove .git/index.lock",
    "no space left on device": "make room on the disk",
    "unable to access": "name a home that you may read: export HOME=<FOLDER>",
    "bad config": "correct the line that it names, or leave it out: export GIT_CONFIG_GLOBAL=/dev/null",
    "read-only file system": "choose a folder that you may write to",
    "permission denied": "choose a folder that you may write to",
}


class Git:
    """Git in one folder, deaf to a surrounding repository, to hooks and to signing set up elsewhere."""

    def __init__(self, folder: Path, *, environment: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        environment = os.environ if environment is None else environment
        # GIT_DIR and its kin, set by a hook that runs us, would aim every command at another repository.
        keep = ("GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_CONFIG", "GIT_EXEC_PATH", "GIT_SSL_")
        self._environment = {
            name: value
            for name, value in environment.items()
            if not name.startswith("GIT_") or name.startswith(keep)
        } | {"LC_ALL": "C"}  # its words are compared below

    @staticmethod
    def require() -> None:
        """Refuse to start work that ends in a commit where git is not installed.

        Raises:
            ToolMissingError: git is not on PATH.
        """
        import shutil

        if shutil.which("git") is None:
            raise ToolMissingError(
                "git is not installed",
                why="a new plugin is a git repository with one commit, and update merges with git",
                remedy="sudo apt-get install git   (or https://git-scm.com/downloads)",
            )

    def start(self, message: str) -> str:
        """Make the folder a repository (branch main) with one commit of all it holds; return its hash."""
        self._run("-c", "init.defaultBranch=main", "init", "--quiet", "--template=")
        return self.commit_all(message)

    def commit_all(self, message: str, *, but: str = "") -> str:
        """Commit all in the folder, ignored or not, `but` for one pattern; return the commit's hash."""
        self._run("add", "--all", "--force", *(["--", ".", f":(exclude){but}"] if but else []))
        self._run(
            *self._identity(), "commit", "--quiet", "--no-verify", "--no-gpg-sign", "--message", message
        )
        return self._run("rev-parse", "HEAD").strip()

    def is_repository(self) -> bool:
        """Return True if the folder is inside a git work tree."""
        return self.top_level() is not None

    def top_level(self) -> Path | None:
        """Return the top of the work tree that the folder is in; None where it is in none.

        Raises:
            ToolFailedError: git cannot tell: it does not trust the owner, or the repository is broken.
        """
        arguments = ("rev-parse", "--show-toplevel")
        done = self._call(*arguments)
        if done.returncode == 0:
            return Path(done.stdout.removesuffix("\n"))
        if any(
            words in done.stderr for words in ("not a git repository (or any", "must be run in a work tree")
        ):
            return None
        raise self._failure(self._command(*arguments), done.returncode, done.stdout + done.stderr)

    def ignores(self, path: Path) -> bool:
        """Return True if the repository around the folder leaves `path` out."""
        return self._call("check-ignore", "--quiet", str(path)).returncode == 0

    def has_commits(self) -> bool:
        """Return True if the current branch has a commit."""
        return self._call("rev-parse", "--verify", "--quiet", "HEAD").returncode == 0

    def unstage_all(self) -> None:
        """Forget everything that was staged in a repository without commits."""
        self._call("read-tree", "--empty")

    def changes(self, *, but: str | None = None) -> tuple[str, ...]:
        """Return the lines of `git status` for what is not committed below the folder, `but` for one file."""
        excluded = [] if but is None else [f":(exclude){but}"]
        status = self._run("status", "--porcelain", "--untracked-files=normal", "--", ".", *excluded)
        return tuple(status.splitlines())

    def merge_file(
        self, ours: Path, base: Path, theirs: Path, labels: tuple[str, str, str]
    ) -> tuple[bytes, bool]:
        """Return the three-way merge of three files and whether it holds conflicts."""
        names = [word for label in labels for word in ("-L", label)]
        command = self._command("merge-file", "--stdout", *names, str(ours), str(base), str(theirs))
        done = subprocess.run(
            command, cwd=self._folder, env=self._environment, capture_output=True, check=False
        )
        # The exit code is the number of conflicts, at most 127; 128 and above are failures.
        if done.returncode < 0 or done.returncode > 127:
            raise self._failure(command, done.returncode, done.stderr.decode(errors="replace"))
        return done.stdout, done.returncode > 0

    def _identity(self) -> list[str]:
        """Return options that name a neutral author where git knows none."""
        known = self._call("config", "--get-regexp", r"^user\.(name|email)$").stdout.split()
        unknown = {key: value for key, value in _NOBODY.items() if key not in known}
        return [word for key, value in unknown.items() for word in ("-c", f"{key}={value}")]

    def _run(self, *arguments: str) -> str:
        done = self._call(*arguments)
        if done.returncode != 0:
            raise self._failure(self._command(*arguments), done.returncode, done.stdout + done.stderr)
        return done.stdout

    def _call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(*arguments),
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )

    @staticmethod
    def _command(*arguments: str) -> list[str]:
        return ["git", "-c", f"core.hooksPath={os.devnull}", "-c", "core.autocrlf=false", *arguments]

    @staticmethod
    def _failure(command: list[str], returncode: int, output: str) -> ToolFailedError:
        remedy = next((advice for words, advice in _REMEDIES.items() if words in output.lower()), None)
        named = re.search(r"repository at '(.+)'", output)
        if remedy is not None and named is not None:
            remedy = remedy.replace("<DIR>", shlex.quote(named[1]))
        return ToolFailedError(
            "git failed", command=command, returncode=returncode, output=output, remedy=remedy
        )
