"""The algebra behind the pages, checked by a machine: SymPy proves each identity with letters.

Where a formula is also code, the code's number is compared with the letters' at random places.
"""

import itertools

import mpmath
import pytest
import sympy as sp
import torch
from helpers import stack
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from protolib import losses, model, training


def _letters(name, *shape):
    """An array of real symbols: x_0, x_1, …"""
    cells = itertools.product(*map(range, shape))
    names = {at: sp.Symbol("_".join([name, *map(str, at)]), real=True) for at in cells}
    return names if len(shape) > 1 else [*names.values()]


def _points(name, count, dims):
    """`count` column vectors of `dims` symbols."""
    names = _letters(name, count, dims)
    return [sp.Matrix([names[i, k] for k in range(dims)]) for i in range(count)]


def _same(one, other):
    return sp.simplify(one - other) == 0


# ------------------------------------------------------------------------ completing the square


def test_separation_and_its_attraction_are_m_over_m_minus_1_of_the_square():
    """For any sizes: only the four sums and k(0) enter."""
    m, n, at_zero, pp, xp, xx = sp.symbols("M N k_0 S_pp S_xp S_xx", real=True)
    separation = (pp - m * at_zero) / (m * (m - 1))  # the diagonal is not part of it
    attraction = (-2 / n * xp + m / n**2 * xx + at_zero) / (m - 1)
    mmd2 = pp / m**2 - 2 / (n * m) * xp + xx / n**2  # V-statistic: with the diagonal
    assert _same(separation + attraction, m / (m - 1) * mmd2)


@pytest.mark.parametrize(("units", "samples", "dims"), [(2, 2, 2), (3, 2, 1)])
def test_the_square_is_what_the_losses_compute(units, samples, dims):
    kernel, tau = sp.Function("k"), sp.Rational(1, 2)
    p, x = _points("p", units, dims), _points("x", samples, dims)

    def k(a, b):
        return kernel((a - b).dot(a - b))

    def total(one, other):
        return sum(k(a, b) for a in one for b in other)

    apart = sum(k(p[j], p[i]) for j in range(units) for i in range(units) if i != j)
    separation = apart / (units * (units - 1))
    square = total(p, p) / units**2 - 2 * total(x, p) / (samples * units)
    square += total(x, x) / samples**2
    attraction = sp.Rational(units, units - 1) * square - separation
    attraction = sp.expand(attraction).subs(kernel(0), 1)

    draw = torch.Generator().manual_seed(3)
    values = [torch.rand(len(c), dims, generator=draw, dtype=torch.float64) for c in (p, x)]
    at = dict(zip((s for v in (*p, *x) for s in v), torch.cat(values).flatten().tolist()))
    gaussian = (sp.expand(attraction).replace(kernel, lambda d: sp.exp(-d / tau))).subs(at)
    found = losses.attraction(values[1][None], values[0][None], tau=0.5).item()
    assert found == pytest.approx(float(gaussian), abs=1e-12)


# ------------------------------------------------------------------- the energy kernel on a line


@pytest.mark.parametrize(("units", "samples"), [(2, 2), (3, 3), (3, 2), (2, 4)])
def test_energy_on_a_line_pushes_by_ranks_alone(units, samples):
    """In every order in which prototypes and samples can stand.

    The push on the j-th prototype is 4/(M−1) · ((j − ½)/M − #{x < p_j}/N), for M = N this is
    4/(N(N−1)) · (j − ½ − #{x < p_j}).
    """
    for stands in itertools.combinations(range(units + samples), units):
        places = _letters("a", units + samples)  # in their order from left to right
        p = [places[i] for i in stands]
        x = [a for a in places if a not in p]

        def distance(a, b, order=places):
            return a - b if order.index(a) >= order.index(b) else b - a

        def mean(one, other, distance=distance):
            pairs = [distance(a, b) for a in one for b in other]
            return sum(pairs) / sp.Integer(len(pairs))

        square = -mean(p, p) + 2 * mean(x, p) - mean(x, x)
        loss = sp.Rational(units, units - 1) * square
        for j, own in enumerate(p, start=1):
            left = sum(places.index(a) < places.index(own) for a in x)
            share = sp.Rational(2 * j - 1, 2 * units) - sp.Rational(left, samples)
            push = sp.Rational(4, units - 1) * share
            assert -sp.diff(loss, own) == push
            if units == samples:
                n = units
                assert push == sp.Rational(4, n * (n - 1)) * (j - sp.Rational(1, 2) - left)
                assert abs(push) >= sp.Rational(2, n * (n - 1))  # it never fades


