from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest

from plugin_cli.__main__ import run

pty = pytest.importorskip("pty", reason="no pseudo terminals on this system")
fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("NO_COLOR", "1")
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)


def here() -> list[str]:
    """Return the names in the current folder."""
    return sorted(path.name for path in Path().iterdir())


def test_the_documented_command_makes_the_plugin_in_the_named_folder(
    capsys: pytest.CaptureFixture[str],
) -> None:
    flags = ["--type", "datasource", "--name", "Weather", "--org", "acme", "--backend", "--defaults"]
    code = run(["create", "weather", *flags])

    captured = capsys.readouterr()
    assert code == 0
    assert json.loads(Path("weather/src/plugin.json").read_text())["id"] == "acme-weather-datasource"
    assert captured.out == ""
    assert "cd weather" in captured.err


def test_without_a_folder_it_is_named_after_the_id() -> None:
    assert run(["create", "--type", "datasource", "--name", "Py Weather", "--org", "acme"]) == 0
    assert here() == ["acme-pyweather-datasource"]


def test_the_current_folder_will_do() -> None:
    assert run(["create", ".", "--name", "Weather", "--defaults"]) == 0
    assert Path("src/plugin.json").is_file()


def test_defaults_take_the_name_from_the_folder() -> None:
    assert run(["create", "sea-level", "--defaults"]) == 0
    metadata = json.loads(Path("sea-level/src/plugin.json").read_text())
    assert (metadata["name"], metadata["id"]) == ("Sea level", "myorg-sealevel-datasource")


def test_it_loads_nothing_that_it_does_not_need() -> None:
    code = "import sys; from plugin_cli.__main__ import run; run(sys.argv[1:]); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, "create", "weather", "--defaults"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "copier" in loaded
    assert loaded.isdisjoint({"docker", "grpc", "httpx", "numpy", "PyInstaller"})


def test_json_is_data_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["create", "weather", "--org", "acme", "--defaults", "--json"]) == 0

    facts = json.loads(capsys.readouterr().out)
    assert facts["plugin_id"] == "acme-weather-datasource"
    assert facts["directory"] == str(Path("weather").absolute())
    assert facts["dry_run"] is False
    assert re.fullmatch("[0-9a-f]{40,}", facts["commit"])
    assert all(Path("weather", name).is_file() for name in facts["files"])


def test_dry_run_lists_the_files_and_writes_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["create", "weather", "--defaults", "--dry-run"]) == 0

    assert "src/plugin.json" in capsys.readouterr().out.splitlines()
    assert here() == []


@pytest.mark.parametrize("suffix", ["yaml", "json", "toml"])
def test_answers_come_from_a_file_and_flags_win(suffix: str) -> None:
    texts = {
        "yaml": "type: datasource\nname: Tide\norg: acme\nci: false\n",
        "json": '{"type": "datasource", "name": "Tide", "org": "acme", "ci": false}',
        "toml": 'type = "datasource"\nname = "Tide"\norg = "acme"\nci = false\n',
    }
    Path(f"answers.{suffix}").write_text(texts[suffix])

    assert run(["create", "tide", "--answers", f"answers.{suffix}", "--org", "harbour"]) == 0

    assert json.loads(Path("tide/src/plugin.json").read_text())["id"] == "harbour-tide-datasource"
    assert not Path("tide/.github").exists()


