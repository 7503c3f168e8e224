"""The propositions of the chapter on attractors, and the losses behind them, on random clouds."""

import math

import pytest
import torch
from helpers import stack
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from protolib import hull, losses, matching, model, training

KERNELS = ("gaussian", "imq", "energy")
CLOUDS = st.tuples(
    st.integers(0, 10_000), st.integers(1, 8), st.integers(1, 8), st.integers(1, 4)
)  # seed, samples, units, dims
TAUS = st.sampled_from([1e-2, 0.3, 3.0])


def _cloud(shape, spread=2.0):
    """Samples in [−1, 1]^dims and prototypes in a wider box, (1, …, dims) each."""
    seed, samples, units, dims = shape
    draw = torch.Generator().manual_seed(seed)
    x = 2 * torch.rand(1, samples, dims, generator=draw, dtype=torch.float64) - 1
    p = spread * (2 * torch.rand(1, units, dims, generator=draw, dtype=torch.float64) - 1)
    return x, p


def _push(loss, p):
    """−∂loss/∂p."""
    p = p.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(p).sum(), p)
    return -gradient


# ------------------------------------------------------------------ the losses, by plain loops


def _kernel(a, b, kernel, tau):
    d2 = sum((u - v) ** 2 for u, v in zip(a, b))
    return {
        "gaussian": math.exp(-d2 / tau),
        "imq": 1 / math.sqrt(1 + d2 / tau),
        "energy": -math.sqrt(d2),
    }[kernel]


@settings(max_examples=40, deadline=None)
@given(CLOUDS, TAUS, st.sampled_from(KERNELS))
def test_kernel_losses_equal_loops_over_their_definitions(shape, tau, kernel):
    x, p = _cloud(shape)
    xs, ps = x[0].tolist(), p[0].tolist()
    n, m = len(xs), len(ps)

    def total(a, b):
        return sum(_kernel(u, v, kernel, tau) for u in a for v in b)

    at_zero = _kernel(ps[0], ps[0], kernel, tau)
    pairs = (total(ps, ps) - m * at_zero) / max(m * (m - 1), 1)
    assert losses.separation(p, tau=tau, kernel=kernel).item() == pytest.approx(pairs, abs=1e-12)
    square = total(ps, ps) / m**2 - 2 * total(xs, ps) / (n * m) + total(xs, xs) / n**2
    assert losses.mmd2(x, p, tau=tau, kernel=kernel).item() == pytest.approx(square, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(CLOUDS, st.sampled_from([1e-3, 0.1]))
def test_soft_coverage_is_its_definition_and_tends_to_the_hard_one(shape, softness):
    x, p = _cloud(shape)
    each = []
    for u in x[0].tolist():
        weights = [
            math.exp(-sum((a - b) ** 2 for a, b in zip(u, v)) / softness) for v in p[0].tolist()
        ]
        whole = sum(weights) / len(weights)
        each.append(-softness * math.log(whole) if whole > 1e-250 else None)
    found = losses.soft_coverage(x, p, softness=softness).item()
    if None not in each:  # the plain sum underflows where the loss does not
        assert found == pytest.approx(sum(each) / len(each), abs=1e-9)
    hard = losses.coverage(x, p).item()
    # between the hard minimum and that plus T log M
    assert hard - 1e-12 <= found <= hard + softness * math.log(p.shape[1]) + 1e-12


@settings(max_examples=30, deadline=None)
@given(CLOUDS)
def test_transport_is_the_cheapest_assignment(shape):
    seed, n, _, dims = shape
    x, p = _cloud((seed, n, n, dims))
    cost = losses.squared_distances(x, p)[0].numpy()
    rows, columns = linear_sum_assignment(cost)
    expected = cost[rows, columns].mean()
    assert losses.transport(x, p).item() == pytest.approx(expected)
    if dims == 1:  # on a line: the order is the assignment
        in_order = (x.sort(1).values - p.sort(1).values).square().mean().item()
        assert in_order == pytest.approx(expected)
    assert losses.coverage(x, p).item() <= expected + 1e-12


def test_transport_refuses_unequal_numbers():
    x, p = _cloud((0, 3, 4, 1))
    with pytest.raises(ValueError, match="as many prototypes as samples, got 4 and 3"):
        losses.transport(x, p)
    net, x, y = stack([0], 3, units=4)
    config = training.TrainConfig(attractor="transport")
    with pytest.raises(ValueError, match="as many prototypes as samples, got 4 and 3"):
        training.gradients(net, x, y, torch.ones(1, 3).double(), config)


def test_the_pairs_of_squared_distance_may_differ_from_those_of_distance():
    p, x = torch.tensor([[[0.0], [-2.0]]]), torch.tensor([[[1.0], [0.0]]])
    ((_, plain),), ((_, squared),) = (matching.assign(p, x, squared=s) for s in (False, True))
    costs = [(x[0, :, 0] - p[0, j, 0]).abs() for j in (plain, squared)]
    assert costs[0].sum() <= costs[1].sum()
    assert costs[1].square().sum() <= costs[0].square().sum()


def test_unknown_forms_are_named():
    x, p = _cloud((0, 3, 3, 1))
    with pytest.raises(
        (ValueError, TypeError), match="cosine"
    ):  # the hook of the tests comes first
        losses.kernel_values(torch.ones(2), "cosine", tau=1.0)
    with pytest.raises(ValueError, match="tau must be > 0"):
        losses.mmd2(x, p, tau=0.0)
    with pytest.raises(ValueError, match="softness must be > 0"):
        losses.soft_coverage(x, p, softness=0.0)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_reference_losses_pass_gradcheck(kernel):
    """Autograd against finite differences, in float64, away from ties and coincidences."""
    x, p = _cloud((1, 4, 3, 2))
    p.requires_grad_()
    form = {"tau": 0.7, "kernel": kernel}
    for loss in (
        lambda q: losses.separation(q, **form),
        lambda q: losses.attraction(x, q, **form),
        lambda q: losses.mmd2(x, q, **form),
        lambda q: losses.soft_coverage(x, q, softness=0.3),
        lambda q: losses.transport(x[:, :3], q),
    ):
        assert torch.autograd.gradcheck(loss, (p,))


# ------------------------------------------------------------------ coverage attracts


@settings(max_examples=150, deadline=None)
@given(CLOUDS, st.floats(0.0, 1.0))
def test_a_coverage_step_never_leads_away_from_the_hull(shape, share):
    """Gradient step of size ≤ 1/2 on mean min ‖x − p‖², in prototype space: n_j/N ≤ 1."""
    x, p = _cloud(shape, spread=4.0)
    moved = p + 0.5 * share * _push(lambda q: losses.coverage(x, q), p)
    before, after = (hull.hull_distance(q, x) for q in (p, moved))
    assert (after <= before + 1e-9).all()
    owner = losses.squared_distances(x, p)[0].argmin(-1)
    for j in range(p.shape[1]):
        own = x[0][owner == j]
        alpha = share * len(own) / x.shape[1]
        expected = (1 - alpha) * p[0, j] + alpha * own.mean(0) if len(own) else p[0, j]
        assert torch.allclose(moved[0, j], expected, atol=1e-12)
        if len(own) and share > 0.01 and before[0, j] > 1e-3:
            assert after[0, j] < before[0, j]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 8), st.integers(1, 8))
