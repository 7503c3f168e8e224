"""The trainer: full-batch Adam or SGD on a stack of networks, with closed-form gradients.

`losses.objective` says what is minimised; `gradients` is its derivative, worked out by hand and
checked against autograd in the tests, for every mask. Three ideas make it fast:

1. With G_ij = ∂objective/∂h_ij · h_ij, every weight gradient is a matrix product of the rows
   (1, x_i, ‖x_i‖²) with G, because z_ij is linear in x_i. No (nets, samples, units) array of
   derivatives is ever formed.
2. exp(−z²) is computed as exp2(−(κz)²) with κ² = log₂ e: the same number, several times faster.
3. In one dimension the nearest prototype, the optimal transport and the forces of the energy kernel
   are found by sorting, O(N log N), and not by a table. In many dimensions squared distances come
   from matrix products, and near pairs, where that would lose digits, are computed again.

All arrays are allocated once per run and reused. Keep the stack small enough for the processor's
cache (`protolib.sweep` does) and use one torch thread: on arrays this small a second one costs more
than it brings (`one_thread`).
"""

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import torch
from jaxtyping import Float, Int
from torch import Tensor
from tqdm.auto import trange

from protolib import losses, matching
from protolib.losses import Attractor, Kernel
from protolib.model import SLOPE_FLOOR, Activation, Parameters, predict, safe_slope

KAPPA = math.sqrt(math.log2(math.e))
FEW_DIMS = 3  # up to here distances are summed dimension by dimension; beyond, by matrix products


@dataclass(frozen=True)
class TrainConfig:
    """How a stack is trained. The defaults are the book's nominal configuration.

    Parameters
    ----------
    steps
        number of full-batch steps, ≥ 0
    learning_rate
        > 0
    optimiser
        "adam" (β₁ = 0.9, β₂ = 0.999, ε = 1e-8) or "sgd" (no momentum)
    lam
        λ, the one coefficient of all structural losses, ≥ 0
    tau
        τ, the temperature of the separation loss, > 0, in squared input units; also the width of an
        attractor with a kernel
    attractor
        what the first entry of a mask switches on: "coverage" (the paper's), "soft coverage", the
        attraction with a kernel ("gaussian", "imq", "energy"), or "transport"
    kernel
        separation's kernel: "gaussian" (our reading of the paper), "imq" or "energy"
    softness
        of soft coverage, > 0, in squared input units
    parametrisation
        what the optimiser moves: "bias", (w, b) as in the paper, or "centre", (w, p)
    activation
        "gaussian" (the paper's), or "sech2"
    """

    steps: int = 2000
    learning_rate: float = 1e-2
    optimiser: Literal["adam", "sgd"] = "adam"
    lam: float = 0.1
    tau: float = 1e-3
    attractor: Attractor = "coverage"
    kernel: Kernel = "gaussian"
    softness: float = 1e-2
    parametrisation: Literal["bias", "centre"] = "bias"
    activation: Activation = "gaussian"

    def __post_init__(self) -> None:
        if self.steps < 0:
            raise ValueError(f"steps must be ≥ 0, got {self.steps}")
        for name in ("learning_rate", "tau", "softness"):
            value = getattr(self, name)
            if not (value > 0 and math.isfinite(value)):
                raise ValueError(f"{name} must be a finite number > 0, got {value}")
        if not (self.lam >= 0 and math.isfinite(self.lam)):
            raise ValueError(f"lam must be a finite number ≥ 0, got {self.lam}")
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                words = " or ".join(f'"{word}"' for word in allowed)
                raise ValueError(f"{name} must be {words}, got {getattr(self, name)!r}")

    def forms(self) -> dict:
        """The fields that say which form each loss takes, as keywords for `losses.objective`."""
        names = ("tau", "attractor", "kernel", "softness", "activation")
        return {name: getattr(self, name) for name in names}


_CHOICES = {
    "optimiser": ("adam", "sgd"),
    "attractor": get_args(Attractor),
    "kernel": get_args(Kernel),
    "parametrisation": ("bias", "centre"),
    "activation": get_args(Activation),
}


