"""One torch thread, for a while: on arrays this small a second one costs more than it brings."""

import contextlib
import threading
from collections.abc import Iterator

import torch

_lock = threading.Lock()
_inside = 0  # how many threads of Python are in a block now
_before = 1  # what was set when the first of them came in
_own = threading.local()  # how deep in nested blocks this one is


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Run torch on one thread inside the block, then restore what was set before.

    Blocks may be nested, and several threads of Python may be inside at once: whoever comes second
    would find a one already, so all restore what the first one found.
    """
    global _inside, _before
    depth = getattr(_own, "depth", 0)
    with _lock:
        if _inside == 0:
            _before = torch.get_num_threads()
        _inside += 1
        torch.set_num_threads(1)
    _own.depth = depth + 1
    try:
        yield
    finally:
        _own.depth = depth
        with _lock:
            _inside -= 1
            if depth == 0:
                torch.set_num_threads(_before)
