from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from plugin_sdk._process import standalone
from plugin_sdk._process.flags import answer_flags, build_info
from plugin_sdk._version import __version__


def test_from_source_the_version_is_source() -> None:
    assert build_info() == {"version": "source", "sdk": __version__}


def test_in_a_bundle_build_info_is_what_the_build_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert build_info()["version"] == "source"

    (tmp_path / "buildinfo.json").write_text('{"version": "1.2.3", "id": "x"}')
    assert build_info() == {"version": "1.2.3", "id": "x"}


@pytest.mark.parametrize("flag", ["-version", "--version"])
def test_a_flag_may_have_one_dash_or_two(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer_flags([flag], "never:Loaded") == 0
    assert capsys.readouterr().out == "source\n"


def test_build_info_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer_flags(["-buildinfo"], "never:Loaded") == 0
    assert json.loads(capsys.readouterr().out) == build_info()


@pytest.mark.parametrize("arguments", [[], ["version"], ["-other"]])
def test_without_a_flag_the_plugin_is_served(arguments: list[str]) -> None:
    assert answer_flags(arguments, "never:Loaded") is None


def test_the_standalone_flag_starts_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[object] = []

    def serve(target: object) -> int:
        served.append(target)
        return 0

    monkeypatch.setattr(standalone, "serve_standalone", serve)

    assert answer_flags(["-standalone"], "a.module:Class") == 0
    assert served == ["a.module:Class"]