class TrainResult(NamedTuple):
    """What training returns.

    Parameters
    ----------
    parameters
        the trained stack
    config
        how it was trained
    snapshot_steps
        (frames,), the steps after which a snapshot was taken; empty if none were
    snapshots
        the stack along the way, with a frames axis after nets: slope (nets, frames, units)
    """

    parameters: Parameters
    config: TrainConfig
    snapshot_steps: Int[Tensor, " frames"]
    snapshots: Parameters


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Run torch on one thread inside the block, then restore what was set before."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


# ------------------------------------------------------------------------------ flat storage
# One row per network: [ w | b_1 … b_D | v | c ], so that the optimiser is a handful of
# operations on one matrix. In the centre parametrisation p stands in the place of b.


class _Shape(NamedTuple):
    units: int
    dims: int
    outputs: int | None  # None: one output, without an axis


def _flatten(parameters: Parameters, centre: bool) -> Tensor:
    w, b, v, c = parameters
    if centre:
        b = -b / safe_slope(w)[..., None]
    several = v.ndim > w.ndim
    v, c = (v.flatten(-2), c) if several else (v, c[..., None])
    return torch.cat([w, b.transpose(-1, -2).flatten(-2), v, c], dim=-1)


def _unflatten(flat: Tensor, shape: _Shape, centre: bool = False) -> Parameters:
    units, dims, outputs = shape
    width = outputs or 1
    w, b, v, c = flat.split([units, units * dims, units * width, width], dim=-1)
    b = b.unflatten(-1, (dims, units)).transpose(-1, -2)
    if centre:
        b = -b * safe_slope(w)[..., None]  # so that −b/w, read with its floor, is p again
    if outputs is None:
        return Parameters(w, b, v, c.squeeze(-1))
    return Parameters(w, b, v.unflatten(-1, (units, outputs)), c)


def _check(parameters: Parameters, inputs: Tensor, targets: Tensor, masks: Tensor) -> None:
    if inputs.ndim != 3:
        raise ValueError(f"inputs must be (nets, samples, dims), got {tuple(inputs.shape)}")
    nets, samples, dims = inputs.shape
    units, several = parameters.slope.shape[-1], tuple(parameters.readout.shape[2:])
    expected = {
        "parameters.slope": (parameters.slope, (nets, units)),
        "parameters.bias": (parameters.bias, (nets, units, dims)),
        "parameters.readout": (parameters.readout, (nets, units, *several)),
        "parameters.offset": (parameters.offset, (nets, *several)),
        "targets": (targets, (nets, samples, *several)),
        "masks": (masks, (nets, 3)),
    }
    for name, (tensor, shape) in expected.items():
        if tuple(tensor.shape) != shape:
            raise ValueError(f"{name} must have shape {shape}, got {tuple(tensor.shape)}")
        if tensor.dtype != inputs.dtype:
            raise ValueError(f"{name} must be {inputs.dtype} like inputs, got {tensor.dtype}")


def _shape(parameters: Parameters) -> _Shape:
    several = parameters.readout.shape[2:]
    return _Shape(*parameters.bias.shape[1:], several[0] if len(several) else None)


# ------------------------------------------------------------------------------ the forces


