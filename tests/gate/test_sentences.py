"""What keeps the gate from its backends is said by every call, and by Save & test."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from plugin_sdk.testing import ClientError, settings
from tests.gate.backends import Backend, mutual_tls
from tests.gate.conftest import Gate
from tests.sdk.process.remote.certificates import Authority, authority

Backends = Callable[..., Backend]
Gates = Callable[..., Gate]


def check(gate: Gate, *words: str) -> None:
    """See that health, a query, a resource and a stream say the words."""
    health = gate.client.check_health(settings())
    query = gate.client.query_data([{"refId": "A"}, {"refId": "B"}], settings())
    resource = gate.client.call_resource("GET", "pid", instance=settings())
    with pytest.raises(ClientError) as stream:
        next(gate.client.run_stream("x", instance=settings()))

    said = (health.message, query["A"].error, query["B"].error, resource.body.decode(), str(stream.value))
    for text in said:
        for word in words:
            assert word in str(text).replace('\\"', '"'), said
    assert health.status.name == "ERROR"
    assert query["A"].status == resource.status == 503


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({}, "does not say where the backend is: set backend = dns:///HOST:PORT"),
        ({"backend": " , "}, "does not say where the backend is"),
        ({"backend": "weather"}, '"weather" is not an address'),
        ({"backend": "weather:http"}, "is not an address"),
        ({"backend": "10.0.0.1:9000, :9000"}, '":9000" is not an address'),
        ({"backend": "127.0.0.1:0"}, "is not an address"),
        ({"backend": "::1:9000"}, "is not an address"),
        ({"backend": "https://weather:9000"}, "unknown scheme https"),
        ({"backend": "dns:weather"}, "is not an address"),
        ({"backend": "dns:///weather"}, "is not an address"),
        ({"backend": "unix:"}, "names no socket"),
        ({"backend": "127.0.0.1:1", "backend_cert": "a"}, "backend_cert and backend_key go together"),
        ({"backend": "127.0.0.1:1", "backend_connections": "0"}, "expected a number from 1 to 64"),
        ({"backend": "127.0.0.1:1", "backend_plaintext": "perhaps"}, "expected true or false"),
        ({"backend": "127.0.0.1:1", "backend_plaintext": "true", "backend_ca": "a"}, "exclude each other"),
    ],
)
def test_a_wrong_configuration(gate: Gates, keys: dict[str, str], words: str) -> None:
    check(gate(**keys), words)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize("written", ["127.0.0.1:{}", "dns:///localhost:{}", "dns:localhost:{}"])
def test_nothing_listens(gate: Gates, written: str) -> None:
    port = free_port()

    check(gate(backend=written.format(port)), f":{port}", "connection refused: nothing listens there")


def test_each_address_has_its_reason(gate: Gates, tmp_path: Path) -> None:
    one, two = free_port(), tmp_path / "none.sock"

    running = gate(backend=f"127.0.0.1:{one}, unix:{two}")
    check(running, f"127.0.0.1:{one}", "connection refused", f"{two}", "the socket does not exist")


@contextmanager
def speaking(words: bytes | None) -> Iterator[str]:
    """Listen, and say some words to whoever connects; None: say nothing and stay."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    kept.append(connection)
                    if words is not None:
                        connection.sendall(words)
                        # Closed with something unread, the words could be lost on their way.
                        while words and connection.recv(4096):
                            pass
                        connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in kept:
            connection.close()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "what listens there speaks no gRPC"),
        (b"", "closed the connection at once"),
        (None, "takes connections and said nothing in 5 s"),
    ],
    ids=["http", "closed", "silent"],
)
def test_what_listens_is_no_backend(gate: Gates, words: bytes | None, says: str) -> None:
    with speaking(words) as address:
        check(gate(backend=address), address, says)


