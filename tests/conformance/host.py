"""Drives the Go host: one long-lived process, one JSON line a command, many commands at once."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ANSWER_SECONDS = 60.0

Answer = dict[str, Any]


class HostError(Exception):
    """The host could not do what it was told; a plugin's own error is an answer, not this."""


class Call:
    """One command under way."""

    def __init__(self, host: Host, number: int) -> None:
        self.number = number
        self._host = host
        self._messages: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self.events: list[Answer] = []
        self._answer: Answer | None = None

    def put(self, message: Answer) -> None:
        self._messages.put(message)

    def _take(self, seconds: float) -> Answer:
        try:
            return self._messages.get(timeout=seconds)
        except queue.Empty:
            raise HostError(f"command {self.number} gave no answer in {seconds:g} s") from None

    def next_event(self, seconds: float = ANSWER_SECONDS) -> Answer:
        """Return the next message of a stream."""
        message = self._take(seconds)
        if message.get("done"):
            self._answer = message
            raise HostError(f"the stream ended: {message}")
        self.events.append(message)
        return message

    def result(self, seconds: float = ANSWER_SECONDS) -> Answer:
        """Return the answer, with all messages of a stream under `events`."""
        while self._answer is None:
            message = self._take(seconds)
            if message.get("done"):
                self._answer = message
            else:
                self.events.append(message)
        return {**self._answer, "events": self.events}

    @property
    def done(self) -> bool:
        """Whether the answer is there; takes what has arrived."""
        while self._answer is None and not self._messages.empty():
            message = self._messages.get()
            if message.get("done"):
                self._answer = message
            else:
                self.events.append(message)
        return self._answer is not None

    def cancel(self) -> None:
        """Cancel the RPC, as Grafana does when the browser leaves."""
        self._host.ask("cancel", target=self.number)


