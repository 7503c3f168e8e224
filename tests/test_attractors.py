"""The propositions of the chapter on attractors, and the losses behind them, on random clouds.

Every proposition has its property test here; so has each statement that the page once made wrongly.
"""

import math

import pytest
import torch
from helpers import stack
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from protolib import hull, landscape, losses, matching, model, pairs, training

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


@settings(max_examples=60, deadline=None)
@given(CLOUDS, st.sampled_from(["coverage", "separation", "attraction", "soft"]))
def test_losses_of_prototypes_keep_the_radius(shape, name):
    """Their gradient is orthogonal to (w, b), unit by unit; on a line the speed follows from r."""
    seed, samples, units, dims = shape
    net, x, _ = stack([seed], samples, units, dims)
    loss = {
        "coverage": lambda p: losses.coverage(x, p),
        "separation": lambda p: losses.separation(p, tau=0.5, kernel="imq"),
        "attraction": lambda p: losses.attraction(x, p, tau=0.5, kernel="energy"),
        "soft": lambda p: losses.soft_coverage(x, p, softness=0.3),
    }[name]
    w, b = (t.clone().requires_grad_() for t in (net.slope, net.bias))
    gw, gb = torch.autograd.grad(loss(-b / w[..., None]).sum(), (w, b))
    assert torch.allclose(w * gw + (b * gb).sum(-1), torch.zeros(()).double(), atol=1e-10)
    if dims == 1:
        p = (-b / w[..., None]).detach()
        rate = gb / w[..., None] - (b * gw[..., None]) / w[..., None] ** 2
        r2 = w[..., None] ** 2 + b**2
        assert torch.allclose(rate, (1 + p**2) ** 2 / r2 * _push(loss, p), atol=1e-8)


def test_the_flow_keeps_to_its_circles_and_reaches_the_samples():
    x = torch.tensor([[[-0.8], [0.1], [0.9]]]).double()
    w, b = torch.tensor([[0.7, 1.0, 1.3]]).double(), torch.tensor([[[0.4], [-0.6], [2.0]]]).double()
    slopes, biases = landscape.flow(_matched("imq", x, 0.3), w, b, steps=400, size=0.05)
    assert slopes.shape == (401, 1, 3)
    assert biases.shape == (401, 1, 3, 1)
    radius = slopes**2 + biases[..., 0] ** 2
    assert torch.allclose(radius, radius[0].expand_as(radius), rtol=1e-6)
    end = (-biases[-1] / slopes[-1, ..., None]).sort(1).values
    assert torch.allclose(end, x, atol=1e-3)


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
    # where all coincide separation is at its maximum, so that rest is unstable
    together = losses.separation(p[:, :1].expand_as(p), tau=tau, kernel=kernel)
    assert losses.separation(p, tau=tau, kernel=kernel) < together
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


# ------------------------------------------------------------------ what the whole asks for


def _matched(kernel, x, tau=1.0):
    form = {"tau": tau, "kernel": kernel}
    return lambda p: (
        losses.separation(p, **form) + losses.attraction(x.expand(len(p), -1, -1), p, **form)
    )


@settings(max_examples=60, deadline=None)
@given(CLOUDS, TAUS, st.sampled_from([*KERNELS, "coverage"]), st.floats(1e-3, 1e3))
def test_the_minimum_is_zero_exactly_at_the_samples_with_a_perfect_fit(shape, tau, kernel, lam):
    """fit + λ (separation + its attraction), or + λ coverage, with as many units as samples."""
    seed, n, _, dims = shape
    x, elsewhere = _cloud((seed, n, n, dims))
    gaps = losses.squared_distances(x, x)[0] + 9 * torch.eye(n)
    assume(n > 1 and gaps.min() > 0.05)
    draw = torch.Generator().manual_seed(seed)
    y = torch.randn(1, n, generator=draw, dtype=torch.float64)
    order = torch.randperm(n, generator=draw)
    w = torch.full((1, n), 4.0, dtype=torch.float64)
    net = model.Parameters(w, -4 * x[:, order], torch.zeros_like(w), torch.zeros(1).double())
    net = net._replace(readout=torch.linalg.solve(model.respond(net, x), y))

    def structural(p):
        return losses.coverage(x, p) if kernel == "coverage" else _matched(kernel, x, tau)(p)

    fit = losses.fit(model.predict(net, x), y)
    assert (fit + lam * structural(model.prototypes(net))).abs() < 1e-9 * max(1, lam)
    if losses.transport(x, elsewhere) > 1e-2:
        assert structural(elsewhere) > (0 if kernel == "coverage" else -1e-15)


