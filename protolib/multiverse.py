"""The multiverse: the paper's experiment under other reasonable choices than ours.

A *universe* is one way of making the choices that the paper leaves open: a training configuration
and a setting, and with them the grid of 8 masks, 6 sizes and 10 seeds. 216 universes cross six
choices; the others change one thing each. The table of all runs is shipped with the book; `python
-m protolib multiverse` makes it anew.
"""

import dataclasses
import io
import itertools
import math
import os
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from protolib import claims, sweep
from protolib.masks import LOSSES
from protolib.sweep import Grid, Setting
from protolib.training import TrainConfig

SCHEMA = 1
HOT = 1.0  # the τ of the extra runs with separation alone, which C8 needs
KEYS = ["universe", "n", *LOSSES, "seed", "tau"]
SCORES = ["reconstruction_error", "specialization_ratio", "expelled_share", "hull_distance",
          "fit_r2"]  # fmt: skip

# The six crossed choices, the nominal value first.
CROSSED = {
    "parametrisation": ("bias", "centre"),
    "start": ("uniform", "pytorch", "glorot"),
    "target": ("sine", "line", "labels"),
    "optimiser": ("adam", "sgd"),
    "lam": (0.1, 0.01, 1.0),
    "attractor": ("coverage", "soft coverage"),
}
# One change at a time, all else nominal.
SINGLE = {
    "τ = 0.0001": {"tau": 1e-4},
    "τ = 0.01": {"tau": 1e-2},
    "τ = 0.1": {"tau": 1e-1},
    "τ = 1": {"tau": 1.0},
    "ten times the steps": {"steps": 20_000},
    "learning rate a tenth": {"learning_rate": 1e-3},
    "learning rate three times": {"learning_rate": 3e-2},
    "half the units": {"width": 0.5},
    "twice the units": {"width": 2.0},
    "noise on the inputs": {"noise": 0.02},
    "every sample twice": {"inputs": "duplicated"},
    "clustered inputs": {"inputs": "clustered"},
    "64 bits": {"dtype": "float64"},
    "activation sech²": {"activation": "sech2"},
    "gradient descent at rate 0.1": {"optimiser": "sgd", "learning_rate": 0.1},
}


class Universe(NamedTuple):
    """One way of making the choices: its name, what differs from the nominal one, both plans."""

    name: str
    choices: dict
    config: TrainConfig
    setting: Setting

    def grids(self, sizes: Sequence[int], seeds: Sequence[int]) -> list[Grid]:
        """The eight masks, and separation alone at the temperature `HOT`."""
        found = [Grid(sizes=sizes, seeds=seeds, config=self.config, setting=self.setting)]
        if self.config.tau < HOT:
            hot = dataclasses.replace(self.config, tau=HOT)
            found.append(
                Grid(sizes=sizes, seeds=seeds, masks=(claims.SEPARATION,), config=hot,
                     setting=self.setting, alone=True)
            )  # fmt: skip
        return found


def _universe(name: str, choices: dict) -> Universe:
    fields = {field.name for field in dataclasses.fields(TrainConfig)}
    config = {key: value for key, value in choices.items() if key in fields}
    if config.get("optimiser") == "sgd":
        config.setdefault("learning_rate", 0.03)  # stable at every size; 0.1 is not from N = 50 on
    setting = {key: value for key, value in choices.items() if key not in fields}
    return Universe(name, choices, TrainConfig(**config), Setting(**setting))


_WORDS = {
    "centre": "centre parametrisation", "pytorch": "PyTorch's start", "glorot": "zero biases",
    "line": "a line", "labels": "random labels", "sgd": "gradient descent", 0.01: "λ = 0.01",
    1.0: "λ = 1", "soft coverage": "soft coverage",
}  # fmt: skip


def universes() -> list[Universe]:
    """All universes, the nominal one first; a universe's place in this list is its number.

    >>> [universe.name for universe in universes()][:3]
    ['nominal', 'soft coverage', 'λ = 0.01']
    """
    found = []
    for values in itertools.product(*CROSSED.values()):
        choices = dict(zip(CROSSED, values))
        changed = {k: v for k, v in choices.items() if v != CROSSED[k][0]}
        name = ", ".join(_WORDS[value] for value in changed.values()) or "nominal"
        found.append(_universe(name, changed))
    return found + [_universe(name, choices) for name, choices in SINGLE.items()]


def run(
    chosen: Sequence[int] | None = None,
    *,
    sizes: Sequence[int] = Grid.sizes,
    seeds: Sequence[int] = Grid.seeds,
    workers: int | None = None,
    cache: str | os.PathLike | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Run universes (all of them by default) and return their table: `KEYS`, then `SCORES`."""
    every = universes()
    numbers = range(len(every)) if chosen is None else chosen
    plan = [(number, grid) for number in numbers for grid in every[number].grids(sizes, seeds)]
    tables = sweep.run_many(
        [grid for _, grid in plan], workers=workers, cache=cache, progress=progress
    )
    parts = [table.assign(universe=number) for (number, _), table in zip(plan, tables)]
    return pd.concat(parts, ignore_index=True)[KEYS + SCORES]


def answers(table: pd.DataFrame) -> pd.DataFrame:
    """Every question of the ledger in every universe of the table, and the claim's verdict.

    Columns universe, claim, verdict, and those of `claims.Question`.
    """
    parts = []
    for number, part in table.groupby("universe"):
        for found in claims.ledger(part):
            rows = claims.evidence(found)
            about = {"universe": number, "claim": found.claim.id, "verdict": found.verdict}
            parts.append(rows.assign(**about)[[*about, *rows]])
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def verdicts(found: pd.DataFrame) -> pd.DataFrame:
    """The verdict of every claim in every universe: one row a universe, one column a claim."""
    one = found.drop_duplicates(["universe", "claim"])
    wide = one.pivot(index="universe", columns="claim", values="verdict")
    ids = [claim.id for claim in claims.CLAIMS]
    return wide.reindex(columns=ids).astype(object).fillna("not tested here")


def tally(table: pd.DataFrame) -> pd.DataFrame:
    """How often each claim got each verdict in the crossed universes, (verdicts, claims).

    Claims that the table holds no answer to are left out.
    """
    crossed = math.prod(len(values) for values in CROSSED.values())
    judged = verdicts(answers(table[table.universe < crossed]))
    counts = judged.apply(lambda own: own.value_counts()).fillna(0).astype(int)
    return counts.drop(index="not tested here", errors="ignore").loc[:, lambda c: c.sum() > 0]


def write(table: pd.DataFrame, path: str | os.PathLike) -> None:
    """Write a table as gzipped CSV, numbers to four digits, with schema and checksum on top."""
    body = table.to_csv(index=False, float_format="%.4g", lineterminator="\n")
    sweep.write_sealed(body, path, "multiverse", SCHEMA)


def read(path: str | os.PathLike) -> pd.DataFrame:
    """Read a table that `write` wrote.

    Raises
    ------
    TableError
        if the file is foreign, of another schema, or changed.
    """
    advice = "Make it anew with `python -m protolib multiverse`."
    return pd.read_csv(io.StringIO(sweep.read_sealed(path, "multiverse", SCHEMA, advice)))
