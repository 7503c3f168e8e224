"""Beyond the limits that the first paper names: G6 (`protolib.claims.further`).

One dimension, one activation, one coefficient, a width tied to N: the baseline and three single
losses again, with each of these changed.
"""

from collections.abc import Sequence

import pandas as pd

from protolib import measurements
from protolib.masks import LOSSES, MASKS, Mask, mask_name
from protolib.sweep import Grid, Setting, run_many
from protolib.training import TrainConfig

SEEDS = range(10, 50)
SIZES = (10, 20, 50)
BEYOND = {  # what is changed, in words; and how
    "activation sech²": {"activation": "sech2"},
    "λ = 0.01": {"lam": 0.01},
    "λ = 1": {"lam": 1.0},
    "half the units": {"width": 0.5},
    "twice the units": {"width": 2.0},
    "two dimensions": {"dims": 2},
}
SCORES = {"reconstruction_error": "error", "expelled_share": "share outside"}


def grid(change: dict, seeds: Sequence[int]) -> Grid:
    """The runs of one change: the baseline and each loss alone."""
    settings = {k: v for k, v in change.items() if k in Setting.__dataclass_fields__}
    config = {k: v for k, v in change.items() if k not in settings}
    return Grid(SIZES, tuple(seeds), MASKS[:4], TrainConfig(**config), Setting(**settings))


def measure(seeds: Sequence[int] = SEEDS) -> pd.DataFrame:
    """Error and share outside of the baseline and of each loss alone, beyond each limit.

    About a minute on two cores. Columns: `measurements.COLUMNS`; world: what is changed.
    """
    tables = run_many([grid(change, seeds) for change in BEYOND.values()])
    parts = []
    for world, table in zip(BEYOND, tables):
        names = [mask_name(Mask(*mask)) for mask in table[[*LOSSES]].to_numpy().tolist()]
        long = table.assign(of=names, world=world).melt(
            ["world", "n", "of", "seed"], [*SCORES], var_name="score"
        )
        parts.append(long.assign(score=long["score"].map(SCORES)))
    return pd.concat(parts, ignore_index=True)[measurements.COLUMNS]
