import multiprocessing
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

PACKAGES = ["cloudpickle"]
EXPECTED = [[1, 4], [1, 4], ["json", "3"], "42"]
KIND = "a library that starts Python again"


def _square(number):
    return number * number


def _run(*arguments, text=None):
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True, input=text, timeout=60
    ).stdout.strip()


def answer():
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        spawned = list(pool.map(_square, [1, 2]))
    with multiprocessing.get_context("forkserver").Pool(1) as pool:
        forked = pool.map(_square, [1, 2])
    code = "import json, sys; print(json.__name__, len(sys.argv))"
    said = _run("-u", "-c", code, "a", "b").split()
    return [spawned, forked, said, _run("-", text="print(42)")]
