"""A forked child waits for no lock that a thread of the plugin held."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="optional: forks")

_BLOCKED = """
import os, sys, threading, time
from plugin_sdk._process.fork import ForkGuard
from plugin_sdk._secrets import StruckStream

sys.{name} = StruckStream(sys.{name})
ForkGuard(lambda: [], "").install()
threading.Thread(target=lambda: sys.{name}.write("x" * (1 << 20)), daemon=True).start()
time.sleep(0.5)  # the pipe is full, and the thread waits inside the stream
child = os.fork()
if not child:
    sys.{name}.flush()
    sys.__{name}__ = None  # dropped last, as at the end of the interpreter
    os._exit(7)
deadline = time.monotonic() + 10
while time.monotonic() < deadline:
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        os._exit(os.waitstatus_to_exitcode(status))
    time.sleep(0.05)
os.kill(child, 9)
os._exit(1)
"""


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_child_flushes_a_stream_in_which_a_thread_of_the_plugin_waits(name: str) -> None:
    program = _BLOCKED.format(name=name)
    buffered = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    # Since Python 3.12 forking beside a thread prints a warning, which would wait for the full pipe itself.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program]
    with subprocess.Popen(command, env=buffered, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        # Nobody reads the pipes.
        assert process.wait(30) == 7
