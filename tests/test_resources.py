from __future__ import annotations

from pathlib import Path

import pytest

from plugin_cli import resources

ROOT = Path(resources.__file__).parents[1]


def test_in_a_checkout_they_lie_at_its_top() -> None:
    assert resources.templates_dir() == ROOT / "templates"
    assert resources.frontend_runtime_dir() == ROOT / "frontend" / "runtime"
    assert (resources.templates_dir() / "copier.yml").is_file()
    assert (resources.gate_source_dir() / "go.mod").is_file()
    assert (resources.frontend_runtime_dir() / "module.js").is_file()


def test_in_a_wheel_they_lie_beside_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path)
    for name in ("templates", "frontend_runtime", "preview", "gate_source"):
        (tmp_path / "_resources" / name).mkdir(parents=True)

    assert resources.templates_dir() == tmp_path / "_resources" / "templates"
    assert resources.frontend_runtime_dir() == tmp_path / "_resources" / "frontend_runtime"
    assert resources.preview_dir() == tmp_path / "_resources" / "preview"
    assert resources.gate_source_dir() == tmp_path / "_resources" / "gate_source"
