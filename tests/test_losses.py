import inspect
import math

import pytest
import torch
from helpers import ALL_MASKS, require_grad, stack, take
from hypothesis import given, settings
from hypothesis import strategies as st

from protolib import data, losses, model

SHAPES = st.tuples(st.integers(0, 99), st.integers(1, 6), st.integers(1, 6), st.integers(1, 3))


def _looped(net, x, y, tau):
    """Every loss of one network by plain Python loops over the definitions."""
    samples, units = x.shape[0], net.slope.shape[0]
    p = (-net.bias / net.slope[:, None]).tolist()
    x, y = x.tolist(), y.tolist()

    def square(a, b):
        return sum((u - v) ** 2 for u, v in zip(a, b))

    h = [
        [math.exp(-(net.slope[j].item() ** 2) * square(xi, p[j])) for j in range(units)] for xi in x
    ]
    f = [sum(v * r for v, r in zip(net.readout.tolist(), hi)) + net.offset.item() for hi in h]
    pairs = [(j, k) for j in range(units) for k in range(units) if j != k]
    count = max(len(pairs), 1)
    return (
        sum((fi - yi) ** 2 for fi, yi in zip(f, y)) / samples,
        sum(min(square(xi, pj) for pj in p) for xi in x) / samples,
        sum(math.exp(-square(p[j], p[k]) / tau) for j, k in pairs) / count,
        sum(sum(hi[j] * hi[k] for j, k in pairs) / count for hi in h) / samples,
    )


@settings(max_examples=40, deadline=None)
@given(SHAPES, st.sampled_from([1e-3, 0.1, 10.0]))
def test_losses_equal_loops_over_their_definitions(shape, tau):
    seed, samples, units, dims = shape
    net, x, y = stack([seed, seed + 1], samples, units, dims)
    found = torch.cat(
        [losses.fit(model.predict(net, x), y)[:, None], losses.structural(net, x, tau=tau)], 1
    )
    for r in range(2):
        expected = _looped(take(net, r), x[r], y[r], tau)
        assert found[r].tolist() == pytest.approx(expected, rel=1e-11, abs=1e-13)


@settings(max_examples=25, deadline=None)
@given(SHAPES)
def test_losses_do_not_change_when_units_or_samples_are_reordered(shape):
    seed, samples, units, dims = shape
    net, x, y = stack([seed], samples, units, dims)
    generator = torch.Generator().manual_seed(seed)
    i, j = torch.randperm(samples, generator=generator), torch.randperm(units, generator=generator)
    shuffled = model.Parameters(net.slope[:, j], net.bias[:, j], net.readout[:, j], net.offset)
    masks = torch.ones(1, 3).double()
    one, other = (
        losses.objective(*args, masks, lam=0.1, tau=0.01)
        for args in [(net, x, y), (shuffled, x[:, i], y[:, i])]
    )
    assert one.item() == pytest.approx(other.item(), rel=1e-12)


def test_networks_never_mix():
    net, x, y = stack([0, 1, 2], 5)
    together = losses.objective(net, x, y, ALL_MASKS[-3:], lam=0.1, tau=0.01)
    for r in range(3):
        alone = losses.objective(
            take(net, slice(r, r + 1)), x[r : r + 1], y[r : r + 1], ALL_MASKS[-3 + r][None],
            lam=0.1, tau=0.01,
        )  # fmt: skip
        assert together[r].item() == pytest.approx(alone.item(), rel=1e-13)
    net = require_grad(net)
    losses.objective(net, x, y, ALL_MASKS[-3:], lam=0.1, tau=0.01)[0].backward()
    assert net.slope.grad[0].abs().max() > 0
    assert (net.slope.grad[1:] == 0).all()


def test_perfect_prototypes_cost_no_coverage_and_coincident_ones_cost_full_separation():
    x = torch.tensor([[[0.0], [1.0], [2.0]]])
    assert losses.coverage(x, x.flip(1)).item() == 0
    assert losses.separation(torch.zeros(1, 4, 1), tau=1e-3).item() == 1
    assert losses.overlap(torch.ones(1, 2, 5)).item() == pytest.approx(1)


def test_a_single_unit_has_nobody_to_repel():
    net, x, _ = stack([0], samples=1)
    structure = losses.structural(net, x, tau=1e-3)[0]
    assert structure[1].item() == 0
    assert structure[2].item() == 0


@pytest.mark.parametrize("dims", [1, 2])
@pytest.mark.parametrize("mask", range(8))
def test_coincident_prototypes_and_vanishing_slopes_stay_finite(mask, dims):
    net, x, y = stack([0], 4, dims=dims, dtype=torch.float32)
    net.bias[:, 1] = net.bias[:, 0]
    net.slope[:, 2] = 0.0
    net.slope[:, 3] = -1e-30
    net = require_grad(net)
    loss = losses.objective(net, x, y, ALL_MASKS[mask][None].float(), lam=0.1, tau=1e-3)
    loss.sum().backward()
    assert torch.isfinite(loss).all()
    assert all(torch.isfinite(tensor.grad).all() for tensor in net)


@pytest.mark.parametrize("name", ["coverage", "separation", "overlap", "fit"])
def test_gradcheck(name):
    net, x, y = stack([0, 1], 4)
    p = model.prototypes(net).clone().requires_grad_()
    h = model.respond(net, x).clone().requires_grad_()
    checks = {
        "coverage": (lambda t: losses.coverage(x, t), p),
        "separation": (lambda t: losses.separation(t, tau=0.1), p),
        "overlap": (losses.overlap, h),
        "fit": (lambda t: losses.fit(t, y), model.predict(net, x).clone().requires_grad_()),
    }
    function, at = checks[name]
    assert torch.autograd.gradcheck(function, at)


@pytest.mark.parametrize("tau", [0.0, -1.0, float("nan")])
def test_tau_must_be_positive(tau):
    with pytest.raises(ValueError, match="tau must be > 0"):
        losses.separation(torch.zeros(1, 2, 1), tau=tau)


@pytest.mark.parametrize("dims", [(1, 2), (2, 1)])
def test_distances_need_the_same_dims(dims):
    a, b = (torch.zeros(1, 3, d) for d in dims)
    plain = inspect.unwrap(losses.squared_distances)
    with pytest.raises(ValueError, match=f"got {dims[0]} and {dims[1]}"):
        plain(a, b)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.integers(2, 8), st.integers(1, 3), st.floats(1e-3, 3.0))
def test_coverage_of_as_many_units_as_samples_is_zero_only_on_them(seed, n, dims, step):
    """Its minimum is right: what fails far from it is the landscape."""
    x = data.uniform([seed], n, dims, dtype=torch.float64)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    assert losses.coverage(x, x[:, order]).item() == 0
    moved = x[:, order].clone()
    moved[0, 0, 0] += step  # even if it lands on another sample, its own is left alone
    assert losses.coverage(x, moved).item() > 0
