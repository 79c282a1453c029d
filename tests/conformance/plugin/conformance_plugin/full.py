"""A data source with every ability, one query at a time."""

from __future__ import annotations

import itertools
import json
import logging
import os
import time
from typing import Any

from conformance_plugin import faults, frames
from plugin_sdk import (
    AdmissionRequest,
    CallResourceRequest,
    CallResourceResponse,
    CheckHealthResult,
    ConversionRequest,
    ConversionResponse,
    DataQuery,
    DataResponse,
    DataSource,
    DataSourceInstanceSettings,
    DownstreamError,
    HealthStatus,
    MutationResponse,
    PluginError,
    PublishStreamRequest,
    PublishStreamResponse,
    RunStreamRequest,
    StatusResult,
    StreamStatus,
    SubscribeStreamRequest,
    SubscribeStreamResponse,
    ValidationResponse,
    resource,
)
from plugin_sdk.data import Field, FieldType, Frame

log = logging.getLogger("conformance")
_numbers = itertools.count(1)

Model = dict[str, Any]


class Full(DataSource[dict[str, Any], dict[str, Any]]):
    def __init__(self, instance: DataSourceInstanceSettings[Model]) -> None:
        self.instance = instance
        self.number = next(_numbers)
        self.settings = instance.settings
        time.sleep(self.settings.get("slow_ms", 0) / 1000)
        if self.settings.get("hang"):
            time.sleep(3600)
        self._fail(self.settings.get("fail", ""))
        log.info("instance created", extra={"number": self.number})

    @staticmethod
    def _fail(kind: str) -> None:
        if kind == "downstream":
            raise DownstreamError("factory failed")
        if kind == "plugin":
            raise PluginError("factory failed")
        if kind:
            raise RuntimeError("factory failed")

    def dispose(self) -> None:
        log.info("instance disposed", extra={"number": self.number})

    # Queries

    def query(self, query: DataQuery[Model]) -> Any:
        asked = query.model
        action = asked.get("do", "")
        handler = getattr(self, "_do_" + action.replace("-", "_"), None)
        if handler is not None:
            return handler(query, asked)
        if action in faults.ACTIONS:
            return faults.ACTIONS[action](query, asked)
        return frames.series(query, asked.get("count") or 3)

    def _do_error(self, _query: DataQuery[Model], asked: Model) -> Any:
        return DataResponse(error=asked["text"], status=asked.get("status", 0))

    def _do_downstream(self, _query: DataQuery[Model], asked: Model) -> Any:
        raise DownstreamError(asked["text"], status=asked.get("status") or None)

    def _do_plugin(self, _query: DataQuery[Model], asked: Model) -> Any:
        raise PluginError(asked["text"], status=asked.get("status") or None)

    def _do_timeout(self, _query: DataQuery[Model], _asked: Model) -> Any:
        raise TimeoutError("context deadline exceeded")

    def _do_panic(self, _query: DataQuery[Model], asked: Model) -> Any:
        raise RuntimeError(asked["text"])

    def _do_wait(self, query: DataQuery[Model], asked: Model) -> Any:
        end = time.monotonic() + asked.get("ms", 0) / 1000
        while time.monotonic() < end:
            if query.cancelled:
                log.info("query cancelled by its caller")
                return []
            time.sleep(0.01)
        return Frame("waited")

    def _do_log(self, query: DataQuery[Model], asked: Model) -> Any:
        log.info(asked["text"], extra={"number": 7, "who": "author"})
        return frames.series(query)

    def _do_empty(self, _query: DataQuery[Model], _asked: Model) -> Any:
        return []

    def _do_no_fields(self, _query: DataQuery[Model], _asked: Model) -> Any:
        return Frame("")

    def _do_headers(self, query: DataQuery[Model], asked: Model) -> Any:
        found = {name: query.headers.get(name) for name in asked["names"]}
        return frames.text({"found": found, "forwarded": query.headers.forwarded()})

    def _do_env(self, _query: DataQuery[Model], _asked: Model) -> Any:
        return frames.text(dict(os.environ))

    def _do_rich_context(self, query: DataQuery[Model], _asked: Model) -> Any:
        config = query.context.grafana_config
        return frames.text(
            {
                "namespace": query.context.namespace,
                "api_version": query.context.api_version,
                "user": None if query.context.user is None else query.context.user.role,
                "agent": None if query.context.user_agent is None else vars(query.context.user_agent),
                "app_url": config.app_url,
                "toggle": config.feature_enabled("someToggle"),
                "concurrent": config.concurrent_query_count,
                "row_limit": config.sql_row_limit,
                "raw": dict(config),
                "repr": repr(config) + repr(query.context),
            }
        )

    def _do_echo(self, query: DataQuery[Model], _asked: Model) -> Any:
        return frames.text(self._seen(query))

    def _seen(self, query: DataQuery[Model]) -> Model:
        context = query.context
        seen: Model = {
            "org": context.org_id,
            "plugin": context.plugin_id,
            "version": context.plugin_version,
            "ref": query.ref_id,
            "type": query.query_type,
            "points": query.max_data_points,
            "interval_ms": query.interval_ms,
            "from": query.time_range.from_ms,
            "to": query.time_range.to_ms,
            "instance": self.number,
            "config": context.grafana_config.get("GF_APP_URL", ""),
        }
        if context.user is not None:
            user = context.user
            seen["user"] = f"{user.login}|{user.name}|{user.email}|{user.role}"
        if context.user_agent is not None:
            seen["grafana"] = context.user_agent.grafana_version
        if context.data_source_instance_settings is not None:
            seen["ds"] = _source(context.data_source_instance_settings)
        return seen

    # Everything else

    def check_health(self) -> CheckHealthResult:
        kind = self.settings.get("health", "")
        if kind == "error":
            return CheckHealthResult.error("not well")
        if kind == "unknown":
            return CheckHealthResult(HealthStatus.UNKNOWN, "who knows")
        if kind in ("raise", "panic"):
            raise RuntimeError("health failed" if kind == "raise" else "health panicked")
        if kind == "hang":
            time.sleep(3600)
        if kind == "bad-details":
            return CheckHealthResult(HealthStatus.OK, "all well", ["no", "object"])  # type: ignore[arg-type]
        return CheckHealthResult.ok("all well", checked=True)

    @resource("GET", "/stations")
    def stations(self) -> list[str]:
        return ["berlin", "oslo"]

    @resource("GET", "/station/{name}")
    def station(self, name: str, limit: int = 5) -> Model:
        return {"name": name, "limit": limit}

    @resource("GET|POST|PUT|DELETE", "/echo")
    def echo(self, request: CallResourceRequest) -> CallResourceResponse:
        answer = CallResourceResponse.of_json(
            {
                "method": request.method,
                "query": request.query_string,
                "body": request.body.decode(),
                "header": request.headers.get("X-Asked", ""),
            },
            418,
        )
        return CallResourceResponse(
            418, answer.body, {"Content-Type": "application/json", "X-Many": ["one", "two"]}
        )

    @resource("GET", "/empty")
    def empty(self) -> None:
        return None

    @resource("GET", "/panic")
    def panic(self) -> None:
        raise RuntimeError("resource panicked")

    @resource("GET", "/refuse")
    def refuse(self) -> None:
        raise PluginError("not for you", status=403)

    @resource("GET", "/odd-status")
    def odd_status(self) -> CallResourceResponse:
        return CallResourceResponse(0, b"{}")

    @resource("GET", "/hop")
    def hop(self) -> CallResourceResponse:
        return CallResourceResponse(
            200, b"{}", {"Connection": "close", "Transfer-Encoding": "chunked", "X-Kept": "yes"}
        )

    @resource("GET", "/stream")
    def streamed(self) -> Any:
        yield CallResourceResponse(200, b"one ", {"Content-Type": "text/plain"})
        yield b"two "
        yield b"three"

    @resource("GET", "/late-failure")
    def late_failure(self) -> Any:
        yield b"begun"
        raise RuntimeError("failed in the middle")

    def subscribe_stream(self, request: SubscribeStreamRequest) -> SubscribeStreamResponse:
        if request.path == "forbidden":
            return SubscribeStreamResponse(StreamStatus.PERMISSION_DENIED)
        if request.path == "missing":
            return SubscribeStreamResponse(StreamStatus.NOT_FOUND)
        if request.path == "initial":
            frame = Frame("first", Field("value", [1.0], type=FieldType.FLOAT64))
            return SubscribeStreamResponse(StreamStatus.OK, frame)
        return SubscribeStreamResponse(StreamStatus.OK)

    def publish_stream(self, request: PublishStreamRequest) -> PublishStreamResponse:
        if request.path == "forbidden":
            return PublishStreamResponse(StreamStatus.PERMISSION_DENIED)
        if request.path == "swallow":
            return PublishStreamResponse(StreamStatus.OK)
        return PublishStreamResponse(StreamStatus.OK, request.data)

    def run_stream(self, request: RunStreamRequest) -> Any:
        if request.path == "error":
            raise PluginError("stream failed")
        if request.path == "panic":
            raise RuntimeError("stream panicked")
        if request.path == "text":
            yield "this is no JSON"
            return
        if request.path == "frames":
            for index in range(3):
                yield Frame("ticks", Field("value", [float(index)], type=FieldType.FLOAT64))
            return
        count = json.loads(request.data or b"{}").get("count", 0)
        try:
            for index in itertools.count():
                if (count and index >= count) or request.cancelled:
                    break
                yield {"tick": index}
                time.sleep(0.02)
        finally:
            log.info("stream ended", extra={"path": request.path})

    @classmethod
    def collect_metrics(cls, _request: Any) -> str:
        return "# TYPE conformance_own gauge\nconformance_own 42\n"

    @classmethod
    def validate_admission(cls, request: AdmissionRequest) -> ValidationResponse:
        if not request.object_bytes:
            return ValidationResponse(False, StatusResult("Failure", "nothing to store", "BadRequest", 400))
        return ValidationResponse(True, warnings=["looked at " + request.kind])

    @classmethod
    def mutate_admission(cls, request: AdmissionRequest) -> MutationResponse:
        return MutationResponse(True, request.object_bytes)

    @classmethod
    def convert_objects(cls, request: ConversionRequest) -> ConversionResponse:
        return ConversionResponse(request.objects)


def _source(source: DataSourceInstanceSettings[Any]) -> Model:
    return {
        "id": source.id,
        "uid": source.uid,
        "type": source.type,
        "name": source.name,
        "url": source.url,
        "user": source.user,
        "database": source.database,
        "basic": source.basic_auth_enabled,
        "basic_user": source.basic_auth_user,
        "json": source.json_data_raw.decode(),
        "secret": source.decrypted_secure_json_data.get("token", ""),
        "updated": int(source.updated.timestamp() * 1000),
    }
