"""Grids, settings, chunks, stores and chance levels at their edges."""

import dataclasses
import gzip
import hashlib
import os
import re
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import torch

from protolib import data, model, sweep, training
from protolib.sweep import Grid, Mask, Setting, TableError
from protolib.training import TrainConfig

BASELINE = (Mask(0, 0, 0),)


# ------------------------------------------------------------------------------ what is accepted


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Grid(sizes=()), "sizes is empty: there is nothing to run"),
        (
            lambda: Grid(config=TrainConfig(lam=(0.1, 0.2, 0.3))),
            "the runs of a grid share one λ, as a column of their table, "
            "got lam=(0.1, 0.2, 0.3); `training.train` takes three",
        ),
        (lambda: Grid(seeds=()), "seeds is empty: there is nothing to run"),
        (lambda: Grid(masks=()), "masks is empty: there is nothing to run"),
        (lambda: Grid(sizes=(3, 0)), "sizes must be whole numbers ≥ 1, got 0"),
        (lambda: Grid(seeds=(0, -1)), "seeds must be whole numbers ≥ 0, got -1"),
        (lambda: Grid(sizes=(3, 5, 3)), "sizes holds a number twice: [3, 5, 3]"),
        (lambda: Grid(seeds=(1, 1)), "seeds holds a number twice: [1, 1]"),
        (lambda: Grid(masks=BASELINE * 2), f"masks holds one twice: {[*BASELINE * 2]}"),
        (
            lambda: Grid(masks=(Mask(0, 2, 0),)),
            f"unknown mask {Mask(0, 2, 0)!r}: expected three numbers, each 0 or 1",
        ),
        (lambda: sweep.run(Grid(), workers=0), "workers must be ≥ 1, got 0"),
        (lambda: sweep.run(Grid(), workers=-3), "workers must be ≥ 1, got -3"),
    ],
)
def test_what_was_expected_and_what_came(make, words):
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        make()


@pytest.mark.parametrize(
    "change",
    [{"width": 0.0}, {"width": -1.0}, {"noise": -0.1}, {"dims": 0}, {"width": np.nan},
     {"slope": 0.0}, {"slope": np.nan}, {"spread": 0.0}],
)  # fmt: skip
def test_impossible_settings_are_refused(change):
    setting = object.__new__(Setting)
    for field in dataclasses.fields(Setting):
        object.__setattr__(setting, field.name, change.get(field.name, field.default))
    with pytest.raises(ValueError, match=r"^expected width, slope and spread > 0"):
        Setting.__post_init__(setting)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("inputs", '"uniform" or "skewed" or "clustered" or "duplicated"'),
        ("target", '"sine" or "line" or "labels"'),
        ("start", '"uniform" or "pytorch" or "glorot"'),
        ("dtype", '"float32" or "float64"'),
    ],
)
def test_a_word_that_is_none_of_the_choices(name, words):
    """Below the annotations, which the test hook checks first."""
    setting = object.__new__(Setting)
    for field in dataclasses.fields(Setting):
        object.__setattr__(setting, field.name, field.default)
    object.__setattr__(setting, name, "other")
    with pytest.raises(ValueError, match=f"^{name} must be {words}, got 'other'$"):
        Setting.__post_init__(setting)


def test_the_smallest_of_everything_is_accepted():
    grid = Grid(sizes=(1,), seeds=(0,), masks=BASELINE)
    assert len(grid) == 1
    assert len(Grid(sizes=(1, 2), seeds=(0, 5, 6), masks=sweep.MASKS[:4])) == 24
    assert Setting(width=1e-9, noise=0.0, dims=1).units(3) == 1
    assert [Setting(width=w).units(3) for w in (1.0, 1.01, 0.5, 2.0)] == [3, 4, 2, 6]