def _force_program(
    flat: Tensor,
    gradient: Tensor,
    inputs: Tensor,
    targets: Tensor,
    masks: Tensor,
    shape: _Shape,
    config: TrainConfig,
) -> Callable[[], None]:
    """Allocate the work space once; return a function that fills `gradient` from `flat`.

    The inner functions only fill arrays that exist. Views and constants are made here, outside the
    loop: for small networks, making a view costs as much as the arithmetic.
    """
    nets, samples, dims = inputs.shape
    units, lam, centre = shape.units, config.lam, config.parametrisation == "centre"
    new, constant = inputs.new_empty, inputs.new_tensor
    w, place, v, c = _unflatten(flat, shape)
    grad_w, grad_b, grad_v, grad_c = _unflatten(gradient, shape)
    place, grad_b = place.mT, grad_b.mT  # (nets, dims, units)
    x = inputs.mT.contiguous()  # (nets, dims, samples)

    weights = flat[:, : units * (dims + 1)].unflatten(-1, (dims + 1, units))
    if centre:  # the response is computed from (w, b), whatever the optimiser moves
        weights = torch.empty_like(weights)
        own_w, own_b, w_row = weights[:, 0], weights[:, 1:], w[:, None]
    respond, h, psi, kappa, scaled_w, scaled_b, scratch = _response_program(
        weights, x, config.activation
    )

    # rows (1, x_1 … x_D, ‖x‖²) turn G into weight gradients; the fit's 2/N is folded in
    rows = torch.cat([torch.ones_like(x[:, :1]), x, x.square().sum(1, keepdim=True)], dim=1)
    product, moments = new(nets, dims + 2, units), new(nets, dims + 2, units)
    zeroth, first, last = moments[:, :1], moments[:, 1:-1], moments[:, -1]
    v_row, along = v[:, None], new(nets, dims, units)

    fit_rows = 2 / samples * rows
    residual, weighted = new(nets, samples), torch.empty_like(rows)
    minus_two, scaled_v = constant(-2 / kappa), new(nets, 1, units)
    residual_row, c_column = residual[:, None], c[:, None]
    first_row, weighted_c = weighted[:, :1], weighted[:, 0]
    product_v, grad_v_row = product[:, 0], grad_v[:, None]

    def scalar_fit() -> None:
        torch.mul(h, v_row, out=scratch)
        torch.sum(scratch, dim=-1, out=residual)
        residual.add_(c_column).sub_(targets)
        torch.mul(fit_rows, residual_row, out=weighted)
        torch.sum(weighted_c, dim=-1, out=grad_c)
        torch.bmm(weighted, psi, out=product)
        if psi is h:
            grad_v.copy_(product_v)
        else:
            grad_v_row.copy_(first_row @ h)
        torch.mul(v_row, minus_two, out=scaled_v)
        torch.mul(product, scaled_v, out=moments)

    share = 2 / (samples * (shape.outputs or 1))
    steep_rows = -2 / kappa * share * rows

    def vector_fit() -> None:
        error = torch.baddbmm(c_column, h, v).sub_(targets)  # (nets, samples, outputs)
        torch.sum(error, dim=1, out=grad_c)
        grad_c.mul_(share)
        grad_v.copy_(torch.bmm(h.mT, error)).mul_(share)
        torch.bmm(error, v.mT, out=scratch)
        scratch.mul_(psi)
        torch.bmm(steep_rows, scratch, out=moments)

    fit = scalar_fit if shape.outputs is None else vector_fit

    quiet = _active(masks[:, 2] * lam)
    if quiet is not None:
        pairs = max(units * (units - 1), 1)
        quiet_h, quiet_psi = h[quiet], psi[quiet]
        quiet_product, quiet_moments = scratch[quiet], moments[quiet]
        quiet_rows = (
            -4 / kappa / (samples * pairs) * lam * masks[quiet, 2, None, None] * rows[quiet]
        )
        row_sum, quiet_weighted = new(*quiet_rows.shape[::2]), torch.empty_like(quiet_rows)
        row_sum_row = row_sum[:, None]
        quiet_part = torch.empty_like(quiet_moments)

    def weight_gradients() -> None:
        fit()
        if quiet is not None:
            torch.sum(quiet_h, dim=-1, out=row_sum)
            torch.mul(quiet_rows, row_sum_row, out=quiet_weighted)
            torch.bmm(quiet_weighted, quiet_psi, out=quiet_part)
            quiet_moments.add_(quiet_part)
            torch.mul(quiet_h, quiet_psi, out=quiet_product)
            torch.bmm(quiet_rows, quiet_product, out=quiet_part)
            quiet_moments.sub_(quiet_part)
        # Σ_i G_ij ∂z²/∂b = 2 Σ_i G_ij (w x_i + b), and likewise for w with one more factor x_i
        torch.mul(first, scaled_w, out=grad_b)
        grad_b.addcmul_(zeroth, scaled_b)
        torch.mul(last, scaled_w[:, 0], out=grad_w)
        _add_dot(grad_w, first, scaled_b, along)

    def centre_start() -> None:
        own_w.copy_(w)
        torch.mul(place, w_row, out=own_b).neg_()

    def centre_end() -> None:
        # b = −w p: ∂b/∂p = −w, ∂b/∂w = −p
        torch.mul(grad_b, place, out=along)
        grad_w.sub_(along.sum(1))
        grad_b.mul_(w_row).neg_()

    forces = masks[:, :2].amax(-1) * lam
    if _active(forces) is None:
        if centre:
            return lambda: (centre_start(), respond(), weight_gradients(), centre_end())
        return lambda: (respond(), weight_gradients())

    p, force = new(nets, dims, units), new(nets, dims, units)  # force = ∂objective/∂p
    pull = _attractor_program(force, p, x, lam * masks[:, 0], config)
    push = _separation_program(force, p, lam * masks[:, 1], config)
    size, slope = new(nets, units), new(nets, units)
    slope_row, floor, above = slope[:, None], constant(SLOPE_FLOOR), torch.empty_like(w).bool()
    above_row = above[:, None]

    def centre_program() -> None:
        centre_start()
        respond()
        weight_gradients()
        centre_end()
        p.copy_(place)
        force.zero_()
        pull()
        push()
        grad_b.add_(force)

    def prototype_forces() -> None:
        torch.abs(w, out=size)
        torch.ge(size, floor, out=above)
        torch.copysign(size.clamp_(floor), w, out=slope)
        torch.div(place, slope_row, out=p).neg_()
        force.zero_()
        pull()
        push()
        # p = −b/w: ∂p/∂b = −1/w, ∂p/∂w = −p/w (and 0 where the slope is floored)
        force.div_(slope_row)
        grad_b.sub_(force)
        force.mul_(above_row)
        _add_dot(grad_w, force, p, along, sign=-1)

    def program() -> None:
        respond()
        weight_gradients()
        prototype_forces()

    return centre_program if centre else program


