"""`python -m plugin_sdk serve`: real processes, called over the network."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from plugin_sdk.testing import ClientError, settings
from tests.sdk.in_process_server import SECONDS
from tests.sdk.process.remote.certificates import authority
from tests.sdk.process.remote.served import (
    NOT_SERVING,
    SERVING,
    Served,
    client,
    health,
    until_serving,
    watch_health,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="optional: signals of POSIX")
LOOPBACK = ("--listen", "127.0.0.1:0")

Start = Callable[..., Served]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Served] = []

    def start(*flags: str | Path, **options: Any) -> Served:
        started.append(Served(*flags, **options))
        return started[-1]

    yield start
    for served in started:
        served.close()


def pid(channel: grpc.Channel, **query: Any) -> int:
    """Ask which process answers."""
    response = client(channel).query_data([{"refId": "A", **query}], settings())["A"]
    return int(response.frames[0].fields[0].values[0])


def test_it_answers_calls_and_logs_json_whatever_is_printed(start: Start) -> None:
    served = start(*LOOPBACK, "--log-level", "debug")
    with grpc.insecure_channel(served.address()) as channel:
        until_serving(channel)

        assert pid(channel) == served.process.pid
        assert health(channel) == health(channel, "pluginv2.Data") == SERVING
        with pytest.raises(grpc.RpcError, match="unknown service"):
            health(channel, "pluginv2.Nothing")
        assert served.logged("printed in a query")["module"] == "stdout"


def test_a_unix_socket_is_removed_at_the_end(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "plugin.sock"
    served = start("--listen", f"unix:{path}", "--lame-duck", "0")
    with grpc.insecure_channel(served.address()) as channel:
        assert pid(channel) == served.process.pid

    served.process.send_signal(signal.SIGTERM)

    assert served.end() == 0
    assert not path.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_drains_and_no_call_is_lost(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    served, done = start(*LOOPBACK, "--lame-duck", "3"), tmp_path / "done"
    address = served.address()
    with grpc.insecure_channel(address) as channel, ThreadPoolExecutor() as threads:
        until_serving(channel)
        states = watch_health(channel)
        assert next(states) == SERVING
        slow = threads.submit(pid, channel, wait_for=str(done))
        assert pid(channel) == served.process.pid

        served.process.send_signal(number)

        # Whoever watches goes elsewhere; a call that comes all the same is still answered.
        assert next(states) == NOT_SERVING
        assert pid(channel) == served.process.pid
        states.cancel()
        done.touch()
        assert slow.result(SECONDS) == served.process.pid
    assert served.end() == 0


def test_calls_that_do_not_end_are_cut_off_after_the_drain(start: Start, tmp_path: Path) -> None:
    served = start(*LOOPBACK, "--lame-duck", "0", "--drain", "0.2")
    with grpc.insecure_channel(served.address()) as channel, ThreadPoolExecutor() as threads:
        until_serving(channel)
        hung = threads.submit(pid, channel, wait_for=str(tmp_path / "never"))
        assert pid(channel)

        served.process.send_signal(signal.SIGTERM)

        assert served.end() == 0
        assert isinstance(hung.exception(SECONDS), ClientError)


def test_a_second_signal_ends_it_at_once(start: Start) -> None:
    served = start(*LOOPBACK, "--lame-duck", "600")
    served.address()
    served.process.send_signal(signal.SIGTERM)
    served.logged("draining")

    served.process.send_signal(signal.SIGTERM)

    assert served.end() == 0


def test_code_that_cannot_be_loaded_is_not_healthy_and_says_why(start: Start) -> None:
    served = start(*LOOPBACK, target="tests.sdk.plugins.unloadable:Missing")
    with grpc.insecure_channel(served.address()) as channel:
        served.logged("the plugin's code could not be loaded")

        assert health(channel) == NOT_SERVING
        assert "could not be loaded" in client(channel).check_health(settings()).message


def test_prometheus_reads_its_metrics(start: Start) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        metrics = f"127.0.0.1:{free.getsockname()[1]}"
    served = start(*LOOPBACK, "--metrics", metrics)
    with grpc.insecure_channel(served.address()) as channel:
        pid(channel)

    text = httpx.get(f"http://{metrics}/metrics", trust_env=False).text

    assert 'grafana_plugin_request_total{endpoint="queryData",status="ok",status_source="plugin"} 1.0' in text


@pytest.mark.parametrize("flag", ["--listen", "--metrics"])
def test_a_taken_address_ends_it_with_a_sentence(start: Start, flag: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        served = start(*(LOOPBACK if flag == "--metrics" else ()), flag, address)

        assert served.logged(f"{flag}: {address} cannot be listened on")["@level"] == "error"
        assert served.end() == 1


def test_mutual_tls_and_renewed_certificates(start: Start, tmp_path: Path) -> None:
    ours = authority(tmp_path / "ours")
    pair, asking = ours.sign("server"), ours.sign("grafana")
    flags = ("--tls-cert", pair.cert, "--tls-key", pair.key, "--client-ca", ours.pair.cert)
    served = start(*LOOPBACK, *flags)
    address = served.address()

    def trusted(root: Path, *, signed: bool = True) -> grpc.ChannelCredentials:
        own = (asking.key.read_bytes(), asking.cert.read_bytes()) if signed else (None, None)
        return grpc.ssl_channel_credentials(root.read_bytes(), *own)

    with grpc.secure_channel(address, trusted(ours.pair.cert)) as channel:
        assert pid(channel) == served.process.pid
    for refused in (trusted(ours.pair.cert, signed=False), None):
        opened = grpc.secure_channel(address, refused) if refused else grpc.insecure_channel(address)
        with opened as channel, pytest.raises(ClientError, match=r"UNAVAILABLE|Socket closed|connect"):
            pid(channel)

    # Another authority's pair, one file after the other as `mv` leaves them.
    other = authority(tmp_path / "other")
    renewed = other.sign("server")
    pair.cert.write_bytes(renewed.cert.read_bytes())
    with grpc.secure_channel(address, trusted(ours.pair.cert)) as channel:
        assert pid(channel) == served.process.pid
    assert "stay as they were" in served.logged("the certificates stay")["@message"]
    pair.key.write_bytes(renewed.key.read_bytes())
    with grpc.secure_channel(address, trusted(other.pair.cert)) as channel:
        assert pid(channel) == served.process.pid
    served.logged("the certificates were read again")


@pytest.mark.parametrize(
    ("cert", "key", "sentence"),
    [
        ("absent", "server.key", "absent cannot be read"),
        ("server.pem", "other.key", "cannot be used for TLS: KEY_VALUES_MISMATCH"),
        ("server.key", "server.pem", "cannot be used for TLS"),
    ],
)
def test_certificates_that_cannot_be_used_are_named(
    start: Start, tmp_path: Path, cert: str, key: str, sentence: str
) -> None:
    ours = authority(tmp_path / "tls")
    ours.sign("server")
    ours.sign("other")

    served = start(*LOOPBACK, "--tls-cert", tmp_path / "tls" / cert, "--tls-key", tmp_path / "tls" / key)

    assert served.logged(sentence)["@level"] == "error"
    assert served.end() == 1


def test_workers_share_the_address_and_one_that_dies_is_replaced(start: Start) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        metrics = f"127.0.0.1:{free.getsockname()[1]}"
    served = start(*LOOPBACK, "--workers", "2", "--metrics", metrics, "--lame-duck", "0")
    address = str(served.logged("starting workers")["address"])
    first = {int(served.logged("listening")["pid"]) for _ in range(2)}

    assert _pids(address, first) == first
    text = httpx.get(f"http://{metrics}/metrics", trust_env=False).text
    assert {f'worker="{n}"' in text for n in (0, 1)} == {True}
    assert text.count("# TYPE grafana_plugin_request_total counter") == 1

    os.kill(min(first), signal.SIGKILL)
    replacement = int(served.logged("listening")["pid"])
    assert _pids(address, {max(first), replacement}) == {max(first), replacement}

    served.process.send_signal(signal.SIGTERM)
    assert served.end() == 0
    for worker in (max(first), replacement):
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


def test_workers_end_with_the_process_that_started_them(start: Start) -> None:
    served = start(*LOOPBACK, "--workers", "2", "--lame-duck", "0", "--drain", "0")
    workers = [int(served.logged("listening")["pid"]) for _ in range(2)]

    served.process.kill()

    for _ in workers:
        served.logged("the parent process has ended")


def test_workers_that_cannot_start_end_the_group_with_the_reason(start: Start, tmp_path: Path) -> None:
    absent = tmp_path / "absent.pem"
    served = start(*LOOPBACK, "--workers", "2", "--tls-cert", absent, "--tls-key", absent)

    served.logged(f"{absent} cannot be read")
    served.logged("a worker ended before it listened")
    assert served.end() == 1


def _pids(address: str, expected: set[int]) -> set[int]:
    """Call over connections of their own until every process has answered."""
    found: set[int] = set()
    options = [("grpc.use_local_subchannel_pool", 1)]
    pause = threading.Event()
    for _ in range(200):
        with grpc.insecure_channel(address, options=options) as channel:
            found.add(pid(channel))
        if expected <= found:
            break
        pause.wait(0.01)
    return found