@pytest.mark.parametrize("target", ["sine", "line", "labels"])
@pytest.mark.parametrize("inputs", ["uniform", "skewed", "clustered", "duplicated"])
def test_a_setting_draws_what_it_names(inputs, target):
    setting = Setting(inputs, target, "glorot", width=1.5, noise=0.25, dims=2, dtype="float64")
    start, x, seen, y = setting.draw([4, 9], 3)
    how = {"dtype": torch.float64}
    assert torch.equal(x, getattr(data, inputs)([4, 9], 3, 2, **how))
    assert torch.allclose((seen - x) / 0.25, data.noise([4, 9], 3, 2, **how), atol=1e-12)
    expected = data.labels([4, 9], 3, **how) if target == "labels" else getattr(data, target)(x)
    assert torch.equal(y, expected)
    assert torch.equal(start.slope, model.initialise([4, 9], 5, 2, start="glorot", **how).slope)
    clean = dataclasses.replace(setting, noise=0.0, dtype="float32").draw([4], 3)
    assert torch.equal(clean[1], clean[2])
    assert {t.dtype for t in (*clean[0], *clean[1:])} == {torch.float32}


# ------------------------------------------------------------------------------ chunks


@pytest.mark.parametrize(
    ("n", "width", "masks", "seeds"),
    [
        (3, 1.0, 8, 10), (35, 1.0, 8, 10),  # 100 000 // 35² = 81 nets: eight masks of ten
        (36, 1.0, 4, 10), (50, 1.0, 4, 10), (51, 1.0, 2, 10), (70, 1.0, 2, 10),
        (71, 1.0, 1, 10), (100, 1.0, 1, 10), (101, 1.0, 1, 9), (316, 1.0, 1, 1),
        (317, 1.0, 1, 1), (50, 2.0, 2, 10),
    ],
)  # fmt: skip
def test_a_chunk_holds_a_hundred_thousand_responses_at_most(n, width, masks, seeds):
    found = sweep.chunks(Grid(sizes=(n,), seeds=(0,), setting=Setting(width=width)))
    assert {(len(c.masks), len(c.seeds)) for c in found} == {(masks, seeds)}
    assert len(found) == 8 // masks
    assert sorted(m for c in found for m in c.masks) == sorted(sweep.MASKS)
    assert {type(c.n) for c in found} == {int}


def test_seeds_fall_into_fixed_blocks_and_only_what_is_asked_for_is_trained():
    one = Grid(sizes=(100, 3), seeds=(25, 3, 29), masks=(Mask(0, 1, 0),))
    found = [(c.n, c.masks, c.seeds[0], c.seeds[-1]) for c in sweep.chunks(one)]
    assert found == [
        (100, (Mask(0, 1, 0),), 0, 9), (100, (Mask(0, 1, 0),), 20, 29),
        (3, found[2][1], 0, 9), (3, found[2][1], 20, 29),
    ]  # fmt: skip
    assert set(found[2][1]) == set(sweep.MASKS)
    alone = sweep.chunks(dataclasses.replace(one, sizes=(3,), alone=True))
    assert [(c.masks, c.seeds[0]) for c in alone] == [(one.masks, 0), (one.masks, 20)]
    config, setting = TrainConfig(steps=1), Setting(dims=2)
    (chunk,) = sweep.chunks(Grid((3,), (0,), BASELINE, config, setting))
    assert (chunk.config, chunk.setting) == (config, setting)


def test_a_run_says_how_it_was_trained_and_is_scored_on_clean_inputs():
    config = TrainConfig(steps=3, lam=0.2, tau=0.5, attractor="energy", kernel="imq")
    setting = Setting(noise=0.3, dims=2, dtype="float64", target="line")
    grid = Grid((4,), (2,), (Mask(1, 0, 1),), config, setting)
    (row,) = sweep.run(grid, workers=1).to_dict("records")
    assert {name: row[name] for name in ("steps", "lam", "tau", "attractor", "kernel")} == {
        "steps": 3, "lam": 0.2, "tau": 0.5, "attractor": "energy", "kernel": "imq",
    }  # fmt: skip
    assert (row["n"], row["coverage"], row["separation"], row["overlap"], row["seed"]) == (
        4, 1, 0, 1, 2,
    )  # fmt: skip
    start, x, seen, y = setting.draw([2], 4)
    masks = torch.tensor([[1.0, 0, 1]]).double()
    trained = training.train(start, seen, y, masks, config).parameters
    expected = sweep.measure(trained, x, model.predict(trained, seen), y).iloc[0]
    for name, value in expected.items():
        assert row[name] == pytest.approx(value, rel=1e-9)


