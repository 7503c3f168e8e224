"""Scores of representations: exact values, invariances, chance levels, independent twins."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import Lasso, LinearRegression, Ridge
from sklearn.metrics import f1_score, mutual_info_score, r2_score

from protolib import matching
from protolib.sparse import scores
from protolib.sparse.scores import matched, readout

NAN, INF = float("nan"), float("inf")


def _normal(seed, samples, columns, nets=1):
    return torch.tensor(np.random.default_rng(seed).normal(size=(nets, samples, columns)))


def _rotation(angle):
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, -s], [s, c]], dtype=torch.float64)


ALL = {
    "mcc": scores.mcc,
    "spearman": lambda a, b: scores.mcc(a, b, method="spearman"),
    "r2": scores.linear_r2,
    "f1": lambda a, b: scores.support_f1(a.clamp(min=0), b.clamp(min=0)),
    "d": lambda a, b: scores.dci(a, b).disentanglement,
    "c": lambda a, b: scores.dci(a, b).completeness,
    "i": lambda a, b: scores.dci(a, b).informativeness,
    "lasso": lambda a, b: scores.dci(a, b, importance="lasso", penalty=0.05).completeness,
    "mig": scores.mig,
}
each_score = pytest.mark.parametrize("name", ALL)


# ------------------------------------------------------------------------------ every score


@each_score
def test_a_stack_equals_a_loop_over_networks(name):
    hat, codes = _normal(0, 60, 4, nets=3), _normal(1, 60, 3, nets=3)
    hat[..., :2] += codes[..., :2]
    looped = [ALL[name](hat[r : r + 1], codes[r : r + 1]).item() for r in range(3)]
    found = ALL[name](hat, codes)
    assert found.dtype == torch.float64
    assert found.tolist() == pytest.approx(looped, rel=1e-9)


@each_score
def test_an_exact_copy_scores_one_and_noise_scores_less(name):
    codes, noise = _normal(0, 4000, 4), _normal(1, 4000, 4)
    # plug-in information between independent columns is not zero: MIG stops a little below
    loose = 0.03 if name == "mig" else 2e-3
    assert ALL[name](codes, codes).item() == pytest.approx(1, abs=loose)
    assert ALL[name](noise, codes).item() < 0.55


@each_score
def test_order_of_units_features_and_samples_does_not_matter(name):
    hat, codes = _normal(0, 200, 5), _normal(1, 200, 3)
    hat[..., :3] += 2 * codes
    found = ALL[name](hat, codes).item()
    units, features = torch.tensor([3, 1, 4, 0, 2]), torch.tensor([2, 0, 1])
    assert ALL[name](hat[..., units], codes[..., features]).item() == pytest.approx(found)
    # samples may be reordered within the half that is fitted and the half that judges
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.permutation(100), 100 + rng.permutation(100)])
    assert ALL[name](hat[:, rows], codes[:, rows]).item() == pytest.approx(found)


@pytest.mark.parametrize("name", [name for name in ALL if name != "f1"])
def test_sign_scale_and_shift_of_units_do_not_matter(name):
    hat, codes = _normal(0, 200, 4), _normal(1, 200, 3)
    hat[..., :3] += codes
    moved = hat * torch.tensor([-2.0, 0.1, 30.0, -1.0]) + torch.tensor([5.0, 0.0, -1.0, 9.0])
    assert ALL[name](moved, codes).item() == pytest.approx(ALL[name](hat, codes).item(), rel=1e-6)


@each_score
def test_spare_units_without_weight_are_free_and_missing_ones_are_not(name):
    codes = _normal(0, 4000, 4)
    spare = torch.cat([codes, torch.zeros_like(codes[..., :2])], dim=-1)
    loose = 0.03 if name == "mig" else 2e-3
    assert ALL[name](spare, codes).item() == pytest.approx(1, abs=loose)
    if name not in ("d", "c", "lasso"):  # those ask how what there is is shared out
        assert ALL[name](codes[..., :2], codes).item() == pytest.approx(0.5, abs=0.2)


@each_score
def test_bad_input_is_named(name):
    codes = _normal(0, 10, 2)
    with pytest.raises((ValueError, TypeError)):
        ALL[name](_normal(0, 9, 2), codes)
    with pytest.raises(ValueError, match="finite"):
        ALL[name](codes * NAN, codes)
    with pytest.raises(ValueError, match="four samples"):
        ALL[name](codes[:, :3], codes[:, :3])


# ------------------------------------------------------------------------------ MCC


def test_correlations_are_scipys():
    hat, codes = _normal(0, 30, 3), _normal(1, 30, 2)
    hat[0, :, 0] = hat[0, :, 0].round()  # ties
    for method, twin in (("pearson", stats.pearsonr), ("spearman", stats.spearmanr)):
        found = scores.correlations(hat, codes, method=method)[0]
        for j in range(3):
            for k in range(2):
                expected = twin(hat[0, :, j].numpy(), codes[0, :, k].numpy()).statistic
                assert found[j, k].item() == pytest.approx(expected, abs=1e-12)


def test_mcc_of_unequal_numbers():
    codes = _normal(0, 50, 4)
    assert scores.mcc(codes[..., [2, 0]], codes).item() == pytest.approx(0.5, abs=0.2)
    orthogonal = torch.linalg.qr(codes - codes.mean(1, keepdim=True)).Q
    orthogonal = orthogonal - orthogonal.mean(1, keepdim=True)
    assert scores.mcc(orthogonal[..., :3], orthogonal).item() == pytest.approx(3 / 4)
    doubled = torch.cat([orthogonal, orthogonal], dim=-1)
    assert scores.mcc(doubled, orthogonal).item() == pytest.approx(1)
    one_unit_many_times = orthogonal[..., :1].expand(-1, -1, 4)
    assert scores.mcc(one_unit_many_times, orthogonal).item() == pytest.approx(1 / 4)


def test_mcc_uses_the_prototypes_solver(monkeypatch):
    calls = []

    def spy(table):
        calls.append(table.shape)
        return matching.cheapest_pairs(table)

    monkeypatch.setattr(matched, "cheapest_pairs", spy)
    scores.mcc(_normal(0, 20, 3), _normal(1, 20, 2))
    assert calls == [(2, 3)]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 999), st.integers(1, 5), st.integers(1, 5))
def test_no_other_matching_scores_more(seed, units, features):
    hat, codes = _normal(seed, 12, units), _normal(seed + 1, 12, features)
    best = scores.mcc(hat, codes).item()
    table = scores.correlations(hat, codes)[0].abs().numpy()
    rng = np.random.default_rng(seed)
    for _ in range(20):
        pairs = min(units, features)
        j, k = rng.permutation(units)[:pairs], rng.permutation(features)[:pairs]
        assert table[j, k].sum() / features <= best + 1e-12


def test_rotating_two_independent_columns_by_an_angle():
    codes = torch.linalg.qr(_normal(0, 400, 3) - _normal(0, 400, 3).mean(1, keepdim=True)).Q
    codes = (codes - codes.mean(1, keepdim=True))[..., :2]
    for degrees in (0, 10, 30, 45, 60):
        turned = codes @ _rotation(math.radians(degrees)).mT
        expected = max(abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees))))
        assert scores.mcc(turned, codes).item() == pytest.approx(expected, abs=1e-6)
        assert scores.linear_r2(turned, codes).item() == pytest.approx(1, abs=1e-9)


def test_columns_that_never_change_are_related_to_nothing():
    codes = _normal(0, 40, 2)
    hat = torch.stack([codes[..., 0], torch.full((1, 40), 1e6)], dim=-1)
    assert scores.correlations(hat, codes)[0, 1].tolist() == [0, 0]
    assert scores.linear_r2(codes, hat).item() == pytest.approx(0.5)
    assert scores.mig(hat, hat).item() == pytest.approx(0.5)


@given(seed=st.integers(0, 10_000), dims=st.integers(2, 6), extra=st.integers(0, 3))
@settings(max_examples=50, deadline=None)
def test_an_invertible_map_of_uncorrelated_features_keeps_mcc_above_one_over_d(seed, dims, extra):
    """Rows of length 1 have ‖b‖₁ ≥ 1, and d disjoint matchings share out Σ|b| ≥ d."""
    whitened = torch.linalg.qr(matched.centred(_normal(seed, 40, dims)))[0]
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(dims, dims + extra)) ** int(rng.choice([1, 3, 9]))
    found = scores.mcc(whitened @ torch.tensor(weights), whitened).item()
    assert 1 / dims < found <= 1 + 1e-12


def test_one_over_d_is_approached_by_near_copies_of_one_feature_and_not_reached():
    dims = 5
    whitened = torch.linalg.qr(matched.centred(_normal(0, 4000, dims)))[0]
    gaps = []
    for share in (0.3, 0.1, 0.01, 0.001):
        copies = whitened[..., :1] + share * whitened
        assert scores.linear_r2(copies, whitened).item() > 1 - 1e-6  # all is still there
        gaps.append(scores.mcc(copies, whitened).item() - 1 / dims)
    assert gaps == sorted(gaps, reverse=True)
    assert 0 < gaps[-1] < 0.002
    copies = whitened[..., :1].expand(-1, -1, dims)  # not invertible: there it is reached
    assert scores.mcc(copies, whitened).item() == pytest.approx(1 / dims)


def test_correlated_features_have_no_such_floor():
    """A direction that all features nearly leave out is correlated with none of them."""
    shared, own = _normal(0, 4000, 1), _normal(1, 4000, 3)
    features = 10 * shared + own
    contrasts = torch.tensor([[1.0, 1, 1], [-1, 1, 1.001], [0, -2, -2.001]]).double()
    assert torch.linalg.det(contrasts) != 0
    assert scores.mcc(features @ contrasts, features).item() < 1 / 3 - 0.1


def test_disentanglement_gives_a_random_rotation_what_it_gives_noise():
    """The shares of a rotation's rows have the law of those of normal weights: both are even."""
    rng = np.random.default_rng(0)
    normal = torch.tensor(rng.normal(size=(20_000, 6, 6)))
    noise, _ = scores.dci_of_importance(normal.abs())
    turned, _ = scores.dci_of_importance(scores.random_rotations(normal.flip(0)).abs())
    assert turned.mean().item() == pytest.approx(noise.mean().item(), abs=0.01)
    single = [scores.dci_of_importance(w[:, :1].expand(-1, 2, -1).abs())[0] for w in (
        normal, scores.random_rotations(normal.flip(0)))]  # fmt: skip
    error = math.hypot(*(d.std().item() for d in single)) / len(normal) ** 0.5
    assert abs(single[0].mean() - single[1].mean()) < 4 * error


