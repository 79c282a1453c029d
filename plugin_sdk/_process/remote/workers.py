"""Several processes that share one address: Python runs on one core in each of them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from plugin_sdk import _log
from plugin_sdk._process.handshake import HandshakeError
from plugin_sdk._process.remote.options import Options, host_and_port
from plugin_sdk._process.remote.worker import Worker

_POLL_SECONDS = 0.1
_BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_LONG_LIFE_SECONDS = 60.0
_LATE_SECONDS = 5.0


def run_group(options: Options) -> int:
    """Run the workers until SIGTERM or Ctrl-C; return the exit code."""
    _log.configure(level=options.level, fd=1)
    folder = Path(tempfile.mkdtemp(prefix="plugin-workers-"))
    try:
        with _reserved(options.listen) as reserved:
            return _Group(options, reserved, folder).run()
    except HandshakeError as error:
        _log.log("error", str(error))
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _reserved(address: str) -> socket.socket:
    """Bind the address without listening: the workers share it, and nobody else takes it.

    Raises:
        HandshakeError: it is taken, or not of this machine.
    """
    if sys.platform == "win32":
        raise HandshakeError("--workers: processes cannot share a port on Windows; start one without it")
    host, port = host_and_port(address)
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, protocol)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            made.bind(where)
        except OSError:
            made.close()
            raise
    except OSError as error:
        raise HandshakeError(
            f"--listen: {address} cannot be listened on: {error.strerror or error}"
        ) from error
    return made


class _Group:
    """The workers, each started again when it ends."""

    def __init__(self, options: Options, reserved: socket.socket, folder: Path) -> None:
        port = int(reserved.getsockname()[1])
        self._address = f"{options.listen.rpartition(':')[0]}:{port}"
        self._options = options
        self._members = [
            _Member(Worker(number, self._address, folder / f"worker-{number}"))
            for number in range(options.workers)
        ]
        self._stop = threading.Event()

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self._stop.set())
        self._serve_metrics()
        _log.log(
            "info", "starting workers", address=self._address, workers=len(self._members), pid=os.getpid()
        )
        failed = False
        while not failed and not self._stop.wait(_POLL_SECONDS):
            failed = not all(member.keep() for member in self._members)
        self._end()
        return 1 if failed else 0

    def _serve_metrics(self) -> None:
        if self._options.metrics:
            from plugin_sdk._process.remote.metrics import serve_group_metrics

            port = serve_group_metrics(self._options.metrics, self._metrics_ports)
            _log.log("info", "metrics", port=port)

    def _metrics_ports(self) -> dict[int, int]:
        found = {member.worker.number: member.worker.metrics() for member in self._members}
        return {number: port for number, port in found.items() if port}

    def _end(self) -> None:
        for member in self._members:
            member.terminate()
        deadline = time.monotonic() + self._options.lame_duck + self._options.drain + _LATE_SECONDS
        for member in self._members:
            member.wait(deadline)


class _Member:
    """One worker, and the process that plays it at the moment."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self._process: subprocess.Popen[bytes] | None = None
        self._started = self._again = 0.0
        self._failures = 0

    def keep(self) -> bool:
        """Start it where it does not run; return False where it never came to listen."""
        if self._process is None:
            if time.monotonic() >= self._again:
                self._start()
            return True
        code = self._process.poll()
        if code is None:
            return True
        if self.worker.metrics() is None and not self._failures:
            _log.log("error", "a worker ended before it listened", worker=self.worker.number, code=code)
            return False
        self._ended(code)
        return True

    def _start(self) -> None:
        self.worker.file.unlink(missing_ok=True)
        self._started = time.monotonic()
        self._process = subprocess.Popen(_command(), env=os.environ | self.worker.variable())

    def _ended(self, code: int) -> None:
        self._process = None
        lived = time.monotonic() - self._started
        self._failures = 1 if lived > _LONG_LIFE_SECONDS else self._failures + 1
        pause = _BACKOFF_SECONDS[min(self._failures, len(_BACKOFF_SECONDS)) - 1]
        self._again = time.monotonic() + pause
        _log.log(
            "warn",
            f"a worker ended; it is started again in {pause:g} s",
            worker=self.worker.number,
            code=code,
        )

    def terminate(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def wait(self, deadline: float) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _log.log("warn", "a worker did not end in time and is killed", worker=self.worker.number)
            self._process.kill()
            self._process.wait()


def _command() -> list[str]:
    """Return the command line of this process, which a worker shares."""
    if getattr(sys, "frozen", False):
        return [sys.executable, *sys.argv[1:]]
    return [sys.executable, *sys.orig_argv[1:]]
