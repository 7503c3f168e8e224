"""The trainer: full-batch Adam or SGD on a stack of networks, with closed-form gradients.

`losses.objective` says what is minimised; `gradients` is its derivative, worked out by hand and
checked against autograd in the tests, for every mask. Three ideas make it fast:

1. With G_ij = ∂objective/∂h_ij · h_ij, every weight gradient is a matrix product of the rows
   (1, x_i, ‖x_i‖²) with G, because z_ij is linear in x_i. No (nets, samples, units) array of
   derivatives is ever formed.
2. exp(−z²) is computed as exp2(−(κz)²) with κ² = log₂ e: the same number, several times faster.
3. In one dimension the nearest prototype is found by sorting, O(N log N), and not by a table.

All arrays are allocated once per run and reused. Keep the stack small enough for the processor's
cache (`protolib.sweep` does) and use one torch thread: on arrays this small a second one costs more
than it brings (`one_thread`).
"""

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from tqdm.auto import trange

from protolib import losses
from protolib.model import SLOPE_FLOOR, Parameters, predict

KAPPA = math.sqrt(math.log2(math.e))


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
        τ, the temperature of the separation loss, > 0, in squared input units
    """

    steps: int = 2000
    learning_rate: float = 1e-2
    optimiser: Literal["adam", "sgd"] = "adam"
    lam: float = 0.1
    tau: float = 1e-3

    def __post_init__(self) -> None:
        if self.steps < 0:
            raise ValueError(f"steps must be ≥ 0, got {self.steps}")
        for name in ("learning_rate", "tau"):
            value = getattr(self, name)
            if not (value > 0 and math.isfinite(value)):
                raise ValueError(f"{name} must be a finite number > 0, got {value}")
        if not (self.lam >= 0 and math.isfinite(self.lam)):
            raise ValueError(f"lam must be a finite number ≥ 0, got {self.lam}")
        if self.optimiser not in ("adam", "sgd"):
            raise ValueError(f'optimiser must be "adam" or "sgd", got {self.optimiser!r}')


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
# operations on one matrix.


def _flatten(parameters: Parameters) -> Tensor:
    w, b, v, c = parameters
    return torch.cat([w, b.transpose(-1, -2).flatten(-2), v, c[..., None]], dim=-1)


def _unflatten(flat: Tensor, units: int, dims: int) -> Parameters:
    w, b, v, c = flat.split([units, units * dims, units, 1], dim=-1)
    return Parameters(w, b.unflatten(-1, (dims, units)).transpose(-1, -2), v, c.squeeze(-1))


def _check(parameters: Parameters, inputs: Tensor, targets: Tensor, masks: Tensor) -> None:
    if inputs.ndim != 3:
        raise ValueError(f"inputs must be (nets, samples, dims), got {tuple(inputs.shape)}")
    nets, samples, dims = inputs.shape
    units = parameters.slope.shape[-1]
    expected = {
        "parameters.slope": (parameters.slope, (nets, units)),
        "parameters.bias": (parameters.bias, (nets, units, dims)),
        "parameters.readout": (parameters.readout, (nets, units)),
        "parameters.offset": (parameters.offset, (nets,)),
        "targets": (targets, (nets, samples)),
        "masks": (masks, (nets, 3)),
    }
    for name, (tensor, shape) in expected.items():
        if tuple(tensor.shape) != shape:
            raise ValueError(f"{name} must have shape {shape}, got {tuple(tensor.shape)}")
        if tensor.dtype != inputs.dtype:
            raise ValueError(f"{name} must be {inputs.dtype} like inputs, got {tensor.dtype}")


# ------------------------------------------------------------------------------ the forces


def _force_program(
    flat: Tensor,
    gradient: Tensor,
    inputs: Tensor,
    targets: Tensor,
    masks: Tensor,
    *,
    units: int,
    lam: float,
    tau: float,
) -> Callable[[], None]:
    """Allocate the work space once; return a function that fills `gradient` from `flat`.

    The inner functions only fill arrays that exist. Views and constants are made here, outside the
    loop: for small networks, making a view costs as much as the arithmetic.
    """
    nets, samples, dims = inputs.shape
    new, constant = inputs.new_empty, inputs.new_tensor
    w, b, v, c = _unflatten(flat, units, dims)
    grad_w, grad_b, grad_v, grad_c = _unflatten(gradient, units, dims)
    b, grad_b = b.mT, grad_b.mT  # (nets, dims, units)
    x = inputs.mT.contiguous()  # (nets, dims, samples)

    respond, h, scaled_w, scaled_b, scratch = _response_program(flat, x, units)

    # rows (1, x_1 … x_D, ‖x‖²) turn G into weight gradients; the fit's 2/N is folded in
    rows = torch.cat([torch.ones_like(x[:, :1]), x, x.square().sum(1, keepdim=True)], dim=1)
    fit_rows = 2 / samples * rows
    residual, weighted = new(nets, samples), torch.empty_like(rows)
    product, moments = new(nets, dims + 2, units), new(nets, dims + 2, units)
    zeroth, first, last = moments[:, :1], moments[:, 1:-1], moments[:, -1]
    minus_two, scaled_v = constant(-2 / KAPPA), new(nets, 1, units)
    v_row, residual_row, c_column = v[:, None], residual[:, None], c[:, None]
    product_v, weighted_c = product[:, 0], weighted[:, 0]

    quiet = _active(masks[:, 2] * lam)
    if quiet is not None:
        pairs = max(units * (units - 1), 1)
        quiet_h, quiet_h2, quiet_moments = h[quiet], scratch[quiet], moments[quiet]
        quiet_rows = (
            -4 / KAPPA / (samples * pairs) * lam * masks[quiet, 2, None, None] * rows[quiet]
        )
        row_sum, quiet_weighted = new(*quiet_rows.shape[::2]), torch.empty_like(quiet_rows)
        row_sum_row = row_sum[:, None]
        quiet_product = torch.empty_like(quiet_moments)

    def weight_gradients() -> None:
        torch.mul(h, v_row, out=scratch)
        torch.sum(scratch, dim=-1, out=residual)
        residual.add_(c_column).sub_(targets)
        torch.mul(fit_rows, residual_row, out=weighted)
        torch.sum(weighted_c, dim=-1, out=grad_c)
        torch.bmm(weighted, h, out=product)
        grad_v.copy_(product_v)
        torch.mul(v_row, minus_two, out=scaled_v)
        torch.mul(product, scaled_v, out=moments)
        if quiet is not None:
            torch.sum(quiet_h, dim=-1, out=row_sum)
            torch.mul(quiet_rows, row_sum_row, out=quiet_weighted)
            torch.bmm(quiet_weighted, quiet_h, out=quiet_product)
            quiet_moments.add_(quiet_product)
            torch.mul(quiet_h, quiet_h, out=quiet_h2)
            torch.bmm(quiet_rows, quiet_h2, out=quiet_product)
            quiet_moments.sub_(quiet_product)
        # Σ_i G_ij ∂z²/∂b = 2 Σ_i G_ij (w x_i + b), and likewise for w with one more factor x_i
        torch.mul(first, scaled_w, out=grad_b)
        grad_b.addcmul_(zeroth, scaled_b)
        torch.mul(last, scaled_w[:, 0], out=grad_w)
        for d in range(dims):
            grad_w.addcmul_(first[:, d], scaled_b[:, d])

    if _active(masks[:, :2].amax(-1) * lam) is None:

        def program() -> None:
            respond()
            weight_gradients()

        return program

    p, force = new(nets, dims, units), new(nets, dims, units)  # force = ∂objective/∂p
    pull = _coverage_program(force, p, x, lam * masks[:, 0])
    push = _separation_program(force, p, lam * masks[:, 1], tau)
    size, slope, along = new(nets, units), new(nets, units), new(nets, dims, units)
    slope_row, floor, above = slope[:, None], constant(SLOPE_FLOOR), torch.empty_like(w).bool()

    def prototype_forces() -> None:
        torch.abs(w, out=size)
        torch.ge(size, floor, out=above)
        torch.copysign(size.clamp_(floor), w, out=slope)
        torch.div(b, slope_row, out=p).neg_()
        force.zero_()
        pull()
        push()
        # p = −b/w: ∂p/∂b = −1/w, ∂p/∂w = −p/w (and 0 where the slope is floored)
        force.div_(slope_row)
        grad_b.sub_(force)
        torch.mul(force, p, out=along)
        for d in range(dims):
            grad_w.addcmul_(along[:, d], above, value=-1)

    def program() -> None:
        respond()
        weight_gradients()
        prototype_forces()

    return program


def _active(weights: Tensor) -> slice | None:
    """The shortest run of nets that holds every nonzero weight; None if there is none."""
    (index,) = torch.nonzero(weights, as_tuple=True)
    return slice(int(index[0]), int(index[-1]) + 1) if len(index) else None


def _response_program(
    flat: Tensor, x: Tensor, units: int
) -> tuple[Callable[[], None], Tensor, Tensor, Tensor, Tensor]:
    """A function that fills h from the weights; h, κw, κb, and a scratch array of h's shape."""
    nets, dims, samples = x.shape
    weights = flat[:, : units * (dims + 1)].unflatten(-1, (dims + 1, units))
    scaled, kappa = torch.empty_like(weights), flat.new_tensor(KAPPA)
    h, z = flat.new_empty(2, nets, samples, units)
    zero = flat.new_zeros(())
    slope = scaled[:, None, 0]
    terms = [(scaled[:, None, d + 1], x[:, d, :, None], zero if d == 0 else h) for d in range(dims)]

    def respond() -> None:
        torch.mul(weights, kappa, out=scaled)
        for bias, column, so_far in terms:
            torch.addcmul(bias, column, slope, out=z)
            torch.addcmul(so_far, z, z, value=-1, out=h)
        torch.exp2(h, out=h)

    return respond, h, scaled[:, :1], scaled[:, 1:], z