# ------------------------------------------------------------------------------ dictionaries


def test_dictionary_recovery_has_its_exact_values():
    atoms = torch.eye(4)[None]
    assert scores.dictionary_recovery(-3 * atoms[..., [1, 0, 3, 2]], atoms).item() == 1
    assert scores.dictionary_recovery(torch.zeros(1, 4, 4), atoms).item() == 0
    assert scores.dictionary_recovery(atoms[..., :1], atoms).item() == 0.25
    halfway = torch.full((1, 4, 4), 1.0)
    assert scores.dictionary_recovery(halfway, atoms).item() == pytest.approx(0.5)
    with pytest.raises((ValueError, TypeError)):
        scores.dictionary_recovery(torch.eye(3)[None], atoms)


# ------------------------------------------------------------------------------ read-out


@pytest.mark.parametrize("units", [4, 60])  # fewer and more than there are samples to fit
@pytest.mark.parametrize("ridge", [0.0, 0.1, 3.0])
def test_the_linear_score_is_sklearns(ridge, units):
    hat, codes = _normal(0, 81, units), _normal(1, 81, 3)
    codes[..., 0] += hat[..., 0]
    fit, judge = slice(0, 41), slice(41, None)
    a, b = hat[0].numpy(), codes[0].numpy()
    u = (a - a[fit].mean(0)) / a[fit].std(0)
    f = (b - b[fit].mean(0)) / b[fit].std(0)
    model = LinearRegression() if ridge == 0 else Ridge(alpha=41 * ridge)
    model.fit(u[fit], f[fit])
    expected = r2_score(f[judge], model.predict(u[judge]))
    assert scores.linear_r2(hat, codes, ridge=ridge).item() == pytest.approx(expected, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999))
