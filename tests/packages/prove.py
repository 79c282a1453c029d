"""Builds a plugin with one set of packages and asks it, in its source and built."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from plugin_sdk.testing import ClientError, PluginClient, PluginProcess, PluginStartError, settings
from tests.built_plugin import ROOT, TOOL
from tests.e2e.roots import make_root, missing_for_roots
from tests.packages.package_set import PackageSet

CACHE = ROOT / ".cache" / "packages"
# What an index served on one day, so that no other day's releases decide; NEWEST=1 takes those.
_VERSIONS = "" if os.environ.get("NEWEST") == "1" else 'exclude-newer = "2026-11-28T12:00:00Z"'
_QUERY_SECONDS = 180
_BUILD_SECONDS = 1800


@dataclass(frozen=True)
class Outcome:
    """How one set went.

    Attributes:
        digest: the text of the set that it belongs to.
        verdict: `right`, `wrong`, or `cannot` where the set gives a reason that is not ours.
        build_seconds: of the build with an environment that held other packages.
        megabytes: of dist/.
        query_seconds: from the start of the process to the first answer.
        note: what went wrong, or the set's reason.
        root: whether it was asked on a root that holds nothing else, too.
        zip_megabytes: of the zip that it was asked from there.
        processor_seconds: of everything together, which other work on the machine does not change.
    """

    digest: str
    verdict: str
    build_seconds: float = 0.0
    megabytes: float = 0.0
    query_seconds: float = 0.0
    note: str = ""
    root: bool = False
    zip_megabytes: float = 0.0
    processor_seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


class _WrongError(Exception):
    """The set does not do in the bundle what it does from source."""


def prove(case: PackageSet) -> Outcome:
    """Build and ask one set; a failure is an outcome too."""
    before = _processor_seconds()
    outcome = _outcome(case)
    return replace(outcome, processor_seconds=round(_processor_seconds() - before, 1))


def _processor_seconds() -> float:
    """Return what the processes have used that this one has started and waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _outcome(case: PackageSet) -> Outcome:
    facts: dict[str, Any] = {}
    if case.library and not _is_here(case.library):
        return Outcome(case.digest, "cannot", note=f"needs {case.library}, which this machine does not have")
    try:
        _prove(case, facts)
    except _WrongError as error:
        verdict = "cannot" if case.reason else "wrong"
        note = case.reason or " / ".join(line.strip() for line in str(error).splitlines())[:600]
        return Outcome(case.digest, verdict, **facts, note=note)
    note = f"works, though the set says it cannot: {case.reason}" if case.reason else ""
    return Outcome(case.digest, "wrong" if case.reason else "right", **facts, note=note)


