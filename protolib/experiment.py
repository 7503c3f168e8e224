"""One experiment: a stack of networks is drawn, trained and measured. All that a run depends on.

Stored runs are kept as long as this module and what it imports stay as they are; how a grid is cut
into chunks, how tables are written and how claims are judged stand elsewhere (`protolib.sweep`,
`protolib.claims`), and may change without training anything anew.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from protolib import data, hull, matching, model, training
from protolib.masks import Mask
from protolib.training import TrainConfig

COLUMNS = {
    "n": "int64",
    "coverage": "int64",
    "separation": "int64",
    "overlap": "int64",
    "seed": "int64",
    "reconstruction_error": "float64",
    "specialization_ratio": "float64",
    "expelled_share": "float64",
    "hull_distance": "float64",
    "fit_r2": "float64",
    "steps": "int64",
    "lam": "float64",
    "tau": "float64",
    "attractor": "str",
    "kernel": "str",
}
KEYS = [*COLUMNS][:5]


@dataclass(frozen=True)
class Setting:
    """What is learnt, from what start, in which numbers. The defaults are the nominal ones.

    Parameters
    ----------
    inputs
        "uniform", "skewed", "clustered" or "duplicated": the functions of `data`
    target
        "sine", "line" or "labels": the functions of `data`
    start
        "uniform", "pytorch" or "glorot": see `model.initialise`
    width
        units per sample, > 0, rounded up; the paper's networks have 1
    noise
        standard deviation of noise on the inputs that the network is trained on, ≥ 0; it is scored
        on the clean ones
    dims
        dimensions of the inputs, ≥ 1
    dtype
        "float32" or "float64"
    slope
        of every unit at the "uniform" start, > 0
    spread
        > 0, of the prototypes at the start: at the "uniform" one they fill [−spread, spread]^dims

    Raises
    ------
    ValueError
        if a field is out of its range or none of its words; the message says which.
    """

    inputs: Literal["uniform", "skewed", "clustered", "duplicated"] = "uniform"
    target: Literal["sine", "line", "labels"] = "sine"
    start: model.Start = "uniform"
    width: float = 1.0
    noise: float = 0.0
    dims: int = 1
    dtype: Literal["float32", "float64"] = "float32"
    slope: float = 1.5
    spread: float = 1.0

    def __post_init__(self) -> None:
        for name, allowed in {
            "inputs": ("uniform", "skewed", "clustered", "duplicated"),
            "target": ("sine", "line", "labels"),
            "start": get_args(model.Start),
            "dtype": ("float32", "float64"),
        }.items():
            if getattr(self, name) not in allowed:
                words = " or ".join(f'"{word}"' for word in allowed)
                raise ValueError(f"{name} must be {words}, got {getattr(self, name)!r}")
        positive = self.width > 0 and self.slope > 0 and self.spread > 0
        if not (positive and self.noise >= 0 and self.dims >= 1):
            raise ValueError(
                f"expected width, slope and spread > 0, noise ≥ 0 and dims ≥ 1, got {self}"
            )

    def units(self, n: int) -> int:
        """The width of a network for n samples."""
        return math.ceil(self.width * n)

    def draw(self, seeds: Sequence[int], n: int) -> tuple[model.Parameters, Tensor, Tensor, Tensor]:
        """Starts, inputs, the inputs as the network sees them, and targets, for every seed."""
        dtype = getattr(torch, self.dtype)
        x = getattr(data, self.inputs)(seeds, n, self.dims, dtype=dtype)
        seen = x
        if self.noise:
            seen = x + self.noise * data.noise(seeds, n, self.dims, dtype=dtype)
        if self.target == "labels":
            y = data.labels(seeds, n, dtype=dtype)
        else:
            y = getattr(data, self.target)(x)
        start = model.initialise(
            seeds, self.units(n), self.dims, slope=self.slope, start=self.start, dtype=dtype
        )
        return start._replace(bias=self.spread * start.bias), x, seen, y


class Chunk(NamedTuple):
    """What is trained together: one size, some masks, a block of seeds, one configuration."""

    n: int
    masks: tuple[Mask, ...]
    seeds: tuple[int, ...]
    config: TrainConfig
    setting: Setting = Setting()


def run_chunk(chunk: Chunk) -> pd.DataFrame:
    """Train one chunk on one thread and measure every network. This is what a worker runs."""
    pairs = [(mask, seed) for mask in chunk.masks for seed in chunk.seeds]
    seeds = [seed for _, seed in pairs]
    with training.one_thread():
        start, x, seen, y = chunk.setting.draw(seeds, chunk.n)
        masks = torch.tensor([mask for mask, _ in pairs], dtype=x.dtype)
        trained = training.train(start, seen, y, masks, chunk.config).parameters
        f = model.predict(trained, seen, activation=chunk.config.activation)
        scores = measure(trained, x, f, y)
    config = chunk.config
    keys = pd.DataFrame([(chunk.n, *mask, seed) for mask, seed in pairs], columns=KEYS)
    how = {name: getattr(config, name) for name in ("steps", "lam", "tau", "attractor", "kernel")}
    table = keys.join(scores).assign(**how)
    return table[[*COLUMNS]].astype(COLUMNS)


def measure(
    parameters: model.Parameters,
    inputs: Float[Tensor, "nets samples dims"],
    predictions: Float[Tensor, "nets samples"],
    targets: Float[Tensor, "nets samples"],
) -> pd.DataFrame:
    """Every metric of every network in a stack: one row a network.

    hull_distance is the mean over prototypes of the distance outside the hull, 0 for those inside.
    """
    p = model.prototypes(parameters)
    return pd.DataFrame(
        {
            "reconstruction_error": matching.reconstruction_error(p, inputs),
            "specialization_ratio": matching.specialization_ratio(p, inputs),
            "expelled_share": hull.expelled_share(p, inputs),
            "hull_distance": hull.hull_distance(p, inputs).mean(-1),
            "fit_r2": matching.fit_r2(predictions, targets),
        }
    )
