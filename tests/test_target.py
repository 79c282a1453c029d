from __future__ import annotations

import platform
import sys

import pytest

from plugin_cli.errors import UsageError
from plugin_cli.target import TARGETS, Target, host_target, parse_targets


@pytest.mark.parametrize(
    ("system", "machine", "target"),
    [
        ("linux", "x86_64", "linux/amd64"),
        ("linux", "aarch64", "linux/arm64"),
        ("darwin", "arm64", "darwin/arm64"),
        ("win32", "AMD64", "windows/amd64"),
        ("freebsd14", "riscv64", "freebsd14/riscv64"),
    ],
)
def test_this_machine_in_gos_words(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, target: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)

    assert str(host_target()) == target
    assert parse_targets([]) == (host_target(),)


@pytest.mark.parametrize(
    ("words", "targets"),
    [
        (["linux"], ["linux/amd64"]),
        (["linux/arm64", "linux", "linux/amd64"], ["linux/arm64", "linux/amd64"]),
        (["windows", "darwin", "darwin/amd64"], ["windows/amd64", "darwin/arm64", "darwin/amd64"]),
        (["all"], [str(target) for target in TARGETS]),
        (["darwin", "all"], ["darwin/arm64", "linux/amd64", "linux/arm64", "windows/amd64", "darwin/amd64"]),
    ],
)
def test_words_name_targets_each_once_in_their_order(words: list[str], targets: list[str]) -> None:
    assert [str(target) for target in parse_targets(words)] == targets


def test_a_word_that_is_no_target_lists_them_all() -> None:
    with pytest.raises(UsageError) as failed:
        parse_targets(["linux", "linux/amd65"])

    assert str(failed.value) == (
        "build target does not take 'linux/amd65'\n"
        "  allowed: linux, linux/arm64, windows, darwin, darwin/amd64, linux/amd64, windows/amd64, "
        "darwin/arm64, all\n"
        "  try: plugin-cli build linux/amd64"
    )


def test_an_executable_is_named_as_grafana_looks_for_it() -> None:
    assert Target("linux", "arm64").executable("gpx_x") == "gpx_x_linux_arm64"
    assert Target("windows", "amd64").executable("gpx_x") == "gpx_x_windows_amd64.exe"
