"""What handlers receive and return: one module per service, names as in the Go SDK."""

from plugin_sdk.messages.admission import (
    AdmissionRequest,
    ConversionRequest,
    ConversionResponse,
    MutationResponse,
    Operation,
    RawObject,
    StatusResult,
    ValidationResponse,
)
from plugin_sdk.messages.data import DataQuery, DataResponse, QueryDataRequest, QueryDataResponse, TimeRange
from plugin_sdk.messages.diagnostics import (
    CheckHealthRequest,
    CheckHealthResult,
    CollectMetricsRequest,
    HealthStatus,
)
from plugin_sdk.messages.headers import Headers, canonical
from plugin_sdk.messages.resource import CallResourceRequest, CallResourceResponse, json_bytes
from plugin_sdk.messages.stream import (
    PublishStreamRequest,
    PublishStreamResponse,
    RunStreamRequest,
    StreamStatus,
    SubscribeStreamRequest,
    SubscribeStreamResponse,
)

__all__ = [
    "AdmissionRequest",
    "CallResourceRequest",
    "CallResourceResponse",
    "CheckHealthRequest",
    "CheckHealthResult",
    "CollectMetricsRequest",
    "ConversionRequest",
    "ConversionResponse",
    "DataQuery",
    "DataResponse",
    "Headers",
    "HealthStatus",
    "MutationResponse",
    "Operation",
    "PublishStreamRequest",
    "PublishStreamResponse",
    "QueryDataRequest",
    "QueryDataResponse",
    "RawObject",
    "RunStreamRequest",
    "StatusResult",
    "StreamStatus",
    "SubscribeStreamRequest",
    "SubscribeStreamResponse",
    "TimeRange",
    "ValidationResponse",
    "canonical",
    "json_bytes",
]
