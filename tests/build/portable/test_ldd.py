"""What ldd prints on several systems, and the folders in it."""

from __future__ import annotations

import pytest

from plugin_cli.build.portable.make_portable import folders_in

SAID = {
    "Debian 12 and 13, Ubuntu": (
        "\tlinux-vdso.so.1 (0x00007f1553336000)\n"
        "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f155323c000)\n"
        "\t/lib64/ld-linux-x86-64.so.2 (0x00007f1553338000)\n",
        {"/lib/x86_64-linux-gnu"},
    ),
    "Fedora": (
        "\tlibpython3.13.so.1.0 => /lib64/libpython3.13.so.1.0 (0x00007f0000000000)\n"
        "\tlibc.so.6 => /usr/lib64/libc.so.6 (0x00007f0000100000)\n",
        {"/lib64", "/usr/lib64"},
    ),
    "Alpine": (
        "\t/lib/ld-musl-x86_64.so.1 (0x7f3f6b6c0000)\n"
        "\tlibpython3.12.so.1.0 => /usr/lib/libpython3.12.so.1.0 (0x7f3f6b2d0000)\n"
        "\tlibc.musl-x86_64.so.1 => /lib/ld-musl-x86_64.so.1 (0x7f3f6b6c0000)\n",
        {"/usr/lib", "/lib"},
    ),
    "several programs": (
        "/usr/bin/python3:\n\tlibz.so.1 => /lib/libz.so.1 (0x1)\n/app:\n\tlibz.so.1 => /opt/libz.so.1 (0x2)\n",
        {"/lib", "/opt"},
    ),
    "a folder with a blank": ("\tlibx.so => /home/Ada L/lib/libx.so (0x00007f)\n", {"/home/Ada L/lib"}),
    "no address": ("\tlibx.so => /opt/lib/libx.so\n", {"/opt/lib"}),
    "a missing one": ("\tlibx.so => not found\n", set()),
    "a static program": ("\tstatically linked\n", set()),
    "nothing": ("", set()),
    "something else": ("ldd: warning: you do not have execution permission for `./app'\n=> \n", set()),
}


@pytest.mark.parametrize(("said", "folders"), SAID.values(), ids=SAID)
def test_folders_are_those_of_the_libraries_found(said: str, folders: set[str]) -> None:
    assert folders_in(said) == folders
