import contextlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pandas as pd
import psutil
import pytest
import torch
from helpers import take

from protolib import claims, data, hull, matching, model, sweep, training
from protolib.fingerprint import fingerprint, sources
from protolib.sweep import MASKS, Grid, Mask, TableError
from protolib.training import TrainConfig

SMALL = Grid(sizes=(3, 60), seeds=(0, 1, 12), config=TrainConfig(steps=8))
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@pytest.fixture(scope="module")
def table():
    return sweep.run(SMALL, workers=1)


def test_the_defaults_are_the_paper_s_480_runs():
    grid = Grid()
    assert len(grid) == 480
    assert sum(len(c.masks) * len(c.seeds) for c in sweep.chunks(grid)) == 480


def test_one_row_a_run_in_order_with_the_promised_columns(table):
    assert [*table.columns] == [*sweep.COLUMNS]
    keys = table[["n", "coverage", "separation", "overlap", "seed"]]
    expected = [(n, *m, s) for n in SMALL.sizes for m in MASKS for s in SMALL.seeds]
    assert [*keys.itertuples(index=False, name=None)] == expected
    assert (table[["steps", "lam", "tau"]] == [8, 0.1, 1e-3]).all(axis=None)


def test_rows_are_what_a_looped_twin_measures():
    """One network at a time, metric by metric, against the table; within the drift of rounding."""
    config = TrainConfig(steps=8)
    grid = Grid(sizes=(4,), seeds=(0, 3), config=config)
    for row in sweep.run(grid, workers=1).itertuples():
        x = data.uniform([row.seed], 4)
        masks = torch.tensor([[row.coverage, row.separation, row.overlap]], dtype=x.dtype)
        net = training.train(model.initialise([row.seed], 4), x, data.sine(x), masks, config)
        p = model.prototypes(net.parameters)
        f = model.predict(net.parameters, x)
        expected = [
            matching.reconstruction_error(p, x), matching.specialization_ratio(p, x),
            hull.expelled_share(p, x), hull.hull_distance(p, x).mean(),
            matching.fit_r2(f, data.sine(x)),
        ]  # fmt: skip
        assert list(row)[6:11] == pytest.approx([t.item() for t in expected], abs=1e-5)


def test_two_workers_give_the_same_bits_as_one(table):
    pd.testing.assert_frame_equal(sweep.run(SMALL, workers=2), table, check_exact=True)


@pytest.mark.parametrize(
    "executor",
    [
        lambda: ThreadPoolExecutor(2),
        lambda: ProcessPoolExecutor(2, mp_context=get_context("spawn")),
    ],
    ids=["threads", "spawned processes"],
)
def test_any_executor_gives_the_same_bits(executor, table):
    with executor() as pool:
        found = sweep.run(SMALL, executor=pool)
        assert pool.submit(int, 3).result() == 3  # not shut down
    pd.testing.assert_frame_equal(found, table, check_exact=True)


@pytest.mark.filterwarnings("default")  # dask's own warnings are not ours
def test_a_dask_cluster_gives_the_same_bits(table):
    distributed = pytest.importorskip("distributed", reason="pip install .[cluster]")
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, distributed.Client(cluster) as client:
        found = sweep.run(SMALL, executor=client.get_executor())
    pd.testing.assert_frame_equal(found, table, check_exact=True)


def test_a_row_does_not_depend_on_what_else_the_grid_asks_for(table):
    for grid in [
        Grid(sizes=(60,), seeds=(12,), masks=(Mask(0, 1, 0),), config=SMALL.config),
        Grid(sizes=(3,), seeds=range(15), config=SMALL.config),
    ]:
        found = sweep.run(grid, workers=1)
        both = found.merge(table, on=sweep.KEYS)
        assert len(both) > 0
        for column in [c for c in sweep.COLUMNS if c not in sweep.KEYS]:
            assert (both[f"{column}_x"] == both[f"{column}_y"]).all()


def test_the_start_of_a_network_does_not_depend_on_its_chunk():
    chunk = next(c for c in sweep.chunks(Grid(sizes=(10,))) if 7 in c.seeds)
    among = model.initialise(chunk.seeds, 10)
    for a, b in zip(take(among, slice(7, 8)), model.initialise([7], 10)):
        assert torch.equal(a, b)


