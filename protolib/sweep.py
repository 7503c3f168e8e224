"""Grids of runs: sizes × masks × seeds, trained in fixed chunks, gathered in one tidy table.

A chunk is what is trained together in one stack. Its make-up is a function of the network's size
and the training configuration alone: which masks and which block of seeds. It does not depend on
how many workers there are or on what else the grid asks for. A chunk is always trained whole, and
rows nobody asked for are dropped; so a row of the table is the same to the last bit on one worker
or two, in a large grid or a small one, resumed or not (on one machine and one version of torch).
"""

import contextlib
import gzip
import hashlib
import io
import json
import math
import multiprocessing
import os
import platform
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import pandas as pd
import torch
from torch import Tensor
from tqdm.auto import tqdm

from protolib import data, hull, matching, model, training
from protolib.training import TrainConfig

SCHEMA = 2
COLUMNS = {
    "n": "int64",
    "coverage": "int64",
    "separation": "int64",
    "overlap": "int64",
    "seed": "int64",
    "reconstruction_error": "float64",
    "specialization_ratio": "float64",
    "expelled_share": "float64",
    "hull_distance": "float64",
    "fit_r2": "float64",
    "steps": "int64",
    "lam": "float64",
    "tau": "float64",
    "attractor": "str",
    "kernel": "str",
}
KEYS = [*COLUMNS][:5]
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


# The reading order of the book: none, singles, pairs, all.
MASKS = tuple(
    Mask(*bits)
    for bits in [
        (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1),
    ]
)  # fmt: skip

# The order inside a chunk: the nets with separation stand together, and so do those with overlap,
# so that each costly loss is computed on one contiguous slice of the stack.
_CHUNK_ORDER = tuple(
    Mask(*bits)
    for bits in [
        (0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1), (0, 1, 1), (1, 1, 1), (1, 1, 0), (0, 1, 0),
    ]
)  # fmt: skip
_CHUNK_ELEMENTS = 100_000  # responses held at a time: 400 KB in float32, so a chunk stays in cache
_CHUNK_SEEDS = 10


@dataclass(frozen=True)
class Setting:
    """What is learnt, from what start, in which numbers. The defaults are the nominal ones.

    Parameters
    ----------
    inputs
        "uniform", "skewed", "clustered" or "duplicated": the functions of `data`
    target
        "sine", "line" or "labels": the functions of `data`
    start
        "uniform", "pytorch" or "glorot": see `model.initialise`
    width
        units per sample, > 0, rounded up; the paper's networks have 1
    noise
        standard deviation of noise on the inputs that the network is trained on, ≥ 0; it is scored
        on the clean ones
    dims
        dimensions of the inputs, ≥ 1
    dtype
        "float32" or "float64"
    """

    inputs: Literal["uniform", "skewed", "clustered", "duplicated"] = "uniform"
    target: Literal["sine", "line", "labels"] = "sine"
    start: model.Start = "uniform"
    width: float = 1.0
    noise: float = 0.0
    dims: int = 1
    dtype: Literal["float32", "float64"] = "float32"

    def __post_init__(self) -> None:
        for name, allowed in {
            "inputs": ("uniform", "skewed", "clustered", "duplicated"),
            "target": ("sine", "line", "labels"),
            "start": get_args(model.Start),
            "dtype": ("float32", "float64"),
        }.items():
            if getattr(self, name) not in allowed:
                words = " or ".join(f'"{word}"' for word in allowed)
                raise ValueError(f"{name} must be {words}, got {getattr(self, name)!r}")
        if not (self.width > 0 and self.noise >= 0 and self.dims >= 1):
            raise ValueError(f"expected width > 0, noise ≥ 0 and dims ≥ 1, got {self}")

    def units(self, n: int) -> int:
        """The width of a network for n samples."""
        return math.ceil(self.width * n)

    def draw(self, seeds: Sequence[int], n: int) -> tuple[model.Parameters, Tensor, Tensor, Tensor]:
        """Starts, inputs, the inputs as the network sees them, and targets, for every seed."""
        dtype = getattr(torch, self.dtype)
        x = getattr(data, self.inputs)(seeds, n, self.dims, dtype=dtype)
        seen = x
        if self.noise:
            seen = x + self.noise * data.noise(seeds, n, self.dims, dtype=dtype)
        if self.target == "labels":
            y = data.labels(seeds, n, dtype=dtype)
        else:
            y = getattr(data, self.target)(x)
        start = model.initialise(seeds, self.units(n), self.dims, start=self.start, dtype=dtype)
        return start, x, seen, y