def _is_here(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _prove(case: PackageSet, facts: dict[str, Any]) -> None:
    plugin = _plugin()
    _write(plugin, case)
    started = time.monotonic()
    built = json.loads(_tool(plugin, "build", "linux", "--json"))
    facts["build_seconds"] = round(time.monotonic() - started, 1)
    facts["megabytes"] = round(built["bytes"] / 1e6, 1)
    executable = plugin / "dist" / built["executables"][0]
    expected = json.loads(json.dumps(case.expected))
    _compare("from source", _from_source(plugin), expected)
    started = time.monotonic()
    with _process(executable) as client:
        answer = _ask(client)
        facts["query_seconds"] = round(time.monotonic() - started, 2)
    _compare("built", answer, expected)
    if case.root and (os.environ.get("CI") or not missing_for_roots()):
        _compare(
            "built, on a root with nothing in it", _ask_in_root(plugin, executable, case, facts), expected
        )
        facts["root"] = True


def _plugin() -> Path:
    plugin = CACHE / "weather"
    if not (plugin / "src" / "plugin.json").is_file():
        CACHE.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(plugin, ignore_errors=True)
        create = ["create", "weather", "--type", "datasource", "--name", "Weather", "--org", "acme"]
        _tool(CACHE, *create, "--backend", "--defaults")
    return plugin


def _package(plugin: Path) -> Path:
    (main,) = plugin.glob("backend/*/__main__.py")
    return main.parent


def _write(plugin: Path, case: PackageSet) -> None:
    backend = _package(plugin)
    main = f'from plugin_sdk import serve\n\nserve("{backend.name}.datasource:Weather")\n'
    (backend / "__main__.py").write_text(main)
    shutil.copyfile(Path(__file__).with_name("datasource.py"), backend / "datasource.py")
    shutil.copyfile(case.path, backend / "case.py")
    dependencies = json.dumps(["grafana-plugin-cli>=0.1", *case.packages])
    (plugin / "pyproject.toml").write_text(
        '[project]\nname = "acme-weather-datasource"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n'
        f"dependencies = {dependencies}\n[tool.uv]\npackage = false\n{_VERSIONS}\n"
        f"[tool.plugin-cli]\n{case.settings}\n"
    )


def _tool(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [TOOL, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=_BUILD_SECONDS
    )
    if done.returncode != 0:
        raise _WrongError(
            f"plugin-cli {' '.join(arguments)} ended with {done.returncode}\n{_failure(done.stderr)}"
        )
    return done.stdout


def _failure(said: str) -> str:
    """Return what a command says last, without the warnings before."""
    return said[max(said.rfind("\nerror: "), len(said) - 900, 0) :]


def _from_source(plugin: Path) -> Any:
    package = _package(plugin).name
    code = f"import json; from {package} import case; print('\\n' + json.dumps(case.answer(), default=str))"
    done = subprocess.run(
        [plugin / ".venv" / "bin" / "python", "-c", code],
        cwd=tempfile.gettempdir(),
        capture_output=True,
        text=True,
        check=False,
        timeout=_QUERY_SECONDS,
    )
    if done.returncode != 0:
        raise _WrongError(f"from source it ends with {done.returncode}\n{done.stderr[-600:]}")
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def _process(executable: Path) -> Iterator[PluginClient]:
    """Run the built plugin as Grafana does: with none of this machine's variables, in another folder."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with PluginProcess([executable], cwd=Path(folder)) as process:
                yield process.client
        except PluginStartError as error:
            raise _WrongError(str(error)) from error


def _ask_in_root(plugin: Path, executable: Path, case: PackageSet, facts: dict[str, Any]) -> Any:
    """Return what the plugin answers as user 472 on a root that holds it alone; the zip's files where it says so."""
    with tempfile.TemporaryDirectory() as folder:
        dist = plugin / "dist"
        if case.zip:
            packed = json.loads(_tool(plugin, "package", "--out", folder, "--json"))
            facts["zip_megabytes"] = round(packed["bytes"] / 1e6, 1)
            dist = _unpacked(Path(packed["archive"]), Path(folder, "plugins"))
        root = make_root("distroless", Path(folder, "root"))
        sockets = Path(folder, "s")
        sockets.mkdir()
        for path in (Path(folder), sockets):
            path.chmod(0o777)
        try:
            with root.start(dist, executable.name, sockets) as (_, client):
                return _ask(client)
        except PluginStartError as error:
            raise _WrongError(f"on a root with nothing in it: {error}") from error


def _unpacked(archive: Path, folder: Path) -> Path:
    """Unpack a zip as Grafana's installer does, modes included, and return the plugin's folder."""
    with zipfile.ZipFile(archive) as packed:
        for item in packed.infolist():
            path = Path(packed.extract(item, folder))
            path.chmod(0o755 if item.is_dir() else item.external_attr >> 16)
    (plugin,) = folder.iterdir()
    return plugin


def _ask(client: PluginClient) -> Any:
    client.timeout_seconds = _QUERY_SECONDS
    try:
        result = client.query_data([{"refId": "A"}], settings({}))["A"]
    except ClientError as error:
        raise _WrongError(f"the built plugin fails: {error}") from error
    if result.error:
        raise _WrongError(f"the built plugin answers: {result.error}")
    return json.loads(result.frames[0].fields[0].values[0])


def _compare(where: str, answer: Any, expected: Any) -> None:
    if answer != expected:
        raise _WrongError(f"{where}: expected {expected!r}, found {answer!r}")
