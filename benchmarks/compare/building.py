"""Size of what is shipped, and how long it takes to make it."""

from __future__ import annotations

import shutil
import tempfile
import time
import zipfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.compare.figures import Figure, Goal
from benchmarks.compare.plugins import GO_PLUGIN, TOOL, build_go, create, run
from benchmarks.compare.rounds import Measurement, Sample, Subjects
from benchmarks.compare.setting import Setting

MEGABYTE = 1e6


def folder_bytes(folder: Path) -> int:
    """Return the size of all files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _size(setting: Setting, stack: ExitStack) -> Subjects:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-size-")))

    def python() -> Sample:
        run([TOOL, "package"], setting.built.python)
        (package,) = setting.built.python.glob("*.zip")
        dist = folder_bytes(setting.built.python / "dist")
        return {"dist": dist / MEGABYTE, "zip": package.stat().st_size / MEGABYTE}

    def go() -> Sample:
        dist = folder / "dist"
        shutil.rmtree(dist, ignore_errors=True)
        backend = shutil.ignore_patterns("gpx_*", "linux_*", "THIRD_PARTY*", "*.spdx*", "*.cdx*")
        shutil.copytree(setting.built.python / "dist", dist, ignore=backend)
        shutil.copy(setting.built.go, dist / "gpx_bench_linux_amd64")
        with zipfile.ZipFile(folder / "plugin.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
            for path in dist.rglob("*"):
                package.write(path, path.relative_to(dist))
        size = (folder / "plugin.zip").stat().st_size
        return {"dist": folder_bytes(dist) / MEGABYTE, "zip": size / MEGABYTE}

    return {"python": python, "go": go}


SIZE = Measurement(
    "size",
    (
        Figure("dist", "bundle (dist/)", "MB", Goal(55)),
        Figure("zip", "zip", "MB", Goal(22)),
    ),
    _size,
    most_rounds=1,
)


def _seconds(command: list[str | Path], cwd: Path, **environment: str) -> float:
    began = time.perf_counter()
    run(command, cwd, **environment)
    return time.perf_counter() - began


def _build(_setting: Setting, stack: ExitStack) -> Subjects:
    def python() -> Sample:
        folder = _fresh(stack)
        root = create(folder)
        command: list[str | Path] = [TOOL, "build", "linux"]
        cache = {"XDG_CACHE_HOME": str(folder / "cache")}
        cold = _seconds(command, root, **cache)
        unchanged = _seconds(command, root, **cache)
        source = root / "backend" / "weather_datasource" / "datasource.py"
        source.write_text(source.read_text() + "\nEDITED = 1\n")
        return {"cold": cold, "unchanged": unchanged, "author": _seconds(command, root, **cache)}

    def go() -> Sample:
        folder = _fresh(stack)
        module, target = folder / "module", folder / "gpx_bench"
        shutil.copytree(GO_PLUGIN, module)
        times = []
        for edit in ("", "", "\nvar edited = 1\n\nfunc init() { _ = edited }\n"):
            source = module / "query.go"
            source.write_text(source.read_text() + edit)
            began = time.perf_counter()
            build_go(target, module, GOCACHE=str(folder / "cache"))
            times.append(time.perf_counter() - began)
        return dict(zip(("cold", "unchanged", "author"), times, strict=True))

    return {"python": python, "go": go}


def _fresh(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-build-")))


BUILD = Measurement(
    "build",
    (
        Figure("cold", "build, nothing cached but downloads", "s", Goal(60)),
        Figure("author", "build after a change of the author's code", "s", Goal(3)),
        Figure("unchanged", "build, nothing changed", "s", Goal(1)),
    ),
    _build,
    most_rounds=1,
)
