"""What no start loads is archived, and found there; nothing hides it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from plugin_cli.build.bundle.exclusions import COMPILED_ONLY
from plugin_cli.build.bundle.packages import Collected
from plugin_cli.build.bundle.plan import RECIPE
from plugin_cli.build.bundle.standard_library import archive_packages, lay_out_library, loaded_at_start
from tests.build.bundle.environment import SITE

FILES = {
    "certifi/__init__.pyc": "certifi",
    "certifi/core.pyc": "certifi",
    "certifi/cacert.pem": "certifi",
    "idna/__init__.pyc": "idna",
    "idna/core.pyc": "idna",
    "pydantic/__init__.pyc": "pydantic",
    "pydantic/main.pyc": "pydantic",
    "pydantic/color.pyc": "pydantic",
    "numpy/__init__.py": "numpy",
    "numpy/__pycache__/__init__.cpython-311.pyc": "numpy",
}


def put(contents: Path, *names: str) -> None:
    for name in names:
        (contents / name).parent.mkdir(parents=True, exist_ok=True)
        (contents / name).write_bytes(b"x")


def test_packages_leave_what_is_loaded_and_whatever_a_folder_needs_to_be_found(tmp_path: Path) -> None:
    places = {f"{SITE}/{name}": owner for name, owner in FILES.items()}
    put(tmp_path, *places)
    collected = Collected(dict.fromkeys(places, "x"), dict(places))
    with zipfile.ZipFile(tmp_path / "standard.zip", "w"):
        pass
    archive_packages(collected, tmp_path, SITE)
    with zipfile.ZipFile(tmp_path / "standard.zip") as archive:
        assert archive.namelist() == [
            "certifi/core.pyc",
            "idna/__init__.pyc",
            "idna/core.pyc",
            "pydantic/color.pyc",
        ]
    left = {
        path.relative_to(tmp_path / SITE).as_posix()
        for path in (tmp_path / SITE).rglob("*")
        if path.is_file()
    }
    assert left == FILES.keys() - {
        "certifi/core.pyc",
        "idna/__init__.pyc",
        "idna/core.pyc",
        "pydantic/color.pyc",
    }
    assert not (tmp_path / SITE / "idna").exists(), "an empty folder would be found as a namespace"
    assert {name.removeprefix(f"{SITE}/") for name in collected.owners} == left


def test_the_library_is_split_by_what_every_start_loads(tmp_path: Path) -> None:
    library, contents = tmp_path / "library", tmp_path / "contents"
    put(
        library, "os.pyc", "wave.pyc", "email/__init__.pyc", "email/mime/__init__.pyc", "_sysconfigdata_x.pyc"
    )
    contents.mkdir()
    lay_out_library(library, contents, (), ("wave",))
    assert {"os", "email"} <= loaded_at_start()
    left = {path.relative_to(contents).as_posix() for path in contents.rglob("*.pyc")}
    assert left == {"os.pyc", "email/__init__.pyc", "_sysconfigdata_x.pyc"}
    with zipfile.ZipFile(contents / "standard.zip") as archive:
        assert archive.namelist() == ["email/mime/__init__.pyc"]


@pytest.fixture
def hook(tmp_path: Path) -> str:
    """Return code that runs the start hook of a bundle in `tmp_path`."""
    return (
        f"import sys; sys._MEIPASS = {str(tmp_path)!r}\n"
        f"exec(compile(open({str(RECIPE / 'runtime_hook.py')!r}).read(), 'hook', 'exec'))\n"
    )


def test_what_is_archived_is_found_behind_files_and_by_its_package(tmp_path: Path, hook: str) -> None:
    site = tmp_path / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    (site / "pydantic").mkdir(parents=True)
    (site / "pydantic" / "__init__.py").write_text("where = 'file'\n")
    (site / "pydantic" / "main.py").write_text("where = 'file'\n")
    with zipfile.ZipFile(tmp_path / "standard.zip", "w") as archive:
        for name in ("pydantic/main.py", "pydantic/color.py", "idna/__init__.py", "idna/core.py", "other.py"):
            archive.writestr(name, "where = 'archive'\n")
    code = hook + (
        "import pydantic.main, pydantic.color, idna.core\n"
        "print(pydantic.where, pydantic.main.where, pydantic.color.where, idna.where, idna.core.where)\n"
        "try:\n  import other\nexcept ImportError:\n  print('none')\n"
    )
    command = [sys.executable, "-I", "-S", "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert said == ["file", "file", "archive", "archive", "archive", "none"]


def test_the_hook_knows_every_package_that_may_be_archived() -> None:
    text = (RECIPE / "runtime_hook.py").read_text()
    names: dict[str, object] = {}
    exec(text[text.index("PACKAGES = (") : text.index(")", text.index("PACKAGES = (")) + 1], names)
    known = set(str(names["PACKAGES"]).split())
    modules = {"grpcio": "grpc", "protobuf": "google", "grafana-plugin-cli": "plugin_sdk"}
    assert {modules.get(name, name.replace("-", "_")) for name in COMPILED_ONLY} == known
