"""The propositions of the chapter on expulsion, on random samples and prototypes."""

import math

import mpmath
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from protolib import claims, data, hull, losses, matching, model, training

GAPS = st.lists(st.floats(0.05, 0.6), min_size=1, max_size=5)
PLACES = st.floats(-5, 5)
SLOPES = st.floats(0.3, 3)


def _line(first, gaps):
    """Distinct places on a line, in order."""
    places = [first]
    for gap in gaps:
        places.append(places[-1] + gap)
    return places


@settings(max_examples=60, deadline=None)
@given(st.data(), GAPS, PLACES, SLOPES)
def test_any_distinct_prototypes_interpolate(draw, gaps, first, slope):
    """The matrix of responses has a positive determinant, also with every prototype outside."""
    x = _line(-1.0, gaps)
    p = _line(first, draw.draw(st.lists(st.floats(0.05, 2), min_size=len(gaps),
                                        max_size=len(gaps))))  # fmt: skip
    with mpmath.workdps(300):
        h = mpmath.matrix([[mpmath.exp(-((mpmath.mpf(slope) * (a - mpmath.mpf(b))) ** 2))
                            for b in p] for a in x])  # fmt: skip
        assert mpmath.det(h) > 0
        y = mpmath.matrix([mpmath.sin(5 * a) for a in x])
        assert mpmath.norm(h * mpmath.lu_solve(h, y) - y) < mpmath.mpf(10) ** -30


def test_units_of_different_slopes_may_be_singular():
    """Where the ratio of two bumps is the same at two samples: with w = 1 and 2, p = 0 and 3/8,
    4 (x − 3/8)² − x² is the same at x = 0 and at x = 1.
    """
    x = torch.tensor([[[0.0], [1.0]]]).double()
    pair = model.Parameters(*(torch.tensor(t).double() for t in
                              ([[1.0, 2.0]], [[[0.0], [-0.75]]], [[1.0, 1.0]], [0.0])))  # fmt: skip
    assert torch.linalg.det(model.respond(pair, x)).abs() < 1e-15


def _equal(slope, p, y, x):
    """One slope for all, prototypes p, and the readouts that interpolate: (1, …) in float64."""
    one = torch.ones(1, p.shape[1]).double()
    net = model.Parameters(slope * one, -slope * p, one, torch.zeros(1).double())
    return net._replace(readout=torch.linalg.solve(model.respond(net, x), y))


@settings(max_examples=60, deadline=None)
@given(st.data(), GAPS, PLACES)
def test_overlap_can_be_as_small_as_you_like_at_any_place(draw, gaps, first):
    x = torch.tensor(_line(-1.0, gaps)).double()[None, :, None]
    p = torch.tensor(_line(first, draw.draw(st.permutations(gaps)))).double()[None, :, None]
    second = (x - p.mT).abs().sort(-1).values[..., 1].min().item()
    assert second > 0
    for reach in (0.5, 2.0, 5.0):  # slope times that distance
        slope, one = reach / second, torch.ones(1, p.shape[1]).double()
        net = model.Parameters(slope * one, -slope * p, one, torch.zeros(1).double())
        overlap = losses.overlap(model.respond(net, x)).item()
        assert 0 <= overlap <= math.exp(-(reach**2)) * (1 + 1e-9)  # 0: rounded


@settings(max_examples=60, deadline=None)
@given(GAPS)
def test_the_perfect_reconstruction_is_among_the_best_with_tame_readouts(gaps):
    x = torch.tensor(_line(-1.0, gaps)).double()[None, :, None]
    net = _equal(6 / min(gaps), x, data.sine(x), x)
    assert losses.fit(model.predict(net, x), data.sine(x)).item() < 1e-24
    assert 0 < losses.overlap(model.respond(net, x)).item() < 1e-12
    assert torch.allclose(net.readout, data.sine(x), atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.floats(-3, 3), st.floats(0.2, 20), st.floats(0.1, 5), st.integers(2, 6))
def test_the_push_is_what_is_heard_at_the_rim(place, slope, total, units):
    """Even samples on [−1, 2], and others whose responses add up to the same everywhere."""
    samples = torch.linspace(-1, 2, 20_001).double()
    p = torch.tensor(place).double().requires_grad_()
    h = torch.exp(-((slope * (samples - p)) ** 2))[:, None]
    others = torch.full((len(samples), units - 1), total / (units - 1)).double()
    loss = losses.overlap(torch.cat([h, others], 1)[None]).sum()
    (gradient,) = torch.autograd.grad(loss, p)
    rims = (math.exp(-((slope * (rim - place)) ** 2)) for rim in (2, -1))
    expected = 2 * total / (units * (units - 1) * 3) * (next(rims) - next(rims))
    assert -gradient.item() == pytest.approx(expected, abs=1e-3 * total)


