"""What a built plugin says about its parts: licences for people, a bill of materials for programs."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

from plugin_cli.build.facts import BuildFacts
from plugin_cli.build.report.components import Component
from plugin_cli.project import Project
from plugin_cli.target import Target

LICENCES = "THIRD_PARTY_LICENSES.txt"
BILL = "sbom.cdx.json"
_RULE = "=" * 78
_KINDS = {"package": "Python package", "python": "interpreter", "system": "system library"}
_OFFER = """\
This library is distributed in binary form as part of the plugin, unchanged. Its source code is the
source package {source} of the distribution that the plugin was built on, and is available from the
archive of that distribution. Whoever distributes this plugin gives a copy of it to anyone who asks,
for three years from the day of the distribution, for no more than the cost of doing so. The library
is a file of its own in the plugin's folder and can be replaced by a changed one.
"""


def licences_text(project: Project, components: tuple[Component, ...], target: Target) -> str:
    """Return the licences of everything in the bundle that the plugin's author did not write."""
    heading = f"{project.name} ({project.plugin_id}) for {target} contains the following software.\n"
    index = "".join(f"  {item.name} {item.version} ({item.licence})\n" for item in components)
    first: dict[str, str] = {}
    return "\n".join([heading, index, *(_section(item, first) for item in components)])


def _section(item: Component, first: dict[str, str]) -> str:
    """Return one component's part; `first` holds under which name each text was given already."""
    lines = [_RULE, f"{item.name} {item.version}", f"{_KINDS[item.kind]}, licence: {item.licence}", _RULE]
    if item.kind == "system":
        lines += ["", _OFFER.format(source=item.source).rstrip()]
    for text in item.texts:
        given = first.setdefault(text, item.name)
        lines += ["", text.strip() if given == item.name else f"The same text as for {given}, above."]
    return "\n".join(lines) + "\n"


def bill_of_materials(
    project: Project, components: tuple[Component, ...], target: Target, facts: BuildFacts
) -> str:
    """Return the bill of materials in CycloneDX 1.5."""
    parts = [_bill_entry(item, target) for item in components]
    subject = {"type": "application", "name": project.plugin_id, "version": facts.version}
    identity = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([subject, parts, facts.source], sort_keys=True))
    document: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{identity}",
        "version": 1,
        "metadata": {
            "timestamp": facts.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {"bom-ref": project.plugin_id, **subject},
        },
        "components": parts,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _bill_entry(item: Component, target: Target) -> dict[str, Any]:
    name, version = quote(item.name), quote(item.version, safe=".+~")
    address = {
        "package": f"pkg:pypi/{name}@{version}",
        "python": f"pkg:generic/python@{version}",
        "system": f"pkg:deb/debian/{name}@{version}?arch={target.arch}",
    }[item.kind]
    entry: dict[str, Any] = {
        "type": "platform" if item.kind == "python" else "library",
        "bom-ref": address,
        "name": item.name,
        "version": item.version,
        "licenses": [{"license": {"name": item.licence}}],
        "purl": address,
    }
    if item.source:
        entry["properties"] = [{"name": "source-package", "value": item.source}]
    return entry


def write_notices(
    project: Project, components: tuple[Component, ...], target: Target, facts: BuildFacts, dist: Path
) -> None:
    """Write both into a dist/ in the making."""
    (dist / LICENCES).write_text(licences_text(project, components, target), encoding="utf-8")
    bill = bill_of_materials(project, components, target, facts)
    (dist / target.folder / BILL).write_text(bill, encoding="utf-8")