def test_the_linear_score_does_not_see_linear_maps(seed):
    hat, codes = _normal(seed, 60, 3), _normal(seed + 1, 60, 3)
    codes[..., 1] += 2 * hat[..., 2]
    mixed = hat @ (_normal(seed + 2, 3, 3)[0] + 3 * torch.eye(3)) - 7
    one, other = scores.linear_r2(hat, codes).item(), scores.linear_r2(mixed, codes).item()
    assert other == pytest.approx(one, abs=1e-8)
    twice = torch.cat([hat, hat], dim=-1)  # singular: the shortest weights are taken
    assert scores.linear_r2(twice, codes).item() == pytest.approx(one, abs=1e-8)


@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_the_reverse_score_is_sklearns_weighted_by_variance(ridge):
    hat, codes = _normal(0, 81, 4), _normal(1, 81, 3)
    hat = torch.tensor([1.0, 5.0, 0.1, 2.0]).double() * (hat + codes[..., :1])
    fit, judge = slice(0, 41), slice(41, None)
    a, b = codes[0].numpy(), hat[0].numpy()
    u = (a - a[fit].mean(0)) / a[fit].std(0)
    model = LinearRegression() if ridge == 0 else Ridge(alpha=41 * ridge)
    model.fit(u[fit], b[fit])
    expected = r2_score(b[judge], model.predict(u[judge]), multioutput="variance_weighted")
    assert scores.reverse_r2(hat, codes, ridge=ridge).item() == pytest.approx(expected, abs=1e-9)