def test_the_answers_of_a_plugin_make_it_again() -> None:
    assert run(["create", "one", "--name", "Tide", "--no-alerting", "--defaults"]) == 0
    assert run(["create", "two", "--answers", "one/.plugin-cli/answers.json"]) == 0

    assert (
        Path("two/.plugin-cli/base.tar.xz").read_bytes() == Path("one/.plugin-cli/base.tar.xz").read_bytes()
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nmae: Weather", "does not take 'nmae'"),
        ("ci: maybe", "ci is 'maybe'\n  allowed: true or false"),
        ("name: 7", "name is 7\n  allowed: text"),
        ("- a list", "holds no keys"),
        ("name: [", "cannot be read"),
    ],
)
def test_a_wrong_answers_file_is_refused(text: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("answers.yaml").write_text(text)

    assert run(["create", "--answers", "answers.yaml", "--defaults"]) == 2
    assert said in capsys.readouterr().err


def test_a_missing_answers_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["create", "--answers", "nowhere.yaml"]) == 2
    assert "--answers nowhere.yaml cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--name", "Weather", "--org", "acme"], ["--type is missing", "allowed: datasource"]),
        (["--type", "datasource", "--org", "acme"], ["--name is missing"]),
        (["--type", "datasource", "--name", "Weather"], ["--org is missing"]),
        (["--type", "bogus", "--defaults"], ["--type does not take 'bogus'", "datasource"]),
        (["--name", "", "--defaults"], ["--name is empty"]),
        (["--name", "🌦", "--defaults"], ["--name '🌦' cannot become a plugin id"]),
        (["--frontend", "vue", "--defaults"], ["--frontend does not take 'vue'", "generated"]),
        (["--no-backend", "--defaults"], ["--no-backend is not available yet", "--frontend react"]),
        (["full", "--defaults"], ["DIR", "is not empty"]),
    ],
)
def test_wrong_input_exits_2_names_the_flag_and_writes_nothing(
    arguments: list[str], said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("full").mkdir()
    Path("full/mine").write_text("mine")

    assert run(["create", *arguments]) == 2

    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert all(words in err for words in said)
    assert here() == ["full"]


def test_alerting_without_a_backend_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["create", "--no-backend", "--alerting", "--defaults"]) == 2
    assert "--backend" in capsys.readouterr().err


class Terminal:
    """`plugin-cli create` on a real pseudo terminal."""

    def __init__(self, *arguments: str) -> None:
        self._master, terminal = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "plugin_cli", "create", *arguments],
            stdin=terminal, stdout=terminal, stderr=terminal,
            # Without a controlling terminal, Ctrl-C is a character and no signal.
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env=os.environ | {"TERM": "dumb", "PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip
        os.close(terminal)
        self.screen = ""

    def answer(self, question: str, text: str) -> None:
        """Wait until a question stands on the screen, then type the answer."""
        self._read_until(question)
        self.screen = ""
        os.write(self._master, f"{text}\n".encode())

    def press(self, question: str, key: str) -> None:
        """Wait until a question stands on the screen, then press one key."""
        self._read_until(question)
        os.write(self._master, key.encode())

    def end(self) -> int:
        """Read what is left and return the exit code."""
        self._read_until(None)
        try:
            return self._process.wait(timeout=60)
        finally:
            os.close(self._master)  # while the program runs this would hang up on it: a signal of its own

    def _read_until(self, text: str | None) -> None:
        waited = 0
        while text is None or text not in self.screen:
            ready, _, _ = select.select([self._master], [], [], 20)
            # Counted in waits, not in seconds: a machine that stood still for a minute has not answered late.
            waited = 0 if ready else waited + 1
            if not ready and waited < 4:
                continue
            try:
                chunk = os.read(self._master, 4096) if ready else b""
            except OSError:  # Linux says so when the last writer has closed the terminal
                chunk = b""
            if not chunk:
                assert text is None, f"no {text!r} on the screen:\n{self.screen}"
                return
            self.screen += chunk.decode(errors="replace")


def test_on_a_terminal_it_asks_again_after_a_wrong_answer_and_makes_what_was_answered() -> None:
    terminal = Terminal("tide")
    terminal.answer("Name, as shown in Grafana [Tide]", "🌊")
    terminal.answer("Name, as shown in Grafana [Tide]", "")
    terminal.answer("Organisation", "Häfen AG")
    terminal.answer("Description [Tide as a Grafana data source.]", "High and low water.")
    terminal.answer("Editors", "")
    terminal.answer("Alerting", "n")
    terminal.answer("GitHub workflows?", "y")

    assert terminal.end() == 0, terminal.screen
    metadata = json.loads(Path("tide/src/plugin.json").read_text())
    assert (metadata["id"], metadata["name"]) == ("haefenag-tide-datasource", "Tide")
    assert metadata["info"]["description"] == "High and low water."
    assert "alerting" not in metadata
    assert Path("tide/.github/workflows/ci.yml").is_file()


def test_what_flags_say_is_not_asked() -> None:
    flags = ["--type", "datasource", "--name", "Tide", "--org", "acme", "--description", "x"]
    terminal = Terminal(*flags, "--frontend", "generated", "--backend", "--alerting", "--no-ci")

    assert terminal.end() == 0, terminal.screen
    assert here() == ["acme-tide-datasource"]


def test_ctrl_c_at_a_question_ends_it_and_writes_nothing() -> None:
    terminal = Terminal("tide")
    terminal.press("Name, as shown in Grafana [Tide]", "\x03")

    assert terminal.end() == 130, terminal.screen
    assert here() == []
