from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import pytest

from plugin_sdk._serving.services.concurrency import run_concurrently
from tests.sdk.in_process_server import SECONDS


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def test_results_are_in_the_order_of_the_items(pool: ThreadPoolExecutor) -> None:
    barrier = threading.Barrier(3)

    def work(number: int) -> int:
        barrier.wait(SECONDS)
        return number * 10

    assert run_concurrently(work, [1, 2, 3, 4, 5, 6], 3, pool) == [10, 20, 30, 40, 50, 60]


@pytest.mark.parametrize("items", [[], [1]])
def test_a_single_item_needs_no_other_thread(pool: ThreadPoolExecutor, items: list[int]) -> None:
    found = run_concurrently(lambda _item: threading.get_ident(), items, 10, pool)

    assert found == [threading.get_ident()] * len(items)


def test_the_calling_thread_does_everything_if_the_pool_is_full() -> None:
    go_on = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(go_on.wait, SECONDS)
        found = run_concurrently(lambda _item: threading.get_ident(), [1, 2, 3], 3, pool)
        go_on.set()

    assert found == [threading.get_ident()] * 3


def test_every_thread_has_the_context_of_the_caller(pool: ThreadPoolExecutor) -> None:
    name: ContextVar[str] = ContextVar("name", default="none")
    name.set("request")
    barrier = threading.Barrier(3)

    def work(_item: int) -> str:
        barrier.wait(SECONDS)
        return name.get()

    assert run_concurrently(work, [1, 2, 3], 3, pool) == ["request"] * 3
