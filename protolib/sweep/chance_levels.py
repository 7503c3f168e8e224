"""What knowing nothing scores, for the two scores of a reconstruction."""

from collections.abc import Iterable

import pandas as pd

from protolib import data, matching
from protolib.sweep.grid import Grid


def chance(
    sizes: Iterable[int] = Grid.sizes, *, draws: int = 400, seed: int = 0
) -> dict[int, pd.DataFrame]:
    """What knowing nothing scores: prototypes uniform in the hull of samples that are uniform.

    Returns, for each N, a table with one row a draw and the columns `reconstruction_error` and
    `specialization_ratio`. This is the level called *chance* throughout the book.

    >>> {n: len(table) for n, table in chance([3, 5], draws=7).items()}
    {3: 7, 5: 7}
    """
    levels = {}
    for n in sizes:
        x = data.uniform(range(draws), n)
        p = matching.chance_prototypes(x, n, seed=seed)
        levels[n] = pd.DataFrame(
            {
                "reconstruction_error": matching.reconstruction_error(p, x),
                "specialization_ratio": matching.specialization_ratio(p, x),
            }
        )
    return levels


def chance_medians(
    sizes: Iterable[int] = Grid.sizes, *, draws: int = 400, seed: int = 0
) -> pd.DataFrame:
    """The medians of `chance`, indexed by N, one column a score."""
    levels = chance(sizes, draws=draws, seed=seed)
    return pd.DataFrame({n: table.median() for n, table in levels.items()}).T