def test_measure_by_hand():
    """Three prototypes, −1, 0 and 4, on samples 0, 1 and 2; predictions one off everywhere."""
    net = model.Parameters(
        torch.ones(1, 3), torch.tensor([[[1.0], [0.0], [-4.0]]]), torch.zeros(1, 3), torch.zeros(1)
    )
    x, y = torch.tensor([[[0.0], [1.0], [2.0]]]), torch.tensor([[0.0, 1.0, 2.0]])
    (row,) = sweep.measure(net, x, y + 1, y).to_dict("records")
    assert row == {
        "reconstruction_error": pytest.approx((1 + 1 + 2) / 3),
        "specialization_ratio": pytest.approx(1 / 3),
        "expelled_share": pytest.approx(2 / 3),
        "hull_distance": pytest.approx((1 + 0 + 2) / 3),
        "fit_r2": pytest.approx(1 - 3 / 2),
    }


def test_several_grids_share_their_chunks_and_come_back_in_their_own_order(monkeypatch):
    real, trained = sweep.runner.run_chunk, []

    def count(chunk):
        trained.append(chunk)
        return real(chunk)

    monkeypatch.setattr(sweep.runner, "run_chunk", count)
    config = TrainConfig(steps=1)
    masks = (Mask(1, 1, 1), Mask(0, 0, 0))
    grids = [Grid((4, 3), (5, 1), masks, config), Grid((3,), (1,), masks, config)]
    one, two = sweep.run_many(grids, workers=1)
    assert [c.n for c in trained] == [4, 3]  # the costliest first, and once
    keys = one[["n", "coverage", "seed"]]
    assert [*keys.itertuples(index=False, name=None)] == [
        (n, m, s) for n in (4, 3) for m in (1, 0) for s in (5, 1)
    ]
    rows = one[(one.n == 3) & (one.seed == 1)].reset_index(drop=True)
    pd.testing.assert_frame_equal(two, rows, check_exact=True)


def test_the_bar_counts_chunks_and_the_stored_ones(tmp_path, capsys):
    grid = Grid((3,), (0, 10), BASELINE, TrainConfig(steps=1))
    sweep.run(grid, workers=1)
    assert capsys.readouterr().err == ""
    sweep.run(dataclasses.replace(grid, seeds=(0,)), workers=1, cache=tmp_path)
    sweep.run(grid, workers=1, cache=tmp_path, progress=True)
    shown = capsys.readouterr().err
    assert "chunks" in shown
    assert "1/2" in shown
    assert "2/2" in shown
    assert len([*tmp_path.glob("chunk-*.csv")]) == 2


def test_one_worker_is_a_thread_and_more_are_processes(monkeypatch):
    make = sweep.runner.local_executor
    with make(1) as one:
        assert isinstance(one, ThreadPoolExecutor)
        assert one._max_workers == 1
    with make(2) as two:
        assert isinstance(two, ProcessPoolExecutor)
        assert two._max_workers == 2
        assert two.submit(os.getpid).result() != os.getpid()
    monkeypatch.setattr("sys.platform", "darwin")
    with make(3) as threads:
        assert isinstance(threads, ThreadPoolExecutor)
        assert threads._max_workers == 3


# ------------------------------------------------------------------------------ files


