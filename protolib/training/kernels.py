"""Tables of squared distances, and the force that a kernel exerts between two clouds of points.

In one dimension the forces of the energy kernel are found by sorting, O(N log N), and not by a
table. In many dimensions squared distances come from matrix products, and near pairs, where that
would lose digits, are computed again.
"""

import torch
from torch import Tensor

from protolib.losses import Kernel
from protolib.training.response import FEW_DIMS, KAPPA, Program


def kernel_program(
    force: Tensor, p: Tensor, others: Tensor, scale: Tensor, kernel: Kernel, tau: float
) -> Program:
    """A function that adds scale · 4c Σ_k T_kj (p_j − o_k) to `force`, o the samples or p itself.

    With k a function of d², −∂k/∂(d²) = c T: T = k and c = 1/τ for the Gaussian; T = k³ and
    c = 1/(2τ) for the inverse multiquadric; T = 1/d and c = 1/2 for the energy kernel.
    """
    nets, dims, units = p.shape
    steepness = {"gaussian": 4 / tau, "imq": 2 / tau, "energy": 2.0}[kernel]
    scale = (steepness * scale)[:, None, None].clone()
    if kernel == "energy" and dims == 1:
        return rank_program(force, p, others, scale)
    fill, table = squares_program(others, p, 30 * tau)
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


def rank_program(force: Tensor, p: Tensor, others: Tensor, scale: Tensor) -> Program:
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


def squares_program(a: Tensor, b: Tensor, near: float = 0.0) -> tuple[Program, Tensor]:
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
