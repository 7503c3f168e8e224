"""Runs that take minutes come with the book as a table, and are trained where it is made anew.

A page asks for its runs by their grids, as it would ask `run_many`; what it is given was trained
before. With `PROTOLIB_MAKE_TABLES=1` the same call trains, and adds what it trained to the table:
so the page itself says what is in the table, and `make tables` runs the pages that have one.
"""

import ast
import dataclasses
import io
import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from protolib.experiment import COLUMNS, KEYS, Setting
from protolib.sweep.grid import Grid
from protolib.sweep.runner import run_many
from protolib.sweep.store import TableError, read_sealed, write_sealed
from protolib.training import TrainConfig

RUNS_SCHEMA = 1
SCORES = [*COLUMNS][5:10]
_ADVICE = "`make tables` trains it anew."


def how(config: TrainConfig, setting: Setting) -> str:
    """What is not nominal about a run, in words that `planned` reads.

    >>> how(TrainConfig(tau=1.0), Setting(dims=2))
    'tau=1.0, dims=2'
    """
    changed = [
        f"{field.name}={getattr(plan, field.name)!r}"
        for plan in (config, setting)
        for field in dataclasses.fields(plan)
        if getattr(plan, field.name) != field.default
    ]
    return ", ".join(changed) or "nominal"


def planned(words: str) -> tuple[TrainConfig, Setting]:
    """The inverse of `how`.

    >>> planned("tau=1.0, dims=2") == (TrainConfig(tau=1.0), Setting(dims=2))
    True
    """
    call = ast.parse(f"nominal({words if words != 'nominal' else ''})", mode="eval").body
    values = {one.arg: ast.literal_eval(one.value) for one in call.keywords}
    fields = {field.name for field in dataclasses.fields(TrainConfig)}
    return (
        TrainConfig(**{name: value for name, value in values.items() if name in fields}),
        Setting(**{name: value for name, value in values.items() if name not in fields}),
    )


def read_runs(path: str | os.PathLike) -> pd.DataFrame:
    """A table of stored runs: `how`, the keys of a run, its scores to six digits.

    Raises
    ------
    TableError
        if the file is foreign, of another schema, or changed.
    FileNotFoundError
        if there is no such file.
    """
    return pd.read_csv(io.StringIO(read_sealed(path, "runs", RUNS_SCHEMA, _ADVICE)))


def stored(grids: Sequence[Grid], path: str | os.PathLike) -> list[pd.DataFrame]:
    """The tables of several grids, as `run_many` gives them, from a file of stored runs.

    Raises
    ------
    TableError
        if the file does not hold every run, or is foreign or changed.
    FileNotFoundError
        if there is no such file.
    """
    if os.environ.get("PROTOLIB_MAKE_TABLES") == "1":
        return _made(grids, Path(path))
    every = dict(list(read_runs(path).groupby("how")))
    return [_select(every, grid, path) for grid in grids]


def _select(every: dict[str, pd.DataFrame], grid: Grid, path) -> pd.DataFrame:
    rows = [(n, *mask, seed) for n in grid.sizes for mask in grid.masks for seed in grid.seeds]
    wanted, words = pd.DataFrame(rows, columns=KEYS), how(grid.config, grid.setting)
    table = wanted.merge(every.get(words, wanted.iloc[:0].assign(how="")), how="left", on=KEYS)
    missing = int(table["how"].isna().sum())
    if missing:
        raise TableError(f"{path} lacks {missing} runs with {words}. {_ADVICE}")
    names = ("steps", "lam", "tau", "attractor", "kernel")
    table = table.assign(**{name: getattr(grid.config, name) for name in names})
    return table[[*COLUMNS]].astype(COLUMNS)


def _made(grids: Sequence[Grid], path: Path) -> list[pd.DataFrame]:
    tables = run_many(grids, progress=True)
    parts = [t[KEYS + SCORES].assign(how=how(g.config, g.setting)) for g, t in zip(grids, tables)]
    parts += [read_runs(path)] if path.exists() else []
    whole = pd.concat(parts, ignore_index=True).drop_duplicates(["how", *KEYS])
    body = whole[["how", *KEYS, *SCORES]].to_csv(
        index=False, float_format="%.6g", lineterminator="\n"
    )
    write_sealed(body, path, "runs", RUNS_SCHEMA)
    return tables