def test_in_one_dimension_the_direction_survives_the_map_to_slope_and_bias(seed, samples, units):
    """Velocity of p under gradient flow in (w, b): (1 + p²)/w² times that in prototype space."""
    net, x, _ = stack([seed], samples, units)
    w, b = (t.clone().requires_grad_() for t in (net.slope, net.bias))
    p = -b / w[..., None]
    gw, gb = torch.autograd.grad(losses.coverage(x, p).sum(), (w, b))
    rate = gb / w[..., None] - (b * gw[..., None]) / w[..., None] ** 2  # dp/dt, ẇ = −gw, ḃ = −gb
    direct = _push(lambda q: losses.coverage(x, q), p.detach())
    assert torch.allclose(rate, direct * (1 + p**2) / w[..., None] ** 2, atol=1e-10)


def test_in_two_dimensions_it_need_not():
    """The counter-example of the chapter: a step on coverage in (w, b) leads away from the hull."""
    x = torch.tensor([[[0.6, 0.9], [0.6, -0.8], [0.6, -0.9]]]).double()
    p = torch.tensor([[[0.55, 0.8]]]).double()
    w = torch.ones(1, 1, dtype=torch.float64, requires_grad=True)
    b = (-p).requires_grad_()
    gw, gb = torch.autograd.grad(losses.coverage(x, -b / w[..., None]).sum(), (w, b))
    eta = 1e-3
    moved = -(b - eta * gb) / (w - eta * gw)[..., None]
    plain = p + eta * _push(lambda q: losses.coverage(x, q), p)
    before, after, direct = (hull.hull_distance(q.detach(), x).item() for q in (p, moved, plain))
    assert direct < before < after
    # and yet the loss falls: the metric (I + p pᵀ)/w² is positive definite
    assert losses.coverage(x, moved.detach()).item() < losses.coverage(x, p).item()