def test_a_cached_grid_is_not_trained_again_and_comes_back_to_the_bit(table, tmp_path, monkeypatch):
    first = sweep.run(SMALL, workers=1, cache=tmp_path)
    monkeypatch.setattr(sweep.runner, "run_chunk", None)  # would fail if called
    again = sweep.run(SMALL, workers=1, cache=tmp_path)
    pd.testing.assert_frame_equal(first, table, check_exact=True)
    pd.testing.assert_frame_equal(again, table, check_exact=True)


def test_the_cache_knows_the_configuration_the_setting_and_the_code(tmp_path):
    one, other = (
        sweep.chunks(Grid(sizes=(3,), config=TrainConfig(tau=tau)))[0] for tau in (1e-3, 1e-2)
    )
    elsewhere = one._replace(setting=sweep.Setting(target="line"))
    places = {
        sweep.store._chunk_path(chunk, tmp_path, code)
        for chunk in (one, other, elsewhere)
        for code in ("code", "changed")
    }
    assert len(places) == 6


def test_stored_runs_depend_on_what_trains_them_and_on_nothing_that_judges_them():
    """Python itself says what a process loads that trains a chunk; the rest may be edited."""
    code = (
        "import sys\n"
        "from protolib.experiment import Chunk, run_chunk\n"
        "from protolib.masks import Mask\n"
        "from protolib.training import TrainConfig\n"
        "run_chunk(Chunk(2, (Mask(1, 1, 1),), (0,), TrainConfig(steps=1)))\n"
        "print(*(n for n in sys.modules if n.split('.')[0] == 'protolib'))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {sys.modules[name].__file__ for name in run.stdout.split()}
    known = {str(path) for path in sources("protolib.experiment") if path.suffix == ".py"}
    assert loaded == known
    for module in (sweep.store, sweep.runner, sweep.grid, claims):
        assert module.__file__ not in known
    chunk = sweep.chunks(SMALL)[0]
    stored = sweep.store.chunk_paths([chunk], "cache")[chunk]
    assert stored == sweep.store._chunk_path(chunk, "cache", fingerprint("protolib.experiment"))


def test_chance_levels_are_the_null_s_own_scores():
    levels = sweep.chance([4], draws=30, seed=5)
    x = data.uniform(range(30), 4)
    p = matching.chance_prototypes(x, 4, seed=5)
    assert levels[4]["reconstruction_error"].tolist() == [
        matching.reconstruction_error(p[r : r + 1], x[r : r + 1]).item() for r in range(30)
    ]
    medians = sweep.chance_medians([4], draws=30, seed=5)
    assert medians.loc[4, "specialization_ratio"] == levels[4]["specialization_ratio"].median()


def test_ctrl_c_keeps_what_was_finished(tmp_path, monkeypatch, table):
    real, calls = sweep.run_chunk, []

    def interrupted(chunk):
        calls.append(chunk)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(chunk)

    monkeypatch.setattr(sweep.runner, "run_chunk", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep.run(SMALL, workers=1, cache=tmp_path)
    saved = len([*tmp_path.glob("chunk-*.csv")])
    assert saved == 2
    monkeypatch.setattr(sweep.runner, "run_chunk", real)
    resumed = sweep.run(SMALL, workers=1, cache=tmp_path)
    pd.testing.assert_frame_equal(resumed, table, check_exact=True)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_command_resumes_without_redoing_finished_chunks(tmp_path, how):
    """A real process, really killed: what it had finished is not touched by the second run."""
    cache = tmp_path / "cache"
    command = [
        sys.executable, "-m", "protolib", "grid", "--sizes", "40", "--seeds", "0", "10", "20",
        "30", "--steps", "300", "--cache", str(cache), "--out", str(tmp_path / "grid.csv"),
        "--workers", "2",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not [*cache.glob("chunk-*.csv")] and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, how)
    _, words = process.communicate(timeout=60)
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "goes on from there" in words
        assert "Traceback" not in words
    saved = {path: path.stat().st_mtime_ns for path in cache.glob("chunk-*.csv")}
    assert saved
    assert not (tmp_path / "grid.csv").exists()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in saved.items())
    fresh = tmp_path / "fresh.csv"
    subprocess.run(
        [*command[:-4], "--out", str(fresh), "--no-cache"], cwd=ROOT, check=True,
        capture_output=True,
    )  # fmt: skip
    assert (tmp_path / "grid.csv").read_bytes() == fresh.read_bytes()


def test_tables_come_back_bit_for_bit_and_plain_pandas_reads_them(table, tmp_path):
    path = tmp_path / "a folder" / "table.csv"
    sweep.write_table(table, path)
    pd.testing.assert_frame_equal(sweep.read_table(path), table, check_exact=True)
    assert len(pd.read_csv(path, comment="#")) == len(table)
    assert [p.name for p in path.parent.iterdir()] == ["table.csv"]  # nothing half-written left


def test_a_write_that_fails_leaves_the_old_file(table, tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    sweep.write_table(table, path)
    before = path.read_bytes()

    def full_disk(*_):
        raise OSError("no space left")

    monkeypatch.setattr(sweep.store.os, "replace", full_disk)
    with pytest.raises(OSError, match="no space"):
        sweep.write_table(table.head(1), path)
    assert path.read_bytes() == before
    assert len([*tmp_path.iterdir()]) == 1


def _broken(text):
    return {
        "foreign": ("a,b\n1,2\n", "was not written by protolib"),
        "empty": ("", "was not written by protolib"),
        "cut short": (text[:-40], "damaged"),
        "edited": (text.replace(",3,", ",4,", 1).replace("\n3,", "\n5,", 1), "damaged"),
        "another schema": (
            text.replace(f"schema {sweep.SCHEMA}", "schema 99"),
            "has table schema 99",
        ),
        "binary": (b"\xff\xfe\x00\x01", "not a text file"),
    }


@pytest.mark.parametrize("kind", [*_broken("")])
def test_files_that_are_not_ours_or_damaged_are_refused(kind, table, tmp_path):
    path = tmp_path / "table.csv"
    sweep.write_table(table, path)
    content, words = _broken(path.read_text())[kind]
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(TableError, match=words) as caught:
        sweep.read_table(path)
    assert "python -m protolib grid" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sizes": (-3,)}, "sizes must be whole numbers ≥ 1, got -3"),
        ({"seeds": (-1,)}, "seeds must be whole numbers ≥ 0, got -1"),
        ({"sizes": ()}, "sizes is empty"),
        ({"seeds": (1, 1)}, "seeds holds a number twice"),
        ({"masks": (Mask(0, 0, 2),)}, "unknown mask"),
        ({"masks": ()}, "masks is empty"),
    ],
)
def test_bad_grids_are_named(change, words):
    with pytest.raises(ValueError, match=words):
        Grid(**change)
    with pytest.raises(ValueError, match="workers must be ≥ 1"):
        sweep.run(SMALL, workers=0)


