from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from protolib import claims, model, multiverse, sweep
from protolib.sweep import Setting, TableError
from protolib.training import TrainConfig

DATA = Path(__file__).parents[1] / "book" / "_data"


@pytest.fixture(scope="module")
def shipped():
    return multiverse.read(DATA / "multiverse.csv.gz")


def test_the_crossed_choices_are_all_there_and_the_nominal_universe_is_first():
    every = multiverse.universes()
    assert len(every) == 2 * 3 * 3 * 2 * 3 * 2 + len(multiverse.SINGLE)
    assert (every[0].config, every[0].setting) == (TrainConfig(), Setting())
    assert len({(u.config, u.setting) for u in every}) == len(every)
    assert len({u.name for u in every}) == len(every)


def test_the_shipped_table_is_complete(shipped):
    """Every universe, size, mask and seed once, and separation alone at the large τ."""
    counts = shipped.groupby("universe").size()
    for number, universe in enumerate(multiverse.universes()):
        assert counts[number] == 480 + 60 * (universe.config.tau < multiverse.HOT), universe.name
    assert not shipped.duplicated(multiverse.KEYS).any()
    assert not shipped.isna().any(axis=None)


def test_a_random_sample_of_the_shipped_table_comes_out_again(shipped):
    """Trained anew: universes and sizes drawn at random, all ten seeds, and judged anew.

    How far may rounding carry a run? On one processor the runs of two universes were trained with
    PyTorch's plain and with its AVX-512 kernels: the errors of the nominal universe agreed to one
    in a hundred in 95% of the runs, those of a universe whose prototypes explode in 75%; both
    agreed with the shipped table, made on another processor, as often. In 32 universes drawn like
    those below 93% of the errors agreed, 97% of the specialization ratios, 99% of R², and 97% of
    655 answers; none was the opposite. So this asks for nearly all of what rounding leaves alone,
    and for most of the rest.
    """
    draw = np.random.default_rng(20261121)
    agree = {column: [] for column in multiverse.SCORES}
    said = []
    for number in draw.choice(len(multiverse.universes()), 6, replace=False):
        size = int(draw.choice([3, 5, 10, 20]))
        found = multiverse.run([int(number)], sizes=[size], workers=1)
        both = found.merge(shipped, on=multiverse.KEYS, suffixes=("", "_shipped"))
        assert len(both) == len(found) >= 80
        for column, same in agree.items():
            value, before = both[column], both[f"{column}_shipped"]
            close = (value - before).abs() <= 0.01 * (0.01 + before.abs())
            same += [*(close | (value == before))]
        questions = ["universe", "claim", "n", "contrast"]
        kept = multiverse.answers(shipped[(shipped.universe == number) & (shipped.n == size)])
        judged = multiverse.answers(found).merge(kept, on=questions, suffixes=("", "_shipped"))
        assert len(judged) == len(kept) > 0
        said += [*zip(judged.answer, judged.answer_shipped)]
    assert np.mean(agree["fit_r2"]) >= 0.95
    assert np.mean(agree["specialization_ratio"]) >= 0.9
    assert np.mean(agree["reconstruction_error"]) >= 0.75
    assert np.mean([now == before for now, before in said]) >= 0.9
    assert not any({now, before} == {"yes", "no"} for now, before in said)


def test_answers_and_verdicts_are_those_of_the_ledger(shipped):
    some = [0, 71, 150]
    found = multiverse.answers(shipped[shipped.universe.isin(some)])
    words = multiverse.verdicts(found)
    assert [*words.columns] == [c.id for c in claims.CLAIMS]
    for number in some:
        verdicts = claims.ledger(shipped[shipped.universe == number])
        assert words.loc[number].to_dict() == {v.claim.id: v.verdict for v in verdicts}
        rows = found[found.universe == number]
        for v in verdicts:
            own = rows[rows.claim == v.claim.id]
            assert own.answer.tolist() == [q.answer for q in v.questions]
            assert own.corrected.tolist() == [q.corrected for q in v.questions]


