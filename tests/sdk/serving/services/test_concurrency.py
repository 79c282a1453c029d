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


def test_answers_come_in_the_order_of_the_questions(pool: ThreadPoolExecutor) -> None:
    barrier = threading.Barrier(3)

    def work(number: int) -> int:
        barrier.wait(SECONDS)
        return number * 10

    assert run_concurrently(work, [1, 2, 3, 4, 5, 6], 3, pool) == [10, 20, 30, 40, 50, 60]


@pytest.mark.parametrize("items", [[], [1]])
def test_up_to_one_item_needs_no_other_thread(pool: ThreadPoolExecutor, items: list[int]) -> None:
    found = run_concurrently(lambda _item: threading.get_ident(), items, 10, pool)

    assert found == [threading.get_ident()] * len(items)


def test_the_calling_thread_does_all_where_the_pool_has_no_room() -> None:
    go_on = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(go_on.wait, SECONDS)
        found = run_concurrently(lambda _item: threading.get_ident(), [1, 2, 3], 3, pool)
        go_on.set()

    assert found == [threading.get_ident()] * 3


def test_the_callers_context_is_known_in_every_thread(pool: ThreadPoolExecutor) -> None:
    name: ContextVar[str] = ContextVar("name", default="none")
    name.set("request")
    barrier = threading.Barrier(3)

    def work(_item: int) -> str:
        barrier.wait(SECONDS)
        return name.get()

    assert run_concurrently(work, [1, 2, 3], 3, pool) == ["request"] * 3
