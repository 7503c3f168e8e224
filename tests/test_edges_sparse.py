"""Sparse codes, scores, classifiers and the bridge at their edges, and worked by hand."""

import math
import re

import numpy as np
import pytest
import torch

from protolib.sparse import bridge, coding, identifiability, scores

F64 = torch.float64


def _t(*values):
    return torch.tensor(values, dtype=F64)


def _normal(seed, *shape):
    return torch.tensor(np.random.default_rng(seed).normal(size=shape))


ONE = torch.ones(1, 5, 1, dtype=F64)
WORLD, TRAINING = identifiability.World, identifiability.Training


# ------------------------------------------------------------------------------ what is accepted


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: coding.sparse_codes([0], 3, 6, 4, blocks=2),
            "expected blocks of equal size with room for 4 ≥ 1 active features, got 6 features in "
            "2 blocks",
        ),
        (lambda: coding.sparse_codes([0], 3, 6, 0), "got 6 features in 1 blocks"),
        (lambda: coding.sparse_codes([0], 3, 6, 1, blocks=0), "got 6 features in 0 blocks"),
        (lambda: coding.sparse_codes([0], 3, 6, 1, blocks=4), "got 6 features in 4 blocks"),
        (lambda: coding.statistical_dimension(4, 5), "0 ≤ active ≤ features, got 5 and 4"),
        (lambda: coding.statistical_dimension(4, -1), "0 ≤ active ≤ features, got -1 and 4"),
        (lambda: coding.statistical_dimension(0, 0), "0 ≤ active ≤ features, got 0 and 0"),
        (lambda: coding.fista(ONE, ONE[:, :1], lam=-0.1, steps=1), "lam must be ≥ 0, got -0.1"),
        (
            lambda: coding.train_autoencoder(ONE, ONE[:, :1], [0], lam=_t(-1.0)),
            "lam must be ≥ 0, got",
        ),
        (
            lambda: coding.learn_dictionary(ONE, 2, [0, 1], lam=0.1),
            "expected one seed for each net, and rounds and restarts ≥ 1, got 2 seeds for 1 nets, "
            "50 rounds, 1 restarts",
        ),
        (lambda: coding.learn_dictionary(ONE, 2, [0], lam=0.1, rounds=0), "0 rounds, 1 restarts"),
        (
            lambda: coding.learn_dictionary(ONE, 2, [0], lam=0.1, restarts=0),
            "50 rounds, 0 restarts",
        ),
        (
            lambda: coding.train_lista(ONE, ONE[:, :1], [0], lam=0.1, layers=0),
            "layers must be ≥ 1, got 0",
        ),
        (
            lambda: coding.train_lista(ONE, ONE[:, :1], [0, 1], lam=0.1),
            "expected one seed for each net, got 2 for 1",
        ),
        (
            lambda: bridge.descend(bridge.incoherence, ONE, steps=0, learning_rate=0.1),
            "expected 1 ≤ frames ≤ steps, got 50 and 0",
        ),
        (
            lambda: bridge.descend(bridge.incoherence, ONE, steps=3, learning_rate=0.1, frames=0),
            "expected 1 ≤ frames ≤ steps, got 0 and 3",
        ),
        (lambda: scores.mcc(ONE[:, :3], ONE[:, :3]), "at least four samples, one unit and one"),
        (lambda: scores.mcc(ONE[..., :0], ONE), "at least four samples, one unit and one"),
        (lambda: scores.mcc(ONE, math.inf * ONE), "codes must be finite"),
        (lambda: scores.mcc(math.nan * ONE, ONE), "codes_hat must be finite"),
        (lambda: scores.linear_r2(ONE, ONE, ridge=-0.1), "the penalty must be ≥ 0, got -0.1"),
        (lambda: scores.support_f1(ONE, ONE, threshold=-1.0), "threshold must be ≥ 0, got -1.0"),
        (
            lambda: scores.support_f1(ONE.expand(1, 5, 2), ONE, aligned=True),
            "aligned codes must be equally many, got 2 and 1",
        ),
        (lambda: scores.dci_of_importance(torch.ones(1, 2, 1)), "DCI needs at least two units"),
        (lambda: scores.dci_of_importance(torch.ones(1, 1, 2)), "DCI needs at least two units"),
        (lambda: scores.mig(ONE, ONE, bins=1), "bins must be ≥ 2, got 1"),
        (lambda: scores.best_of_random(0, 1), "dims and count must be ≥ 1, got dims=0, count=1"),
        (lambda: scores.best_of_random(1, 0), "dims and count must be ≥ 1, got dims=1, count=0"),
        (lambda: scores.best_of_rotation(0), "dims must be ≥ 1, got 0"),
        (lambda: scores.mcc_of_rotations(0), "dims must be ≥ 1, got 0"),
        (lambda: scores.mcc_chance(3, 1, 1), "samples must be ≥ 4, got 3"),
        (lambda: scores.linear_r2_chance(12, 4), "got samples=12, predictors=4, units=1: use"),
        (lambda: scores.linear_r2_chance(7, 0), "got samples=7, predictors=0, units=1: use"),
        (lambda: identifiability.draw([0], 0), "samples must be ≥ 1, got 0"),
        (lambda: TRAINING(outputs=0), "expected widths, outputs, steps and batch ≥ 1, got"),
        (lambda: TRAINING(batch=0), "expected widths, outputs, steps and batch ≥ 1, got"),
        (lambda: TRAINING(steps=0), "expected widths, outputs, steps and batch ≥ 1, got"),
        (lambda: TRAINING(widths=(3, 0)), "expected widths, outputs, steps and batch ≥ 1, got"),
        *(
            (lambda change=change: WORLD(**change), "expected")
            for change in (
                {"dims": 1}, {"classes": 1}, {"layers": -1}, {"concentration": -0.1},
                {"uneven": 0.99}, {"shuffled": -0.1}, {"shuffled": 1.1}, {"condition": 0.99},
                {"slope": 0.0}, {"slope": 1.1},
            )
        ),
    ],
)  # fmt: skip
def test_what_was_expected_and_what_came(call, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        call()


def test_the_smallest_of_everything_is_accepted():
    WORLD(dims=2, classes=2, layers=0, concentration=0.0, uneven=1.0, shuffled=0.0, condition=1.0)
    WORLD(shuffled=1.0, slope=1.0)
    TRAINING(widths=(1,), outputs=1, steps=1, batch=1)
    assert (coding.sparse_codes([0], 5, 4, 2, blocks=2) > 0).sum() == 10
    assert (coding.sparse_codes([0], 5, 2, 2) > 0).all()
    assert coding.statistical_dimension(1, 1) == 1
    assert coding.fista(ONE, ONE[:, :1], lam=0.0, steps=1).shape == (1, 5, 1)
    assert bridge.descend(bridge.incoherence, ONE, steps=1, learning_rate=0.1, frames=1).shape == (
        2,
        *ONE.shape,
    )
    assert scores.mcc(ONE[:, :4], ONE[:, :4]).tolist() == [0]
    assert scores.mig(_normal(0, 1, 9, 1), _normal(1, 1, 9, 1), bins=2).shape == (1,)
    assert len(scores.mcc_chance(4, 1, 1, draws=2)) == 2
    assert math.isfinite(scores.linear_r2_chance(14, 4))
    assert math.isfinite(scores.linear_r2_chance(8, 1))
    assert scores.dci_of_importance(torch.ones(1, 2, 2))[0].item() == 0
    sample = identifiability.draw([0], 1, WORLD(dims=2, classes=2, layers=0))
    assert torch.equal(sample.inputs, sample.latents)


# ------------------------------------------------------------------------------ sparse codes


def test_one_step_of_ista_and_three_of_fista_by_hand():
    """One signal 3, one atom 2, λ = 1: L = 4, a step is z ← soft(z + 2(3 − 2z)/4, 1/4)."""
    A, y = _t([[2.0]]), _t([[3.0]])
    assert coding.lipschitz(A).item() == 4
    assert coding.ista(y, A, lam=1.0, steps=0).item() == 0
    assert coding.ista(y, A, lam=1.0, steps=1).item() == 1.25
    # two equal atoms of length 1: L = 2, so steps of one half leave the middle only slowly
    A, y, start = _t([[1.0, 1.0]]), _t([[4.0]]), _t([[3.0, 0.0]])
    z = [[3.0, 0.0]]
    ahead, t = z[0], 1.0
    for _ in range(3):
        slope = 4 - sum(ahead)
        new = [max(u + (slope - 0.5) / 2, 0) for u in ahead]
        after = (1 + math.sqrt(1 + 4 * t * t)) / 2
        ahead = [n + (t - 1) / after * (n - o) for n, o in zip(new, z[-1])]
        t = after
        z.append(new)
    found = coding.fista(y, A, lam=0.5, steps=3, nonnegative=True, start=start, path=True)
    assert found[:, 0, 0].tolist() == pytest.approx(np.array(z))
    assert coding.fista(y, 0 * A, lam=0.5, steps=3).tolist() == [[[0, 0]]]  # no atoms, no code


def test_kkt_residuals_by_hand():
    A, y = torch.eye(2, dtype=F64)[None], _t([[3.0, 0.2]])

    def residual(z, **how):
        return coding.kkt_residual(_t([z]), y, A, lam=1.0, **how).item()

    assert residual([2.0, 0.0]) == 0
    assert residual([1.0, 0.0]) == 1  # g = 2 where it should be λ
    assert residual([0.0, 0.0]) == 2  # |g| = 3 where it should be at most λ
    assert residual([2.0, 0.5]) == pytest.approx(1.3)  # g = −0.3 where it should be λ
    assert residual([2.0, -0.5]) == pytest.approx(1.7)  # g = 0.7 where it should be −λ
    assert residual([2.0, -5.0], nonnegative=True) == pytest.approx(6.2)
    assert residual([2.0, -0.5], nonnegative=True) == pytest.approx(1.7)
    negative = coding.kkt_residual(_t([[0.0, 0.0]]), -3 * y, A, lam=1.0, nonnegative=True)
    assert negative.item() == 0


def test_recovery_ends_at_its_tolerance():
    truth = _t([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0]])
    found = truth + _t([[0.0, 2**-10], [0.0, 2**-9], [0.0, -(2**-11)]])
    assert coding.recovered(found, truth, tolerance=2**-12).tolist() == [[True, False, True]]
    close = truth * (1 + _t([[0.9e-4], [1.1e-4], [0.0]]))
    assert coding.recovered(close, truth).tolist() == [[True, False, True]]


