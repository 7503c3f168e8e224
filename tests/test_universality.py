"""Do two runs find the same features? TopK codes, agreement, strokes, the hull, S6 and S7."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from protolib import data, hull, measurements
from protolib.claims import further
from protolib.sparse import bridge, coding, scores, universality

F64 = torch.float64
DATA = Path(__file__).parents[1] / "book" / "_data" / "universality.csv.gz"


def test_the_largest_codes_are_kept_and_their_derivative_with_them():
    z = torch.relu(data.noise([0, 1], 30, 7, dtype=F64)).requires_grad_()
    values, place = z.topk(3, dim=-1)
    expected = torch.zeros_like(z).scatter(-1, place, values)
    assert torch.equal(coding.largest(z, 3), expected)
    weight = data.noise([2, 3], 30, 7, dtype=F64)
    ours, theirs = (
        torch.autograd.grad((weight * kept.square()).sum(), z, retain_graph=True)[0]
        for kept in (coding.largest(z, 3), expected)
    )
    assert torch.equal(ours, theirs)
    assert torch.equal(coding.largest(z, 7), z)
    for active in (0, 8):
        with pytest.raises(ValueError, match="between 1 and 7"):
            coding.largest(z, active)


def test_a_topk_autoencoder_keeps_k_codes_and_finds_more_than_it_started_with():
    world = universality.known([3], 3)
    y, A = world.signals[:1], world.atoms[:1]
    start = coding.random_dictionary([53], 12, 24)
    net = coding.train_autoencoder(
        y, start, [3], lam=0.0, learn=True, active=3, steps=200, batch=50, learning_rate=1e-2
    )
    codes = coding.encode(net, y, active=3)
    assert ((codes > 0).sum(-1) <= 3).all()
    assert (codes > 0).sum(-1).double().mean() > 2.5
    before, after = (scores.dictionary_recovery(D, A) for D in (start, net.dictionary))
    assert after > before + 0.1
    assert bridge.unexplained(y, coding.mix(codes, net.dictionary)) < 0.5


def test_matched_atoms_are_those_of_the_best_permutation():
    a, b = (coding.random_dictionary([seed], 3, 5, dtype=F64) for seed in (0, 1))
    table = (a.mT @ b)[0].abs()
    best = max(
        ([table[i, j].item() for i, j in enumerate(p)] for p in itertools.permutations(range(5))),
        key=sum,
    )
    found = universality.matched(a, b)[0]
    np.testing.assert_allclose(found, sorted(best, reverse=True))
    assert found.mean() == pytest.approx(scores.dictionary_recovery(a, b).item())


def test_two_runs_of_one_world_share_signals_and_two_networks_only_codes():
    world = universality.known([0, 4], 3)
    first, again, other = world.signals.chunk(3)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.allclose(world.signals.square().sum(-1).mean(-1), torch.ones(6))
    z = coding.sparse_codes([0, 4], 1000, 24, 3)
    for part, atoms in ((first, world.atoms[:2]), (other, world.atoms[4:])):
        y = coding.mix(z, atoms)
        scale = y.square().sum(-1).mean(-1).sqrt()[:, None, None]
        assert torch.allclose(y / scale, part, atol=1e-5)
    assert universality.known([4], 3).signals[0].equal(first[1])


def test_blind_atoms_know_what_they_say():
    y = data.noise([0], 4000, 3) * torch.tensor([3.0, 1.0, 0.1]) + torch.tensor([0.0, 5.0, 0.0])
    like = universality.alike(y, 4000, [1])
    assert torch.allclose(like.mean(1), y.mean(1), atol=0.2)
    assert torch.allclose(like[0].T.cov(), y[0].T.cov(), atol=0.4)
    points = universality.blind("data points", y, 5, [0])[0].T
    cosine = points @ coding.unit_columns(y.mT)[0]
    assert (cosine.amax(1) > 1 - 1e-5).all()
    for kind in universality.BLIND:
        atoms = universality.blind(kind, y, 5, [0])
        assert torch.allclose(atoms.norm(dim=1), torch.ones(1, 5))
    with pytest.raises(ValueError, match="expected one of random"):
        universality.blind("none", y, 5, [0])
    with pytest.raises(ValueError, match="at least as many signals"):
        universality.blind("data points", y[:, :4], 5, [0])
    with pytest.raises(ValueError, match="expected one of dictionary learning"):
        universality.learn("none", y, 5, [0], knob=1)


def test_archetypal_atoms_lie_in_the_hull_and_improve():
    y, _ = universality.images([0])
    y = y[:, :80]
    at, _ = universality.archetypal(y, 6, [0], lam=0.1, steps=1)
    A, B = universality.archetypal(y, 6, [0], lam=0.1, steps=150)
    assert (B >= 0).all()
    assert torch.allclose(B.sum(1), torch.ones(1, 6), atol=1e-5)
    assert torch.allclose(A, y.mT @ B, atol=1e-6)
    assert hull.hull_distance(A.mT, y).max() < 1e-5
    assert A.norm(dim=1).max() <= y.norm(dim=-1).max()
    before, after = (bridge.SparseFit(y, lam=0.1, steps=200)(D) for D in (at, A))
    assert after < 0.95 * before


def test_slant_is_the_slope_of_a_line_and_width_its_spread():
    image = torch.zeros(8, 8)
    for down in range(8):
        image[down, down // 2 + 1] = 0.5
    found = {name: v.item() for name, v in universality.strokes(image.reshape(1, 1, 64)).items()}
    across = np.array([down // 2 + 1 for down in range(8)])
    assert found["ink"] == 4.0
    assert found["slant"] == pytest.approx(
        np.cov(np.arange(8), across)[0, 1] / (np.var(range(8)) * 8 / 7)
    )
    assert found["width"] == pytest.approx(across.std())


def test_a_common_direction_is_one_if_added_and_less_if_multiplied():
    classes = torch.arange(300)[None] % 3
    amount = data.uniform([0], 300)[..., 0]
    means = torch.eye(6)[None, :3]
    own = means[:, classes[0]]
    added = own + amount[..., None] * torch.tensor([0.0, 0, 0, 1, 2, 0])
    times = own * (2 + amount[..., None])
    turn = scores.random_rotations(data.noise([1], 6, 6))
    for code, expected in ((added, 1.0), (times, 0.0)):
        for seen in (code, code @ turn + 3):
            found = universality.common_direction(seen, classes, amount).item()
            assert found == pytest.approx(expected, abs=1e-5)
    idle = universality.common_direction(
        data.noise(range(40), 300, 6), classes.expand(40, -1), amount.expand(40, -1)
    )
    assert abs(idle.mean()) < 4 * idle.std() / 40**0.5


def _table(values, seeds=12):
    rng = np.random.default_rng(0)
    rows = [
        (*key, seed, value + 0.01 * rng.normal())
        for seed in range(seeds)
        for key, value in values.items()
    ]
    return pd.DataFrame(rows, columns=measurements.COLUMNS)


def _verdict(name, values):
    return {v.claim.id: v for v in further.ledger(_table(values))}[name]


def _agreement(learned, relu, topk, rho, world=("known, K = 3", 24)):
    found = {}
    for score in ("|cos|", "across"):
        for of, value in zip(universality.USUAL, (learned, relu, topk)):
            found[*world, score, of] = value
        found[*world, "rank correlation", f"lasso and {score}"] = rho
    return found


def test_s6_asks_whether_poorer_coding_agrees_less():
    assert _verdict("S6", _agreement(0.95, 0.8, 0.7, -0.9)).verdict == "holds"
    assert _verdict("S6", _agreement(0.7, 0.8, 0.9, 0.5)).verdict == "fails"
    assert _verdict("S6", _agreement(0.7, 0.8, 0.6, -0.5)).verdict == "partly"
    other = _agreement(0.7, 0.8, 0.9, 0.5, ("known, K = 5", 24))  # drawn, not judged
    both = _verdict("S6", _agreement(0.95, 0.8, 0.7, -0.9) | other)
    assert (both.verdict, len(both.questions)) == ("holds", 6)


def _strokes(trained, raw, untrained, saved, before):
    world = ("digits, strokes", 16)
    found = {
        (*world, stroke, of): value
        for stroke in ("ink", "slant", "width")
        for of, value in (("trained", trained), ("raw pixels", raw), ("untrained", untrained))
    }
    found[*world, "lasso", "trained, saved"] = saved
    found[*world, "lasso", "untrained, saved"] = before
    return found


def test_s7_asks_for_one_direction_and_for_sparse_sums():
    yes = _verdict("S7", _strokes(0.5, 0.3, 0.2, 0.2, 0.1))
    assert (yes.verdict, len(yes.questions)) == ("holds", 11)
    assert _verdict("S7", _strokes(0.3, 0.5, 0.2, 0.2, 0.1)).verdict == "partly"
    assert _verdict("S7", _strokes(-0.2, 0.3, 0.2, -0.1, 0.1)).verdict == "fails"


def test_the_table_is_whole():
    table = measurements.read(DATA)
    assert sorted(table.seed.unique()) == [*universality.SEEDS]
    sizes = table.groupby(["world", "n", "score", "of"]).size()
    assert (sizes == len(universality.SEEDS)).all()


def test_a_sample_of_the_table_is_measured_again(monkeypatch):
    """One seed by itself: what is trained alone rounds otherwise, and may end elsewhere."""
    keys = measurements.COLUMNS[:-1]
    stored = measurements.read(DATA).set_index(keys)["value"]
    found = universality.measure_world(
        "known, K = 2", universality.known([14], 2), 24, [14], ["TopK autoencoder"], 2
    )
    found += universality.measure_strokes(universality.classifiers([14]), [14])
    again = pd.DataFrame(found, columns=measurements.COLUMNS).set_index(keys)["value"]
    off = (again - stored.loc[again.index]).abs()
    assert len(again) > 40
    exact = off.index.get_level_values("of").isin([*universality.BLIND, "raw pixels", "untrained"])
    assert off[exact].max() < 1e-3
    assert off[~exact].median() < 0.01
    assert off.max() < 0.3
