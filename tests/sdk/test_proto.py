from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_sdk._proto import pluginv2, pluginv2_descriptor
from plugin_sdk._proto.pluginv2 import (  # type: ignore[attr-defined]  # not in its stub
    _from_core,
    _from_factory,
)

CORE, FACTORY = _from_core(), _from_factory()


def test_core_and_factory_build_the_same_classes() -> None:
    assert sorted(CORE) == sorted(FACTORY)
    assert len(CORE) > 30
    for name, made in CORE.items():
        other = FACTORY[name].DESCRIPTOR
        fields = [(f.name, f.number, f.type, f.is_repeated) for f in made.DESCRIPTOR.fields]
        assert fields == [(f.name, f.number, f.type, f.is_repeated) for f in other.fields], name
        assert sorted(made.DESCRIPTOR.nested_types_by_name) == sorted(other.nested_types_by_name), name


def test_the_classes_in_use_come_from_the_core() -> None:
    # This checks the installation rather than the product: the factory is only a fallback.
    assert pluginv2.QueryDataRequest is CORE["QueryDataRequest"]


def test_the_public_module_has_the_messages_and_nothing_else() -> None:
    public = importlib.import_module("plugin_sdk.pluginv2")
    names = {name for name in vars(public) if not name.startswith("__")}

    assert names == set(CORE)
    assert all(getattr(public, name) is getattr(pluginv2, name) for name in names)


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.dictionaries(st.text("abc"), st.text("xyz"), max_size=3),
    st.binary(),
    st.integers(-(2**63), 2**63 - 1),
)
def test_both_kinds_of_classes_read_each_others_bytes(
    ref_id: str, headers: dict[str, str], raw: bytes, number: int
) -> None:
    def request(classes: dict[str, type]) -> bytes:
        message = classes["QueryDataRequest"](headers=headers)
        message.queries.add(refId=ref_id, json=raw, maxDataPoints=number)
        message.pluginContext.user.login = ref_id
        return bytes(message.SerializeToString(deterministic=True))

    assert request(CORE) == request(FACTORY)
    assert CORE["QueryDataRequest"].FromString(request(FACTORY)).queries[0].json == raw


@pytest.mark.parametrize("broken", ["sys.modules['google._upb'] = None", "_message.default_pool = None"])
def test_without_the_private_core_the_public_factory_is_used(broken: str) -> None:
    code = (
        "import sys\n"
        "import google._upb._message as _message\n"
        f"{broken}\n"
        "from plugin_sdk._proto import pluginv2\n"
        "message = pluginv2.User(login='a')\n"
        "print(pluginv2.User.FromString(message.SerializeToString()).login, pluginv2.User.__module__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stdout.split()[:1] == ["a"], done.stderr


def test_the_descriptor_is_that_of_the_proto_file(tmp_path: Path) -> None:
    from grpc_tools import protoc  # type: ignore[import-untyped]

    source = Path(pluginv2_descriptor.__file__).with_name("pluginv2.proto")
    out = tmp_path / "set.bin"
    code = protoc.main(
        ["protoc", f"--proto_path={source.parent}", f"--descriptor_set_out={out}", source.name]
    )
    from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

    compiled = FileDescriptorSet.FromString(out.read_bytes()).file[0]
    kept = FileDescriptorProto.FromString(pluginv2_descriptor.SERIALIZED)
    assert code == 0
    assert kept.message_type == compiled.message_type
    assert kept.service == compiled.service
    assert kept.enum_type == compiled.enum_type
