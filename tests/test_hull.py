import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from protolib import hull

SQUARE = torch.tensor([[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]])


def _distance(point, samples):
    p, x = (torch.tensor([a], dtype=torch.float64) for a in ([point], samples))
    return hull.hull_distance(p, x).item()


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ([0.5, 0.5], 0.0),  # inside
        ([1.0, 0.5], 0.0),  # on an edge
        ([0.0, 0.0], 0.0),  # a corner
        ([2.0, 0.5], 1.0),  # off an edge
        ([2.0, 2.0], 2**0.5),  # off a corner
        ([-3.0, -4.0], 5.0),
        ([1e6, 0.5], 1e6 - 1),
    ],
)
def test_distances_to_a_square_are_known(point, expected):
    assert _distance(point, SQUARE[0].tolist()) == pytest.approx(expected, abs=1e-9, rel=1e-9)


def test_flat_hulls():
    segment = [[0.0, 0.0], [1.0, 1.0], [0.5, 0.5]]
    assert _distance([0.25, 0.25], segment) == 0
    assert _distance([0.0, 1.0], segment) == pytest.approx(0.5**0.5)
    assert _distance([2.0, 1.0], segment) == pytest.approx(1.0)
    dot = [[1.0, 1.0]] * 3
    assert _distance([1.0, 1.0], dot) == 0
    assert _distance([4.0, 5.0], dot) == pytest.approx(5.0)
    assert _distance([4.0], [[1.0], [1.0]]) == 3.0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.integers(1, 7), st.integers(2, 4))
def test_distance_equals_a_general_purpose_optimiser_s(seed, samples, dims):
    rng = np.random.default_rng(seed)
    x, p = rng.normal(size=(samples, dims)), 2 * rng.normal(size=dims)
    found = _distance(p.tolist(), x.tolist())
    start = np.full(samples, 1 / samples)
    other = minimize(
        lambda weights: np.square(weights @ x - p).sum(),
        start,
        jac=lambda weights: 2 * x @ (weights @ x - p),
        bounds=[(0, 1)] * samples,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert found == pytest.approx(np.sqrt(other.fun), abs=2e-6)
    # and whether it is zero at all, by linear programming
    feasible = linprog(
        np.zeros(samples), A_eq=np.vstack([x.T, np.ones(samples)]), b_eq=[*p, 1]
    ).success
    assert (found < 1e-7) == feasible


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999), st.integers(1, 8))
def test_the_line_agrees_with_the_same_points_laid_in_a_plane(seed, samples):
    rng = np.random.default_rng(seed)
    x, p = rng.normal(size=(1, samples, 1)), 3 * rng.normal(size=(1, 5, 1))
    line = hull.hull_distance(torch.tensor(p), torch.tensor(x))
    angle = np.array([[np.cos(0.7), np.sin(0.7)]])
    plane = hull.hull_distance(torch.tensor(p @ angle), torch.tensor(x @ angle))
    assert torch.allclose(line, plane, atol=1e-9)


def test_convex_combinations_are_inside():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, 6, 3))
    inside = rng.dirichlet(np.ones(6), size=(1, 50)) @ x
    assert hull.expelled_share(torch.tensor(inside), torch.tensor(x)).item() == 0
    assert hull.expelled_share(torch.tensor(inside + 100), torch.tensor(x)).item() == 1


def test_points_that_are_not_finite_are_infinitely_far():
    bad = torch.tensor([[[float("nan"), 0.0], [float("inf"), 0.0], [0.5, 0.5]]])
    assert hull.hull_distance(bad, SQUARE).tolist() == [[float("inf"), float("inf"), 0.0]]
    assert hull.expelled_share(bad, SQUARE).item() == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("points", "samples", "words"),
    [
        (torch.zeros(1, 2, 2), torch.zeros(1, 2, 1), "expected points"),
        (torch.zeros(1, 2, 1), torch.zeros(1, 0, 1), "at least one sample"),
        (torch.zeros(1, 2, 1), torch.full((1, 2, 1), float("inf")), "finite"),
    ],
)
def test_bad_input_is_named(points, samples, words):
    with pytest.raises(ValueError, match=words):
        hull._check(points, samples)  # below the annotations, which the test hook checks first