def test_unit_columns_and_basis_pursuit_of_odd_dictionaries():
    tiny = _t([[3e-9, 0.0], [4e-9, 0.0]])
    assert coding.unit_columns(tiny).tolist()[0] == pytest.approx(np.array([[0.6, 0], [0.8, 0]]))
    A = _t([[1.0, 0.0, 0.6], [0.0, 1.0, 0.8]])
    y = _t([[-0.6, -0.8], [0.6, 0.8]])
    both = coding.basis_pursuit(y, A)
    assert both.dtype == F64
    assert both[0] == pytest.approx(np.array([[0, 0, -1.0], [0, 0, 1.0]]), abs=1e-9)
    assert coding.basis_pursuit(y, A, nonnegative=True)[0, 0].isnan().all()


def test_ridge_shrinks_slopes_and_not_the_constant():
    y = _t([[-1.0], [0.0], [1.0]])
    weights = coding.ridge(y, 3 * y + 7, penalty=2.0)  # slope 3 · 2/(2 + 2)
    assert weights.flatten().tolist() == pytest.approx([1.5, 7.0])
    assert coding.read(y, weights).flatten().tolist() == pytest.approx([5.5, 7.0, 8.5])


def test_the_best_of_the_restarts_is_kept():
    """Every start by itself, and then all: the lowest last value wins, net by net."""
    nets = range(5)
    y = coding.mix(
        coding.sparse_codes(nets, 60, 8, 2, dtype=F64),
        coding.random_dictionary(nets, 5, 8, dtype=F64),
    )
    how = {"lam": 0.1, "rounds": 6, "steps": 5, "nonnegative": True}
    # starts are drawn one after the other, so what n restarts reach never rises with n
    curves = [coding.learn_dictionary(y, 8, nets, restarts=n, **how).curve for n in range(1, 7)]
    last = torch.stack([curve[:, -1] for curve in curves])
    assert (last.diff(dim=0) <= 1e-12).all()
    assert (last[-1] < last[0] - 1e-6).any()  # and here it falls
    best = coding.learn_dictionary(y, 8, nets, restarts=6, **how)
    codes = coding.fista(y, best.dictionary, lam=0.1, steps=400, nonnegative=True)
    floor = coding.lasso(codes, y, best.dictionary, lam=0.1).mean(-1)
    assert (floor <= best.curve[:, -1]).all()
    given = coding.learn_dictionary(y, 8, nets, restarts=6, start=best.dictionary, **how)
    assert given.curve.shape == (5, 6)
    assert (given.curve[:, 0] <= best.curve[:, 0]).all()