def _add_dot(total: Tensor, a: Tensor, b: Tensor, scratch: Tensor, sign: int = 1) -> None:
    """total += sign · Σ_d a_d b_d: total (nets, units), the others (nets, dims, units)."""
    dims = a.shape[1]
    if dims <= FEW_DIMS:
        for d in range(dims):
            total.addcmul_(a[:, d], b[:, d], value=sign)
    else:
        total.add_(torch.mul(a, b, out=scratch).sum(1), alpha=sign)


def _active(weights: Tensor) -> slice | None:
    """The shortest run of nets that holds every nonzero weight; None if there is none."""
    (index,) = torch.nonzero(weights, as_tuple=True)
    return slice(int(index[0]), int(index[-1]) + 1) if len(index) else None


def _response_program(
    weights: Tensor, x: Tensor, activation: Activation
) -> tuple[Callable[[], None], Tensor, Tensor, float, Tensor, Tensor, Tensor]:
    """A function that fills h, and ψ with ∂h/∂z = −2 z ψ, from the weights (nets, 1 + dims, units).

    Returns it with h, ψ (for the Gaussian the same array), κ, κw, κb, and a scratch array of h's
    shape.
    """
    nets, dims, samples = x.shape
    units = weights.shape[-1]
    gaussian = activation == "gaussian"
    kappa = KAPPA if gaussian else 1.0
    scaled, factor = torch.empty(nets, dims + 1, units, dtype=x.dtype), x.new_tensor(kappa)
    h, z = x.new_empty(2, nets, samples, units)
    psi = h if gaussian else torch.empty_like(h)
    zero = x.new_zeros(())
    slope = scaled[:, None, 0]

    if dims <= FEW_DIMS:
        terms = [
            (scaled[:, None, d + 1], x[:, d, :, None], zero if d == 0 else h) for d in range(dims)
        ]

        def minus_squares() -> None:
            torch.mul(weights, factor, out=scaled)
            for bias, column, so_far in terms:
                torch.addcmul(bias, column, slope, out=z)
                torch.addcmul(so_far, z, z, value=-1, out=h)
    else:
        # −‖w x + b‖² = −‖b‖² − 2 x · (w b) − w² ‖x‖², one matrix product
        columns = torch.cat([torch.ones_like(x[:, :1]), x, x.square().sum(1, keepdim=True)], 1).mT
        coefficients = x.new_empty(nets, dims + 2, units)
        constant, linear, square = (
            coefficients[:, 0], coefficients[:, 1:-1], coefficients[:, -1],
        )  # fmt: skip
        scaled_slope, scaled_bias = scaled[:, 0], scaled[:, 1:]

        def minus_squares() -> None:
            torch.mul(weights, factor, out=scaled)
            torch.mul(scaled_bias, scaled_bias, out=linear)
            torch.sum(linear, dim=1, out=constant)
            constant.neg_()
            torch.mul(scaled_bias, scaled[:, :1], out=linear).mul_(-2)
            torch.mul(scaled_slope, scaled_slope, out=square).neg_()
            torch.bmm(columns, coefficients, out=h)
            h.clamp_(max=0)

    def gaussian_response() -> None:
        minus_squares()
        torch.exp2(h, out=h)

    least = 1e-6 if x.dtype == torch.float32 else 1e-9

    def sech2_response() -> None:
        minus_squares()
        # h = 1 − tanh² r; dh/d(r²) = −h tanh(r)/r
        radius = torch.sqrt(h.neg_(), out=z).clamp_(min=least)
        torch.tanh(radius, out=psi)
        torch.mul(psi, psi, out=h).neg_().add_(1)
        psi.mul_(h).div_(radius)

    respond = gaussian_response if gaussian else sech2_response
    return respond, h, psi, kappa, scaled[:, :1], scaled[:, 1:], z


