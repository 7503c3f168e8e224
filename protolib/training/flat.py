"""Flat storage: one row per network, [ w | b_1 … b_D | v | c ].

So the optimiser is a handful of operations on one matrix. In the centre parametrisation p stands in
the place of b.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from protolib.model import Parameters, safe_slope


class Shape(NamedTuple):
    """The shape of one network."""

    units: int
    dims: int
    outputs: int | None  # None: one output, without an axis


class Views(NamedTuple):
    """Views into a flat array, so that writing into them fills it.

    place is b, or p in the centre parametrisation, with units last.
    """

    w: Float[Tensor, "*nets units"]
    place: Float[Tensor, "*nets dims units"]
    v: Float[Tensor, "*nets units"] | Float[Tensor, "*nets units outputs"]
    c: Float[Tensor, "*nets"] | Float[Tensor, "*nets outputs"]


def shape_of(parameters: Parameters) -> Shape:
    """The shape of the networks of a stack."""
    several = parameters.readout.shape[2:]
    return Shape(*parameters.bias.shape[1:], several[0] if len(several) else None)


def flatten(parameters: Parameters, centre: bool) -> Float[Tensor, "nets width"]:
    """A stack as one array, a copy."""
    w, b, v, c = parameters
    if centre:
        b = -b / safe_slope(w)[..., None]
    several = v.ndim > w.ndim
    v, c = (v.flatten(-2), c) if several else (v, c[..., None])
    return torch.cat([w, b.transpose(-1, -2).flatten(-2), v, c], dim=-1)


def unflatten(flat: Float[Tensor, "*nets width"], shape: Shape, centre: bool = False) -> Parameters:
    """The stack again: views into `flat`, but for b in the centre parametrisation."""
    w, place, v, c = views(flat, shape)
    b = place.mT
    if centre:
        b = -b * safe_slope(w)[..., None]  # so that −b/w, read with its floor, is p again
    return Parameters(w, b, v, c)


def views(flat: Float[Tensor, "*nets width"], shape: Shape) -> Views:
    """Where w, b (or p), v and c stand in a flat array."""
    units, dims, outputs = shape
    width = outputs or 1
    w, place, v, c = flat.split([units, units * dims, units * width, width], dim=-1)
    place = place.unflatten(-1, (dims, units))
    if outputs is None:
        return Views(w, place, v, c.squeeze(-1))
    return Views(w, place, v.unflatten(-1, (units, outputs)), c)


def check(parameters: Parameters, inputs: Tensor, targets: Tensor, masks: Tensor) -> None:
    """See that parameters, inputs, targets and masks fit together.

    Raises
    ------
    ValueError
        if a shape or a dtype does not; the message says which.
    """
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