# ------------------------------------------------------------------ repulsions repel


@settings(max_examples=100, deadline=None)
@given(CLOUDS, TAUS, st.sampled_from(KERNELS))
def test_extreme_prototypes_are_pushed_outwards(shape, tau, kernel):
    """In any direction u, the prototype that is farthest that way has a push with u · push > 0."""
    seed, _, units, dims = shape
    assume(units > 1)
    _, p = _cloud(shape, spread=min(1.0, 5 * math.sqrt(tau)))  # so that no kernel underflows
    push = _push(lambda q: losses.separation(q, tau=tau, kernel=kernel), p)
    u = torch.randn(dims, generator=torch.Generator().manual_seed(seed + 1), dtype=torch.float64)
    farthest = (p[0] @ u).argmax()
    assert push[0, farthest] @ u > 0


@settings(max_examples=100, deadline=None)
@given(CLOUDS)
def test_overlap_has_no_equilibrium(shape):
    """Steepening all units falls: Σ (w ∂/∂w + b · ∂/∂b) overlap < 0, though no prototype moves."""
    seed, samples, units, dims = shape
    assume(units > 1)
    net, x, _ = stack([seed], samples, units, dims)
    w, b = (t.clone().requires_grad_() for t in (net.slope, net.bias))
    value = losses.overlap(model.respond(net._replace(slope=w, bias=b), x))
    gw, gb = torch.autograd.grad(value.sum(), (w, b))
    assert value.item() > 0
    assert (w * gw).sum() + (b * gb).sum() < 0


# ------------------------------------------------------------------ matched attractors


@settings(max_examples=100, deadline=None)
@given(CLOUDS, TAUS, st.sampled_from(KERNELS))
def test_the_square_is_completed(shape, tau, kernel):
    """separation + attraction = M/(M−1) MMD² ≥ 0, with equality at P = X, in any order."""
    x, p = _cloud(shape)
    units = p.shape[1]
    whole = losses.separation(p, tau=tau, kernel=kernel) + losses.attraction(
        x, p, tau=tau, kernel=kernel
    )
    square = units / max(units - 1, 1) * losses.mmd2(x, p, tau=tau, kernel=kernel)
    assert whole.item() == pytest.approx(square.item(), abs=1e-10)
    assert whole.item() >= -1e-12
    assert losses.mmd2(x, x.flip(1), tau=tau, kernel=kernel).item() == pytest.approx(0, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(CLOUDS, st.sampled_from(KERNELS))
def test_other_clouds_than_the_samples_are_told_apart(shape, kernel):
    seed, n, _, dims = shape
    x, p = _cloud((seed, n, n, dims))
    assume(losses.transport(x, p).item() > 1e-3)
    assert losses.mmd2(x, p, tau=0.3, kernel=kernel).item() > 1e-9


@settings(max_examples=60, deadline=None)
@given(CLOUDS, TAUS, st.sampled_from(KERNELS))
def test_at_the_samples_the_matched_forces_vanish(shape, tau, kernel):
    seed, n, _, dims = shape
    assume(n > 1)
    x, _ = _cloud((seed, n, n, dims))

    def whole(q):
        return losses.separation(q, tau=tau, kernel=kernel) + losses.attraction(
            x, q, tau=tau, kernel=kernel
        )

    assert _push(whole, x).abs().max() < 1e-10


def test_a_long_tail_beats_a_short_one_far_away():
    """One prototype far out, the others at the samples: does the net force bring it back?

    It does if the attraction's tail is as long as the repulsion's or longer, and else it does not:
    the order of the tails is Gaussian, inverse multiquadric, energy.
    """
    x = torch.linspace(-1, 1, 5, dtype=torch.float64)[None, :, None]
    p = torch.tensor([[[-0.5], [0.0], [0.5], [1.0], [8.0]]], dtype=torch.float64)
    for r, repulsion in enumerate(KERNELS):
        for a, attractor in enumerate(KERNELS):

            def whole(q, kernels=(repulsion, attractor)):
                return losses.separation(q, tau=4.0, kernel=kernels[0]) + losses.attraction(
                    x, q, tau=4.0, kernel=kernels[1]
                )

            outward = _push(whole, p)[0, -1, 0].item()
            assert (outward > 0) == (r > a), (repulsion, attractor)