def _nothing() -> None:
    pass


def _attractor_program(
    force: Tensor, p: Tensor, x: Tensor, weights: Tensor, config: TrainConfig
) -> Callable[[], None]:
    """A function that adds λ m_C ∂attractor/∂p to `force`."""
    active = _active(weights)
    if active is None:
        return _nothing
    force, p, x, weights = force[active], p[active], x[active].contiguous(), weights[active]
    if config.attractor == "coverage":
        return _coverage_program(force, p, x, weights)
    if config.attractor == "soft coverage":
        return _soft_coverage_program(force, p, x, weights, config.softness)
    if config.attractor == "transport":
        return _transport_program(force, p, x, weights)
    units, samples = p.shape[-1], x.shape[-1]
    scale = weights / (max(units - 1, 1) * samples)
    return _kernel_program(force, p, x, scale, config.attractor, config.tau)


def _coverage_program(force: Tensor, p: Tensor, x: Tensor, weights: Tensor) -> Callable[[], None]:
    """∂coverage/∂p_j = 2/N Σ over its samples of (p_j − x_i)."""
    dims, samples = x.shape[1:]
    scale = (2 / samples * weights)[:, None, None].clone()
    half = x.new_tensor(0.5)

    def one_dimension() -> None:
        # sort the prototypes, and see between which midpoints each sample falls
        ordered, order = p.sort(dim=-1)
        midpoints = torch.add(ordered[..., 1:], ordered[..., :-1]).mul_(half)
        place = torch.searchsorted(midpoints, x)
        pull = ordered.gather(-1, place).sub_(x).mul_(scale)
        force.scatter_add_(-1, order.gather(-1, place), pull)

    samples_first = x.mT.contiguous()

    def any_dimension() -> None:
        # ‖x − p‖² without ‖x‖², which is the same for every prototype
        table = torch.baddbmm(p.square().sum(1, keepdim=True), samples_first, p, alpha=-2)
        owner = table.argmin(-1)[:, None].expand(-1, dims, -1)
        force.scatter_add_(-1, owner, p.gather(-1, owner).sub_(x).mul_(scale))

    return one_dimension if dims == 1 else any_dimension


def _soft_coverage_program(
    force: Tensor, p: Tensor, x: Tensor, weights: Tensor, softness: float
) -> Callable[[], None]:
    """∂/∂p_j = 2/N Σ_i r_ij (p_j − x_i), r_i· the softmax of −‖x_i − p_j‖²/T over the units."""
    nets, dims, samples = x.shape
    scale = (2 / samples * weights)[:, None, None].clone()
    fill, table = _squares_program(x, p)
    ones_and_x = torch.cat([torch.ones_like(x[:, :1]), x], dim=1)
    sums, push = p.new_empty(nets, dims + 1, p.shape[-1]), torch.empty_like(p)
    from_one, from_x = sums[:, :1], sums[:, 1:]

    def program() -> None:
        fill()
        share = torch.softmax(table.mul_(-1 / softness), dim=-1)
        torch.bmm(ones_and_x, share, out=sums)
        torch.mul(p, from_one, out=push).sub_(from_x)
        force.addcmul_(push, scale)

    return program


