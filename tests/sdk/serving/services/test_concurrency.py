from __future__ import annotations

import threading
from collections.abc import Iterator
from contextvars import ContextVar

import pytest

from plugin_sdk._serving.pools import Pool
from plugin_sdk._serving.services.concurrency import run_concurrently
from tests.sdk.in_process_server import SECONDS


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool(8, "test")
    yield made
    made.shutdown()


def test_results_are_in_the_order_of_the_items(pool: Pool) -> None:
    barrier = threading.Barrier(3)

    def work(number: int) -> int:
        barrier.wait(SECONDS)
        return number * 10

    assert run_concurrently(work, [1, 2, 3, 4, 5, 6], 3, pool) == [10, 20, 30, 40, 50, 60]


@pytest.mark.parametrize("items", [[], [1]])
def test_a_single_item_needs_no_other_thread(pool: Pool, items: list[int]) -> None:
    found = run_concurrently(lambda _item: threading.get_ident(), items, 10, pool)

    assert found == [threading.get_ident()] * len(items)


def test_the_calling_thread_does_everything_if_the_pool_is_full() -> None:
    go_on = threading.Event()
    pool = Pool(1, "test")
    pool.start(go_on.wait, SECONDS)
    found = run_concurrently(lambda _item: threading.get_ident(), [1, 2, 3], 3, pool)
    go_on.set()
    pool.shutdown()

    assert found == [threading.get_ident()] * 3


def test_every_thread_has_the_context_of_the_caller(pool: Pool) -> None:
    name: ContextVar[str] = ContextVar("name", default="none")
    name.set("request")
    barrier = threading.Barrier(3)

    def work(_item: int) -> str:
        barrier.wait(SECONDS)
        return name.get()

    assert run_concurrently(work, [1, 2, 3], 3, pool) == ["request"] * 3
