"""The figures of the book, one module a chapter: what a page calls, and nothing that it computes.

`figures.coverage.push(…)` draws what the chapter `coverage` has computed, in the book's style, with
a text for readers who cannot see it, and returns what the page shows. The caption stands in the
chapter. Modules are loaded when they are used, so a page stands on its own module alone.
"""

from importlib import import_module
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise
        raise AttributeError(f"there are no figures named {name!r}") from None
