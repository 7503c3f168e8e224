"""Data, model, losses, matching and hull at their edges: exact boundaries, hand-worked cases."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from protolib import data, hull, losses, matching, model

INF, NAN = float("inf"), float("nan")
F64 = torch.float64


def _t(*values):
    return torch.tensor(values, dtype=F64)


def _points(*values):
    """One net of points on a line."""
    return _t(*values)[None, :, None]


# ------------------------------------------------------------------------------ data


@pytest.mark.parametrize("dtype", [torch.float32, F64])
def test_every_draw_has_the_type_and_shape_asked_for(dtype):
    for draw in (data.uniform, data.clustered, data.skewed, data.duplicated):
        assert (draw([0, 1], 5, 3, dtype=dtype).shape, draw([0], 5, dtype=dtype).dtype) == (
            (2, 5, 3), dtype,
        )  # fmt: skip
        assert draw([0], 1).shape == (1, 1, 1)
        assert draw([0], 1).dtype == torch.float32
    assert data.noise([0], 2, 3, dtype=dtype).dtype == dtype
    assert data.labels([0, 1], 4, dtype=dtype).dtype == dtype
    assert data.noise([0], 2, 3).dtype == data.labels([0], 4).dtype == torch.float32
    x, y = data.digits([0], 1, dtype=dtype)
    assert (x.dtype, y.dtype, x.shape, y.shape) == (dtype, dtype, (1, 1, 64), (1, 1, 10))
    assert data.digits([0], 1)[0].dtype == torch.float32


def test_without_spread_clusters_are_their_centres_in_turn():
    x = data.clustered(range(400), 6, 2, spread=0.0, dtype=F64)
    assert torch.equal(x[:, :3], x[:, 3:])
    assert stats.kstest(x[:, :3].flatten().numpy(), stats.uniform(-0.9, 1.8).cdf).pvalue > 0.01
    two = data.clustered([0], 4, clusters=2, spread=0.0)
    assert torch.equal(two[:, :2], two[:, 2:])
    scattered = data.clustered(range(400), 6, 2, dtype=F64) - x
    assert stats.kstest(scattered.flatten().numpy() / 0.05, "norm").pvalue > 0.01


def test_duplicates_of_an_odd_number_repeat_the_first_half():
    whole, x = data.uniform([1], 5)[0], data.duplicated([1], 5)[0]
    assert torch.equal(x, whole[[0, 1, 2, 0, 1]])
    assert torch.equal(data.duplicated([1], 2)[0], data.uniform([1], 2)[0, [0, 0]])
    assert torch.equal(data.duplicated([1], 1), data.uniform([1], 1))


def test_targets_average_over_dimensions():
    x = _t([[0.5, -0.5, 0.25]])[None, 0]
    assert data.line(x).item() == pytest.approx(0.25 / 3)
    assert data.sine(x).item() == pytest.approx(math.sin(math.pi / 4) / 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: data.generator(-1), "a seed must be a whole number ≥ 0, got -1"),
        (lambda: data.uniform([0], 0), "samples and dims must be ≥ 1, got samples=0, dims=1"),
        (lambda: data.uniform([0], 2, 0), "samples and dims must be ≥ 1, got samples=2, dims=0"),
        (lambda: data.digits([0], 0), "samples must be between 1 and 1797, got 0"),
        (lambda: data.digits([0], 1798), "samples must be between 1 and 1797, got 1798"),
        (lambda: model.initialise([0], 2, 0), "units and dims must be ≥ 1, got units=2, dims=0"),
        (lambda: model.initialise([0], 0), "units and dims must be ≥ 1, got units=0, dims=1"),
        (
            lambda: model.initialise([0], 1, slope=0.0),
            "the initial slope must not be 0: −b/w would not exist",
        ),
        (
            lambda: losses.soft_coverage(_points(0), _points(0), softness=0.0),
            "softness must be > 0, got 0.0",
        ),
        (
            lambda: losses.soft_coverage(_points(0), _points(0), softness=NAN),
            "softness must be > 0, got nan",
        ),
        (lambda: losses.separation(_points(0), tau=0.0), "tau must be > 0, got 0.0"),
        (lambda: losses.separation(_points(0), tau=NAN), "tau must be > 0, got nan"),
        (
            lambda: losses.transport(_points(0, 1), _points(0)),
            "transport needs as many prototypes as samples, got 1 and 2",
        ),
    ],
)
def test_what_was_expected_and_what_came(call, words):
    with pytest.raises(ValueError, match=f"^{words}$"):
        call()


# ------------------------------------------------------------------------------ model


def test_starts_at_their_bounds():
    n, units, dims = 2000, 6, 2
    glorot = model.initialise(range(n), units, dims, start="glorot", dtype=F64)
    limit = (6 / (dims + units)) ** 0.5
    assert stats.kstest(glorot.slope.flatten() / limit, stats.uniform(-1, 2).cdf).pvalue > 0.01
    assert (glorot.bias == 0).all()
    usual = model.initialise(range(n), units, dims, slope=-2.0, dtype=F64)
    assert (usual.slope == -2).all()
    p = model.prototypes(usual)
    assert stats.kstest(p.flatten(), stats.uniform(-1, 2).cdf).pvalue > 0.01
    for tensor in (usual.readout, usual.offset, glorot.readout):
        scaled = tensor.flatten() * units**0.5
        assert stats.kstest(scaled, stats.uniform(-1, 2).cdf).pvalue > 0.01
    several = model.initialise([0], 3, outputs=1)
    assert (several.readout.shape, several.offset.shape) == ((1, 3, 1), (1, 1))
    assert model.initialise([0], 1).slope.dtype == torch.float32


FLOOR = model.SLOPE_FLOOR


@pytest.mark.parametrize(
    ("w", "read", "moves"),
    [
        (FLOOR, FLOOR, 1), (-FLOOR, -FLOOR, 1),  # at the floor the slope is still its own
        (np.nextafter(FLOOR, 0), FLOOR, 0), (-np.nextafter(FLOOR, 0), -FLOOR, 0),
        (0.0, FLOOR, 0), (-0.0, -FLOOR, 0), (1.0, 1.0, 1),
    ],
)  # fmt: skip
def test_the_slope_is_floored_below_the_floor_only(w, read, moves):
    slope = _t(w).requires_grad_()
    found = model.safe_slope(slope)
    found.backward(torch.ones(1, dtype=F64))
    assert (found.item(), slope.grad.item()) == (read, moves)
    assert FLOOR == 1e-4


def test_sech2_is_smooth_at_its_top():
    unit = model.Parameters(_t([2.0]), _t([[-1.0]]), _t([1.0]), _t(0.0))
    unit = model.Parameters(*(t.clone().requires_grad_() for t in unit))
    x = _points(0.5, 1.0)
    h = model.respond(unit, x, activation="sech2")
    assert h.flatten().tolist() == pytest.approx([1, math.cosh(1) ** -2])
    (grad,) = torch.autograd.grad(h.sum(), unit.bias)  # dh/dz = −2 h tanh z, and 0 at the top
    assert grad.item() == pytest.approx(-2 * math.cosh(1) ** -2 * math.tanh(1))
    with pytest.raises((ValueError, TypeError), match="activation"):
        model.predict(unit, x, activation="relu")


# ------------------------------------------------------------------------------ losses


@pytest.mark.parametrize("kernel", ["gaussian", "imq", "energy"])
def test_kernels_where_points_coincide_are_flat(kernel):
    squared = _t(0.0, 4.0).requires_grad_()
    value = losses.kernel_values(squared, kernel, tau=2.0)
    expected = {"gaussian": [1, math.exp(-2)], "imq": [1, 3**-0.5], "energy": [0, -2]}[kernel]
    assert value.tolist() == pytest.approx(expected)
    p = _points(0.3, 0.3, 1.0).requires_grad_()
    (grad,) = torch.autograd.grad(losses.separation(p, tau=2.0, kernel=kernel).sum(), p)
    assert torch.isfinite(grad).all()
    assert grad[0, 0] == grad[0, 1] != 0
    with pytest.raises((ValueError, TypeError), match="kernel"):
        losses.kernel_values(squared, "laplace", tau=1.0)


def test_losses_of_a_single_unit():
    one, x = _points(0.5), _points(0.0, 2.0)
    for kernel in ("gaussian", "imq", "energy"):
        assert losses.separation(one, tau=1.0, kernel=kernel).item() == 0
    assert losses.overlap(_t([[0.5], [1.0]])).item() == 0
    assert losses.coverage(x, one).item() == pytest.approx((0.25 + 2.25) / 2)
    # M = 1: the divisor is 1, so attraction = mean k(x, x') − 2 mean k(x, p) + k(0)
    k = lambda d: math.exp(-d * d)  # noqa: E731
    expected = (1 + k(2)) / 2 - (k(0.5) + k(1.5)) + 1
    assert losses.attraction(x, one, tau=1.0).item() == pytest.approx(expected)


def test_attraction_and_mmd_by_hand():
    """Two prototypes 0 and 1 on the samples 0 and 3, with the energy kernel −|d|."""
    x, p = _points(0.0, 3.0), _points(0.0, 1.0)
    pp, xp, xx = -2 / 4, -(0 + 1 + 3 + 2) / 4, -6 / 4
    assert losses.mmd2(x, p, tau=1.0, kernel="energy").item() == pytest.approx(pp - 2 * xp + xx)
    found = losses.attraction(x, p, tau=1.0, kernel="energy").item()
    assert found == pytest.approx((-4 * xp + 2 * xx + 0) / 1)
    three = _points(0.0, 1.0, 5.0)
    xp = -(0 + 1 + 5 + 3 + 2 + 2) / 6
    found = losses.attraction(x, three, tau=1.0, kernel="energy").item()
    assert found == pytest.approx((-6 * xp + 3 * xx) / 2)


def test_soft_coverage_by_hand_and_its_limit():
    x, p = _points(0.0, 1.0), _points(0.0, 2.0)
    tempered = [-0.5 * math.log((math.exp(-a / 0.5) + math.exp(-b / 0.5)) / 2)
                for a, b in ((0, 4), (1, 1))]  # fmt: skip
    assert losses.soft_coverage(x, p, softness=0.5).item() == pytest.approx(sum(tempered) / 2)
    hard = losses.soft_coverage(x, p, softness=1e-4).item()
    assert hard == pytest.approx(losses.coverage(x, p).item(), abs=1e-4)


def test_every_attractor_gets_its_own_width():
    x, p = _points(0.0, 1.0), _points(0.2, 2.0)
    for name, direct in {
        "coverage": losses.coverage(x, p),
        "soft coverage": losses.soft_coverage(x, p, softness=0.3),
        "transport": _t((0.04 + 1) / 2),
        **{k: losses.attraction(x, p, tau=0.7, kernel=k) for k in ("gaussian", "imq", "energy")},
    }.items():
        found = losses.attract(x, p, name, tau=0.7, softness=0.3)
        assert found.item() == pytest.approx(direct.item()), name
    assert losses.attract(x, p, "soft coverage", tau=1.0).item() == pytest.approx(
        losses.soft_coverage(x, p, softness=0.01).item()
    )


def test_transport_minimises_squares_and_not_distances():
    """A prototype on the second sample: one long way and none, or two short ones."""
    x = _t([[0.0, 0.0], [1.0, 0.3]]).reshape(1, 2, 2)
    p = _t([[1.0, 0.3], [2.0, 0.0]]).reshape(1, 2, 2)
    costs = [[(a - b).square().sum().item() for b in p[0]] for a in x[0]]
    best = min(costs[0][0] + costs[1][1], costs[0][1] + costs[1][0]) / 2
    plain = min(costs[0][0] ** 0.5 + costs[1][1] ** 0.5, costs[0][1] ** 0.5 + costs[1][0] ** 0.5)
    assert plain == costs[0][1] ** 0.5 + costs[1][0] ** 0.5  # distances would pair otherwise
    assert best == pytest.approx(1.09)
    assert losses.transport(x, p).item() == pytest.approx(best)
    (order,) = matching.assign(p, x, squared=True)
    assert [part.tolist() for part in order] == [[0, 1], [0, 1]]
    (order,) = matching.assign(p, x)
    assert [part.tolist() for part in order] == [[0, 1], [1, 0]]


def test_the_objective_adds_what_the_masks_switch_on():
    net = model.initialise([0, 1], 3, dtype=F64)
    x = data.uniform([0, 1], 4, dtype=F64)
    y, masks = data.sine(x), _t([1.0, 0.5, 0.0], [0.0, 2.0, 3.0])
    form = {"tau": 0.4, "attractor": "soft coverage", "kernel": "imq", "softness": 0.2,
            "activation": "sech2"}  # fmt: skip
    p, h = model.prototypes(net), model.respond(net, x, activation="sech2")
    parts = [losses.soft_coverage(x, p, softness=0.2),
             losses.separation(p, tau=0.4, kernel="imq"), losses.overlap(h)]  # fmt: skip
    assert torch.allclose(losses.structural(net, x, **form), torch.stack(parts, -1))
    error = (model.predict(net, x, activation="sech2") - y).square().mean(-1)
    expected = error + 0.3 * (masks * torch.stack(parts, -1)).sum(-1)
    assert torch.allclose(losses.objective(net, x, y, masks, lam=0.3, **form), expected)
    # left out, each form is the paper's
    usual = {"tau": 0.4, "attractor": "coverage", "kernel": "gaussian", "activation": "gaussian"}
    for call in (
        lambda **how: losses.structural(net, x, **how),
        lambda **how: losses.objective(net, x, y, masks, lam=0.3, **how),
    ):
        assert torch.equal(call(tau=0.4), call(**usual))
    soft = {"tau": 0.4, "attractor": "soft coverage"}
    assert torch.equal(
        losses.objective(net, x, y, masks, lam=0.3, **soft),
        losses.objective(net, x, y, masks, lam=0.3, softness=0.01, **soft),
    )
    assert torch.equal(
        losses.structural(net, x, **soft), losses.structural(net, x, softness=0.01, **soft)
    )


def test_a_field_holds_the_others_still_even_without_gradients():
    others = torch.tensor([0.0, 3.0])
    with torch.no_grad():
        push = losses.field(
            lambda p: losses.separation(p, tau=1.0, kernel="energy"),
            torch.tensor([1.0, 4.0]),
            others,
        )
    # −∂/∂p of −2/6 Σ |p − o|: a third for each one, away from it
    assert push.tolist() == pytest.approx([0.0, 2 / 3])


# ------------------------------------------------------------------------------ matching


@pytest.mark.parametrize(
    ("p", "x", "words"),
    [
        ((1, 2), (1, 2, 1), "expected prototypes"),
        ((1, 2, 1), (1, 2), "expected prototypes"),
        ((1, 2, 1), (1, 0, 1), "expected prototypes"),
        ((1, 2, 1), (2, 2, 1), "must agree in nets and dims"),
        ((1, 2, 1), (1, 2, 2), "must agree in nets and dims"),
    ],
)
def test_shapes_that_cannot_be_matched_are_named(p, x, words):
    with pytest.raises(ValueError, match=words) as error:
        matching._check(torch.zeros(p), torch.zeros(x))
    assert f"got {p} and {x}" in str(error.value)
    for bad in (INF, NAN):
        with pytest.raises(
            ValueError, match=r"^samples must be finite: only prototypes may diverge$"
        ):
            matching.assign(_points(0.0), _points(bad))


def test_errors_of_unequal_and_lost_prototypes_by_hand():
    x = _t([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])[None, 0].reshape(1, 3, 2)  # diameter 5

    def error(*p):
        return matching.reconstruction_error(torch.tensor([p], dtype=F64), x).item()

    assert error((0, 1), (3, 0), (0, 4)) == pytest.approx(1 / 3)
    assert error((0, 1), (3, 0)) == pytest.approx((1 + 0 + 5) / 3)
    assert error((0, 1)) == pytest.approx((1 + 2 * 5) / 3)
    assert error((0, 1), (3, 0), (0, 4), (9, 9)) == pytest.approx(1 / 3)  # a spare one is free
    assert error((0, 1), (3, 0), (NAN, 4)) == INF
    assert error((0, 1), (3, 0), (0, 4), (9, INF)) == pytest.approx(1 / 3)  # spare, and lost
    assert error((0, 1), (3, 0), (NAN, 4), (9, INF)) == INF
    assert error((INF, 1)) == INF
    lost = matching.reconstruction_error(torch.full((1, 3, 2), INF), x)
    assert (lost.tolist(), lost.dtype) == ([INF], F64)


def test_specialization_counts_the_used_and_the_first_of_equals():
    def ratio(*p, x=(0.0, 1.0)):
        return matching.specialization_ratio(_points(*p), _points(*x)).item()

    assert ratio(0.0, 1.0) == 1
    assert ratio(0.5, 0.5) == 0.5
    assert ratio(0.0, 0.0, 1.0, 1.0) == 0.5
    assert ratio(NAN, 7.0) == 0.5
    assert ratio(NAN, INF) == 0
    assert ratio(0.0, 1.0, 2.0, 3.0, x=(1.9,)) == 0.25


def test_chance_prototypes_fill_the_box_evenly():
    x = _t([[-1.0, 5.0], [3.0, 6.0], [0.0, 5.5]]).reshape(1, 3, 2).expand(500, 3, 2)
    p = matching.chance_prototypes(x, 4, seed=1)
    assert p.dtype == F64
    assert stats.kstest(p[..., 0].flatten(), stats.uniform(-1, 4).cdf).pvalue > 0.01
    assert stats.kstest(p[..., 1].flatten(), stats.uniform(5, 1).cdf).pvalue > 0.01
    assert matching.chance_prototypes(x.float(), 1, seed=1).dtype == torch.float32


def test_r2_at_its_edges():
    def r2(f, y):
        return matching.fit_r2(_t(*f)[None], _t(*y)[None]).item()

    assert r2([1.0, 2.0, 6.0], [1.0, 2.0, 3.0]) == pytest.approx(1 - 9 / 2)
    assert r2([2.0, 2.0, 2.0], [1.0, 2.0, 3.0]) == 0
    assert (r2([4.0, 4.0], [4.0, 4.0]), r2([4.0, 5.0], [4.0, 4.0])) == (1, -INF)
    assert (r2([4.0], [4.0]), r2([5.0], [4.0])) == (1, -INF)
    assert r2([NAN, 1.0], [0.0, 1.0]) == r2([INF, 1.0], [0.0, 1.0]) == r2([NAN], [1.0]) == -INF
    assert matching.fit_r2(torch.ones(1, 2), torch.ones(1, 2)).dtype == F64


# ------------------------------------------------------------------------------ hull


def test_outside_begins_beyond_the_tolerance():
    edge = hull.TOLERANCE
    assert edge == 1e-6
    x = _points(-1.0, 0.0)
    share = hull.expelled_share(_points(edge, np.nextafter(edge, 1), 0.0, -1.0), x)
    assert share.item() == 0.25  # at the tolerance itself a prototype is not yet outside
    plane = _t([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]).reshape(1, 3, 2)
    near = _t([[0.5, -2e-6], [0.5, -5e-7], [0.2, 0.2], [-1.0, 0.0]]).reshape(1, 4, 2)
    assert hull.expelled_share(near, plane).item() == 0.5


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e3])
def test_small_distances_are_measured_and_rounding_is_not(scale):
    plane = scale * _t([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]).reshape(1, 4, 2)
    inside = scale * torch.rand(1, 40, 2, generator=torch.Generator().manual_seed(0)).double()
    assert (hull.hull_distance(inside, plane) == 0).all()
    for out in (1e-3, 1e-6, 1e-9):
        point = scale * _t([[0.3, -out]]).reshape(1, 1, 2)
        found = hull.hull_distance(point, plane).item()
        assert found == pytest.approx(scale * out, rel=1e-4)


def test_the_hull_of_one_point_and_of_many():
    one = _t([[2.0, 3.0]]).reshape(1, 1, 2)
    p = _t([[2.0, 3.0], [5.0, 7.0]]).reshape(1, 2, 2)
    assert hull.hull_distance(p, one).tolist() == [[0.0, 5.0]]
    assert hull.hull_distance(p[:, :0], one).shape == (1, 0)
    circle = torch.arange(200, dtype=F64) * (2 * math.pi / 200)
    ring = torch.stack([circle.cos(), circle.sin()], -1)[None]
    found = hull.hull_distance(_t([[0.0, 0.0], [3.0, 0.0], [-1.5, 0.0]]).reshape(1, 3, 2), ring)
    assert found.flatten().tolist() == pytest.approx([0, 2, 0.5], abs=1e-9)


@pytest.mark.parametrize(
    ("p", "x"),
    [((2, 1), (1, 2, 1)), ((1, 2, 1), (2, 1)), ((1, 2, 1), (2, 2, 1)), ((1, 2, 1), (1, 2, 3))],
)
def test_shapes_without_a_hull_are_named(p, x):
    with pytest.raises(ValueError, match="expected points") as error:
        hull._check(torch.zeros(p), torch.zeros(x))
    assert f"got {p} and {x}" in str(error.value)
    with pytest.raises(ValueError, match=r"^a hull needs at least one sample, and finite ones$"):
        hull._check(torch.zeros(1, 2, 1), torch.zeros(1, 0, 1))