def _seal(kind="table", schema=2, body="n\n3\n", **change):
    checksum = change.get("checksum", hashlib.sha256(body.encode()).hexdigest())
    return f"# protolib {kind}, schema {schema}, sha256 {checksum}\n{body}"


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_a_sealed_file_is_its_header_and_its_body(name, tmp_path):
    path = tmp_path / "deep" / "er" / name
    sweep.write_sealed("n\n3 − 4\n", path, "thing", 7)
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if name.endswith("gz") else raw).decode()
    assert text == _seal("thing", 7, "n\n3 − 4\n")
    assert sweep.read_sealed(path, "thing", 7, "Do this.") == "n\n3 − 4\n"
    sweep.write_sealed("n\n3 − 4\n", path, "thing", 7)
    assert path.read_bytes() == raw  # the same text, the same file
    assert [p.name for p in path.parent.iterdir()] == [name]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "is not a text file. Do this."),
        (_seal(kind="thing"), "was not written by protolib: its first line is not a header."),
        (_seal().replace("# protolib", "# otherlib"), "was not written by protolib"),
        (_seal().replace("#", "%"), "was not written by protolib"),
        (_seal().replace("schema", "scheme"), "was not written by protolib"),
        (_seal().replace("\n", " more\n", 1), "was not written by protolib"),
        (_seal().replace(" sha256", ""), "was not written by protolib"),
        ("", "was not written by protolib: its first line is not a header. Do this."),
        (_seal(schema=1), "has table schema 1, this version reads schema 2. Do this."),
        (_seal(schema=22), "has table schema 22, this version reads schema 2"),
        (_seal(checksum="0" * 64), "is damaged: its contents do not match its checksum. Do this."),
        (_seal() + "4\n", "is damaged"),
        (_seal()[:-1], "is damaged"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(content, words, tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(TableError, match=f"^{re.escape(str(path))} .*{re.escape(words)}"):
        sweep.read_sealed(path, "table", 2, "Do this.")
    packed = tmp_path / "t.csv.gz"
    for broken in (b"plain", gzip.compress(b"n\n")[:-3], b""):
        packed.write_bytes(broken)
        with pytest.raises(TableError, match="Do this"):
            sweep.read_sealed(packed, "table", 2, "Do this.")


def test_a_table_needs_its_columns_and_keeps_its_bits(tmp_path):
    table = sweep.run(Grid((3,), (0, 1), config=TrainConfig(steps=1)), workers=1)
    table.loc[0, "fit_r2"] = -np.inf
    table.loc[1, "hull_distance"] = np.nextafter(0.1, 1)
    path = tmp_path / "t.csv"
    sweep.write_table(table.assign(extra=1), path)
    pd.testing.assert_frame_equal(sweep.read_table(path), table, check_exact=True)
    assert path.read_text().startswith(f"# protolib table, schema {sweep.SCHEMA}, sha256 ")
    pd.testing.assert_frame_equal(pd.read_csv(path, comment="#").astype(sweep.COLUMNS), table)
    words = r"the table lacks the columns seed, tau\.$"
    with pytest.raises(TableError, match=words):
        sweep.write_table(table.drop(columns=["tau", "seed"]), path)
    sweep.write_sealed("n\n3\n", path, "table", sweep.SCHEMA)
    with pytest.raises(TableError, match=r"t\.csv lacks the columns coverage, separation"):
        sweep.read_table(path)
    with pytest.raises(FileNotFoundError):
        sweep.read_table(tmp_path / "none.csv")


# ------------------------------------------------------------------------------ chance, masks


def test_chance_levels_have_as_many_draws_as_asked_for_and_the_first_seeds():
    usual = sweep.chance([2])[2]
    assert usual.shape == (400, 2)
    assert [*usual.columns] == ["reconstruction_error", "specialization_ratio"]
    again = sweep.chance([2], draws=400, seed=0)[2]
    pd.testing.assert_frame_equal(usual, again, check_exact=True)
    assert not sweep.chance([2], draws=400, seed=1)[2].equals(usual)
    medians = sweep.chance_medians([2, 3], draws=50)
    assert [*medians.index] == [2, 3]
    assert medians.loc[3].tolist() == sweep.chance([3], draws=50)[3].median().tolist()
    assert not sweep.chance_medians([3], draws=50, seed=1).equals(medians.loc[[3]])
    assert [*sweep.chance(draws=1)] == [3, 5, 10, 20, 50, 100]
    assert [*sweep.chance_medians(draws=1).index] == [3, 5, 10, 20, 50, 100]


def test_masks_have_names_and_tables_fall_into_them():
    names = ["baseline", "coverage", "separation", "overlap", "coverage + separation",
             "coverage + overlap", "separation + overlap", "all three"]  # fmt: skip
    assert [sweep.mask_name(mask) for mask in sweep.MASKS] == names
    rows = [(*Mask(1, 1, 0), 1), (*Mask(0, 0, 0), 2), (*Mask(1, 1, 0), 3)]
    table = pd.DataFrame(rows, columns=[*sweep.LOSSES, "value"])
    parts = [(mask, part["value"].tolist()) for mask, part in sweep.by_mask(table)]
    assert parts == [(Mask(0, 0, 0), [2]), (Mask(1, 1, 0), [1, 3])]
