"""The gradient of the objective as a sequence of programs that fill one flat array from another.

With G_ij = ∂objective/∂h_ij · h_ij, every weight gradient is a matrix product of the rows
(1, x_i, ‖x_i‖²) with G, because z_ij is linear in x_i. The products are called *moments* here. No
(nets, samples, units) array of derivatives is ever formed.
"""

import torch
from torch import Tensor

from protolib.losses import coefficients
from protolib.model import SLOPE_FLOOR
from protolib.training.attractors import active, attractor_program, separation_program
from protolib.training.config import TrainConfig
from protolib.training.flat import Shape, Views, views
from protolib.training.response import FEW_DIMS, Program, Response, response_program


def force_program(
    flat: Tensor,
    gradient: Tensor,
    inputs: Tensor,
    targets: Tensor,
    masks: Tensor,
    shape: Shape,
    config: TrainConfig,
) -> Program:
    """Allocate the work space once; return a program that fills `gradient` from `flat`.

    Both (nets, width); inputs (nets, samples, dims), targets (nets, samples, *outputs), masks
    (nets, 3). Masks may stay on the processor while the others are elsewhere: they say what to do.
    """
    (nets, _, dims), (units, _, outputs) = inputs.shape, shape
    at, slopes, x = views(flat, shape), views(gradient, shape), inputs.mT.contiguous()
    centre = config.parametrisation == "centre"
    weights = flat[:, : units * (dims + 1)].unflatten(-1, (dims + 1, units))
    if centre:  # the response is computed from (w, b), whatever the optimiser moves
        weights = torch.empty_like(weights)
    response = response_program(weights, x, config.activation)
    lam_c, lam_s, lam_o = coefficients(config.lam)
    pulls, pushes = lam_c * masks[:, 0], lam_s * masks[:, 1]
    rows = torch.cat([torch.ones_like(x[:, :1]), x, x.square().sum(1, keepdim=True)], dim=1)
    moments, along = x.new_empty(nets, dims + 2, units), x.new_empty(nets, dims, units)

    fit = _scalar_fit if outputs is None else _vector_fit
    steps = [
        response.fill,
        fit(moments, response, rows, at, slopes, targets),
        _overlap(moments, response, rows, masks[:, 2], lam_o),
        _weights_from_moments(slopes, response, moments, along),
    ]
    if centre:
        before, after = _centres(weights, at, slopes, along)
        steps = [before, *steps, after]
    if active(torch.maximum(pulls, pushes)) is not None:
        p, force = x.new_empty(2, nets, dims, units)  # force = ∂objective/∂p
        before, after = (_force_on_centres if centre else _force_on_prototypes)(
            p, force, at, slopes, along
        )
        pull = attractor_program(force, p, x, pulls, config)
        push = separation_program(force, p, pushes, config)
        steps += [before, pull, push, after]
    steps = [step for step in steps if step is not None]

    def program() -> None:
        for step in steps:
            step()

    return program


# ------------------------------------------------------------------------------ moments


def _scalar_fit(
    moments: Tensor, response: Response, rows: Tensor, at: Views, slopes: Views, targets: Tensor
) -> Program:
    """Moments of the fit with one output, and the gradients of v and c."""
    h, psi, scratch = response.h, response.psi, response.scratch
    v_row, c_column = at.v[:, None], at.c[:, None]
    fit_rows = 2 / rows.shape[-1] * rows  # the fit's 2/N is folded in
    residual = rows.new_empty(len(rows), rows.shape[-1])
    weighted, product = torch.empty_like(rows), torch.empty_like(moments)
    minus_two, scaled_v = rows.new_tensor(-2 / response.kappa), torch.empty_like(v_row)
    residual_row = residual[:, None]
    first_row, weighted_c = weighted[:, :1], weighted[:, 0]
    product_v, grad_v, grad_v_row, grad_c = product[:, 0], slopes.v, slopes.v[:, None], slopes.c

    def program() -> None:
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

    return program


def _vector_fit(
    moments: Tensor, response: Response, rows: Tensor, at: Views, slopes: Views, targets: Tensor
) -> Program:
    """Moments of the fit with several outputs, and the gradients of v and c."""
    h, psi, scratch = response.h, response.psi, response.scratch
    share = 2 / targets[0].numel()
    steep_rows = -2 / response.kappa * share * rows
    v, c_row, grad_v, grad_c = at.v, at.c[:, None], slopes.v, slopes.c

    def program() -> None:
        error = torch.baddbmm(c_row, h, v).sub_(targets)  # (nets, samples, outputs)
        torch.sum(error, dim=1, out=grad_c)
        grad_c.mul_(share)
        grad_v.copy_(torch.bmm(h.mT, error)).mul_(share)
        torch.bmm(error, v.mT, out=scratch)
        scratch.mul_(psi)
        torch.bmm(steep_rows, scratch, out=moments)

    return program


