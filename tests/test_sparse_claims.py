"""The second section of the ledger: its rules on made-up tables, and a sample of its own."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from protolib import __main__ as command
from protolib import measurements, sweep
from protolib.claims import sparse as claims
from protolib.sparse import measurements as second

ROOT = Path(__file__).parents[1]
DATA = ROOT / "book" / "_data" / "sparse.csv.gz"


def _table(values, seeds=12, noise=0.002):
    """A made-up table: (world, n, score, of) -> mean; every seed has a level of its own."""
    rng, rows = np.random.default_rng(0), []
    for seed in range(seeds):
        for (world, n, score, of), value in values.items():
            rows.append((world, n, score, of, seed, value + noise * rng.normal()))
    return pd.DataFrame(rows, columns=measurements.COLUMNS)


def _verdict(name, values, **other):
    return {v.claim.id: v.verdict for v in claims.ledger(_table(values, **other))}[name]


def _latents(r2=0.99, raw=0.7, mcc=0.7, reverse=0.99):
    return {
        ("sphere", 5, "reverse R²", "trained"): reverse,
        ("sphere", 5, "reverse R²", "raw input"): 0.8,
        ("sphere", 5, "reverse R²", "untrained"): 0.7,
        ("sphere", 5, "R²", "trained"): r2, ("sphere", 5, "R²", "raw input"): raw,
        ("sphere", 5, "R²", "untrained"): 0.4, ("sphere", 5, "MCC", "trained"): mcc,
        ("sphere", 5, "MCC", "random rotation"): 0.72,
    }  # fmt: skip


def test_s1_asks_for_linear_and_no_further():
    assert _verdict("S1", _latents()) == "holds"
    assert _verdict("S1", _latents(r2=0.9)) == "partly"  # better than the raw input, not linear
    assert _verdict("S1", _latents(mcc=0.95)) == "partly"  # further than linear
    assert _verdict("S1", _latents(reverse=0.9)) == "partly"  # the latents, among much else
    assert _verdict("S1", _latents(r2=0.3, mcc=0.95, reverse=0.6)) == "fails"


def _codes(sparse=0.99, linear=0.7, learned=0.95, layer=0.85, own=0.8, again=0.9):
    world = ("M = 8, K = 3", 16, "MCC")
    return {
        (*world, "sparse inference"): sparse, (*world, "linear read-out"): linear,
        (*world, "learned dictionary"): learned, (*world, "SAE"): layer,
        (*world, "one layer, taught"): layer, (*world, "SAE with its own dictionary"): own,
        (*world, "sparse inference on that dictionary"): again,
    }  # fmt: skip


def test_s2_asks_for_more_than_a_linear_read_out():
    assert _verdict("S2", _codes()) == "holds"
    assert _verdict("S2", _codes(sparse=0.9)) == "partly"  # better, but not recovered
    assert _verdict("S2", _codes(sparse=0.6, learned=0.6)) == "fails"


def test_s3_asks_for_a_gap():
    assert _verdict("S3", _codes()) == "holds"
    assert _verdict("S3", _codes(again=0.7)) == "partly"  # its own dictionary is to blame
    assert _verdict("S3", _codes(layer=1.0, again=0.7)) == "fails"
    assert _verdict("S3", _codes(again=0.8, layer=0.99)) == "undecided"


def test_s4_asks_what_noise_scores():
    noise = {("noise", 100, s, "6 units"): 0.2 for s in ("MCC", "R²", "DCI: D", "MIG")}
    rivals = {
        ("rivals", 100, "MCC", "honest"): 0.3, ("rivals", 100, "MCC", "empty"): 0.4,
        ("rivals", 100, "MCC above chance", "honest"): 0.2,
        ("rivals", 100, "MCC above chance", "empty"): 0.0,
    }  # fmt: skip
    assert _verdict("S4", noise | rivals) == "holds"
    low = {key: 0.0 for key in noise}
    assert _verdict("S4", low | rivals) == "partly"
    assert _verdict("S4", low) == "fails"


def test_one_seed_decides_nothing_and_no_row_asks_nothing():
    assert _verdict("S2", _codes(), seeds=1) == "undecided"
    assert _verdict("S1", _codes()) == "not tested here"
    with pytest.raises(sweep.TableError, match="no rows"):
        claims.ledger(_table(_codes()).head(0))
    with pytest.raises(sweep.TableError, match="lacks the columns of"):
        claims.ledger(_table(_codes()).drop(columns="of"))


def test_the_table_is_whole_and_from_seeds_that_no_chapter_uses():
    table = measurements.read(DATA)
    assert sorted(table.seed.unique()) == [*second.SEEDS]
    assert (table.groupby(["world", "n", "score", "of"]).size() == len(second.SEEDS)).all()


def test_a_sample_of_the_table_is_taken_again(monkeypatch):
    """One seed by itself: codes and noise repeat; what is trained alone rounds otherwise."""
    monkeypatch.setattr(second, "DIMS", (3,))
    monkeypatch.setattr(second, "SPARSE", second.SPARSE[:1])
    monkeypatch.setattr(second, "LAMS", (0.2,))
    keys = ["world", "n", "score", "of", "seed"]
    again = second.measure([13]).set_index(keys)["value"]
    table = measurements.read(DATA).set_index(keys)["value"].loc[again.index]
    assert len(again) == 10 + 8 + 16
    name = again.index.get_level_values("of")
    swept = name.str.contains("SAE|that dictionary")
    trained = name.isin(["trained", "one layer, taught", "learned dictionary"])
    assert (again - table)[~swept & ~trained].abs().max() < 1e-3
    assert (again - table)[trained].abs().max() < 0.02
    best = name.isin(["SAE", "SAE with its own dictionary"])
    assert (again <= table + 0.02)[best].all()  # one λ, where the table has the best of five


def test_the_table_survives_its_file_and_the_command_judges_it(tmp_path, monkeypatch, capsys):
    table = _table(_codes())
    monkeypatch.setattr(second, "measure", lambda seeds: table)
    path = tmp_path / "sparse.csv"
    assert command.main(["measure", "sparse", "--out", str(path)]) == 0
    out = capsys.readouterr().out
    assert re.search(r"S2\s+holds", out)
    assert np.allclose(measurements.read(path).value, table.value, atol=1e-5)
    path.write_text(path.read_text().replace("0.9", "0.8", 1))
    with pytest.raises(sweep.TableError, match="python -m protolib measure"):
        measurements.read(path)


def test_a_measurement_that_stands_twice_is_refused():
    table = _table(_codes())
    with pytest.raises(sweep.TableError, match=r"holds 1 rows twice, .*world M = 8, K = 3"):
        claims.ledger(pd.concat([table, table.tail(1)], ignore_index=True))


def test_the_command_fails_before_the_work_and_keeps_what_is_there(tmp_path, monkeypatch, capsys):
    path = tmp_path / "sparse.csv"
    path.write_text("precious", encoding="utf-8")
    worked = []
    monkeypatch.setattr(second, "measure_latents", worked.append)
    for seeds, words in ((["10", "10"], "holds a number twice"), (["-1"], "≥ 0, got -1")):
        assert command.main(["measure", "sparse", "--out", str(path), "--seeds", *seeds]) == 2
        assert words in capsys.readouterr().err
    half = _table(_codes()).drop(columns="of")  # whatever the reason why it cannot be judged
    monkeypatch.setattr(second, "measure", lambda seeds: half)
    assert command.main(["measure", "sparse", "--out", str(path)]) == 2
    assert path.read_text(encoding="utf-8") == "precious"
    assert not worked


def test_the_command_writes_no_table_of_the_book_unasked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "book" / "_data").mkdir(parents=True)
    monkeypatch.setattr(second, "measure", lambda seeds: _table(_codes()))
    assert command.main(["measure", "sparse"]) == 0
    assert measurements.read(tmp_path / "sparse.csv.gz").shape == (7 * 12, 6)
    assert not [*(tmp_path / "book" / "_data").iterdir()]


def test_claims_judges_this_table_too(capsys):
    assert command.main(["claims", str(DATA)]) == 0
    said = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert said == ["S1", "S2", "S3", "S4"]