# ------------------------------------------------------------------------------ workers


def _killed(chunk):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks")
def test_a_killed_worker_is_one_sentence(monkeypatch):
    monkeypatch.setattr(sweep.runner, "run_chunk", _killed)
    with pytest.raises(ChildProcessError, match=r"ended before .* 0 of 10 chunks") as caught:
        sweep.run(SMALL, workers=2)
    assert caught.value.__suppress_context__


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks")
def test_workers_do_not_outlive_a_killed_parent():
    code = (
        "import os, time\n"
        "from protolib.sweep.workers import local_executor\n"
        "pool = local_executor(2)\n"
        "futures = [pool.submit(time.sleep, 120) for _ in range(2)]\n"
        "print(*pool._processes, flush=True)\n"
        "time.sleep(120)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    workers = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
    time.sleep(0.2)
    assert [worker.is_running() for worker in workers] == [True, True]
    parent.kill()  # the parent alone, not its group
    parent.communicate()

    def alive():
        with contextlib.suppress(psutil.NoSuchProcess):
            return [w.pid for w in workers if w.is_running() and w.status() != "zombie"]
        return []

    deadline = time.monotonic() + 15
    while alive() and time.monotonic() < deadline:
        time.sleep(0.1)
    left = alive()
    for worker in workers:
        with contextlib.suppress(psutil.NoSuchProcess):
            worker.kill()
    assert left == []


def test_never_more_workers_than_chunks(monkeypatch):
    asked = []

    def executor(workers):
        asked.append(workers)
        return ThreadPoolExecutor(1)

    monkeypatch.setattr(sweep.runner, "local_executor", executor)
    monkeypatch.setattr(sweep.runner, "available_processors", lambda: 3)
    one = Grid(sizes=(3,), seeds=(0,), config=TrainConfig(steps=1))
    sweep.run(one, workers=100_000)
    sweep.run(SMALL, workers=100_000)
    sweep.run(SMALL)
    assert asked == [1, len(sweep.chunks(SMALL)), 3]


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({}, 8),
        ({"cpu.max": "max 100000\n"}, 8),
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu.max": "3200000 100000\n"}, 8),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
        ({"cpu.max": "nonsense"}, 8),
    ],
)
def test_a_container_s_quota_is_respected(files, count, tmp_path, monkeypatch):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="ascii")
    monkeypatch.setattr(sweep.workers, "CGROUP", tmp_path)
    monkeypatch.setattr(sweep.workers.os, "sched_getaffinity", lambda _: range(8), raising=False)
    assert sweep.workers.available_processors() == count