def _overlap(
    moments: Tensor, response: Response, rows: Tensor, mask: Tensor, lam: float
) -> Program | None:
    """Add λ_O m_O times the moments of the overlap, from sums over units."""
    on = active(mask * lam)
    if on is None:
        return None
    h, psi, product, part_of = (
        table[on] for table in (response.h, response.psi, response.scratch, moments)
    )
    samples, units = h.shape[1:]
    pairs, own = max(units * (units - 1), 1), mask[on, None, None].to(h.device)
    steep_rows = -4 / response.kappa / (samples * pairs) * lam * own * rows[on]
    row_sum, weighted = h.new_empty(len(h), samples), torch.empty_like(steep_rows)
    row_sum_row, part = row_sum[:, None], torch.empty_like(part_of)

    def program() -> None:
        torch.sum(h, dim=-1, out=row_sum)
        torch.mul(steep_rows, row_sum_row, out=weighted)
        torch.bmm(weighted, psi, out=part)
        part_of.add_(part)
        torch.mul(h, psi, out=product)
        torch.bmm(steep_rows, product, out=part)
        part_of.sub_(part)

    return program


def _weights_from_moments(
    slopes: Views, response: Response, moments: Tensor, along: Tensor
) -> Program:
    """Σ_i G_ij ∂z²/∂b = 2 Σ_i G_ij (w x_i + b), and for w with one more factor x_i."""
    zeroth, first, last = moments[:, :1], moments[:, 1:-1], moments[:, -1]
    slope, bias, slope_flat = response.slope, response.bias, response.slope[:, 0]
    grad_w, grad_b = slopes.w, slopes.place

    def program() -> None:
        torch.mul(first, slope, out=grad_b)
        grad_b.addcmul_(zeroth, bias)
        torch.mul(last, slope_flat, out=grad_w)
        _add_dot(grad_w, first, bias, along)

    return program


def _add_dot(total: Tensor, a: Tensor, b: Tensor, scratch: Tensor, sign: int = 1) -> None:
    """total += sign · Σ_d a_d b_d: total (nets, units), the others (nets, dims, units)."""
    dims = a.shape[1]
    if dims <= FEW_DIMS:
        for d in range(dims):
            total.addcmul_(a[:, d], b[:, d], value=sign)
    else:
        total.add_(torch.mul(a, b, out=scratch).sum(1), alpha=sign)


# ------------------------------------------------------------------------------ prototypes


def _force_on_prototypes(
    p: Tensor, force: Tensor, at: Views, slopes: Views, along: Tensor
) -> tuple[Program, Program]:
    """Before: p = −b/w with the floored slope, and no force. After: the weights' share of it.

    ∂p/∂b = −1/w, ∂p/∂w = −p/w (and 0 where the slope is floored).
    """
    (w, place), grad_w, grad_b = at[:2], slopes.w, slopes.place
    size, slope = force.new_empty(2, *w.shape)
    slope_row, floor = slope[:, None], force.new_tensor(SLOPE_FLOOR)
    above = torch.empty_like(size, dtype=torch.bool)
    above_row = above[:, None]

    def before() -> None:
        torch.abs(w, out=size)
        torch.ge(size, floor, out=above)
        torch.copysign(size.clamp_(floor), w, out=slope)
        torch.div(place, slope_row, out=p).neg_()
        force.zero_()

    def after() -> None:
        force.div_(slope_row)
        grad_b.sub_(force)
        force.mul_(above_row)
        _add_dot(grad_w, force, p, along, sign=-1)

    return before, after


def _force_on_centres(
    p: Tensor, force: Tensor, at: Views, slopes: Views, along: Tensor
) -> tuple[Program, Program]:
    """The same where prototypes are what the optimiser moves: no chain rule."""
    place, grad_p = at.place, slopes.place

    def before() -> None:
        p.copy_(place)
        force.zero_()

    def after() -> None:
        grad_p.add_(force)

    return before, after


def _centres(weights: Tensor, at: Views, slopes: Views, along: Tensor) -> tuple[Program, Program]:
    """Before: (w, b) for the response, b = −w p. After: from ∂/∂b to ∂/∂p = −w ∂/∂b."""
    own_w, own_b, w, w_row, place = weights[:, 0], weights[:, 1:], at.w, at.w[:, None], at.place
    grad_w, grad_b = slopes.w, slopes.place

    def before() -> None:
        own_w.copy_(w)
        torch.mul(place, w_row, out=own_b).neg_()

    def after() -> None:
        torch.mul(grad_b, place, out=along)  # ∂b/∂w = −p
        grad_w.sub_(along.sum(1))
        grad_b.mul_(w_row).neg_()

    return before, after