def test_the_learning_rate_falls_to_zero_along_half_a_cosine():
    """Adam on |w| has steps of the rate's length: with a constant slope they add up to its sum."""
    signals = torch.full((1, 50, 1), 1.0, dtype=F64)
    A, rate, steps = _t([[1.0]]), 1e-3, 20
    # taught codes far above: the slope of W is constant but for a thousandth
    net = coding.train_autoencoder(
        signals, A, [0], lam=0.0, codes=1e6 * signals, steps=steps, batch=4, learning_rate=rate
    )
    expected = sum(rate * (1 + math.cos(math.pi * t / steps)) / 2 for t in range(steps))
    assert net.weight.item() - 1 == pytest.approx(expected, rel=1e-4)
    assert net.bias.item() == pytest.approx(expected, rel=1e-4)


def test_layers_of_lista_count_and_start_as_ista():
    A, y = coding.random_dictionary([0], 3, 5, dtype=F64), _normal(0, 1, 4, 3)
    for layers in (1, 2, 3):
        net = coding.lista_start(A, lam=0.1, layers=layers)
        same = coding.ista(y, A, lam=0.1, steps=layers)
        assert torch.allclose(coding.run_lista(net, y), same, atol=1e-12)
        still = coding.train_lista(y, A, [0], lam=0.1, layers=layers, steps=0)
        assert all(torch.equal(a, b) for a, b in zip(still[:3], net[:3]))
        assert still.layers == layers