def _transport_program(force: Tensor, p: Tensor, x: Tensor, weights: Tensor) -> Callable[[], None]:
    """∂transport/∂p_σ(i) = 2/N (p_σ(i) − x_i)."""
    dims, samples = x.shape[1:]
    if samples != p.shape[-1]:
        raise ValueError(
            f"transport needs as many prototypes as samples, got {p.shape[-1]} and {samples}"
        )
    scale = (2 / samples * weights)[:, None, None].clone()
    ordered_x = x.sort(dim=-1).values

    def one_dimension() -> None:
        ordered, order = p.sort(dim=-1)
        force.scatter_add_(-1, order, ordered.sub_(ordered_x).mul_(scale))

    def any_dimension() -> None:
        pairs = matching.assign(p.mT, x.mT, squared=True)
        owner = torch.stack([torch.as_tensor(j) for _, j in pairs])[:, None].expand(-1, dims, -1)
        force.scatter_add_(-1, owner, p.gather(-1, owner).sub_(x).mul_(scale))

    return one_dimension if dims == 1 else any_dimension


def _separation_program(
    force: Tensor, p: Tensor, weights: Tensor, config: TrainConfig
) -> Callable[[], None]:
    """A function that adds λ m_S ∂separation/∂p to `force`."""
    active = _active(weights)
    if active is None:
        return _nothing
    force, p, weights = force[active], p[active], weights[active]
    units = p.shape[-1]
    scale = -weights / max(units * (units - 1), 1)
    return _kernel_program(force, p, p, scale, config.kernel, config.tau)


def _kernel_program(
    force: Tensor, p: Tensor, others: Tensor, scale: Tensor, kernel: Kernel, tau: float
) -> Callable[[], None]:
    """A function that adds scale · 4c Σ_k T_kj (p_j − o_k) to `force`, o the samples or p itself.

    With k a function of d², −∂k/∂(d²) = c T: T = k and c = 1/τ for the Gaussian; T = k³ and
    c = 1/(2τ) for the inverse multiquadric; T = 1/d and c = 1/2 for the energy kernel.
    """
    nets, dims, units = p.shape
    steepness = {"gaussian": 4 / tau, "imq": 2 / tau, "energy": 2.0}[kernel]
    scale = (steepness * scale)[:, None, None].clone()
    if kernel == "energy" and dims == 1:
        return _rank_program(force, p, others, scale)
    fill, table = _squares_program(others, p, 30 * tau)
    ones_and_others = p.new_ones(nets, dims + 1, others.shape[-1])
    copy_of_others = ones_and_others[:, 1:]
    copy_of_others.copy_(others)
    sums, push = p.new_empty(nets, dims + 1, units), torch.empty_like(p)
    from_one, from_others = sums[:, :1], sums[:, 1:]
    exponent, inverse_tau = p.new_tensor(-(KAPPA**2) / tau), p.new_tensor(1 / tau)

    def gaussian() -> None:
        table.mul_(exponent)
        torch.exp2(table, out=table)

    cube = torch.empty_like(table) if kernel == "imq" else table

    def imq() -> None:
        table.mul_(inverse_tau).add_(1)
        torch.rsqrt(table, out=cube)
        torch.div(cube, table, out=table)

    def energy() -> None:
        torch.rsqrt(table, out=table)
        table.masked_fill_(torch.isinf(table), 0)

    weigh = {"gaussian": gaussian, "imq": imq, "energy": energy}[kernel]

    def program() -> None:
        fill()
        weigh()
        if others is p:
            copy_of_others.copy_(p)
        torch.bmm(ones_and_others, table, out=sums)
        torch.mul(p, from_one, out=push).sub_(from_others)
        force.addcmul_(push, scale)

    return program