@dataclass(frozen=True)
class Grid:
    """What to run: every size with every mask and every seed. The defaults are the paper's 480.

    Parameters
    ----------
    sizes
        numbers of samples N, each ≥ 1; the width of the network equals it, as in the paper
    seeds
        each ≥ 0
    masks
        a subset of `MASKS`
    config
        how every run is trained
    setting
        on what, and from what start
    alone
        train every mask in a chunk of its own, and not with others: less work when only one or two
        are wanted. The last bits of a run depend on this choice.
    """

    sizes: Sequence[int] = (3, 5, 10, 20, 50, 100)
    seeds: Sequence[int] = tuple(range(10))
    masks: Sequence[Mask] = MASKS
    config: TrainConfig = field(default_factory=TrainConfig)
    setting: Setting = field(default_factory=Setting)
    alone: bool = False

    def __post_init__(self) -> None:
        for name, least in (("sizes", 1), ("seeds", 0)):
            values = getattr(self, name)
            if not len(values):
                raise ValueError(f"{name} is empty: there is nothing to run")
            for value in values:
                if int(value) != value or value < least:
                    raise ValueError(f"{name} must be whole numbers ≥ {least}, got {value}")
            if len(set(values)) != len(values):
                raise ValueError(f"{name} holds a number twice: {list(values)}")
        if not len(self.masks):
            raise ValueError("masks is empty: there is nothing to run")
        for mask in self.masks:
            if tuple(mask) not in MASKS:
                raise ValueError(f"unknown mask {mask!r}: expected three numbers, each 0 or 1")
        if len(set(self.masks)) != len(self.masks):
            raise ValueError(f"masks holds one twice: {list(self.masks)}")

    def __len__(self) -> int:
        return len(self.sizes) * len(self.seeds) * len(self.masks)


class Chunk(NamedTuple):
    """What is trained together: one size, some masks, a block of seeds, one configuration."""

    n: int
    masks: tuple[Mask, ...]
    seeds: tuple[int, ...]
    config: TrainConfig
    setting: Setting = Setting()


