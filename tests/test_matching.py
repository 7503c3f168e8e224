import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from protolib import data, matching

NAN, INF = float("nan"), float("inf")


def _cloud(seed, count, dims):
    rng = np.random.default_rng(seed)
    return torch.tensor(rng.normal(size=(1, count, dims)))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.integers(1, 6), st.integers(1, 6), st.integers(1, 3))
def test_assignment_is_the_best_of_all_permutations(seed, samples, units, dims):
    x, p = _cloud(seed, samples, dims), _cloud(seed + 1, units, dims)
    rows, columns = matching.assign(p, x)[0]
    distance = (x[0, :, None] - p[0, None]).norm(dim=-1).numpy()
    few, many = sorted((samples, units))
    table = distance if samples <= units else distance.T
    best = min(
        sum(table[k, choice[k]] for k in range(few))
        for choice in itertools.permutations(range(many), few)
    )
    assert len(rows) == len(set(rows)) == len(set(columns)) == few
    assert distance[rows, columns].sum() == pytest.approx(best, abs=1e-12)
    alone = max(samples - units, 0) * (x.amax(1) - x.amin(1)).norm().item()
    error = matching.reconstruction_error(p, x).item()
    assert error == pytest.approx((best + alone) / samples, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.integers(1, 40))
def test_on_a_line_the_assignment_is_sorting(seed, count):
    x, p = _cloud(seed, count, 1), _cloud(seed + 1, count, 1)
    expected = (x.sort(1).values - p.sort(1).values).abs().mean().item()
    assert matching.reconstruction_error(p, x).item() == pytest.approx(expected, abs=1e-12)
    assert expected == pytest.approx(
        stats.wasserstein_distance(x[0, :, 0].numpy(), p[0, :, 0].numpy()), abs=1e-12
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999), st.integers(1, 8), st.integers(1, 8), st.integers(1, 3))
def test_scores_do_not_depend_on_order_or_place_and_errors_scale(seed, samples, units, dims):
    x, p = _cloud(seed, samples, dims), _cloud(seed + 1, units, dims)
    rng = np.random.default_rng(seed)
    i, j = rng.permutation(samples), rng.permutation(units)
    moved_x, moved_p = 3 * x[:, i] + 5, 3 * p[:, j] + 5
    error, ratio = matching.reconstruction_error, matching.specialization_ratio
    assert error(moved_p, moved_x).item() == pytest.approx(3 * error(p, x).item(), rel=1e-9)
    assert ratio(moved_p, moved_x).item() == ratio(p, x).item()


def test_a_stack_equals_a_loop_over_networks():
    x, p = data.uniform([1, 2, 3], 6, 2), data.uniform([4, 5, 6], 5, 2)
    for score in (matching.reconstruction_error, matching.specialization_ratio):
        looped = [score(p[r : r + 1], x[r : r + 1]).item() for r in range(3)]
        assert score(p, x).tolist() == looped


def test_exact_values():
    x = torch.tensor([[[0.0], [1.0], [2.0], [3.0]]])
    perfect = x.flip(1)
    assert matching.reconstruction_error(perfect, x).item() == 0
    assert matching.specialization_ratio(perfect, x).item() == 1
    collapsed = torch.full((1, 4, 1), 1.5)
    assert matching.reconstruction_error(collapsed, x).item() == 1.0
    assert matching.specialization_ratio(collapsed, x).item() == 0.25
    # spare prototypes cost nothing; a missing one costs the samples' diameter
    assert matching.reconstruction_error(torch.cat([perfect, collapsed], 1), x).item() == 0
    assert matching.reconstruction_error(perfect[:, :3], x).item() == 3.0 / 4


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_prototypes_that_are_not_finite_cannot_match(bad):
    x = torch.tensor([[[0.0], [1.0]]])
    p = torch.tensor([[[0.0], [bad]]])
    (rows, columns) = matching.assign(p, x)[0]
    assert (rows.tolist(), columns.tolist()) == ([0], [0])
    assert matching.reconstruction_error(p, x).item() == INF
    assert matching.specialization_ratio(p, x).item() == 0.5
    spare = torch.tensor([[[0.0], [bad], [1.0]]])
    assert matching.reconstruction_error(spare, x).item() == 0
    nothing = torch.full((1, 2, 1), bad)
    assert matching.assign(nothing, x)[0][0].size == 0
    assert matching.reconstruction_error(nothing, x).item() == INF
    assert matching.specialization_ratio(nothing, x).item() == 0