def _rank_program(force: Tensor, p: Tensor, others: Tensor, scale: Tensor) -> Callable[[], None]:
    """The energy kernel on a line: Σ_k sign(p_j − o_k), how many stand left of p_j minus right."""
    fixed = None if others is p else others.sort(dim=-1).values
    count = others.shape[-1]

    def program() -> None:
        points = p.contiguous()
        ordered = points.sort(dim=-1).values if fixed is None else fixed
        balance = torch.searchsorted(ordered, points)
        balance += torch.searchsorted(ordered, points, right=True)
        force.addcmul_(balance.sub_(count).to(p.dtype), scale)

    return program


def _squares_program(a: Tensor, b: Tensor, near: float = 0.0) -> tuple[Callable[[], None], Tensor]:
    """A function that fills a table (nets, m, n) of ‖a_i − b_j‖², and the table.

    a and b are (nets, dims, points). In many dimensions the table is a matrix product, which loses
    digits where points nearly coincide; pairs closer than a thousandth of the points' size are
    computed again by subtraction, and if the kernel is narrow all those closer than `near`.
    """
    nets, dims, m = a.shape
    n = b.shape[-1]
    table = a.new_empty(nets, m, n)
    if dims <= FEW_DIMS:
        difference, zero = torch.empty_like(table), a.new_zeros(())
        terms = [
            (a[:, d, :, None], b[:, d, None, :], zero if d == 0 else table) for d in range(dims)
        ]

        def few() -> None:
            for column, row, so_far in terms:
                torch.sub(column, row, out=difference)
                torch.addcmul(so_far, difference, difference, out=table)

        return few, table

    def many() -> None:
        a2, b2 = a.square().sum(1), b.square().sum(1)
        torch.baddbmm(b2[:, None], a.mT, b, alpha=-2, out=table)
        table.add_(a2[:, :, None])
        size = float(a2.mean())
        close = max(1e-3 * size, near if near < 0.03 * size else 0.0)
        r, i, j = torch.nonzero(table < close, as_tuple=True)
        table[r, i, j] = (a[r, :, i] - b[r, :, j]).square().sum(-1)

    return many, table


def gradients(
    parameters: Parameters,
    inputs: Float[Tensor, "nets samples dims"],
    targets: Float[Tensor, "nets samples *outputs"],
    masks: Float[Tensor, "nets 3"],
    config: TrainConfig = TrainConfig(),
) -> Parameters:
    """∂objective/∂(w, b, v, c) of every network, in closed form: the forces that training follows.

    Equal to autograd on `losses.objective` with `lam=config.lam, **config.forms()` (tested for all
    masks, attractors, kernels and activations), except where several prototypes are exactly equally
    near to a sample: here one of them is pulled (of coincident ones on a line, one by the samples
    to the left and one by those to the right), there they share the pull.

    In the centre parametrisation the second field holds ∂objective/∂p, and the first the derivative
    with respect to w while p is held.
    """
    _check(parameters, inputs, targets, masks)
    shape, centre = _shape(parameters), config.parametrisation == "centre"
    flat = _flatten(parameters, centre)
    gradient = torch.empty_like(flat)
    with torch.no_grad():
        _force_program(flat, gradient, inputs, targets, masks, shape, config)()
    return _unflatten(gradient, shape)


# ------------------------------------------------------------------------------ the optimisers


def _adam(flat: Tensor, gradient: Tensor, learning_rate: float) -> Callable[[int], None]:
    """Adam (Kingma and Ba, arXiv:1412.6980), in the arithmetic of `torch.optim.Adam`."""
    beta1, beta2, epsilon = 0.9, 0.999, 1e-8
    mean, square = torch.zeros_like(flat), torch.zeros_like(flat)
    root, decay = torch.empty_like(flat), flat.new_tensor(beta2)

    def update(step: int) -> None:
        mean.lerp_(gradient, 1 - beta1)
        square.mul_(decay).addcmul_(gradient, gradient, value=1 - beta2)
        # the two bias corrections, moved out of the root: one operation on the array fewer
        correction = math.sqrt(1 - beta2**step)
        torch.sqrt(square, out=root)
        root.add_(epsilon * correction)
        flat.addcdiv_(mean, root, value=-learning_rate * correction / (1 - beta1**step))

    return update


