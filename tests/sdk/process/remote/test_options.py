"""The flags of `serve --listen`: what is taken, and the sentence for what is not."""

from __future__ import annotations

import pytest

from plugin_sdk._process.remote.options import host_and_port, parse


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ("", "--listen"),
        ("--listen 9000", "'9000' is not an address: expected HOST:PORT"),
        ("--listen localhost", "is not an address"),
        ("--listen 127.0.0.1:http", "is not an address"),
        ("--listen 127.0.0.1:65536", "is not an address"),
        ("--listen ::1:9000", "an IPv6 address stands in brackets"),
        ("--listen unix:", "unix: needs a path"),
        ("--listen 0.0.0.0:9000", "without TLS: the secrets of data sources would cross the network"),
        ("--listen :9000", "without TLS"),
        ("--listen [::]:9000", "without TLS"),
        ("--listen example.org:9000", "without TLS"),
        ("--listen 127.0.0.1:0 --tls-cert a.pem", "--tls-cert and --tls-key go together"),
        ("--listen 127.0.0.1:0 --tls-key a.key", "--tls-cert and --tls-key go together"),
        ("--listen 127.0.0.1:0 --client-ca ca.pem", "--client-ca needs --tls-cert"),
        ("--listen :0 --plaintext --tls-cert a --tls-key b", "exclude each other"),
        ("--listen 127.0.0.1:0 --workers 0", "--workers: 0 is not between 1 and 256"),
        ("--listen 127.0.0.1:0 --workers two", "invalid int value"),
        ("--listen unix:/tmp/x --workers 2", "processes can share a TCP port"),
        ("--listen 127.0.0.1:0 --drain -1", "--drain: -1 is not between 0 and 3600"),
        ("--listen 127.0.0.1:0 --lame-duck nan", "--lame-duck: nan is not between"),
        ("--listen 127.0.0.1:0 --metrics 9001", "--metrics: '9001' is not an address"),
        ("--listen 127.0.0.1:0 --log-level loud", "invalid choice"),
        ("--listen 127.0.0.1:0 --listne x", "unrecognized arguments"),
    ],
)
def test_a_wrong_flag_is_a_sentence_and_code_2(
    flags: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        parse(flags.split(), program="serve")

    assert raised.value.code == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "listen"),
    [
        ("--listen 127.0.0.1:9000", "127.0.0.1:9000"),
        ("--listen 127.4.4.4:9000", "127.4.4.4:9000"),
        ("--listen [::1]:9000", "[::1]:9000"),
        ("--listen localhost:0", "localhost:0"),
        ("--listen unix:/run/plugin.sock", "unix:/run/plugin.sock"),
        ("--listen 0.0.0.0:9000 --plaintext", "0.0.0.0:9000"),
        ("--listen 0.0.0.0:9000 --tls-cert a --tls-key b --client-ca c", "0.0.0.0:9000"),
    ],
)
def test_an_address_is_taken_as_it_is(flags: str, listen: str) -> None:
    assert parse(flags.split(), program="serve").listen == listen


def test_a_port_alone_is_every_address() -> None:
    found = parse(["--listen", ":9000", "--plaintext", "--metrics", ":9001"], program="serve")

    assert found.listen in ("[::]:9000", "0.0.0.0:9000")
    assert host_and_port(found.metrics) in (("::", 9001), ("0.0.0.0", 9001))
