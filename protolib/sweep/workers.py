"""Workers on this machine, how many it has room for, and Ctrl-C between chunks."""

import contextlib
import math
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def available_processors() -> int:
    """How many processors this process may use: what it is bound to, and a container's quota.

    >>> available_processors() >= 1
    True
    """
    bound = getattr(os, "sched_getaffinity", None)  # Linux
    count = len(bound(0)) if bound else os.cpu_count() or 1
    return max(1, math.ceil(min(count, _quota())))


def _quota() -> float:
    """Processors' worth of time that the control group grants; infinite if it sets no limit."""
    with contextlib.suppress(OSError, ValueError):
        quota, period = (CGROUP / "cpu.max").read_text(encoding="ascii").split()
        return math.inf if quota == "max" else int(quota) / int(period)
    with contextlib.suppress(OSError, ValueError):  # version 1
        quota, period = (
            int((CGROUP / "cpu" / f"cpu.cfs_{name}_us").read_text(encoding="ascii"))
            for name in ("quota", "period")
        )
        return quota / period if quota > 0 else math.inf
    return math.inf


def local_executor(workers: int) -> Executor:
    """Forked processes on Linux, threads elsewhere; a single worker is a thread.

    Forking costs milliseconds where a fresh process (also one of `loky`'s) would import torch for
    seconds. It is safe here because a worker runs torch on one thread only, so it never touches the
    parent's thread pool.
    """
    if workers == 1 or not sys.platform.startswith("linux"):
        return ThreadPoolExecutor(workers)
    return ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("fork"),
        initializer=_start_worker,
        initargs=(os.getpid(),),
    )


def _start_worker(parent: int) -> None:
    """Leave Ctrl-C to the parent, and do not outlive it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def interrupt_flag() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl-C into a flag that is looked at between chunks.

    An interrupt may otherwise strike anywhere, also where a lock is held, and leave it locked. Only
    the main thread can do this; elsewhere the flag stays down.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    raised: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: raised.append(number))
    try:
        yield lambda: bool(raised)
    finally:
        signal.signal(signal.SIGINT, before)