@settings(max_examples=60, deadline=None)
@given(CLOUDS, TAUS)
def test_coverage_beside_separation_does_not_rest_at_the_samples(shape, tau):
    seed, n, _, dims = shape
    x, _ = _cloud((seed, n, n, dims), spread=1.0)
    x = x * min(1.0, 3 * math.sqrt(tau))  # so that no kernel underflows
    assume(n > 1)

    def both(p):
        return losses.coverage(x, p) + losses.separation(p, tau=tau)

    assert both(x) > 0
    assert _push(both, x).abs().max() > 0


# ------------------------------------------------------------------ energy on a line: no traps


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(2, 12), st.sampled_from([0.5, 3.0]))
def test_on_a_line_the_push_is_by_rank_and_leads_to_the_quantile(seed, samples, units, spread):
    """4/(M−1) ((j − ½)/M − F(p_(j))); the loss falls along the straight way to the quantiles."""
    x, p = _cloud((seed, samples, units, 1), spread=spread)
    x, p = x.sort(1).values, p.sort(1).values
    whole = _matched("energy", x)
    push, level = _push(whole, p)[0, :, 0], (torch.arange(units).double() + 0.5) / units
    left = (x[0, :, 0] < p[0]).double().mean(-1)
    assert torch.allclose(push, 4 / (units - 1) * (level - left), atol=1e-12)
    # the quantile at a level: the first sample up to which the share of samples reaches it
    goal = x[:, torch.ceil(level * samples - 1e-9).long() - 1]
    toward = (goal - p)[0, :, 0]
    assert (push * toward >= -1e-12).all()
    if units == samples:
        assert torch.equal(goal, x)
        assert (push * toward > 0).all()
        assert push.abs().min() >= 2 / (samples * (samples - 1)) - 1e-12
    start, end = whole(p).item(), whole(goal).item()
    for share in (1e-3, 0.3, 0.9):
        there = whole((1 - share) * p + share * goal).item()
        assert there <= (1 - share) * start + share * end + 1e-12
        assert there < start or start <= end + 1e-12
    nudged = goal + 0.1 * torch.randn(goal.shape, dtype=torch.float64)
    assert whole(nudged).item() >= end - 1e-12


def test_prototypes_that_coincide_exactly_stand_on_a_kink_and_not_in_a_trap():
    """By symmetry they do not push each other; every way apart, and only that, leads down."""
    x, p = torch.tensor([[[-1.0], [1.0]]]).double(), torch.zeros(1, 2, 1).double()
    value = _matched("energy", x)
    assert _push(value, p).abs().max() == 0
    assert value(p + 1e-3 * x) < value(p) - 1e-4


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 10))
def test_no_traps_in_slope_and_bias_either(seed, n):
    """Gradient flow in (w, b) moves every prototype towards the sample of its own rank."""
    net, x, _ = stack([seed], n, n)
    w, b = (t.clone().requires_grad_() for t in (net.slope, net.bias))
    gw, gb = torch.autograd.grad(_matched("energy", x)(-b / w[..., None]).sum(), (w, b))
    rate = gb / w[..., None] - (b * gw[..., None]) / w[..., None] ** 2
    p = (-b / w[..., None]).detach()
    own = x.sort(1).values.gather(1, p.argsort(1).argsort(1))
    assert (rate * (own - p) > 0).all()


def test_with_a_plain_mean_the_outermost_prototypes_feel_nothing_outside():
    """Why the attraction is divided by M − 1: pull and push must be normalised alike."""
    x = torch.tensor([[[-0.5], [0.1], [0.7]]]).double()
    p = torch.tensor([[[-3.0], [0.2], [2.0]]]).double()

    def plain(q):
        pulled = -2 * losses.kernel_values(losses.squared_distances(x, q), "energy", tau=1.0)
        return losses.separation(q, tau=1.0, kernel="energy") + pulled.mean((1, 2))

    assert _push(plain, p)[0, [0, 2], 0].abs().max() < 1e-12
    assert _push(_matched("energy", x), p)[0, [0, 2], 0].abs().min() > 0.3


