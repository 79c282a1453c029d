"""Development sessions on disk: one folder a plugin, its session alive as long as its lock is held."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from plugin_cli.errors import PluginCliError, disk_error
from plugin_cli.system.cache import cache_dir, private_dir
from plugin_cli.system.file_lock import FileLock
from plugin_cli.system.json_file import read_json, write_json
from plugin_cli.system.running import Process, this_process

_CLAIM_SECONDS = 1.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Session:
    """What other commands need to know of a running `dev up`.

    Attributes:
        plugin_id: the plugin it runs.
        root: the plugin's repository.
        runtime: `docker`, `local` or `preview`.
        backend: `source` or `dist`.
        url: the page to open.
        pid: the process that owns it.
        started: when, in seconds since 1970.
        container: the Grafana container's id, with Docker.
        engine: the address of the Docker engine that runs it.
        run: the number of this run, so that a reader can distinguish a new session from the previous one.
        settings_file: what the data source's settings were read from instead of provisioning/.
        what: what runs, for people: which Grafana and from where.
        why: why this runtime and no other; empty where it was named.
    """

    plugin_id: str
    root: str
    runtime: str
    backend: str
    url: str
    pid: int
    started: float
    container: str | None = None
    engine: str | None = None
    run: str = ""
    settings_file: str | None = None
    what: str = ""
    why: str = ""


@dataclass(frozen=True)
class SessionFolder:
    """The folder of one plugin's development session, in the user's cache."""

    path: Path

    @property
    def log(self) -> Path:
        """What plugin and Grafana logged, one JSON object a line."""
        return self.path / "log.jsonl"

    @property
    def output(self) -> Path:
        """The stderr of a detached owner."""
        return self.path / "output.txt"

    @property
    def backend(self) -> Path:
        """What became of the newest backend on this machine."""
        return self.path / "backend.json"

    @property
    def _record(self) -> Path:
        return self.path / "session.json"

    @property
    def _crashed(self) -> Path:
        return self.path / "crashed.json"

    @property
    def _owner(self) -> Path:
        return self.path / "owner.json"

    @property
    def _failure(self) -> Path:
        return self.path / "failure.json"

    @property
    def _problem(self) -> Path:
        return self.path / "problem.json"

    @property
    def _stop(self) -> Path:
        return self.path / "stop"

    def make(self) -> None:
        """Make the folder, closed to other users.

        Raises:
            PluginCliError: it cannot be written.
        """
        try:
            private_dir(self.path)
            (self.path / "lock").touch()
        except OSError as error:
            raise PluginCliError(
                f"{self.path} cannot be written",
                why=error.strerror or str(error),
                remedy="make it writable, with room on the disk, or name another folder for caches: "
                "export XDG_CACHE_HOME=<FOLDER>",
            ) from error

    @contextmanager
    def claim(self) -> Iterator[None]:
        """Own the session until the block ends or this process dies; no other process can.

        Raises:
            PluginCliError: another process owns it, or its folder cannot be written.
        """
        self.make()
        lock = FileLock(self.path / "lock")
        # `dev status` holds the lock for an instant while it checks; it is not an owner.
        deadline = time.monotonic() + _CLAIM_SECONDS
        while not lock.acquire():
            if time.monotonic() > deadline:
                raise PluginCliError(
                    "another `plugin-cli dev up` runs for this plugin",
                    remedy="plugin-cli dev status   (or: plugin-cli dev down)",
                )
            time.sleep(_POLL_SECONDS)
        try:
            self._take_over()
            yield
        finally:
            for path in (self._record, self.backend, self._stop, self._owner, self._problem):
                path.unlink(missing_ok=True)
            lock.release()

    def _take_over(self) -> None:
        """Set what the last owner left aside: from now on it says nothing of what runs."""
        for path in (self._stop, self.backend, self._problem):
            path.unlink(missing_ok=True)
        self.forget_failure()
        try:
            if self._record.exists():
                self._record.replace(self._crashed)
            write_json(self._owner, asdict(this_process()))
        except OSError as error:
            raise disk_error(self.path, error) from error

    def owner(self) -> Process | None:
        """Return the process that owns the session; None where none does, or it has not said so yet."""
        document = read_json(self._owner) if self.owned() else None
        with suppress(TypeError):
            found = None if document is None else Process(**document)
            return found if found is not None and found.runs else None
        return None

    def owned(self) -> bool:
        """Return True if a live process owns the session."""
        if not self.path.is_dir():
            return False
        lock = FileLock(self.path / "lock")
        if not lock.acquire():
            return True
        lock.release()
        return False

    def live(self) -> Session | None:
        """Return the running session, or None: one that crashed does not run, nor does one that starts."""
        session, owner = self.recorded(), self.owner()
        return session if session is not None and owner is not None and session.pid == owner.pid else None

    def recorded(self) -> Session | None:
        """Return what the last owner wrote and did not take back, alive or crashed."""
        return _session(self._record)

    def crashed(self) -> Session | None:
        """Return the session of an owner that died before it could clean up."""
        return (None if self.owned() else self.recorded()) or _session(self._crashed)

    def forget_crashed(self) -> None:
        """Remove the record of that session, once all that it left is gone."""
        self._crashed.unlink(missing_ok=True)

    def write(self, session: Session) -> None:
        """Publish the session to the other commands.

        Raises:
            PluginCliError: the disk takes nothing.
        """
        try:
            write_json(self._record, asdict(session))
        except OSError as error:
            raise disk_error(self._record, error) from error

    def write_failure(self, error: PluginCliError) -> None:
        """Leave the reason why a detached owner ended for the command that started it."""
        facts = {"what": error.what, "why": error.why, "remedy": error.remedy, "exit_code": error.exit_code}
        # Without room for it the owner's own words on stderr are all there is.
        with suppress(OSError):
            write_json(self._failure, facts)

    def forget_failure(self) -> None:
        """Remove the reason of an earlier run."""
        self._failure.unlink(missing_ok=True)

    def failure(self) -> PluginCliError | None:
        """Return the reason a detached owner left, if it did."""
        document = read_json(self._failure)
        if document is None:
            return None
        error = PluginCliError(str(document["what"]), why=document["why"], remedy=document["remedy"])
        error.exit_code = int(document["exit_code"])
        return error

    def write_problem(self, text: str) -> None:
        """Note what the session cannot read at the moment, for `dev status`; empty where it reads all."""
        with suppress(OSError):
            write_json(self._problem, {"text": text})

    def problem(self) -> str:
        """Return that text."""
        return str((read_json(self._problem) or {}).get("text", ""))

    def ask_to_stop(self) -> None:
        """Ask the owner to end the session.

        A file and no signal, because Windows has none that a detached process could act on.
        """
        self._stop.touch()

    def stop_asked(self) -> bool:
        """Return True if another process requested the owner to stop."""
        return self._stop.exists()

    def make_sockets(self) -> Path:
        """Make a folder for sockets, closed to other users; the kernel takes no long paths for them."""
        return Path(tempfile.mkdtemp(prefix=self._sockets_prefix))

    def remove_sockets(self) -> None:
        """Remove such folders of owners that were killed; call it where none runs."""
        for path in Path(tempfile.gettempdir()).glob(f"{self._sockets_prefix}*"):
            with suppress(OSError):
                if sys.platform == "win32" or path.lstat().st_uid == os.getuid():
                    shutil.rmtree(path, ignore_errors=True)

    @property
    def _sockets_prefix(self) -> str:
        return f"plugin-cli-{self.path.name[-6:]}-"

    def remove(self) -> None:
        """Forget the session and its logs."""
        shutil.rmtree(self.path, ignore_errors=True)


def _session(path: Path) -> Session | None:
    document = read_json(path)
    with suppress(TypeError):
        return None if document is None else Session(**document)
    return None


def session_folder(root: Path) -> SessionFolder:
    """Return the folder of the session of the plugin repository `root`; it need not exist."""
    # By the place and not by the plugin's id: that may change, or be unreadable, while a session runs.
    # The name is for people who look into the cache.
    digest = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]
    name = re.sub(r"[^a-z0-9]+", "-", root.resolve().name.lower()).strip("-")[:60] or "plugin"
    return SessionFolder(cache_dir() / "dev" / f"{name}-{digest}")