def _sgd(flat: Tensor, gradient: Tensor, learning_rate: float) -> Callable[[int], None]:
    def update(step: int) -> None:
        flat.add_(gradient, alpha=-learning_rate)

    return update


def train(
    parameters: Parameters,
    inputs: Float[Tensor, "nets samples dims"],
    targets: Float[Tensor, "nets samples *outputs"],
    masks: Float[Tensor, "nets 3"],
    config: TrainConfig = TrainConfig(),
    *,
    snapshot_every: int | None = None,
    progress: bool = False,
) -> TrainResult:
    """Train every network of the stack on its own data, full batch, all at once.

    Parameters
    ----------
    parameters
        the start; left unchanged. Its dtype (float32 or float64) is the run's dtype.
    masks
        (nets, 3), the weight of coverage, separation and overlap in each network; the paper's
        masks are 0 or 1, but any number ≥ 0 will do.
    snapshot_every
        keep a copy of the weights every so many steps, and at step 0 and the last.
    progress
        show a progress bar over steps.

    Notes
    -----
    Networks never mix. A network trained in a stack still differs from the same one trained alone,
    in the last bits: matrix products and vectorised loops add in an order that depends on the
    array's shape. The tests bound that drift: in float64 it stays below 1e-9 over 300 steps; in
    float32 rounding is 10⁹ times coarser, and a run whose prototypes collide may amplify it.

    Raises
    ------
    ValueError
        if shapes or dtypes disagree (the message says which), or `snapshot_every` < 1.

    Examples
    --------
    >>> from protolib import data, model
    >>> x = data.uniform([0], samples=5)
    >>> result = train(model.initialise([0], 5), x, data.sine(x), torch.zeros(1, 3))
    >>> bool(losses.fit(predict(result.parameters, x), data.sine(x)) < 0.1)
    True
    """
    _check(parameters, inputs, targets, masks)
    if snapshot_every is not None and snapshot_every < 1:
        raise ValueError(f"snapshot_every must be ≥ 1, got {snapshot_every}")
    shape, centre = _shape(parameters), config.parametrisation == "centre"
    flat = _flatten(parameters, centre)
    gradient = torch.empty_like(flat)
    program = _force_program(flat, gradient, inputs, targets, masks, shape, config)
    optimiser = {"adam": _adam, "sgd": _sgd}[config.optimiser]
    update = optimiser(flat, gradient, config.learning_rate)

    frames: list[Tensor] = [flat.clone()] if snapshot_every else []
    steps_kept = [0] if snapshot_every else []
    with torch.no_grad():
        for step in trange(1, config.steps + 1, disable=not progress, desc="training"):
            program()
            update(step)
            if snapshot_every and (step % snapshot_every == 0 or step == config.steps):
                frames.append(flat.clone())
                steps_kept.append(step)
    kept = torch.stack(frames, dim=1) if frames else flat[:, None][:, :0]
    return TrainResult(
        parameters=_unflatten(flat, shape, centre),
        config=config,
        snapshot_steps=torch.tensor(steps_kept, dtype=torch.long),
        snapshots=_unflatten(kept, shape, centre),
    )


def curves(
    result: TrainResult,
    inputs: Float[Tensor, "nets samples dims"],
    targets: Float[Tensor, "nets samples *outputs"],
) -> Float[Tensor, "nets frames 4"]:
    """Fit, attractor (coverage), separation and overlap at every snapshot, by the reference losses.

    Each in the form that the run's configuration gives it.
    """
    frames, config = [], result.config
    for frame in range(len(result.snapshot_steps)):
        moment = Parameters(*(tensor[:, frame] for tensor in result.snapshots))
        predictions = predict(moment, inputs, activation=config.activation)
        error = losses.fit(predictions, targets)
        structure = losses.structural(moment, inputs, **config.forms())
        frames.append(torch.cat([error[:, None], structure], dim=-1))
    if not frames:
        raise ValueError("this result has no snapshots: train with snapshot_every=…")
    return torch.stack(frames, dim=1)
