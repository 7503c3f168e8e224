"""Tables of measurements: one row a number, under the name of what was measured.

A chapter that needs more runs than a page may take has a module with a function `measure(seeds)`,
which makes such a table. The book ships it; `python -m protolib measure NAME` makes it anew, and
the claims of `protolib.claims.sparse` and `protolib.claims.further` are judged on it.
"""

import io
import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pandas as pd
from torch import Tensor

from protolib.sweep.store import read_sealed, write_sealed

SCHEMA = 1
COLUMNS = ["world", "n", "score", "of", "seed", "value"]
KIND = "measurements"
FRESH = 10  # the first seed that no rule has seen
MODULES = {  # what can be measured, and by which module
    "arena": "protolib.arena",
    "chain": "protolib.sparse.chain",
    "coefficients": "protolib.coefficients",
    "companions": "protolib.sparse.companions",
    "generalisation": "protolib.generalisation",
    "limits": "protolib.limits",
    "scale": "protolib.scale",
    "search": "protolib.search",
    "sparse": "protolib.sparse.measurements",
    "universality": "protolib.sparse.universality",
}


class Row(NamedTuple):
    """One measurement: in which world and of which size, which score of what, seed, value."""

    world: str
    n: int
    score: str
    of: str
    seed: int
    value: float


def rows(
    world: str, n: int, score: str, seeds: Sequence[int], values: Mapping[str, Tensor]
) -> list[Row]:
    """One score of several things, each a value a seed: {of: (seeds,)}."""
    return [
        Row(world, n, score, name, seed, float(value))
        for name, column in values.items()
        for seed, value in zip(seeds, column, strict=True)
    ]


def module(name: str) -> ModuleType:
    """The module that measures it: `measure(seeds)`, and `SEEDS` for the book's own table.

    Raises
    ------
    KeyError
        if there is no such name.
    """
    return import_module(MODULES[name])


def write(table: pd.DataFrame, path: str | os.PathLike) -> None:
    """Write a table as CSV, numbers to six digits, with schema and checksum on top.

    A name that ends in .gz is compressed.
    """
    body = table[COLUMNS].to_csv(index=False, float_format="%.6g", lineterminator="\n")
    write_sealed(body, path, KIND, SCHEMA)


def read(path: str | os.PathLike) -> pd.DataFrame:
    """Read a table that `write` wrote.

    Raises
    ------
    TableError
        if the file is foreign, of another schema, or changed.
    """
    advice = "Make it anew with `python -m protolib measure`."
    return pd.read_csv(io.StringIO(read_sealed(path, KIND, SCHEMA, advice)))


def shipped(folder: str | os.PathLike) -> dict[str, pd.DataFrame]:
    """The fresh seeds of every table of measurements in a folder of the book, where it has any."""
    paths = {path.name.partition(".")[0]: path for path in sorted(Path(folder).glob("*.csv*"))}
    tables = {name: read(paths[name]) for name in MODULES if name in paths}
    fresh = {name: table[table["seed"] >= FRESH] for name, table in tables.items()}
    return {name: table for name, table in fresh.items() if len(table)}
