"""Everybody may read the files."""

from plugin_sdk import _standalone

write = _standalone._write_files


def readable(folder: object, address: str) -> object:
    written = write(folder, address)
    for path in written:
        path.chmod(0o644)
    return written


_standalone._write_files = readable