# ------------------------------------------------------------------------------ the bridge


def test_descents_stop_at_their_stations():
    path = bridge.descend(
        lambda p: p.sum((1, 2)), torch.zeros(1, 1, 1), steps=10, learning_rate=1.0, frames=4
    )
    assert path.flatten().tolist() == [0, -2, -5, -8, -10]  # 2.5, 5, 7.5, 10, rounded to even
    usual = bridge.descend(
        lambda p: p.sum((1, 2)), torch.zeros(1, 1, 1), steps=100, learning_rate=1.0
    )
    assert usual.flatten().tolist() == [-2.0 * k for k in range(51)]
    adam = bridge.descend(
        lambda p: 7 * p.sum((1, 2)), torch.zeros(1, 1, 1), steps=2, learning_rate=0.5, adam=True,
        frames=2,
    )  # fmt: skip
    assert adam.flatten().tolist() == pytest.approx([0, -0.5, -1.0])


def test_the_best_k_means_of_the_starts_is_kept():
    """Starts are drawn one after the other, so what n of them leave over never rises with n."""
    y = _normal(0, 4, 60, 2)
    tries = [bridge.kmeans(y, 10, range(4), restarts=n) for n in range(1, 7)]
    left = torch.stack([bridge.unexplained(y, bridge.nearest(y, centres)) for centres in tries])
    assert (left.diff(dim=0) <= 1e-12).all()
    assert (left[-1] < left[0] - 1e-6).any()  # and here it falls
    assert torch.equal(bridge.kmeans(y, 10, range(4)), tries[4])
    assert (tries[0].shape, tries[0].dtype) == ((4, 10, 2), F64)