def test_two_prototypes_that_share_a_sample_are_trapped_but_not_under_energy():
    x, p = torch.tensor([[[0.0], [1.0]]]).double(), torch.tensor([[[-0.05], [0.05]]]).double()
    for kernel in ("gaussian", "imq"):
        at = landscape.rests(x, p, kernel=kernel, tau=0.01)
        assert at.slope < 1e-12
        assert at.curvature > 0
        assert at.place.max() < 0.1
    width = math.sqrt(0.01 * math.log(2) / 3)  # the Gaussian's, as if there were no other sample
    at = landscape.rests(x, p, tau=0.01, kernel="gaussian")
    assert at.place[0, :, 0].tolist() == pytest.approx([-width, width], abs=1e-9)
    assert _push(_matched("energy", x), p)[0, 1, 0] > 0


# ------------------------------------------------------------------ in the plane


def test_the_cross_is_a_state_of_rest_and_a_saddle():
    x = torch.tensor([[[-1.0, 0.0], [1.0, 0.0]]]).double()
    p = torch.tensor([[[0.0, 3**-0.5], [0.0, -(3**-0.5)]]], dtype=torch.float64)
    assert _push(_matched("energy", x), p).abs().max() < 1e-12
    at = landscape.rests(x, p)
    assert at.slope < 1e-9
    assert at.curvature < -0.1


@pytest.mark.parametrize(("n", "dims"), [(2, 2), (3, 2), (5, 2), (3, 3)])
def test_the_conjecture_survives_a_search(n, dims):
    """As many prototypes as samples: every state of rest off the samples is a saddle."""
    seed = torch.randint(10**6, ()).item()
    draw = torch.Generator().manual_seed(seed)  # another one every time
    x, p = (2 * torch.rand(2, 150, n, dims, generator=draw).double() - 1).unbind()
    at = landscape.rests(x, 1.2 * p)
    rest = (at.slope < 1e-9) & (losses.squared_distances(at.place, x).amin((1, 2)) > 1e-8)
    assert rest.sum() >= 10
    assert at.curvature[rest].max() < 0, seed


def test_with_fewer_prototypes_there_are_traps_in_the_plane():
    """A square and a fifth sample inside: two prototypes rest on either diagonal, one is best."""
    x = torch.tensor([[[1.0, 1], [-1, -1], [1, -1], [-1, 1], [0.3, 0.3]]]).double()
    value = _matched("energy", x)
    depths, draw = [], torch.Generator().manual_seed(0)
    for diagonal in (x[:, :2], x[:, 2:4]):
        # each stands on a sample, whose own pull, 2/(N(M − 1)), is stronger than all the rest
        assert (_push(value, diagonal)[0].norm(dim=-1) < 2 / 5).all()
        moves = torch.randn(2000, 2, 2, generator=draw, dtype=torch.float64)
        moves *= 1e-3 / moves.flatten(1).norm(dim=1)[:, None, None]
        assert (value(diagonal + moves) > value(diagonal)).all()
        depths.append(value(diagonal).item())
    assert depths[1] > depths[0] + 0.01


@settings(max_examples=60, deadline=None)
@given(CLOUDS, TAUS, st.sampled_from(KERNELS))
def test_the_closed_derivatives_are_autograd_s(shape, tau, kernel):
    x, p = _cloud(shape)
    g, h = landscape.derivatives(p, x, kernel=kernel, tau=tau)

    def value(z):
        return losses.mmd2(x, z.view_as(p), kernel=kernel, tau=tau)[0]

    z = p.flatten()
    expected = torch.autograd.functional.hessian(value, z)
    assert torch.allclose(h[0], expected, rtol=1e-6, atol=1e-9 * (1 + 1 / tau))
    assert torch.allclose(g[0], torch.autograd.functional.jacobian(value, z), atol=1e-9)


def test_a_search_needs_a_step():
    x, p = _cloud((0, 2, 2, 2))
    with pytest.raises(ValueError, match="steps must be ≥ 1, got 0"):
        landscape.rests(x, p, steps=0)


# ------------------------------------------------------------------ whose tail wins