def _trained(begin, x, mask):
    masks = torch.tensor([mask] * len(x)).float()
    return training.train(begin, x, data.sine(x), masks).parameters


def test_nobody_need_leave_for_a_small_loss():
    """A hundred steep units on the samples: the fit exact, and overlap far below the trained."""
    x = data.uniform([0], 100)
    trained = _trained(model.initialise([0], 100), x, claims.OVERLAP)
    z = x.double()
    steep = _equal(100.0, z, data.sine(z), z)
    assert losses.fit(model.predict(steep, z), data.sine(z)).item() < 1e-20
    costs = [losses.overlap(model.respond(net, z)).item() for net in (steep, trained)]
    assert costs[0] < costs[1] / 10
    assert hull.expelled_share(model.prototypes(steep), z).item() == 0
    assert hull.expelled_share(model.prototypes(trained), x).item() > 0.3


@pytest.mark.parametrize(("slope", "leaves"), [(1.5, True), (48.0, False)])
def test_wide_units_leave_the_samples_and_steep_ones_do_not(slope, leaves):
    x = data.uniform(range(3), 100)
    begin = model.initialise(range(3), 100, slope=slope)._replace(bias=-slope * x)
    share = {}
    for mask in (claims.BASELINE, claims.OVERLAP):
        net = _trained(begin, x, mask)
        share[mask] = hull.expelled_share(model.prototypes(net), x).mean().item()
        assert matching.fit_r2(model.predict(net, x), data.sine(x)).min() > 0.99
    added = share[claims.OVERLAP] - share[claims.BASELINE]
    assert (added > 0.1) if leaves else (abs(added) < 0.05)


def _objective(flat, x, y, lam=0.1):
    """fit + λ·overlap of one network with as many units as samples, from one flat vector."""
    n = x.shape[1]
    w, b, v, c = flat[:n], flat[n : 2 * n], flat[2 * n : 3 * n], flat[3 * n :]
    net = model.Parameters(w[None], b[None, :, None], v[None], c)
    h = model.respond(net, x)
    return losses.fit(model.predict(net, x), y)[0] + lam * losses.overlap(h)[0]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("p", "w", "v"), [(0.2, 1.5, 0.7), (1.5, 1.0, 2.0), (-2.0, 0.8, 3.0)])
def test_states_of_rest_are_saddles(seed, p, w, v):
    """Units that are all alike: targets for which they rest, whatever p, w and v, inside or out.

    Rest in v, c, w and b asks four linear equations of the residuals; six samples can meet them.
    """
    x = data.uniform([seed], 6, dtype=torch.float64)
    z = w * (x[0, :, 0] - p)
    h = torch.exp(-(z**2))
    # overlap is mean(h²) if all units are alike: one unit's share of its gradient is h·∂h / n · 2/n
    by_w, by_b = -2 * z * h * x[0, :, 0], -2 * z * h
    rows = torch.stack([torch.ones(6).double(), h, v * by_w, v * by_b])
    push = torch.stack([torch.zeros(()), torch.zeros(()), *(
        -0.1 * (h * d).sum() / 6 for d in (by_w, by_b))]).double()  # fmt: skip
    r = torch.linalg.lstsq(rows, push, driver="gelsd").solution
    flat = torch.tensor([w] * 6 + [-w * p] * 6 + [v] * 6 + [0.0], dtype=torch.float64)
    y = (6 * v * h - r)[None]
    flat.requires_grad_()
    (slope,) = torch.autograd.grad(_objective(flat, x, y), flat)
    assert slope.abs().max() < 1e-9
    hessian = torch.autograd.functional.hessian(lambda t: _objective(t, x, y), flat.detach())
    assert torch.linalg.eigvalsh(hessian)[0] < -1e-6


def test_a_unit_made_steeper_lowers_overlap_by_itself():
    x = data.uniform(range(50), 5, dtype=torch.float64)
    net = model.initialise(range(50), 4, dtype=torch.float64)
    one = torch.tensor([1.0, 1.0, 1.1, 1.0]).double()
    steeper = net._replace(slope=one * net.slope, bias=one[:, None] * net.bias)
    before, after = (losses.overlap(model.respond(n, x)) for n in (net, steeper))
    assert (after < before).all()