class Host:
    """The Go host as a process."""

    def __init__(self, program: Path, env: dict[str, str] | None = None) -> None:
        self.program = program
        # Out of reach of Ctrl-C: it ends with its stdin, and then it stops every plugin properly.
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, start_new_session=True
        )
        self._calls: dict[int, Call] = {}
        self._lock = threading.Lock()
        self._last = 0
        self._plugins = 0
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in iter(self.process.stdout.readline, b""):
            if not line.endswith(b"\n"):
                break  # killed in the middle of it
            message = json.loads(line)
            call = self._calls.get(message["id"])
            if call is not None:
                call.put(message)
                if message.get("done"):
                    del self._calls[message["id"]]
        self._ended = True
        for call in list(self._calls.values()):
            call.put({"done": True, "error": "the host process ended"})

    def send(self, command: str, **fields: Any) -> Call:
        """Send one command without waiting for its answer."""
        assert self.process.stdin is not None
        with self._lock:
            if self._ended:
                raise HostError("the host process has ended, as Grafana would have")
            self._last += 1
            call = self._calls[self._last] = Call(self, self._last)
            line = json.dumps({"id": self._last, "cmd": command, **fields})
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        return call

    def ask(self, command: str, *, seconds: float = ANSWER_SECONDS, **fields: Any) -> Answer:
        """Send one command and return its answer. Raises HostError where the host could not do it."""
        answer = self.send(command, **fields).result(seconds)
        if "error" in answer:
            raise HostError(answer["error"])
        return answer

    def start(self, exe: Path | str, **launch: Any) -> Plugin:
        """Start a plugin as Grafana does."""
        self._plugins += 1
        plugin = Plugin(self, f"p{self._plugins}")
        plugin.start(exe, **launch)
        return plugin

    def dial(self, address: str) -> Plugin:
        """Connect to a server that runs already, without a handshake."""
        self._plugins += 1
        plugin = Plugin(self, f"p{self._plugins}")
        self.ask("dial", plugin=plugin.name, addr=address)
        return plugin

    @contextmanager
    def started(self, exe: Path | str, **launch: Any) -> Iterator[Plugin]:
        """Start a plugin and kill it at the end."""
        plugin = self.start(exe, **launch)
        try:
            yield plugin
        finally:
            plugin.kill()

    def stats(self, pid: int = 0) -> Answer:
        """Count file descriptors, sockets and threads of a process; 0 is the host itself."""
        return self.ask("stats", pid=pid)

    def sigkill(self) -> None:
        """End the host as if Grafana itself were killed; its plugins are orphans then."""
        self.process.kill()
        self.process.wait()
        self._reader.join(ANSWER_SECONDS)  # a pipe must not be closed while it is read
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()

    def close(self) -> None:
        """End the host and every plugin it started."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)
        self._reader.join(ANSWER_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()


class Plugin:
    """One plugin that the host started."""

    def __init__(self, host: Host, name: str) -> None:
        self.host = host
        self.name = name
        self.pid = 0
        self.info: Answer = {}
        self._seen = 0

    def start(self, exe: Path | str, *, seconds: float = 70.0, **launch: Any) -> None:
        answer = self.host.send("start", plugin=self.name, launch={"exe": str(exe), **launch}).result(seconds)
        self.info = answer
        self.pid = answer.get("pid", 0)
        if "error" in answer:
            raise HostError(answer["error"])

    def send(self, method: str, request: Answer | None = None, **options: Any) -> Call:
        """Begin an RPC. `request` is the message in protobuf's JSON form."""
        call = {"method": method, "request": request or {}, **options}
        return self.host.send("call", plugin=self.name, call=call)

    def call(
        self, method: str, request: Answer | None = None, *, seconds: float = ANSWER_SECONDS, **options: Any
    ) -> Answer:
        """Make an RPC and return how it went: `code`, `message`, `reply` or `responses`, `events`."""
        answer = self.send(method, request, **options).result(seconds)
        if "error" in answer:
            raise HostError(answer["error"])
        return answer

    def _ask(self, command: str, **fields: Any) -> Answer:
        return self.host.ask(command, plugin=self.name, **fields)

    def ping(self) -> None:
        self._ask("ping")

    def kill(self) -> Answer:
        """Stop it as Grafana does; tells `ms`, `exit_code` and the `signal` that ended it."""
        return self._ask("kill")

    def sigkill(self) -> None:
        self._ask("sigkill")

    def exited(self, wait_seconds: float = 0.0) -> Answer:
        return self._ask("exited", wait_ms=int(wait_seconds * 1000), seconds=wait_seconds + 30)

    def logs(self) -> list[Answer]:
        """Return the plugin's own log lines so far, as go-plugin parsed them."""
        return [entry for entry in self._ask("logs")["entries"] if not _is_go_plugin(entry)]

    def all_logs(self) -> list[Answer]:
        entries: list[Answer] = self._ask("logs")["entries"]
        return entries

    def mark(self) -> None:
        """Forget the log lines so far for `new_logs`."""
        self._seen = len(self.logs())

    def new_logs(self) -> list[Answer]:
        return self.logs()[self._seen :]

    def wait_log(self, wanted: Callable[[Answer], bool], seconds: float = 10.0) -> Answer:
        """Return the first new log line that fits, waiting for it."""
        deadline = time.monotonic() + seconds
        while True:
            for entry in self.new_logs():
                if wanted(entry):
                    return entry
            if time.monotonic() > deadline:
                lines = "\n".join(map(str, self.new_logs()[-20:]))
                raise AssertionError(f"no such log line in {seconds:g} s; the last ones:\n{lines}")
            time.sleep(0.02)

    def stdio(self) -> Answer:
        """Take what arrived through go-plugin's stdio service, and the raw stderr."""
        return self._ask("stdio")

    def services(self) -> list[str]:
        names: list[str] = self._ask("reflect")["services"]
        return names

    def hold(self, method: str, wait_ms: int = 400) -> Answer:
        """Open a stream and tell whether it was still `open`, without a message, after a while."""
        return self._ask("hold", call={"method": method}, wait_ms=wait_ms)

    def raw(self, method: str, data: str) -> Answer:
        return self._ask("raw", call={"method": method, "bytes": data})


def _is_go_plugin(entry: Answer) -> bool:
    # Its own lines come through the logger named "plugin"; the plugin's carry the executable's name behind it.
    name: str = entry["logger"]
    return name == "plugin" or name.endswith((".stdio", "GRPCBroker"))
