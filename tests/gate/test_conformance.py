"""The conformance tests, judged by Grafana's client code, with two replicas behind the gate over mutual TLS."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conformance.build import ROOT

SUITE = ("test_query.py", "test_services.py", "test_context.py")


def run(*words: str) -> None:
    files = [f"tests/conformance/{name}" for name in SUITE]
    command = [sys.executable, "-m", "pytest", "-q", *files, "--through", "gate", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-6000:]


def test_errors_and_limits_are_those_of_the_plugin() -> None:
    run("-m", "not nightly", "-k", "test_046 or test_065b")


@pytest.mark.nightly
def test_every_service_is_that_of_the_plugin() -> None:
    run("-m", "not nightly")
