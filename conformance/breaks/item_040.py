"""Everybody may read the files."""

from plugin_sdk._process import standalone

write = standalone._write_files


def readable(folder: object, address: str) -> object:
    written = write(folder, address)
    for path in written:
        path.chmod(0o644)
    return written


standalone._write_files = readable