def chunks(grid: Grid) -> list[Chunk]:
    """The chunks that hold every run of the grid, the costliest first.

    >>> [(c.n, len(c.masks), len(c.seeds)) for c in chunks(Grid(sizes=[5, 50], seeds=[3]))]
    [(50, 4, 10), (50, 4, 10), (5, 8, 10)]
    """
    found = []
    for n in sorted(grid.sizes, reverse=True):
        nets = max(_CHUNK_ELEMENTS // (n * grid.setting.units(n)), 1)
        block = min(nets, _CHUNK_SEEDS)
        together = max(
            size for size in (1, 2, 4, 8) if size == 1 or (size * block <= nets and not grid.alone)
        )
        starts = sorted({seed - seed % block for seed in grid.seeds})
        for first in range(0, 8, together):
            masks = _CHUNK_ORDER[first : first + together]
            if set(masks) & {Mask(*m) for m in grid.masks}:
                for start in starts:
                    seeds = tuple(range(start, start + block))
                    found.append(Chunk(int(n), masks, seeds, grid.config, grid.setting))
    return found


def run_chunk(chunk: Chunk) -> pd.DataFrame:
    """Train one chunk on one thread and measure every network. This is what a worker runs."""
    pairs = [(mask, seed) for mask in chunk.masks for seed in chunk.seeds]
    seeds = [seed for _, seed in pairs]
    with training.one_thread():
        start, x, seen, y = chunk.setting.draw(seeds, chunk.n)
        masks = torch.tensor([mask for mask, _ in pairs], dtype=x.dtype)
        trained = training.train(start, seen, y, masks, chunk.config).parameters
        f = model.predict(trained, seen, activation=chunk.config.activation)
        scores = measure(trained, x, f, y)
    config = chunk.config
    keys = pd.DataFrame([(chunk.n, *mask, seed) for mask, seed in pairs], columns=KEYS)
    how = {name: getattr(config, name) for name in ("steps", "lam", "tau", "attractor", "kernel")}
    table = keys.join(scores).assign(**how)
    return table[[*COLUMNS]].astype(COLUMNS)


def measure(parameters: model.Parameters, inputs, predictions, targets) -> pd.DataFrame:
    """Every metric of every network in a stack: one row a network.

    hull_distance is the mean over prototypes of the distance outside the hull, 0 for those inside.
    """
    p = model.prototypes(parameters)
    return pd.DataFrame(
        {
            "reconstruction_error": matching.reconstruction_error(p, inputs),
            "specialization_ratio": matching.specialization_ratio(p, inputs),
            "expelled_share": hull.expelled_share(p, inputs),
            "hull_distance": hull.hull_distance(p, inputs).mean(-1),
            "fit_r2": matching.fit_r2(predictions, targets),
        }
    )


def run(
    grid: Grid = Grid(),
    *,
    executor: Executor | None = None,
    workers: int | None = None,
    cache: str | os.PathLike | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Run the grid and return its table: one row a run, sorted by size, mask and seed.

    Parameters
    ----------
    executor
        any `concurrent.futures.Executor`: threads, processes, `dask.distributed`'s
        `client.get_executor()`, `mpi4py.futures.MPIPoolExecutor` … It is not shut down. Without
        one, `workers` processes are forked (threads where the system cannot fork safely: they
        share the interpreter's lock, which many small operations feel).
    workers
        number of workers, ≥ 1; default: one per processor.
    cache
        a folder. Chunks found in it are not trained again; finished ones are saved there at
        once, so an interrupted run goes on where it stopped. The key of a chunk is a hash of its
        configuration, of this package's source, of the versions of torch, NumPy and SciPy, and of
        the processor's kind. None: nothing is read or written.
    progress
        show a progress bar over chunks.
    """
    return run_many([grid], executor=executor, workers=workers, cache=cache, progress=progress)[0]


def run_many(
    grids: Sequence[Grid],
    *,
    executor: Executor | None = None,
    workers: int | None = None,
    cache: str | os.PathLike | None = None,
    progress: bool = False,
) -> list[pd.DataFrame]:
    """Run several grids as one: workers are never idle between them, shared chunks are run once.

    Returns one table a grid, each to the last bit what `run` gives.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"workers must be ≥ 1, got {workers}")
    wanted = [chunks(grid) for grid in grids]
    every = sorted({chunk: None for part in wanted for chunk in part}, key=_cost)
    tables: dict[Chunk, pd.DataFrame] = {}
    if cache is not None:
        fingerprint = _fingerprint()
        paths = {chunk: _chunk_path(chunk, cache, fingerprint) for chunk in every}
        tables = {chunk: read_table(path) for chunk, path in paths.items() if path.exists()}
    waiting = [chunk for chunk in every if chunk not in tables]
    own = executor is None
    if executor is None:
        executor = _local_executor(workers or os.cpu_count() or 1)
    bar = tqdm(total=len(every), initial=len(tables), desc="chunks", disable=not progress)
    futures, pending, stopped = {}, set(), False
    try:
        with _interrupt_flag() as interrupted:
            futures = {executor.submit(run_chunk, chunk): chunk for chunk in waiting}
            pending = set(futures)
            while pending and not interrupted():
                done, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
                # a failure must not keep the others from being saved
                for future in sorted(done, key=lambda f: f.exception() is not None):
                    chunk = futures[future]
                    tables[chunk] = future.result()
                    if cache is not None:
                        write_table(tables[chunk], paths[chunk])
                    bar.update()
            stopped = interrupted()
    finally:
        for future in pending:
            future.cancel()
        bar.close()
        if own:
            executor.shutdown(cancel_futures=True)
    if stopped:
        raise KeyboardInterrupt
    return [
        _select(pd.concat([tables[chunk] for chunk in part], ignore_index=True), grid)
        for part, grid in zip(wanted, grids)
    ]


def _cost(chunk: Chunk) -> int:
    """Roughly, for the costliest to go first."""
    return -chunk.config.steps * chunk.n * chunk.setting.units(chunk.n) * len(chunk.masks)


@contextlib.contextmanager
def _interrupt_flag() -> Iterator[Callable[[], bool]]:
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


def _local_executor(workers: int) -> Executor:
    """Forked processes on Linux, threads elsewhere; a single worker is a thread.

    Forking costs milliseconds where a fresh process would import torch for seconds. It is safe here
    because a worker runs torch on one thread only, so it never touches the parent's thread pool.
    """
    if workers == 1 or not sys.platform.startswith("linux"):
        return ThreadPoolExecutor(workers)
    return ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("fork"),
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),  # Ctrl-C is the parent's to handle
    )


