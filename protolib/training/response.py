"""The response h of every unit to every sample, and what its derivative needs.

A *program* here and beside is a function without arguments that fills arrays that exist. Views and
constants are made once, outside the loop: for small networks, making a view costs as much as the
arithmetic.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from protolib.model import Activation

Program = Callable[[], None]
KAPPA = math.sqrt(math.log2(math.e))
FEW_DIMS = 3  # up to here distances are summed dimension by dimension; beyond, by matrix products


class Response(NamedTuple):
    """What `response_program` makes. ∂h/∂z = −2 z ψ; for the Gaussian ψ is the same array as h."""

    fill: Program
    h: Tensor  # (nets, samples, units), and so is ψ
    psi: Tensor
    kappa: float
    slope: Tensor  # κw, (nets, 1, units)
    bias: Tensor  # κb, (nets, dims, units)
    scratch: Tensor  # of h's shape


def response_program(weights: Tensor, x: Tensor, activation: Activation) -> Response:
    """A program that fills h and ψ from weights (nets, 1 + dims, units), x (nets, dims, samples).

    exp(−z²) is computed as exp2(−(κz)²) with κ² = log₂ e: the same number, several times faster.
    """
    nets, dims, samples = x.shape
    gaussian = activation == "gaussian"
    kappa = KAPPA if gaussian else 1.0
    h, z = x.new_empty(2, nets, samples, weights.shape[-1])
    psi = h if gaussian else torch.empty_like(h)
    scaled, factor = torch.empty_like(weights), x.new_tensor(kappa)
    minus_squares = (_minus_squares_few if dims <= FEW_DIMS else _minus_squares_many)(
        scaled, x, h, z
    )

    def gaussian_response() -> None:
        torch.mul(weights, factor, out=scaled)
        minus_squares()
        torch.exp2(h, out=h)

    least = 1e-6 if x.dtype == torch.float32 else 1e-9

    def sech2_response() -> None:
        torch.mul(weights, factor, out=scaled)
        minus_squares()
        # h = 1 − tanh² r; dh/d(r²) = −h tanh(r)/r
        radius = torch.sqrt(h.neg_(), out=z).clamp_(min=least)
        torch.tanh(radius, out=psi)
        torch.mul(psi, psi, out=h).neg_().add_(1)
        psi.mul_(h).div_(radius)

    respond = gaussian_response if gaussian else sech2_response
    return Response(respond, h, psi, kappa, scaled[:, :1], scaled[:, 1:], z)


def _minus_squares_few(scaled: Tensor, x: Tensor, h: Tensor, z: Tensor) -> Program:
    """h = −‖κ(w x + b)‖², summed dimension by dimension."""
    slope, zero = scaled[:, None, 0], x.new_zeros(())
    terms = [
        (scaled[:, None, d + 1], x[:, d, :, None], zero if d == 0 else h) for d in range(x.shape[1])
    ]

    def program() -> None:
        for bias, column, so_far in terms:
            torch.addcmul(bias, column, slope, out=z)
            torch.addcmul(so_far, z, z, value=-1, out=h)

    return program


def _minus_squares_many(scaled: Tensor, x: Tensor, h: Tensor, z: Tensor) -> Program:
    """The same as −‖b‖² − 2 x · (w b) − w² ‖x‖², one matrix product."""
    nets, dims, _ = x.shape
    columns = torch.cat([torch.ones_like(x[:, :1]), x, x.square().sum(1, keepdim=True)], 1).mT
    coefficients = x.new_empty(nets, dims + 2, scaled.shape[-1])
    constant, linear, square = coefficients[:, 0], coefficients[:, 1:-1], coefficients[:, -1]
    slope, bias, slope_row = scaled[:, 0], scaled[:, 1:], scaled[:, :1]

    def program() -> None:
        torch.mul(bias, bias, out=linear)
        torch.sum(linear, dim=1, out=constant)
        constant.neg_()
        torch.mul(bias, slope_row, out=linear).mul_(-2)
        torch.mul(slope, slope, out=square).neg_()
        torch.bmm(columns, coefficients, out=h)
        h.clamp_(max=0)

    return program