def test_tables_come_back_and_damaged_ones_are_refused(tmp_path):
    table = pd.DataFrame({"universe": [0, 1], "error": [0.123456, np.inf], "answer": ["yes", "no"]})
    path = tmp_path / "t.csv.gz"
    multiverse.write(table, path)
    assert multiverse.read(path).equals(table.assign(error=[0.1235, np.inf]))
    before = path.read_bytes()
    multiverse.write(table, path)
    assert path.read_bytes() == before  # no time stamp inside
    path.write_bytes(before[:-20])
    with pytest.raises(TableError, match="not a gzipped text file"):
        multiverse.read(path)
    import gzip

    text = gzip.decompress(before)
    for change, words in (
        (text.replace(b"yes", b"nay"), "damaged"),
        (text.replace(b"schema 1", b"schema 9"), "has multiverse schema 9"),
        (b"a,b\n1,2\n", "not written by protolib"),
    ):
        path.write_bytes(gzip.compress(change))
        with pytest.raises(TableError, match=words):
            multiverse.read(path)


def test_settings_change_what_they_say_and_nothing_else():
    seeds, n = [3, 4], 6
    start, x, seen, y = Setting().draw(seeds, n)
    assert seen is x
    wide, x2, _, y2 = Setting(width=0.5).draw(seeds, n)
    assert wide.slope.shape == (2, 3)
    assert x2.equal(x)
    assert y2.equal(y)
    noisy = Setting(noise=0.1).draw(seeds, n)
    assert noisy[1].equal(x)
    assert 0 < (noisy[2] - x).abs().max() < 0.6
    assert noisy[3].equal(y)
    double = Setting(dtype="float64").draw(seeds, n)
    assert double[1].float().equal(x)
    labels = Setting(target="labels").draw(seeds, n)[3]
    assert set(labels.flatten().tolist()) <= {-1.0, 1.0}
    twice = Setting(inputs="duplicated").draw(seeds, n)[1]
    assert twice[:, :3].equal(twice[:, 3:])
    heavy = Setting(start="pytorch").draw(seeds, n)[0]
    assert heavy.readout.equal(start.readout)
    assert not heavy.slope.equal(start.slope)
    keras = Setting(start="glorot").draw(seeds, n)[0]
    assert (keras.bias == 0).all()
    assert keras.slope.abs().max() <= (6 / 7) ** 0.5
    assert keras.slope.abs().max() > 0.5
    steep = Setting(slope=12.0).draw(seeds, n)[0]
    assert (steep.slope == 12).all()
    assert torch.allclose(model.prototypes(steep), model.prototypes(start))
    crowded = Setting(spread=0.5).draw(seeds, n)[0]
    assert torch.allclose(model.prototypes(crowded), model.prototypes(start) / 2)
    assert crowded.slope.equal(start.slope)
    with pytest.raises(ValueError, match="expected width, slope"):
        Setting(width=0.0)


def test_a_mask_trained_alone_is_the_same_run_up_to_rounding():
    config = TrainConfig(steps=20)
    plan = {"sizes": (5,), "seeds": (0, 3), "masks": (claims.SEPARATION,), "config": config}
    together, alone = (sweep.Grid(**plan, alone=flag) for flag in (False, True))
    assert [len(c.masks) for c in sweep.chunks(alone)] == [1]
    one, other = sweep.run_many([together, alone], workers=1)
    column = "reconstruction_error"
    assert one[column].to_numpy() == pytest.approx(other[column].to_numpy(), abs=1e-5)


def test_many_grids_give_each_grid_its_own_table(tmp_path):
    config = TrainConfig(steps=5)
    grids = [
        sweep.Grid(sizes=(3, 4), seeds=(0,), config=config),
        sweep.Grid(sizes=(4,), seeds=(0, 1), masks=(claims.OVERLAP,), config=config),
    ]
    several = sweep.run_many(grids, workers=1, cache=tmp_path)
    for grid, table in zip(grids, several):
        pd.testing.assert_frame_equal(table, sweep.run(grid, workers=1), check_exact=True)
    assert len([*tmp_path.glob("chunk-*.csv")]) == 2  # size 4 is shared


def test_the_tally_counts_the_verdicts_of_crossed_universes(shipped):
    some = shipped[shipped.universe.isin([0, 1, 230])]
    judged = multiverse.verdicts(multiverse.answers(some)).loc[[0, 1]]
    tally = multiverse.tally(some)
    assert "C10" not in tally  # the table has no other attractors
    assert (tally.sum() == 2).all()
    for claim in tally:
        assert (judged[claim].value_counts() == tally[claim][lambda c: c > 0]).all()