def test_the_reverse_score_asks_whether_units_hold_anything_else():
    """Exact values: a part of the features is enough, and what is not linear in them counts."""
    codes = _normal(0, 400, 5)
    part = 3 * codes @ _normal(1, 5, 2) - 7
    assert scores.reverse_r2(part, codes).item() == pytest.approx(1)
    assert scores.linear_r2(part, codes).item() < 0.9
    more = torch.cat([codes, _normal(2, 400, 5)], dim=-1)  # half of the variance is noise
    assert scores.linear_r2(more, codes).item() == pytest.approx(1)
    assert scores.reverse_r2(more, codes).item() == pytest.approx(0.5, abs=0.06)
    dead = torch.cat([part, torch.full((1, 400, 3), 2.0)], dim=-1)  # what never varies is free
    assert scores.reverse_r2(dead, codes).item() == pytest.approx(1)
    assert scores.reverse_r2(dead[..., 2:], codes).item() == 0
    with pytest.raises(ValueError, match="penalty"):
        scores.reverse_r2(codes, codes, ridge=-0.1)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999))
def test_the_reverse_score_does_not_see_rotations_nor_maps_of_the_features(seed):
    hat, codes = _normal(seed, 60, 3), _normal(seed + 1, 60, 3)
    hat[..., 1] += 2 * codes[..., 2]
    one = scores.reverse_r2(hat, codes).item()
    turn = scores.random_rotations(_normal(seed + 2, 3, 3))
    mixed = codes @ (_normal(seed + 3, 3, 3) + 3 * torch.eye(3)) - 7
    for units, features in ((hat @ turn * -5 + 3, codes), (hat, mixed), (hat @ turn, mixed)):
        assert scores.reverse_r2(units, features).item() == pytest.approx(one, abs=1e-8)
    stack = [torch.cat([values, values.flip(1)]) for values in (hat, codes)]
    assert scores.reverse_r2(*stack)[0].item() == pytest.approx(one, rel=1e-9)
    stretched = hat * torch.tensor([1.0, 9.0, 1.0])  # the unit that is partly linear, made large
    assert scores.reverse_r2(stretched, codes).item() > one


