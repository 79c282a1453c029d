"""What the author should know about a bundle although it works."""

from __future__ import annotations

from collections.abc import Iterator

from plugin_cli.build.bundle.bundle import Bundle, BundleInputs

_SHOWN = 5


def bundle_warnings(inputs: BundleInputs, bundle: Bundle) -> Iterator[str]:
    """Yield a text for each thing that may surprise."""
    for name, module in sorted(inputs.declared.undeclared.items()):
        yield (
            f"the code imports {module!r}, and no dependency declares {name}: it goes in as installed here\n"
            f'  try: add "{name}" to [project] dependencies in pyproject.toml'
        )
    if bundle.unknown:
        names = ", ".join(bundle.unknown[:_SHOWN])
        more = f" and {len(bundle.unknown) - _SHOWN} more" if len(bundle.unknown) > _SHOWN else ""
        yield f"origin unknown, so no licence is listed: {names}{more}"
    for library, users in sorted(bundle.missing.items()):
        yield (
            f"library {library} is not on this machine, and so not in the bundle: it will not load\n"
            f"  needed by {users[:200]}"
        )