def test_a_sparse_fit_goes_on_from_its_codes():
    A, y = coding.random_dictionary([0], 3, 6, dtype=F64), _normal(2, 1, 5, 3).abs()
    fit = bridge.SparseFit(y, lam=0.1, steps=3)
    first, second = fit(A).item(), fit(A).item()
    codes = coding.fista(y, A, lam=0.1, steps=3, nonnegative=True)
    assert first == pytest.approx(coding.lasso(codes, y, A, lam=0.1).mean().item())
    codes = coding.fista(y, A, lam=0.1, steps=3, nonnegative=True, start=codes)
    assert second == pytest.approx(coding.lasso(codes, y, A, lam=0.1).mean().item())
    assert second < first
    usual = bridge.SparseFit(y, lam=0.1)
    five = coding.fista(y, A, lam=0.1, steps=5, nonnegative=True)
    assert usual(A).item() == pytest.approx(coding.lasso(five, y, A, lam=0.1).mean().item())


# ------------------------------------------------------------------------------ scores


def test_columns_that_hardly_change_are_still_columns():
    """A constant up to rounding counts 0; a change of a millionth of the level does not."""
    z = _normal(0, 1, 40, 1)
    for level, size, expected in ((1e3, 1e-3, 1.0), (-1e3, 1e-3, 1.0), (1e6, 1e-9, 0.0)):
        found = scores.mcc(level + size * z, z).item()
        assert found == pytest.approx(expected, abs=1e-6)


def test_the_odd_sample_goes_to_the_half_that_is_fitted():
    """Four samples fit a line through all of them, the fifth, of seven, would bend it."""
    x = _t([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0], [7.0]])
    y = 2 * x + 1
    y[0, 4] = 100.0
    assert scores.linear_r2(x, y).item() < 0.99
    assert scores.linear_r2(x[:, :4], (2 * x + 1)[:, :4]).item() == pytest.approx(1)
    bent = 2 * x + 1
    bent[0, 3] = 100.0  # the fourth of seven is fitted: all that is judged is on the line
    judged = bent[0, 4:, 0].numpy()
    line = np.polyfit(x[0, :4, 0], bent[0, :4, 0], 1)
    error = ((judged - np.polyval(line, x[0, 4:, 0])) ** 2).sum()
    expected = 1 - error / ((judged - judged.mean()) ** 2).sum()
    assert scores.linear_r2(x, bent).item() == pytest.approx(expected)


def test_features_that_rest_in_one_half_have_nothing_to_find():
    x = _normal(0, 1, 20, 1)
    for rest in (slice(0, 10), slice(10, 20)):
        half = x.clone()
        half[:, rest] = 5.0
        assert scores.linear_r2(x, torch.cat([x, half], -1)).item() == pytest.approx(0.5)


def test_linear_r2_chance_in_closed_form():
    """n = 10 to fit, m = 10 to judge, k = 2: q = 11·8/(10·6), R² = −(1 + 10(q − 1))/7."""
    q = 88 / 60
    assert scores.linear_r2_chance(20, 2) == pytest.approx(-(1 + 10 * (q - 1)) / 7)
    q = 12 * 9 / (11 * 7)
    assert scores.linear_r2_chance(21, 2) == pytest.approx(-(1 + 10 * (q - 1)) / 7)


def test_best_of_random_at_its_limits():
    assert scores.best_of_random(2, 1) == pytest.approx(2 / math.pi)
    for count in (1, 2, 9):
        assert scores.best_of_random(3, count) == pytest.approx(count / (count + 1), rel=1e-9)
        assert scores.best_of_random(1, count) == 1
    # a thousand of a million dimensions: √(2 log(2m) / d), nearly
    assert scores.best_of_random(10**6, 1000) == pytest.approx(3.4e-3, rel=0.05)
    # E max of three |normal| numbers over the mean length of a vector of three
    draws = np.abs(np.random.default_rng(0).normal(size=(200_000, 3)))
    expected = draws.max(-1).mean() / (2 * math.sqrt(2 / math.pi))
    assert scores.best_of_rotation(3) == pytest.approx(expected, rel=3e-3)


def test_support_is_strict_at_its_threshold():
    codes = _t([[1.0], [2.0], [-3.0], [0.0]])
    on = _t([[0.0], [2.0], [2.0], [0.0]])
    assert scores.support_f1(codes, on, threshold=1.0).item() == 1
    assert scores.support_f1(codes, on, threshold=0.0).item() == pytest.approx(2 * 2 / 5)
    assert scores.support_f1(codes, on).item() == pytest.approx(2 * 2 / 5)