def _nothing() -> None:
    pass


def _coverage_program(force: Tensor, p: Tensor, x: Tensor, weights: Tensor) -> Callable[[], None]:
    """A function that adds λ m_C ∂coverage/∂p to `force`: 2/N Σ over its samples of (p_j − x_i)."""
    active = _active(weights)
    if active is None:
        return _nothing
    force, p, x = force[active], p[active], x[active].contiguous()
    dims, samples = x.shape[1:]
    scale = (2 / samples * weights[active])[:, None, None].clone()
    half = x.new_tensor(0.5)

    def one_dimension() -> None:
        # sort the prototypes, and see between which midpoints each sample falls
        ordered, order = p.sort(dim=-1)
        midpoints = torch.add(ordered[..., 1:], ordered[..., :-1]).mul_(half)
        place = torch.searchsorted(midpoints, x)
        pull = ordered.gather(-1, place).sub_(x).mul_(scale)
        force.scatter_add_(-1, order.gather(-1, place), pull)

    def any_dimension() -> None:
        table = torch.cdist(x.mT, p.mT, compute_mode="donot_use_mm_for_euclid_dist")
        owner = table.argmin(-1)[:, None].expand(-1, dims, -1)
        force.scatter_add_(-1, owner, p.gather(-1, owner).sub_(x).mul_(scale))

    return one_dimension if dims == 1 else any_dimension


