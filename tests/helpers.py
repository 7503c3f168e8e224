"""Stacks of networks to test on."""

import torch

from protolib import data, model
from protolib.masks import MASKS

ALL_MASKS = torch.tensor(MASKS, dtype=torch.float64)


def stack(seeds, samples, units=None, dims=1, dtype=torch.float64):
    """(parameters, inputs, targets) of one network a seed."""
    x = data.uniform(seeds, samples, dims, dtype=dtype)
    return model.initialise(seeds, units or samples, dims, dtype=dtype), x, data.sine(x)


def take(parameters, index):
    """The networks of a stack at `index`, still as a stack."""
    return model.Parameters(*(tensor[index] for tensor in parameters))


def require_grad(parameters):
    return model.Parameters(*(t.detach().clone().requires_grad_() for t in parameters))
