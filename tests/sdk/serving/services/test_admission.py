from __future__ import annotations

from typing import Any

import grpc
import pytest

from plugin_sdk import (
    AdmissionRequest,
    ConversionRequest,
    ConversionResponse,
    DataSource,
    MutationResponse,
    RawObject,
    StatusResult,
    ValidationResponse,
)
from plugin_sdk._proto import pluginv2 as p
from plugin_sdk.messages import Operation
from tests.sdk.in_process_server import context, serving


class Strict(DataSource[Any, Any]):
    @classmethod
    def validate_admission(cls, request: AdmissionRequest) -> ValidationResponse:
        if request.operation is Operation.DELETE:
            return ValidationResponse(
                False, StatusResult("Failure", "in use", "Conflict", 409), warnings=["look"]
            )
        return ValidationResponse(request.old_object_bytes != b"keep")

    @classmethod
    async def mutate_admission(cls, request: AdmissionRequest) -> MutationResponse:
        kind = f"{request.group}/{request.version}/{request.kind}"
        return MutationResponse(True, request.object_bytes + kind.encode(), warnings=("w",))

    @classmethod
    def convert_objects(cls, request: ConversionRequest) -> ConversionResponse:
        to = f"{request.target_group}/{request.target_version}".encode()
        return ConversionResponse(
            [RawObject(item.raw + to, item.content_type) for item in request.objects], StatusResult(code=200)
        )


class Silent(DataSource[Any, Any]):
    pass


CALLS = {
    "AdmissionControl/ValidateAdmission": (p.AdmissionRequest, p.ValidationResponse, "validate_admission"),
    "AdmissionControl/MutateAdmission": (p.AdmissionRequest, p.MutationResponse, "mutate_admission"),
    "ResourceConversion/ConvertObjects": (p.ConversionRequest, p.ConversionResponse, "convert_objects"),
}


def admission(operation: Operation = Operation.UPDATE, old: bytes = b"") -> Any:
    return p.AdmissionRequest(
        pluginContext=context(),
        operation=int(operation),
        kind=p.GroupVersionKind(group="g", version="v1", kind="K"),
        object_bytes=b"new ",
        old_object_bytes=old,
    )


def test_validation_refuses_with_its_reason() -> None:
    with serving(Strict) as served:
        answer = served.unary(
            "AdmissionControl/ValidateAdmission", admission(Operation.DELETE), p.ValidationResponse
        )

    assert (answer.allowed, list(answer.warnings)) == (False, ["look"])
    result = answer.result
    assert (result.status, result.message, result.reason, result.code) == (
        "Failure",
        "in use",
        "Conflict",
        409,
    )


@pytest.mark.parametrize(("old", "allowed"), [(b"", True), (b"keep", False)])
def test_validation_sees_the_old_object(old: bytes, allowed: bool) -> None:
    with serving(Strict) as served:
        answer = served.unary("AdmissionControl/ValidateAdmission", admission(old=old), p.ValidationResponse)

    assert answer.allowed is allowed
    assert not answer.HasField("result")


def test_mutation_returns_the_object_to_store() -> None:
    with serving(Strict) as served:
        answer = served.unary("AdmissionControl/MutateAdmission", admission(), p.MutationResponse)

    assert (answer.allowed, answer.object_bytes, list(answer.warnings)) == (True, b"new g/v1/K", ["w"])


def test_conversion_returns_the_uid_of_the_request() -> None:
    request = p.ConversionRequest(
        pluginContext=context(), uid="u-7", target_version=p.GroupVersion(group="g", version="v2")
    )
    request.objects.add(raw=b"a ", content_type="text/plain")
    with serving(Strict) as served:
        answer = served.unary("ResourceConversion/ConvertObjects", request, p.ConversionResponse)

    assert (answer.uid, answer.result.code) == ("u-7", 200)
    assert [(item.raw, item.content_type) for item in answer.objects] == [(b"a g/v2", "text/plain")]


@pytest.mark.parametrize("method", CALLS)
def test_what_a_class_does_not_define_is_unimplemented(method: str) -> None:
    request, response, name = CALLS[method]
    with serving(Silent) as served, pytest.raises(grpc.RpcError) as failed:
        served.unary(method, request(), response)

    assert failed.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert failed.value.details() == f"this plugin does not implement {name}"