def outside_address() -> str | None:
    """Return an address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def test_no_secret_leaves_the_machine_without_tls_unless_it_is_allowed(
    gate: Gates, backend: Backends
) -> None:
    address = outside_address()
    if address is None:
        pytest.skip("optional: this machine has no address but loopback")
    port = backend("--plaintext", listen=f"{address}:0").at.rpartition(":")[2]

    check(gate(backend=f"{address}:{port}"), "it speaks no TLS: set backend_plaintext = true")
    allowed = gate(backend=f"{address}:{port}", backend_plaintext="true")
    assert allowed.client.check_health(settings()).status.name == "OK"


class TestTls:
    """Each wrong certificate has its sentence."""

    @pytest.fixture
    def others(self, tmp_path: Path) -> Authority:
        return authority(tmp_path / "others", "others")

    def test_the_authority_is_another(
        self, gate: Gates, backend: Backends, ours: Authority, others: Authority
    ) -> None:
        flags, keys = mutual_tls(ours)
        at = backend(*flags).at

        check(
            gate(backend=at, **keys | {"backend_ca": str(others.pair.cert)}), at, "not signed by an authority"
        )

    @pytest.mark.parametrize(
        ("hosts", "days", "says"),
        [
            ("IP:127.0.0.1", -1, "its certificate is valid from"),
            ("DNS:weather.example", 2, "its certificate is for weather.example and not for 127.0.0.1"),
        ],
        ids=["expired", "another host"],
    )
    def test_the_certificate_is_wrong(
        self, gate: Gates, backend: Backends, ours: Authority, hosts: str, days: int, says: str
    ) -> None:
        pair = ours.sign("wrong", hosts=hosts, days=days)
        at = backend("--tls-cert", pair.cert, "--tls-key", pair.key).at

        check(gate(backend=at, backend_ca=str(ours.pair.cert)), at, says)

    def test_the_name_can_be_set(self, gate: Gates, backend: Backends, ours: Authority) -> None:
        pair = ours.sign("named", hosts="DNS:weather.example")
        at = backend("--tls-cert", pair.cert, "--tls-key", pair.key).at

        running = gate(backend=at, backend_ca=str(ours.pair.cert), backend_server_name="weather.example")

        assert running.client.check_health(settings()).status.name == "OK"

    def test_the_gate_has_no_certificate(self, gate: Gates, backend: Backends, ours: Authority) -> None:
        flags, keys = mutual_tls(ours)
        at = backend(*flags).at

        check(gate(backend=at, backend_ca=keys["backend_ca"]), at, "asks for a client's certificate")

    def test_the_gates_certificate_is_of_another_authority(
        self, gate: Gates, backend: Backends, ours: Authority, others: Authority
    ) -> None:
        flags, keys = mutual_tls(ours)
        stranger = others.sign("stranger")
        keys |= {"backend_cert": str(stranger.cert), "backend_key": str(stranger.key)}
        at = backend(*flags).at

        check(gate(backend=at, **keys), at, "backend_cert")

    def test_only_one_side_uses_tls(self, gate: Gates, backend: Backends, ours: Authority) -> None:
        flags, keys = mutual_tls(ours)
        plain, safe = backend().at, backend(*flags).at

        check(gate(backend=plain, **keys), plain, "it speaks no TLS")
        check(gate(backend=safe), safe, "TLS")

    @pytest.mark.parametrize("content", [None, "no certificate"], ids=["missing", "no PEM"])
    def test_a_file_cannot_be_used(
        self, gate: Gates, backend: Backends, ours: Authority, tmp_path: Path, content: str | None
    ) -> None:
        flags, keys = mutual_tls(ours)
        at, file = backend(*flags).at, tmp_path / "ca.pem"
        if content:
            file.write_text(content)
        running = gate(backend=at, **keys | {"backend_ca": str(file)})
        check(running, at, "backend_ca cannot be used", str(file))

        # What is put right is used without a restart.
        file.write_bytes(ours.pair.cert.read_bytes())
        for _ in range(600):
            if running.client.check_health(settings()).status.name == "OK":
                return
        pytest.fail("the file is not read again")