def _select(table: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    order = pd.DataFrame(
        [(n, *mask, seed) for n in grid.sizes for mask in grid.masks for seed in grid.seeds],
        columns=KEYS,
    )
    return order.merge(table, how="left", validate="one_to_one").astype(COLUMNS)


# ------------------------------------------------------------------------------ the cache


def _fingerprint() -> str:
    """A hash of everything that a run's numbers depend on, beside its configuration."""
    digest = hashlib.sha256()
    for name in ("data", "hull", "losses", "matching", "model", "sweep", "training"):
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    for package in ("torch", "numpy", "scipy"):
        digest.update(metadata.version(package).encode())
    digest.update(f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}".encode())
    return digest.hexdigest()


def _chunk_path(chunk: Chunk, cache: str | os.PathLike, fingerprint: str) -> Path:
    settings = asdict(chunk.config), asdict(chunk.setting)
    key = json.dumps([SCHEMA, fingerprint, *chunk[:3], *settings])
    return Path(cache) / f"chunk-{hashlib.sha256(key.encode()).hexdigest()[:32]}.csv"


# ------------------------------------------------------------------------------ tables on disk


class TableError(ValueError):
    """A file is not a table that this version of the package can read; the message says why."""


def write_table(table: pd.DataFrame, path: str | os.PathLike) -> None:
    """Write a table as CSV, whole or not at all.

    The first line names the schema and holds a checksum of the rest; `pandas.read_csv(path,
    comment="#")` reads the file too. Floats are written so that they come back bit for bit. The
    file is written under another name and then moved into place, so a crash leaves the old one.
    """
    _require_columns(table, "the table")
    write_sealed(table[[*COLUMNS]].to_csv(index=False, lineterminator="\n"), path, "table", SCHEMA)


def read_table(path: str | os.PathLike) -> pd.DataFrame:
    """Read a table that `write_table` wrote.

    Raises
    ------
    TableError
        if the file is foreign, of another schema, cut short or changed; what to do about
        it stands in the message.
    FileNotFoundError
        if there is no such file.
    """
    advice = (
        "Nothing was changed. Write a table with `python -m protolib grid --out FILE`; "
        "a damaged file in the cache folder can simply be deleted."
    )
    body = read_sealed(path, "table", SCHEMA, advice)
    table = pd.read_csv(io.StringIO(body), dtype=str)  # as text, so that floats come back exactly
    _require_columns(table, str(path))
    return table.astype(COLUMNS)


def write_sealed(body: str, path: str | os.PathLike, kind: str, schema: int) -> None:
    """Write a text under a line that names its kind and schema and holds its checksum.

    A name that ends in .gz is compressed. The file is moved into place when it is complete.
    """
    checksum = hashlib.sha256(body.encode()).hexdigest()
    content = f"# protolib {kind}, schema {schema}, sha256 {checksum}\n{body}".encode()
    path = Path(path)
    if path.suffix == ".gz":
        content = gzip.compress(content, mtime=0)  # no time stamp: the same text, the same file
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def read_sealed(path: str | os.PathLike, kind: str, schema: int, advice: str) -> str:
    """The text that `write_sealed` wrote.

    Raises
    ------
    TableError
        if the file is foreign, of another schema, or changed; the message ends with `advice`.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile):
        packed = "gzipped " if path.suffix == ".gz" else ""
        raise TableError(f"{path} is not a {packed}text file. {advice}") from None
    head, _, body = text.partition("\n")
    words = head.replace(",", "").split()
    if words[:4] != ["#", "protolib", kind, "schema"] or len(words) != 7:
        raise TableError(
            f"{path} was not written by protolib: its first line is not a header. {advice}"
        )
    if words[4] != str(schema):
        raise TableError(
            f"{path} has {kind} schema {words[4]}, this version reads schema {schema}. {advice}"
        )
    if hashlib.sha256(body.encode()).hexdigest() != words[6]:
        raise TableError(f"{path} is damaged: its contents do not match its checksum. {advice}")
    return body


def _require_columns(table: pd.DataFrame, what: str) -> None:
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise TableError(f"{what} lacks the columns {', '.join(missing)}.")


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


def by_mask(table: pd.DataFrame) -> Iterator[tuple[Mask, pd.DataFrame]]:
    """The table's parts, one a mask, in the book's order."""
    for mask in MASKS:
        part = table[(table[[*LOSSES]] == list(mask)).all(axis=1)]
        if len(part):
            yield mask, part
