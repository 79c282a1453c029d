"""What the gate costs and how replicas scale, driven by the Go client that Grafana uses.

    scripts/bench remote [--quick]

Ratios within one run can be trusted; times are this machine's. Needs Go.
"""

from __future__ import annotations

import gzip
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from plugin_cli.build.remote.programs import gate_program
from plugin_cli.console import TerminalConsole
from plugin_cli.target import host_target
from tests.conformance.build import ROOT, program
from tests.conformance.host import Host, Plugin
from tests.gate.backends import mutual_tls
from tests.sdk.process.remote.certificates import authority
from tests.sdk.process.remote.served import Served

TARGET = "benchmarks.compare.remote_plugin:Probe"
LOOPS = 400_000
_LOADING_SECONDS = 5.0


def main(arguments: list[str]) -> int:
    """Measure and print."""
    quick = "--quick" in arguments
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        host = Host(program("host"))
        stack.callback(host.close)
        gate = gate_program(host_target(), TerminalConsole())
        size, zipped = gate.stat().st_size, len(gzip.compress(gate.read_bytes(), 9))
        print(f"gate: {size / 1e6:.1f} MB, {zipped / 1e6:.1f} MB zipped", flush=True)
        _tiny_queries(host, gate, folder, rounds=2 if quick else 5, count=300 if quick else 1500)
        _throughput(host, gate, count=60 if quick else 300)
    return 0


def _tiny_queries(host: Host, gate: Path, folder: Path, *, rounds: int, count: int) -> None:
    flags, keys = mutual_tls(authority(folder / "tls"))
    ways: dict[str, Plugin] = {}
    with ExitStack() as stack:
        plain, safe = stack.enter_context(_served()), stack.enter_context(_served(*flags))
        ways["in Grafana's machine"] = host.start(_direct(folder), env={})
        ways["gate"] = host.start(gate, env=_env({"backend": plain}))
        ways["gate, mutual TLS"] = host.start(gate, env=_env({"backend": safe, **keys}))
        ways["gate in Python"] = host.start(_python_gate(folder), env=_env({"backend": plain}))
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, plugin in ways.items():
                found[name].append(_load(plugin, count=count)["p50_us"])
        direct = statistics.median(found["in Grafana's machine"])
        for name, plugin in ways.items():
            p50 = statistics.median(found[name])
            print(
                f"{name}: p50 {p50:.0f} us, added {(p50 - direct) / direct:.2f} of the direct one, "
                f"memory {_memory(plugin.pid) / 1e6:.0f} MB"
            )
            plugin.kill()


def _throughput(host: Host, gate: Path, *, count: int) -> None:
    one = 0.0
    for replicas, workers, connections in ((1, 1, 1), (2, 1, 1), (4, 1, 1), (1, 2, 8)):
        with ExitStack() as stack:
            flags = ("--workers", str(workers)) if workers > 1 else ()
            served = [stack.enter_context(_served(*flags)) for _ in range(replicas)]
            time.sleep(_LOADING_SECONDS)
            keys = {"backend": ",".join(served), "backend_connections": str(connections)}
            plugin = host.start(gate, env=_env(keys))
            _load(plugin, count=100, in_flight=8, query={"loops": 1})  # every process has loaded its code
            rate = _load(plugin, count=count, in_flight=8, query={"loops": LOOPS})["rate"]
            plugin.kill()
        one = one or rate
        print(f"{replicas} replicas, {workers} workers each: {rate:.0f} queries/s, {rate / one:.2f} of one")


def _load(plugin: Plugin, *, count: int, in_flight: int = 1, query: Mapping[str, Any] | None = None) -> Any:
    call = {"method": "query", "query": query or {}, "count": count, "in_flight": in_flight}
    return plugin.host.ask("load", plugin=plugin.name, call=call, seconds=300)


def _env(keys: Mapping[str, str]) -> dict[str, str]:
    return {f"GF_PLUGIN_{key.upper()}": value for key, value in keys.items()}


@contextmanager
def _served(*flags: str | Path) -> Iterator[str]:
    served = Served("--listen", "127.0.0.1:0", *flags, target=TARGET)
    try:
        entry = served.logged("starting workers" if "--workers" in flags else "listening")
        yield str(entry["address"])
    finally:
        served.process.terminate()
        served.process.wait(30)
        served.close()


def _direct(folder: Path) -> Path:
    return _script(folder / "direct", f"serve({TARGET!r})", "from plugin_sdk import serve")


def _python_gate(folder: Path) -> Path:
    return _script(folder / "python_gate", "main()", "from benchmarks.compare.python_gate import main")


def _script(path: Path, call: str, imports: str) -> Path:
    path.write_text(
        f"#!{sys.executable} -P\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n{imports}\n{call}\n"
    )
    path.chmod(0o755)
    return path


def _memory(process: int) -> int:
    pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
