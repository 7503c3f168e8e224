"""Run grids: chunks are handed to workers, and finished ones are stored at once."""

import os
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, wait

import pandas as pd
from tqdm.auto import tqdm

from protolib.experiment import COLUMNS, KEYS, Chunk, run_chunk
from protolib.sweep.grid import Grid, chunks
from protolib.sweep.store import check_store, chunk_paths, load_chunks, save_chunk
from protolib.sweep.workers import available_processors, interrupt_flag, local_executor


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
        number of workers, ≥ 1; default: one for each processor that this process may use. Never
        more than there are chunks to train.
    cache
        a folder. Chunks found in it are not trained again; finished ones are saved there at
        once, so an interrupted run goes on where it stopped. The key of a chunk is a hash of its
        configuration, of the sources that its numbers depend on, of the versions of torch, NumPy
        and SciPy, and of the processor's kind. A stored chunk that is damaged is trained again,
        with a warning. None: nothing is read or written.
    progress
        show a progress bar over chunks.

    Raises
    ------
    ValueError
        if `workers` < 1.
    OSError
        if the cache cannot be written; ChildProcessError if a worker is killed.
    KeyboardInterrupt
        after Ctrl-C, once the chunks that are being trained are done.
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

    Returns one table a grid, each to the last bit what `run` gives. Arguments and errors as there.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"workers must be ≥ 1, got {workers}")
    wanted = [chunks(grid) for grid in grids]
    every = sorted({chunk: None for part in wanted for chunk in part}, key=_cost)
    paths = {} if cache is None else chunk_paths(every, cache)
    tables = load_chunks(paths)
    waiting = [chunk for chunk in every if chunk not in tables]
    if waiting and cache is not None:
        check_store(cache)
    own = executor is None
    if executor is None:
        executor = local_executor(min(workers or available_processors(), max(len(waiting), 1)))
    bar = tqdm(total=len(every), initial=len(tables), desc="chunks", disable=not progress)
    futures, pending, stopped = {}, set(), False
    try:
        with interrupt_flag() as interrupted:
            futures = {executor.submit(run_chunk, chunk): chunk for chunk in waiting}
            pending = set(futures)
            while pending and not interrupted():
                done, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
                # a failure must not keep the others from being saved
                for future in sorted(done, key=lambda f: f.exception() is not None):
                    chunk = futures[future]
                    tables[chunk] = future.result()
                    if cache is not None:
                        save_chunk(tables[chunk], paths[chunk])
                    bar.update()
            stopped = interrupted()
    except BrokenExecutor:
        kept = "lost" if cache is None else "stored"
        raise ChildProcessError(
            "a worker ended before its chunk was done: it was killed, or memory ran out. "
            f"{len(tables)} of {len(every)} chunks are finished and {kept}; try fewer workers."
        ) from None
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


def _select(table: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    order = pd.DataFrame(
        [(n, *mask, seed) for n in grid.sizes for mask in grid.masks for seed in grid.seeds],
        columns=KEYS,
    )
    return order.merge(table, how="left", validate="one_to_one").astype(COLUMNS)