# ------------------------------------------------------------------ from prototypes to weights


def _weights(dims):
    """w, b, and a loss of p = −b/w alone with its gradient g in prototype space."""
    w = sp.Symbol("w", nonzero=True, real=True)
    b = sp.Matrix(_letters("b", dims))
    q = sp.Matrix(_letters("q", dims))
    loss = sp.Function("L")(*q)
    place = dict(zip(q, -b / w))
    g = sp.Matrix([sp.diff(loss, c).subs(place).doit() for c in q])
    by_w = sp.diff(loss.subs(place), w).doit()
    by_b = sp.Matrix([sp.diff(loss.subs(place), c).doit() for c in b])
    return w, b, g, by_w, by_b


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_a_step_in_slope_and_bias_moves_prototypes_by_the_metric(dims):
    """Δp = −η/w² (I + p pᵀ) g, ∂/∂b = −g/w, ∂/∂w = −p·g/w; and w² + ‖b‖² rests."""
    w, b, g, by_w, by_b = _weights(dims)
    p = -b / w
    assert sp.simplify(by_b + g / w) == sp.zeros(dims, 1)
    assert _same(by_w, -p.dot(g) / w)
    eta = sp.Symbol("eta")
    moved = -(b - eta * by_b) / (w - eta * by_w)
    first = moved.diff(eta).subs(eta, 0)
    metric = (sp.eye(dims) + p * p.T) / w**2
    assert sp.simplify(first + metric * g) == sp.zeros(dims, 1)
    flow = 2 * w * -by_w + 2 * b.dot(-by_b)  # d(w² + ‖b‖²)/dt
    assert sp.simplify(flow) == 0


def test_the_speed_on_a_line_is_that_of_an_angle():
    """dp/dt = −(1 + p²)² / (w² + b²) · g."""
    w, b, g, by_w, by_b = _weights(1)
    p = -b[0] / w
    by_time = {w: -by_w, b[0]: -by_b[0]}  # gradient flow
    speed = sum(sp.diff(p, letter) * flow for letter, flow in by_time.items())
    assert _same(speed, -((1 + p**2) ** 2) / (w**2 + b[0] ** 2) * g[0])


# ---------------------------------------------------------------------------- the gradient table


def _network(samples, units):
    """Letters for one network on a line: its weights, its data, and what it computes."""
    names = {name: _letters(name, units) for name in "wbv"}
    w, b, v, c = *names.values(), sp.Symbol("c", real=True)
    x, y = _letters("x", samples), _letters("y", samples)
    z = [[w[j] * x[i] + b[j] for j in range(units)] for i in range(samples)]
    h = [[sp.exp(-(z[i][j] ** 2)) for j in range(units)] for i in range(samples)]
    f = [sum(v[j] * h[i][j] for j in range(units)) + c for i in range(samples)]
    return w, b, v, c, x, y, z, h, f


SAMPLES, UNITS = 3, 2
TAU, LAM = sp.Rational(1, 3), sp.Rational(1, 10)


