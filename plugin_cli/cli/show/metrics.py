"""Prometheus' text format as JSON."""

from __future__ import annotations

from typing import Any


def metrics_document(text: str) -> dict[str, Any]:
    """Return the metrics of a text, each with its samples; numbers JSON has not are text, such as `NaN`."""
    from prometheus_client.parser import text_string_to_metric_families

    return {
        "metrics": [
            {
                "name": family.name,
                "type": family.type,
                "help": family.documentation,
                "samples": [
                    {"name": sample.name, "labels": sample.labels, "value": _number(sample.value)}
                    for sample in family.samples
                ],
            }
            for family in text_string_to_metric_families(text)
        ]
    }


def _number(value: float) -> float | str:
    return value if value - value == 0 else str(value)