def test_support_f1_chance_by_hand():
    a = torch.tensor([[[1, 0], [1, 0], [1, 1], [0, 0]]]).bool()
    b = torch.tensor([[[1, 0], [0, 0], [0, 0], [0, 0]]]).bool()
    found = scores.support_f1_chance(a, b).item()  # 2·¾·¼/(¾ + ¼), and 0: b's second is never on
    assert found == pytest.approx((3 / 8 + 0) / 2)


def test_information_in_bins_of_equal_counts():
    x = _t([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0], [6.0], [7.0]])
    for bins in (2, 4, 8):
        table, entropy = scores.mutual_information(x, x, bins=bins)
        assert table.item() == entropy.item() == pytest.approx(math.log(bins))
    table, entropy = scores.mutual_information(x, x)  # twenty bins, eight values
    assert entropy.item() == pytest.approx(math.log(8))
    tied = _t([[0.0], [0.0], [0.0], [0.0], [0.0], [0.0], [6.0], [7.0]])
    _, entropy = scores.mutual_information(x, tied, bins=4)  # six share a bin, two the last
    assert entropy.item() == pytest.approx(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))


def test_dci_of_lasso_and_ridge_by_hand():
    """Orthogonal units: ridge shrinks a weight to 1/(1 + penalty), the lasso cuts it."""
    u = torch.linalg.qr(_normal(0, 1, 400, 3) - _normal(0, 1, 400, 3).mean(1, keepdim=True)).Q
    u = torch.cat([u, u], dim=1)  # both halves alike: what is fitted is what is judged
    for how, left in (("ridge", 1 / 1.5), ("lasso", 1 - 0.5)):
        found = scores.dci(u[..., :2], u[..., :2], importance=how, penalty=0.5)
        assert found.informativeness.item() == pytest.approx(1 - (1 - left) ** 2, abs=0.02)
        assert found.disentanglement.item() > 0.9


# ------------------------------------------------------------------------------ identifiability


def test_one_step_of_the_classifiers_training_has_the_full_rate():
    """The rate starts at its whole and ends near 0: Adam's first step moves by just that."""
    world = WORLD(dims=2, classes=3)
    sample = identifiability.draw([0], 50, world)
    for steps, total in ((1, 1.0), (2, 1.5)):
        training = TRAINING(widths=(4,), outputs=2, steps=steps, batch=50, learning_rate=1e-4)
        start = identifiability.initialise([0], 2, 3, training)
        end = identifiability.train([0], sample, 3, training)
        moved = (end.head - start.head).abs().max().item()
        assert moved == pytest.approx(1e-4 * total, rel=0.02)


def test_starts_of_a_classifier_have_he_s_bounds():
    training = TRAINING(widths=(50, 30), outputs=4, slope=0.5)
    net = identifiability.initialise([0, 1], 20, 10, training)
    for weight, wide, scale in (*zip(net.weights, (20, 50, 30), (1, 1, 1)), (net.head, 4, 0.1)):
        bound = scale * math.sqrt(6 / (1.25 * wide))
        assert 0.97 * bound < weight.abs().max() <= bound
    assert [b.shape for b in net.biases] == [(2, 1, 50), (2, 1, 30), (2, 1, 4)]
    assert net.head_bias.shape == (2, 1, 10)


def test_accuracy_and_logits_by_hand():
    weight = torch.eye(2)[None]
    net = identifiability.Classifier(
        (weight, weight), (torch.zeros(1, 1, 2),) * 2, torch.eye(2)[None],
        torch.tensor([[[0.0, 0.5]]]),
    )  # fmt: skip
    x = torch.tensor([[[1.0, -1.0], [0.2, 0.1], [-1.0, -3.0]]])
    h = identifiability.encode(net, x)
    assert h.tolist()[0] == pytest.approx(np.array([[1, -0.2], [0.2, 0.1], [-0.2, -0.6]]))
    steep = identifiability.encode(net, x, slope=0.5)
    assert steep.tolist()[0] == pytest.approx(np.array([[1, -0.5], [0.2, 0.1], [-0.5, -1.5]]))
    z = np.array([[1, 0.3], [0.2, 0.6], [-0.2, -0.1]])
    assert identifiability.logits(net, h).tolist()[0] == pytest.approx(z, abs=1e-6)
    labels = torch.tensor([[0, 0, 1]])
    assert identifiability.accuracy(net, x, labels).item() == pytest.approx(2 / 3)
    loss = np.mean(np.log(np.exp(z).sum(1)) - z[np.arange(3), [0, 0, 1]])
    assert identifiability.cross_entropy(net, x, labels).item() == pytest.approx(loss, rel=1e-6)
    assert identifiability.accuracy(net, x, labels, slope=0.9).item() == pytest.approx(1 / 3)