def test_the_error_grows_without_bound_towards_a_prototype_that_is_not_finite():
    x = torch.tensor([[[0.0], [1.0]]]).double()
    errors = [
        matching.reconstruction_error(torch.tensor([[[0.0], [p]]]).double(), x).item()
        for p in (1.0, 1e3, 1e300, INF)
    ]
    assert errors == sorted(errors)


def test_chance_on_a_line_is_the_expected_transport_between_two_samples():
    """E|F_n − G_n| integrated: for each t two independent binomials, summed exactly."""
    n, draws = 10, 4000
    x = torch.tensor(np.random.default_rng(0).uniform(size=(draws, n, 1)))
    p = torch.tensor(np.random.default_rng(1).uniform(size=(draws, n, 1)))
    errors = matching.reconstruction_error(p, x).numpy()
    k = np.arange(n + 1)
    gap = np.abs(k[:, None] - k)
    t = (np.arange(2000) + 0.5) / 2000
    pmf = stats.binom.pmf(k[:, None], n, t)
    expected = np.einsum("it,jt,ij->t", pmf, pmf, gap).mean() / n
    assert errors.mean() == pytest.approx(expected, abs=4 * errors.std() / math.sqrt(draws))


@pytest.mark.parametrize("n", [2, 3, 10])
def test_chance_in_the_hull_is_known_exactly(n):
    """Two samples at the ends, n − 2 inside; the hull covers (n−1)/(n+1) on average."""
    draws = 3000
    x = data.uniform(range(draws), n)
    p = matching.chance_prototypes(x, n, seed=0)
    errors = matching.reconstruction_error(p, x).numpy()
    k, t = np.arange(n + 1)[:, None], (np.arange(2000) + 0.5) / 2000
    samples, prototypes = stats.binom.pmf(k - 1, n - 2, t), stats.binom.pmf(k, n, t)
    area = np.einsum("it,jt,ij->t", samples, prototypes, np.abs(k - k.T)).mean()
    expected = 2 * (n - 1) / (n + 1) * area / n
    assert errors.mean() == pytest.approx(expected, abs=4 * errors.std() / math.sqrt(draws))


def test_chance_specialization_tends_to_five_ninths():
    x, p = data.uniform(range(20), 1000), data.uniform(range(100, 120), 1000)
    ratio = matching.specialization_ratio(p, x)
    assert ratio.mean().item() == pytest.approx(5 / 9, abs=4 * ratio.std().item() / 20**0.5)


def test_chance_prototypes_fill_the_samples_box():
    x = data.uniform([0, 1], 6, 2)
    p = matching.chance_prototypes(x, 500, seed=0)
    assert (p >= x.amin(1, keepdim=True)).all()
    assert (p <= x.amax(1, keepdim=True)).all()
    assert torch.equal(p, matching.chance_prototypes(x, 500, seed=0))
    unit = (p - x.amin(1, keepdim=True)) / (x.amax(1, keepdim=True) - x.amin(1, keepdim=True))
    assert stats.kstest(unit.flatten().numpy(), "uniform").pvalue > 0.01


def test_r2_has_its_known_values():
    y = torch.tensor([[0.0, 1.0, 2.0]])
    assert matching.fit_r2(y, y).item() == 1
    assert matching.fit_r2(torch.ones(1, 3), y).item() == 0
    assert matching.fit_r2(2 - y, y).item() == -3
    one = torch.ones(1, 1)
    assert matching.fit_r2(one, one).item() == 1
    assert matching.fit_r2(one + 1, one).item() == -INF


@pytest.mark.parametrize(
    ("p", "x", "words"),
    [
        (torch.zeros(2, 3, 1), torch.zeros(1, 3, 1), "agree in nets and dims"),
        (torch.zeros(1, 3, 2), torch.zeros(1, 3, 1), "agree in nets and dims"),
        (torch.zeros(1, 3, 1), torch.full((1, 3, 1), NAN), "samples must be finite"),
        (torch.zeros(1, 3, 1), torch.zeros(1, 0, 1), "expected prototypes"),
    ],
)
def test_bad_input_is_named(p, x, words):
    with pytest.raises(ValueError, match=words):
        matching._check(p, x)  # below the annotations, which the test hook checks first