def _table():
    """Each loss, and its gradients with respect to w, b, v as the page of symbols writes them."""
    w, b, v, c, x, y, z, h, f = _network(SAMPLES, UNITS)
    n, m = sp.Integer(SAMPLES), sp.Integer(UNITS)
    units, rows = range(UNITS), range(SAMPLES)
    p = [-b[j] / w[j] for j in units]
    owner = [0, 1, 1]  # which prototype each sample is nearest to
    r = [f[i] - y[i] for i in rows]
    through_z = {
        "fit": (
            sum(e**2 for e in r) / n,
            lambda i, j: -4 / n * r[i] * v[j] * h[i][j] * z[i][j],
        ),
        "overlap": (
            sum(h[i][j] * h[i][k] for i in rows for j in units for k in units if k != j)
            / (n * m * (m - 1)),
            lambda i, j: (
                -4 / (n * m * (m - 1)) * h[i][j] * z[i][j] * sum(h[i][k] for k in units if k != j)
            ),
        ),
    }
    through_p = {
        "coverage": (
            sum((x[i] - p[owner[i]]) ** 2 for i in rows) / n,
            lambda j: 2 / n * sum(p[j] - x[i] for i in rows if owner[i] == j),
        ),
        "separation": (
            sum(sp.exp(-((p[j] - p[k]) ** 2) / TAU) for j in units for k in units if k != j)
            / (m * (m - 1)),
            lambda j: (
                -4
                / (TAU * m * (m - 1))
                * sum((p[j] - p[k]) * sp.exp(-((p[j] - p[k]) ** 2) / TAU) for k in units if k != j)
            ),
        ),
    }
    table = {}
    for name, (loss, g) in through_z.items():
        by_v = [2 / n * sum(r[i] * h[i][j] for i in rows) if name == "fit" else 0 for j in units]
        by_b = [sum(g(i, j) for i in rows) for j in units]
        by_w = [sum(x[i] * g(i, j) for i in rows) for j in units]
        table[name] = loss, by_w, by_b, by_v
    for name, (loss, g) in through_p.items():
        by_b = [-g(j) / w[j] for j in units]
        by_w = [-p[j] * g(j) / w[j] for j in units]
        table[name] = loss, by_w, by_b, [0] * UNITS
    return (w, b, v, c, x, y), table


LETTERS, TABLE = _table()


@pytest.mark.parametrize("name", TABLE)
def test_the_gradient_table_is_what_differentiation_gives(name):
    loss, *columns = TABLE[name]
    for letters, column in zip(LETTERS, columns):
        for letter, entry in zip(letters, column, strict=True):
            assert _same(sp.diff(loss, letter), entry)


@pytest.mark.parametrize("name", TABLE)
def test_the_trainer_follows_the_gradient_table(name):
    net, x, _ = stack([5], SAMPLES, UNITS)
    x = torch.tensor([[[-0.9], [0.7], [0.9]]]).double()  # the table's owners: left, right, right
    net = net._replace(bias=-net.slope[..., None] * torch.tensor([[[-0.5], [0.6]]]).double())
    y = torch.tensor([[0.2, -0.4, 0.9]]).double()
    masks = torch.tensor([[name == "coverage", name == "separation", name == "overlap"]]).double()
    config = training.TrainConfig(lam=float(LAM), tau=float(TAU))
    found = training.gradients(net, x, y, masks, config)

    w, b, v, c, letters_x, letters_y = LETTERS
    letters = [*w, *b, *v, c, *letters_x, *letters_y]
    values = torch.cat([t.flatten() for t in (*net, x, y)]).tolist()
    at = dict(zip(letters, values, strict=True))
    weight = 0 if name == "fit" else LAM
    for k, tensor in enumerate((found.slope, found.bias, found.readout), start=1):
        wanted = [e + weight * own for e, own in zip(TABLE["fit"][k], TABLE[name][k])]
        numbers = [float(sp.sympify(entry).subs(at)) for entry in wanted]
        assert tensor.flatten().tolist() == pytest.approx(numbers, abs=1e-10)


def test_the_push_of_coverage_leads_to_the_mean_of_the_owned():
    """−∂coverage/∂p = 2n/N (x̄ − p), whatever else the samples do."""
    n, p, *own = sp.symbols("N p x_1:5", real=True)
    push = -sp.diff(sum((x - p) ** 2 for x in own) / n, p)
    assert _same(push, 2 * len(own) / n * (sum(own) / len(own) - p))