def test_labels_must_be_classes():
    world = WORLD(dims=2, classes=3)
    sample = identifiability.draw([0], 50, world)
    quick = TRAINING(widths=(4,), outputs=2, steps=1, batch=5)
    with pytest.raises(ValueError, match=r"^labels must be in 0 … 1$"):
        identifiability.train([0], sample, 2, quick)
    with pytest.raises(ValueError, match=r"^labels must be in 0 … 2$"):
        identifiability.train([0], sample._replace(labels=sample.labels - 1), 3, quick)
    identifiability.train([0], sample, 3, quick)


def test_mixtures_without_layers_and_with_one_are_linear():
    z = _normal(0, 1, 6, 2)
    one = identifiability.mixing([0], WORLD(dims=2, layers=1))
    assert torch.allclose(identifiability.mix(z, one), z @ one[:, 0].mT)
    two = identifiability.mixing([0], WORLD(dims=2, layers=2))
    inner = z @ two[:, 0].mT
    bent = torch.where(inner > 0, inner, 0.3 * inner)
    assert torch.allclose(identifiability.mix(z, two, slope=0.3), bent @ two[:, 1].mT)
    back = identifiability.unmix(bent @ two[:, 1].mT, two, slope=0.3)
    assert torch.allclose(back, z)
    assert torch.allclose(identifiability.unmix(identifiability.mix(z, two), two), z)
    even = identifiability.mixing([0], WORLD(dims=3, condition=1.0))
    assert torch.allclose(even @ even.mT, torch.eye(3, dtype=F64).expand_as(even))


def test_dictionaries_that_cannot_be_compared_are_named():
    atoms = torch.zeros(1, 3, 2)
    for hat, true in ((atoms[0], atoms), (atoms, atoms[0]), (atoms[:, :2], atoms)):
        words = f"expected atoms_hat .* and atoms .*got {tuple(hat.shape)} and {tuple(true.shape)}"
        with pytest.raises((ValueError, TypeError)) as error:
            getattr(scores.dictionary_recovery, "__wrapped__", scores.dictionary_recovery)(
                hat, true
            )
        if isinstance(error.value, ValueError):
            assert re.search(re.escape(words).replace(r"\.\*", ".*"), str(error.value))


def test_a_column_s_neighbours_do_not_make_it_constant():
    """Rounding is judged column by column: a wide one beside does not hide a narrow one."""
    z = _normal(0, 1, 40, 2)
    hat = torch.cat([1e6 + 1e-9 * z[..., :1], z[..., 1:]], -1)
    assert scores.correlations(hat, z)[0, 0].tolist() == [0, 0]  # constant up to rounding
    wide = torch.cat([1e-3 * z[..., :1], 1e12 * z[..., 1:]], -1)
    assert scores.mcc(wide, z).item() == pytest.approx(1)


def test_a_dead_atom_becomes_the_worst_reconstructed_signal():
    """One atom points away from all signals: after one round it is the signal farthest off."""
    y = _t([[3.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 4.0]])
    start = _t([[1.0, 0.0], [0.0, -1.0], [0.0, 0.0]])
    found = coding.learn_dictionary(
        y, 2, [0], lam=0.01, rounds=2, steps=50, nonnegative=True, start=start
    ).dictionary
    assert found[0].T.tolist() == pytest.approx(np.array([[1, 0, 0], [0, 0, 1]]), abs=1e-6)
    # two equal atoms, not beside each other: the later one is revived
    start = _t([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    found = coding.learn_dictionary(
        y, 3, [0], lam=0.01, rounds=2, steps=50, nonnegative=True, start=start
    ).dictionary
    expected = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert found[0].T.tolist() == pytest.approx(expected, abs=1e-6)