def _separation_program(
    force: Tensor, p: Tensor, weights: Tensor, tau: float
) -> Callable[[], None]:
    """A function that adds λ m_S ∂separation/∂p to `force`.

    ∂separation/∂p_j = −4/(τN(N−1)) Σ_k K_jk (p_j − p_k), with K_jk = exp(−‖p_j − p_k‖²/τ).
    """
    active = _active(weights)
    if active is None:
        return _nothing
    force, p = force[active], p[active]
    nets, dims, units = p.shape
    scale = (-4 / (tau * max(units * (units - 1), 1)) * weights[active])[:, None, None].clone()
    kernel, difference = p.new_empty(2, nets, units, units)
    ones_and_p, attracted = p.new_ones(nets, dims + 1, units), p.new_empty(nets, dims + 1, units)
    copy_of_p, from_one, from_p = ones_and_p[:, 1:], attracted[:, :1], attracted[:, 1:]
    push, zero = torch.empty_like(p), p.new_zeros(())
    terms = [(p[:, d, :, None], p[:, d, None, :], zero if d == 0 else kernel) for d in range(dims)]

    def program() -> None:
        for column, row, so_far in terms:
            torch.sub(column, row, out=difference)
            torch.addcmul(so_far, difference, difference, value=-(KAPPA**2) / tau, out=kernel)
        torch.exp2(kernel, out=kernel)
        copy_of_p.copy_(p)
        torch.bmm(ones_and_p, kernel, out=attracted)
        torch.mul(p, from_one, out=push).sub_(from_p)
        force.addcmul_(push, scale)

    return program


def gradients(
    parameters: Parameters,
    inputs: Float[Tensor, "nets samples dims"],
    targets: Float[Tensor, "nets samples"],
    masks: Float[Tensor, "nets 3"],
    *,
    lam: float,
    tau: float,
) -> Parameters:
    """∂objective/∂(w, b, v, c) of every network, in closed form: the forces that training follows.

    Equal to autograd on `losses.objective` (tested for all masks, one and two dims), except where
    several prototypes are exactly equally near to a sample: here one of them is pulled (of
    coincident ones on a line, one by the samples to the left and one by those to the right), there
    they share the pull.
    """
    _check(parameters, inputs, targets, masks)
    TrainConfig(lam=lam, tau=tau)  # refuses what is out of range
    flat = _flatten(parameters)
    gradient = torch.empty_like(flat)
    units, dims = parameters.slope.shape[-1], inputs.shape[-1]
    _force_program(flat, gradient, inputs, targets, masks, units=units, lam=lam, tau=tau)()
    return _unflatten(gradient, units, dims)


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
    targets: Float[Tensor, "nets samples"],
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
    units, dims = parameters.slope.shape[-1], inputs.shape[-1]
    flat = _flatten(parameters)
    gradient = torch.empty_like(flat)
    program = _force_program(
        flat, gradient, inputs, targets, masks, units=units, lam=config.lam, tau=config.tau
    )
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
        parameters=_unflatten(flat, units, dims),
        config=config,
        snapshot_steps=torch.tensor(steps_kept, dtype=torch.long),
        snapshots=_unflatten(kept, units, dims),
    )


def curves(
    result: TrainResult,
    inputs: Float[Tensor, "nets samples dims"],
    targets: Float[Tensor, "nets samples"],
) -> Float[Tensor, "nets frames 4"]:
    """Fit, coverage, separation and overlap at every snapshot, by the reference losses."""
    frames = []
    for frame in range(len(result.snapshot_steps)):
        moment = Parameters(*(tensor[:, frame] for tensor in result.snapshots))
        error = losses.fit(predict(moment, inputs), targets)
        structure = losses.structural(moment, inputs, tau=result.config.tau)
        frames.append(torch.cat([error[:, None], structure], dim=-1))
    if not frames:
        raise ValueError("this result has no snapshots: train with snapshot_every=…")
    return torch.stack(frames, dim=1)
