"""Python lists to Arrow, beside pyarrow's conversion of the same lists; no plugin takes part."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from benchmarks.compare.figures import Figure, Goal
from benchmarks.compare.rounds import Measurement, Sample, Subjects
from benchmarks.compare.setting import Setting


def _sample(encode: Callable[[], object]) -> Sample:
    began = time.perf_counter()
    for _ in range(3):
        encode()
    return {"ms": 1e3 * (time.perf_counter() - began) / 3}


def _prepare(_setting: Setting, _stack: ExitStack) -> Subjects:
    from benchmarks.frames import lists

    case = lists("", 100_000, None)
    assert case.pyarrow is not None
    return {"python": partial(_sample, case.ours), "pyarrow": partial(_sample, case.pyarrow)}


ENCODING = Measurement(
    "encoding",
    (Figure("ms", "100,000 rows from Python lists, encoding alone", "ms", Goal(1.1, "pyarrow")),),
    _prepare,
    times=3,
)
