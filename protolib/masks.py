"""Masks: which of the three structural losses are switched on, in words and in the book's order."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pandas as pd

LOSSES = ("coverage", "separation", "overlap")


class Mask(NamedTuple):
    """Which structural losses are switched on. 1 is on, 0 is off."""

    coverage: int = 0
    separation: int = 0
    overlap: int = 0


def mask_name(mask: Iterable[int]) -> str:
    """A mask in words.

    >>> mask_name((0, 0, 0)), mask_name((1, 0, 1)), mask_name((1, 1, 1))
    ('baseline', 'coverage + overlap', 'all three')
    """
    on = [name for name, active in zip(LOSSES, mask) if active]
    return "all three" if len(on) == 3 else " + ".join(on) or "baseline"


def parse_mask(name: str) -> Mask:
    """The mask of that name: as `mask_name` writes it, with or without spaces, or "all".

    Raises
    ------
    ValueError
        if there is no such mask.

    >>> parse_mask("coverage+overlap") == parse_mask("coverage + overlap") == Mask(1, 0, 1)
    True
    """
    whole = " ".join(name.split())
    alone = {"baseline": (), "all": LOSSES, "all three": LOSSES}
    words = alone.get(whole, [word.strip() for word in whole.split("+")])
    if not set(words) <= set(LOSSES):
        raise ValueError(
            f"unknown mask {name!r}: expected baseline, all, or losses joined by +, "
            f"from {', '.join(LOSSES)}"
        )
    return Mask(*(int(loss in words) for loss in LOSSES))


# The reading order of the book: none, singles, pairs, all.
MASKS = tuple(
    Mask(*bits)
    for bits in [
        (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1),
    ]
)  # fmt: skip


def by_mask(table: pd.DataFrame) -> Iterator[tuple[Mask, pd.DataFrame]]:
    """The table's parts, one a mask, in the book's order."""
    for mask in MASKS:
        part = table[(table[[*LOSSES]] == list(mask)).all(axis=1)]
        if len(part):
            yield mask, part