@pytest.mark.parametrize("kernel", ["gaussian", "imq"])
def test_a_push_of_separation_is_largest_at_the_root_of_half_tau(kernel):
    """The exercise of the page on separation: both kernels push most at √(τ/2)."""
    d, tau = sp.symbols("d tau", positive=True)
    k = {"gaussian": sp.exp(-(d**2) / tau), "imq": 1 / sp.sqrt(1 + d**2 / tau)}[kernel]
    assert sp.solve(sp.diff(k, d, 2), d) == [sp.sqrt(tau / 2)]
    if kernel == "imq":  # and far away it falls like √τ/d²
        assert sp.limit(-sp.diff(k, d) * d**2, d, sp.oo) == sp.sqrt(tau)


# ------------------------------------------------------------- the function pins the prototypes

UNIT = st.tuples(st.integers(1, 6), st.integers(-8, 8))  # |w| and p on a grid: ties are frequent


def _least_pivot(units):
    """Of the Cholesky factor of bumps and the constant on an interval of a hundredth."""
    points = [mpmath.mpf(2) / 5 + mpmath.mpf(i) / 1500 for i in range(16)]
    columns = [
        [mpmath.exp(-((mpmath.mpf(w) / 2 * (x - mpmath.mpf(p) / 4)) ** 2)) for x in points]
        for w, p in units
    ]
    values = mpmath.matrix([*columns, [mpmath.mpf(1)] * len(points)])
    factor = mpmath.cholesky(values * values.T)  # raises if it is not positive definite
    return min(factor[k, k] for k in range(len(columns) + 1))


@settings(max_examples=25, deadline=None)
@given(st.sets(UNIT, min_size=1, max_size=6))
def test_units_that_differ_are_independent_on_any_interval(units):
    """Bumps with different (|w|, p), and the constant: no combination of them vanishes.

    However nearly: in 120 digits the least pivot stands far above what rounding leaves of zero.
    """
    with mpmath.workdps(120):
        assert _least_pivot(units) > mpmath.mpf(10) ** -40
        try:  # a unit that occurs twice is seen
            twice = _least_pivot([*units, min(units)])
        except ValueError:
            twice = 0
        assert twice < mpmath.mpf(10) ** -55


@settings(max_examples=25, deadline=None)
@given(UNIT, UNIT)
def test_of_two_units_one_outgrows_the_other(one, other):
    """The step of the proof: the flatter, and of equals the one farther right, wins as x → ∞."""
    if one == other:
        return
    (w, p), (u, q) = sorted([one, other], key=lambda unit: (unit[0], -unit[1]))
    x = sp.Symbol("x", real=True)
    exponent = sp.expand(w**2 * (x - p) ** 2 - u**2 * (x - q) ** 2)
    assert sp.limit(exponent, x, sp.oo) == -sp.oo


def test_the_function_gives_its_prototypes_back_and_n_values_do_not():
    """Refit three units from starts nearby: to many values of the function, and to three of them.

    Many values lead back to the same prototypes; three are met exactly and leave them elsewhere.
    """
    draw = torch.Generator().manual_seed(1)
    true = torch.tensor([2.0, 3.0, 2.5, -0.6, 0.1, 0.7, 1.0, -0.8, 0.6]).double().numpy()

    def values(weights, x):
        w, p, v = weights.reshape(3, 3)
        net = model.Parameters(
            *(torch.tensor(t)[None] for t in (w, (-w * p)[:, None], v)), torch.zeros(1).double()
        )
        return model.predict(net, x[None, :, None])[0].numpy()

    dense, few = torch.linspace(-1, 1, 60).double(), torch.tensor([-0.7, 0.2, 0.8]).double()
    away = {"dense": [], "few": []}
    for _ in range(5):
        start = true + 0.1 * torch.randn(9, generator=draw, dtype=torch.float64).numpy()
        for name, x in (("dense", dense), ("few", few)):
            found = least_squares(
                lambda weights, x=x: values(weights, x) - values(true, x), start,
                xtol=1e-15, ftol=1e-15, gtol=1e-15,
            )  # fmt: skip
            assert abs(found.fun).max() < 1e-7
            away[name].append(abs(found.x[3:6] - true[3:6]).max())
    assert max(away["dense"]) < 1e-5
    assert min(away["few"]) > 1e-3