# ------------------------------------------------------------------------------ the store


def _damage(path, how):
    content = path.read_bytes()
    if how == "a folder":
        path.unlink()
        path.mkdir()
        return
    path.write_bytes(
        {
            "cut short": content[:-30],
            "empty": b"",
            "random": bytes(range(256)),
            "edited": content.replace(b"0.1", b"0.2", 1),
            "another schema": content.replace(b"schema ", b"schema 9", 1),
        }[how]
    )


@pytest.mark.parametrize(
    "how", ["cut short", "empty", "random", "edited", "another schema", "a folder"]
)
def test_a_damaged_chunk_is_trained_again_and_said_so(how, tmp_path):
    grid = Grid(sizes=(3,), seeds=(0,), config=TrainConfig(steps=2))
    table = sweep.run(grid, workers=1, cache=tmp_path)
    (path,) = tmp_path.iterdir()
    _damage(path, how)
    with pytest.warns(UserWarning, match="a stored chunk is trained again: ") as said:
        again = sweep.run(grid, workers=1, cache=tmp_path)
    assert len(said) == 1
    pd.testing.assert_frame_equal(again, table, check_exact=True)
    if how != "a folder":  # it has been mended: no warning, no work
        pd.testing.assert_frame_equal(
            sweep.run(grid, workers=1, cache=tmp_path), table, check_exact=True
        )


def test_every_flipped_bit_of_a_packed_table_is_noticed(tmp_path):
    path = tmp_path / "t.csv.gz"
    body = "".join(f"{k},{k**0.5}\n" for k in range(40))
    sweep.write_sealed(body, path, "sample", 1)
    whole = path.read_bytes()
    noticed = 0
    for place in range(0, len(whole), 3):
        for bit in (1, 64):
            content = bytearray(whole)
            content[place] ^= bit
            path.write_bytes(content)
            try:
                assert sweep.read_sealed(path, "sample", 1, "") == body  # name, time: no content
            except TableError:
                noticed += 1
    assert noticed > 0.9 * len(range(0, len(whole), 3)) * 2


def test_a_store_that_cannot_be_written_is_noticed_before_the_work(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setattr(sweep.runner, "run_chunk", None)  # would fail if called
    with pytest.raises(OSError, match=r"cannot store finished chunks in .*file"):
        sweep.run(SMALL, workers=1, cache=tmp_path / "file" / "cache")


def test_what_is_no_ordinary_file_is_not_replaced(tmp_path, table):
    pipe, real, link = tmp_path / "pipe", tmp_path / "real.csv", tmp_path / "link.csv"
    os.mkfifo(pipe)
    for path in (pipe, "/dev/null"):
        with pytest.raises(OSError, match="no ordinary file"):
            sweep.write_table(table, path)
    assert pipe.is_fifo()
    real.write_text("old", encoding="utf-8")
    link.symlink_to(real)
    sweep.write_table(table, link)
    assert link.is_symlink()
    assert len(sweep.read_table(real)) == len(table)


def test_tables_are_readable_as_any_new_file_is(tmp_path, table):
    sweep.write_table(table, tmp_path / "table.csv")
    (tmp_path / "plain").touch()
    assert (tmp_path / "table.csv").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("seed", [2**63, 10**30])
def test_a_huge_seed_is_a_sentence(seed):
    with pytest.raises(ValueError, match=f"seeds must be at most {2**62}, got {seed}"):
        Grid(seeds=(seed,))
