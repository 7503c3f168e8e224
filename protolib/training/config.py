"""How a stack is trained, and what training returns."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from jaxtyping import Int
from torch import Tensor

from protolib.losses import Attractor, Kernel, coefficients
from protolib.model import Activation, Parameters


@dataclass(frozen=True)
class TrainConfig:
    """How a stack is trained. The defaults are the book's nominal configuration.

    Parameters
    ----------
    steps
        number of full-batch steps, ≥ 0
    learning_rate
        > 0
    decay
        of the learning rate: "constant", or "cosine", from it down to 0 along half a cosine
    optimiser
        "adam" (β₁ = 0.9, β₂ = 0.999, ε = 1e-8) or "sgd" (no momentum)
    lam
        λ ≥ 0, the one coefficient of all structural losses, as in the paper; or three numbers, of
        coverage (or what stands in for it), separation and overlap, kept as a tuple
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

    Raises
    ------
    ValueError
        if a field is out of its range or none of its words; the message says which.
    """

    steps: int = 2000
    learning_rate: float = 1e-2
    optimiser: Literal["adam", "sgd"] = "adam"
    lam: float | Sequence[float] = 0.1
    tau: float = 1e-3
    attractor: Attractor = "coverage"
    kernel: Kernel = "gaussian"
    softness: float = 1e-2
    parametrisation: Literal["bias", "centre"] = "bias"
    activation: Activation = "gaussian"
    decay: Literal["constant", "cosine"] = "constant"

    def __post_init__(self) -> None:
        if self.steps < 0:
            raise ValueError(f"steps must be ≥ 0, got {self.steps}")
        for name in ("learning_rate", "tau", "softness"):
            value = getattr(self, name)
            if not (value > 0 and math.isfinite(value)):
                raise ValueError(f"{name} must be a finite number > 0, got {value}")
        several = coefficients(self.lam)
        if isinstance(self.lam, Sequence):
            object.__setattr__(self, "lam", several)
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                words = " or ".join(f'"{word}"' for word in allowed)
                raise ValueError(f"{name} must be {words}, got {getattr(self, name)!r}")

    def rate(self, step: int) -> float:
        """The learning rate of a step, 1 to `steps`: constant, or torch's `CosineAnnealingLR`.

        >>> TrainConfig(steps=4, learning_rate=1.0, decay="cosine").rate(3)  # half of the way
        0.5
        """
        if self.decay == "constant":
            return self.learning_rate
        return self.learning_rate * (1 + math.cos(math.pi * (step - 1) / self.steps)) / 2

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
    "decay": ("constant", "cosine"),
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
