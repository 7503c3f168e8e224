"""One hidden layer of Gaussian units, many networks at once.

A network is four tensors (`Parameters`), and a stack of networks is the same four tensors with a
leading `nets` axis. Nothing in this module mixes networks.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from protolib.data import INITIALISATION, generator

Activation = Literal["gaussian", "sech2"]
Start = Literal["uniform", "pytorch", "glorot"]

# Below this |w| a prototype is read with the slope floored, so that p = −b/w stays finite.
SLOPE_FLOOR = 1e-4


class Parameters(NamedTuple):
    """The weights of a stack of networks. Symbols as in the book: w, b, v, c.

    Parameters
    ----------
    slope
        w, (nets, units)
    bias
        b, (nets, units, dims)
    readout
        v, (nets, units), or (nets, units, outputs) for a network with several outputs
    offset
        c, (nets,), or (nets, outputs)
    """

    slope: Float[Tensor, "*nets units"]
    bias: Float[Tensor, "*nets units dims"]
    readout: Float[Tensor, "*nets units"] | Float[Tensor, "*nets units outputs"]
    offset: Float[Tensor, "*nets"] | Float[Tensor, "*nets outputs"]


def initialise(
    seeds: Sequence[int],
    units: int,
    dims: int = 1,
    *,
    outputs: int | None = None,
    slope: float = 1.5,
    start: Start = "uniform",
    dtype: torch.dtype = torch.float32,
) -> Parameters:
    """The nominal start: prototypes uniform in [−1, 1]^dims, every slope equal. Our choice.

    b = −w p with p ~ U[−1, 1]; v and c ~ U(±1/√units), PyTorch's rule for a linear layer.
    One generator per seed, drawn in float64 and rounded to `dtype`.

    Parameters
    ----------
    outputs
        None for one output without an axis; a number for readouts (nets, units, outputs).
    start
        "uniform" as above, or "pytorch": w and b ~ U(±1/√dims), PyTorch's rule for the first layer
        too. A ratio of two such numbers has heavy tails, and so have these prototypes. Or "glorot":
        w ~ U(±√(6/(dims + units))) and b = 0, the habit of Keras; all prototypes start at 0.

    Raises
    ------
    ValueError
        if there is no unit or dimension, the slope is 0, or there is no such start.

    Examples
    --------

    >>> start = initialise([0], units=4)
    >>> bool((prototypes(start).abs() <= 1).all())
    True
    """
    if units < 1 or dims < 1:
        raise ValueError(f"units and dims must be ≥ 1, got units={units}, dims={dims}")
    if slope == 0:
        raise ValueError("the initial slope must not be 0: −b/w would not exist")
    if start not in get_args(Start):
        raise ValueError(f"start must be one of {get_args(Start)}, got {start!r}")
    bound, first = units**-0.5, dims**-0.5
    several = () if outputs is None else (outputs,)
    slopes, biases, readouts, offsets = [], [], [], []
    for seed in seeds:
        draw = generator(seed, INITIALISATION, units, dims)
        biases.append(-slope * draw.uniform(-1, 1, (units, dims)))
        readouts.append(draw.uniform(-bound, bound, (units, *several)))
        offsets.append(draw.uniform(-bound, bound, several))
        slopes.append(np.full(units, slope))
        if start == "pytorch":
            slopes[-1] = draw.uniform(-first, first, units)
            biases[-1] = draw.uniform(-first, first, (units, dims))
        if start == "glorot":
            limit = (6 / (dims + units)) ** 0.5
            slopes[-1], biases[-1] = draw.uniform(-limit, limit, units), np.zeros((units, dims))
    stacks = (torch.tensor(np.stack(draws), dtype=dtype) for draws in
              (slopes, biases, readouts, offsets))  # fmt: skip
    return Parameters(*stacks)


def respond(
    parameters: Parameters,
    inputs: Float[Tensor, "nets samples dims"],
    *,
    activation: Activation = "gaussian",
) -> Float[Tensor, "nets samples units"]:
    """Responses h_ij = exp(−‖w_j x_i + b_j‖²), each in [0, 1].

    With activation "sech2" they are 1/cosh²‖z‖ instead: another bump, with exponential tails.

    With dims = 1 this is the ordinary Gaussian-activation layer. With dims > 1 the unit is
    isotropic (one slope, one bias vector), so that it still has a single point of maximal response.

    Raises
    ------
    ValueError
        if inputs and network differ in dims, or there is no such activation.

    Examples
    --------
    >>> unit = Parameters(*map(torch.tensor, ([[2.0]], [[[-1.0]]], [[1.0]], [0.0])))
    >>> respond(unit, torch.tensor([[[0.5], [1.0]]]))       # at the prototype, and z = 1 away
    tensor([[[1.0000],
             [0.3679]]])
    """
    w, b = parameters.slope, parameters.bias
    if inputs.shape[-1] != b.shape[-1]:
        raise ValueError(f"expected inputs of {b.shape[-1]} dims, got {tuple(inputs.shape)}")
    squared = torch.zeros(())  # ‖z‖², dimension by dimension: no array over all of them
    for d in range(inputs.shape[-1]):
        z = w[..., None, :] * inputs[..., :, None, d] + b[..., None, :, d]
        squared = squared + z.square()
    if activation == "gaussian":
        return torch.exp(-squared)
    if activation == "sech2":
        away = squared > 0  # the root has no derivative at 0, the bump has: 0
        size = torch.where(away, torch.where(away, squared, 1.0).sqrt(), 0.0)
        return 1 - torch.tanh(size).square()
    raise ValueError(f'activation must be "gaussian" or "sech2", got {activation!r}')


def predict(
    parameters: Parameters,
    inputs: Float[Tensor, "nets samples dims"],
    *,
    activation: Activation = "gaussian",
) -> Float[Tensor, "nets samples *outputs"]:
    """Outputs f(x_i) = Σ_j v_j h_ij + c; with several outputs, an axis for them at the end."""
    h = respond(parameters, inputs, activation=activation)
    if parameters.readout.ndim > parameters.slope.ndim:
        return h @ parameters.readout + parameters.offset[..., None, :]
    return (h * parameters.readout[..., None, :]).sum(-1) + parameters.offset[..., None]


def safe_slope(slope: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The slope with its size floored at `SLOPE_FLOOR`, its sign kept (+0 counts as positive)."""
    floor = torch.copysign(torch.full_like(slope, SLOPE_FLOOR), slope)
    return torch.where(slope.abs() < SLOPE_FLOOR, floor.detach(), slope)


def prototypes(parameters: Parameters) -> Float[Tensor, "*nets units dims"]:
    """Prototypes p_j = −b_j / w_j: the input to which unit j responds most.

    As w_j → 0 the prototype runs off to infinity. We floor the size of w_j at 1e-4, so values and
    gradients stay finite; inside the floor the prototype depends on b_j only, not on w_j.

    >>> flat = Parameters(*map(torch.tensor, ([[0.0]], [[[0.5]]], [[1.0]], [0.0])))
    >>> prototypes(flat)
    tensor([[[-5000.]]])
    """
    return -parameters.bias / safe_slope(parameters.slope)[..., None]
