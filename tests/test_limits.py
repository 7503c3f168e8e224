"""Beyond the limits that the first paper names."""

import numpy as np
import pandas as pd
import pytest

from protolib import limits, measurements, sweep
from protolib.claims import further


def _table(errors, outside, seeds=12):
    rng, rows = np.random.default_rng(0), []
    for seed in range(seeds):
        for score, values in (("error", errors), ("share outside", outside)):
            for of, value in values.items():
                noisy = value + 0.01 * rng.normal()
                rows.append(("two dimensions", 20, score, of, seed, noisy))
    return pd.DataFrame(rows, columns=measurements.COLUMNS)


def _answers(coverage, overlap, outside):
    table = _table(
        {"baseline": 0.3, "coverage": coverage, "overlap": overlap},
        {"baseline": 0.2, "overlap": outside},
    )
    found = {v.claim.id: v for v in further.ledger(table)}["G6"]
    return found.verdict, [question.answer for question in found.questions]


def test_g6_asks_what_coverage_and_overlap_do_beyond_each_limit():
    assert _answers(0.2, 0.5, 0.5) == ("holds", ["yes", "yes", "yes"])
    assert _answers(0.4, 0.5, 0.5) == ("partly", ["no", "yes", "yes"])
    assert _answers(0.4, 0.2, 0.1) == ("fails", ["no", "no", "no"])
    assert _answers(0.3, 0.3, 0.2)[0] == "undecided"


def test_every_limit_changes_one_thing_that_the_paper_fixes():
    nominal = sweep.Grid()
    for change in limits.BEYOND.values():
        grid = limits.grid(change, [10])
        plans = (grid.config, nominal.config), (grid.setting, nominal.setting)
        changed = [k for a, b in plans for k in vars(b) if vars(a)[k] != vars(b)[k]]
        assert changed == [*change]


def test_a_sample_of_the_table_is_measured_again(monkeypatch):
    """Runs that explode differ between processors; most do not, nor do their medians."""
    monkeypatch.setattr(limits, "SIZES", (10,))
    chosen = {name: limits.BEYOND[name] for name in ("activation sech²", "two dimensions")}
    monkeypatch.setattr(limits, "BEYOND", chosen)
    keys = measurements.COLUMNS[:-1]
    again = limits.measure([17, 30]).set_index(keys)["value"]
    path = measurements.__file__.replace("protolib/measurements.py", "book/_data/limits.csv.gz")
    stored = measurements.read(path).set_index(keys)["value"].loc[again.index]
    assert len(again) == 2 * 2 * 2 * 4
    assert (again - stored).abs().lt(0.01 * (0.01 + stored)).mean() > 0.8
    with pytest.raises(ValueError, match="seeds"):
        limits.measure([-1])