def test_the_lasso_is_sklearns():
    u, f = _normal(0, 60, 5)[0], _normal(1, 60, 2)[0]
    f[:, 0] += u[:, 1]
    u, f = u - u.mean(0), f - f.mean(0)
    found = readout._lasso(u[None], f[None], 0.1)[0].numpy()
    expected = Lasso(alpha=0.1, fit_intercept=False, tol=1e-12, max_iter=10_000)
    assert found == pytest.approx(expected.fit(u.numpy(), f.numpy()).coef_.T, abs=1e-8)


# ------------------------------------------------------------------------------ support


def test_support_f1_is_sklearns():
    rng = np.random.default_rng(0)
    a, b = rng.uniform(size=(2, 50, 4)) < 0.3
    found = scores.support_f1(
        torch.tensor(a, dtype=torch.float64)[None], torch.tensor(b).double()[None], aligned=True
    )
    assert found.item() == pytest.approx(f1_score(b, a, average="macro"))


def test_support_f1_has_its_exact_values():
    codes = torch.tensor([[[3.0, 0.0], [0.0, -2.0], [1e-3, 0.0], [0.0, 0.0]]])
    assert scores.support_f1(codes.flip(2), codes).item() == 1
    # feature 0 loses one of two, and 2 · 1 / (1 + 2); feature 1 is exact
    assert scores.support_f1(codes, codes, threshold=0.1).item() == 1
    strict = torch.where(codes.abs() > 0.1, codes, 0.0)
    assert scores.support_f1(strict, codes).item() == pytest.approx((2 / 3 + 1) / 2)
    nothing = torch.zeros_like(codes)
    assert scores.support_f1(nothing, codes).item() == 0
    assert scores.support_f1(nothing, nothing).item() == 1
    with pytest.raises(ValueError, match="equally many"):
        scores.support_f1(codes[..., :1], codes, aligned=True)


# ------------------------------------------------------------------------------ DCI


def test_dci_by_hand():
    table = torch.tensor([[[3.0, 1.0], [0.0, 4.0]]])
    d, c = scores.dci_of_importance(table)
    h = stats.entropy([0.75, 0.25], base=2)  # unit 0
    assert d.item() == pytest.approx(0.5 * (1 - h) + 0.5 * 1)
    h = stats.entropy([0.2, 0.8], base=2)  # feature 1
    assert c.item() == pytest.approx((1 + 1 - h) / 2)
    even = torch.ones(1, 4, 3)
    assert [s.item() for s in scores.dci_of_importance(even)] == pytest.approx([0, 0], abs=1e-12)
    nothing = torch.zeros(1, 3, 3)
    assert [s.item() for s in scores.dci_of_importance(nothing)] == [0, 0]
    with pytest.raises(ValueError, match="at least two"):
        scores.dci_of_importance(torch.ones(1, 1, 3))


def test_duplicates_cost_completeness_and_not_disentanglement():
    codes = _normal(0, 4000, 4)
    found = scores.dci(torch.cat([codes, codes], dim=-1), codes)
    assert found.disentanglement.item() == pytest.approx(1, abs=2e-3)
    assert found.completeness.item() == pytest.approx(1 - math.log(2) / math.log(8), abs=2e-3)


def test_an_even_mixture_is_not_disentangled_at_all():
    codes = torch.linalg.qr(_normal(0, 4000, 2)).Q
    found = scores.dci(codes @ _rotation(math.pi / 4).mT, codes)
    assert found.disentanglement.item() < 5e-3
    assert found.completeness.item() < 5e-3
    assert found.informativeness.item() > 0.99


# ------------------------------------------------------------------------------ MIG