@settings(max_examples=200, deadline=None)
@given(CLOUDS, st.floats(1.01, 50.0))
def test_energy_fetches_everybody_from_outside_its_radius(shape, beyond):
    """t > R M/√(2M − 1), and on a line t > R: inwards wherever the others are."""
    seed, _, units, dims = shape
    assume(units > 1)
    x, p = _cloud(shape, spread=30.0)
    radius = x[0].norm(dim=-1).max()
    if dims > 1:
        radius = radius * units / math.sqrt(2 * units - 1)
    u = torch.randn(dims, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    u = u / u.norm()
    p[0, 0] = beyond * radius * u
    assert _push(_matched("energy", x), p)[0, 0] @ u < 0


def test_energy_may_push_outwards_near_the_hull_in_the_plane():
    """The pull of the samples .20, the push of the others .50."""
    x = torch.tensor([[[0, 1], [0, -1], [0, 0.9], [0, -0.9]]]).double()
    p = torch.tensor([[[0.3, 0], [-0.5, 0], [-0.5, 0.01], [-0.5, -0.01]]]).double()
    pull = _push(lambda q: losses.attraction(x, q, tau=1.0, kernel="energy"), p)[0, 0, 0].item()
    push = _push(lambda q: losses.separation(q, tau=1.0, kernel="energy"), p)[0, 0, 0].item()
    assert pull == pytest.approx(-0.2012, abs=1e-4)
    assert push == pytest.approx(0.5, abs=1e-4)


def test_equal_gaussian_tails_listen_to_the_nearest():
    """Five samples, an escapee at 3, the rightmost other displaced by a hundredth: outwards."""
    x = torch.linspace(-1, 1, 5, dtype=torch.float64)[None, :, None]
    for kernel in KERNELS:
        for moved in (0.01, -0.01):
            p = torch.tensor([[[-0.5], [0.0], [0.5], [1.0 + moved], [3.0]]]).double()
            outward = _push(_matched(kernel, x), p)[0, -1, 0].item()
            assert (outward > 0) == (kernel == "gaussian" and moved > 0)


@settings(max_examples=100, deadline=None)
@given(CLOUDS, st.sampled_from(["gaussian", "imq"]))
def test_far_out_the_matched_gaussian_goes_by_the_farthest_and_the_imq_comes_back(shape, kernel):
    seed, _, units, dims = shape
    assume(units > 1)
    x, p = _cloud(shape, spread=1.0)
    u = torch.randn(dims, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    u = u / u.norm()
    samples, others = (x[0] @ u).max(), (p[0, 1:] @ u).max()
    assume((samples - others).abs() > 0.1)
    # τ = 4; far enough for the limit, not so far that doubles underflow
    p[0, 0] = u * (50.0 if kernel == "gaussian" else 200.0 * units)
    outward = _push(_matched(kernel, x, 4.0), p)[0, 0] @ u
    assert (outward > 0) == (kernel == "gaussian" and bool(others > samples))
    if kernel == "imq":
        ratio = [
            _push(lambda q, f=f: f(q, tau=4.0, kernel="imq"), p)[0, 0] @ u
            for f in (lambda q, **form: losses.attraction(x, q, **form), losses.separation)
        ]
        assert -ratio[0] / ratio[1] == pytest.approx(units / (units - 1), rel=0.1)


def test_a_long_tail_beats_a_short_one_far_away():
    """One prototype far out, the others at the samples: does the net force bring it back?

    It does if the attraction's tail is longer than the repulsion's, and does not if it is shorter:
    the order of the tails is Gaussian, inverse multiquadric, energy. With equal tails it does here,
    because the others stand on samples, the farthest among them: exactly equal distances.
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


# ------------------------------------------------------------------ the table's runs


def test_a_pair_is_a_grid():
    assert len(pairs.CELLS) == 4 * 6 * 5
    alone = pairs.grid("imq", "none", 0.1)
    assert [tuple(m) for m in alone.masks] == [(0, 1, 0)]
    assert (alone.config.kernel, alone.config.tau, *alone.sizes) == ("imq", 0.1, 50)
    whole = pairs.grid("overlap", "gaussian", 0.1, sizes=(3, 5))
    assert [tuple(m) for m in whole.masks] == [(1, 1, 1)]
    assert (whole.config.kernel, whole.config.attractor) == ("gaussian", "gaussian")
    assert pairs.grid("energy", "coverage", 0.1).config.tau == 1.0  # no temperature in it
    assert pairs.grid("overlap", "transport", 0.1).masks[0] == (1, 0, 1)
    with pytest.raises(ValueError, match="no such pair: 'gaussian' and 'cosine'"):
        pairs.grid("gaussian", "cosine", 1.0)