def test_mutual_information_is_sklearns_on_discrete_codes():
    rng = np.random.default_rng(0)
    a, b = rng.integers(4, size=(200, 3)), rng.integers(3, size=(200, 2))
    a[:, 0] = b[:, 0]
    # four equally frequent values and forty bins: every value keeps a bin of its own
    tables = [torch.tensor(values)[None].double() for values in (a, b)]
    information, entropy = scores.mutual_information(*tables, bins=40)
    for k in range(2):
        assert entropy[0, k].item() == pytest.approx(stats.entropy(np.bincount(b[:, k])))
        for j in range(3):
            expected = mutual_info_score(a[:, j], b[:, k])
            assert information[0, j, k].item() == pytest.approx(expected, abs=1e-12)


def test_mig_by_hand():
    """Two balanced bits that make a square: each unit knows one and nothing of the other."""
    bits = torch.tensor([[[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]])
    assert scores.mig(bits, bits, bins=2).item() == pytest.approx(1)
    assert scores.mig(bits[..., [0, 1, 1]], bits, bins=2).item() == pytest.approx(0.5)
    assert scores.mig(bits[..., :1], bits, bins=2).item() == pytest.approx(0.5)
    number = bits @ torch.tensor([[2.0], [1.0]])  # one unit that knows both has no rival
    assert scores.mig(number, bits, bins=4).item() == pytest.approx(1)
    both = torch.cat([number, bits], dim=-1)  # it ties with the unit that knows one
    assert scores.mig(both, bits, bins=4).item() == pytest.approx(0)


def test_mig_does_not_see_monotone_maps():
    codes = _normal(0, 500, 3)
    bent = torch.stack([codes[..., 0].exp(), -(codes[..., 1] ** 3), codes[..., 2].tanh()], dim=-1)
    assert scores.mig(bent, codes).item() == pytest.approx(scores.mig(codes, codes).item(), rel=0.1)
    assert scores.mcc(bent, codes, method="spearman").item() == pytest.approx(1)
    assert scores.mcc(bent, codes).item() < 0.95


# ------------------------------------------------------------------------------ chance


@pytest.mark.parametrize(("dims", "count"), [(2, 1), (3, 1), (3, 4), (10, 40), (30, 200)])
def test_the_best_of_random_directions(dims, count):
    draws = 400
    cosines = np.random.default_rng(0).normal(size=(draws, count, dims))
    cosines = np.abs(cosines[..., 0]) / np.linalg.norm(cosines, axis=-1)
    best = cosines.max(-1)
    error = best.std() / math.sqrt(draws)
    assert scores.best_of_random(dims, count) == pytest.approx(best.mean(), abs=4 * error)


def test_the_best_of_random_directions_in_closed_form():
    assert scores.best_of_random(2, 1) == pytest.approx(2 / math.pi)  # mean |cos| on a circle
    for dims in (3, 4, 7):
        mean = math.gamma(dims / 2) / (math.sqrt(math.pi) * math.gamma((dims + 1) / 2))
        assert scores.best_of_random(dims, 1) == pytest.approx(mean)
    assert scores.best_of_random(3, 4) == pytest.approx(4 / 5)  # |cos| is uniform: m/(m + 1)


def test_rotations():
    draws = 2000
    for dims in (2, 5):
        q = scores.random_rotations(
            torch.tensor(np.random.default_rng(0).normal(size=(draws, dims, dims)))
        )
        assert torch.allclose(q @ q.mT, torch.eye(dims, dtype=q.dtype).expand_as(q))
        assert q.mean(0).abs().max() < 4 / math.sqrt(draws * dims)
        best = q.abs().amax(1)[:, 0]
        error = best.std().item() / math.sqrt(draws)
        assert scores.best_of_rotation(dims) == pytest.approx(best.mean().item(), abs=4 * error)
    assert scores.best_of_rotation(2) == pytest.approx(2 * math.sqrt(2) / math.pi)
    for dims in (2, 3, 5):
        matched = scores.mcc_of_rotations(dims, draws=draws)
        error = matched.std().item() / math.sqrt(draws)
        assert matched.mean().item() <= scores.best_of_rotation(dims) + 4 * error
    assert scores.mcc_of_rotations(1, draws=3).tolist() == [1, 1, 1]


def test_mcc_of_noise_is_what_mcc_chance_says():
    samples, units, features, nets = 30, 6, 3, 400
    found = scores.mcc(_normal(0, samples, units, nets), _normal(1, samples, features, nets))
    chance = scores.mcc_chance(samples, units, features, draws=400)
    error = math.hypot(found.std().item(), chance.std().item()) / 20
    assert found.mean().item() == pytest.approx(chance.mean().item(), abs=4 * error)
    # and shuffled samples are as good as new ones
    shuffled = scores.permuted(
        scores.mcc, _normal(0, samples, units), _normal(1, samples, features), draws=400
    )
    assert shuffled.mean().item() == pytest.approx(chance.mean().item(), abs=4 * error)
    alone = scores.mcc_chance(samples, units, 1, draws=400)
    exact = scores.best_of_random(samples - 1, units)
    assert alone.mean().item() == pytest.approx(exact, abs=4 * alone.std().item() / 20)


@pytest.mark.parametrize(("samples", "units"), [(40, 3), (41, 10), (300, 20)])
def test_linear_r2_of_noise_is_exact(samples, units):
    nets = 1500
    found = scores.linear_r2(_normal(0, samples, units, nets), _normal(1, samples, 1, nets))
    error = found.std().item() / math.sqrt(nets)
    expected = scores.linear_r2_chance(samples, units)
    assert found.mean().item() == pytest.approx(expected, abs=4 * error)
    with pytest.raises(ValueError, match="permuted"):
        scores.linear_r2_chance(20, 9)


@pytest.mark.parametrize(("samples", "units", "features"), [(40, 1, 3), (41, 4, 10), (300, 8, 20)])
def test_reverse_r2_of_noise_is_exact(samples, units, features):
    nets = 1500
    hat, codes = _normal(0, samples, units, nets), _normal(1, samples, features, nets)
    found = scores.reverse_r2(hat, codes)
    error = found.std().item() / math.sqrt(nets)
    expected = scores.reverse_r2_chance(samples, units, features)
    assert found.mean().item() == pytest.approx(expected, abs=4 * error)
    with pytest.raises(ValueError, match="permuted"):
        scores.reverse_r2_chance(20, 1, 9)
    with pytest.raises(ValueError, match="a unit"):
        scores.reverse_r2_chance(20, 0, 2)


def test_support_f1_of_shuffled_codes_is_exact():
    rng = np.random.default_rng(0)
    a, b = (torch.tensor(rng.uniform(size=(1, 12, 2)) < p).double() for p in (0.6, 0.3))
    expected = scores.support_f1_chance(a > 0, b > 0).item()
    found = scores.permuted(
        lambda x, y: scores.support_f1(x, y, aligned=True), a, b, draws=2000
    ).flatten()
    error = found.std().item() / math.sqrt(2000)
    assert found.mean().item() == pytest.approx(expected, abs=4 * error)
    assert scores.support_f1_chance(a > 2, b > 2).item() == 1  # never on, and never asked for


def test_disentanglement_of_noise_does_not_fall_with_samples():
    """Its limit: shares of independent half-normal weights."""
    units = features = 5
    weights = np.abs(np.random.default_rng(0).normal(size=(4000, units, features)))
    limit = scores.dci_of_importance(torch.tensor(weights))[0].mean().item()
    for samples in (2000, 8000):
        chance = scores.dci_chance(samples, units, features, draws=40).disentanglement
        error = chance.std().item() / math.sqrt(40)
        assert chance.mean().item() == pytest.approx(limit, abs=4 * error)
    lasso = scores.dci_chance(2000, 5, 5, importance="lasso", penalty=0.03, draws=10)
    assert lasso.disentanglement.mean() > 2 * limit


def test_chance_functions_repeat_themselves():
    assert torch.equal(scores.mcc_chance(20, 3, 2, draws=3), scores.mcc_chance(20, 3, 2, draws=3))
    assert torch.equal(scores.mig_chance(99, 3, 2, draws=3), scores.mig_chance(99, 3, 2, draws=3))
    assert scores.mig_chance(2000, 3, 2, draws=5).mean() < 0.02
