"""One coefficient for each loss: many settings at once, schedules, Lloyd's steps, and G3.

A stack may give every network its own weights, so a whole surface over (λ_C, λ_S, λ_O) is trained
together: a mask's entries are weights, and λ is one. `protolib.search` looks for the best setting.
The measurements behind G3 (`protolib.claims.further`) are `measure`'s.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from protolib import experiment, losses, matching, measurements, model, training
from protolib.training import TrainConfig

SEEDS = range(10, 50)  # settings were chosen on seeds 0 to 9
SIZES = (5, 10, 20, 50, 100)
STEPS, STAGES = 2000, 10
WORLD = "coefficients"
NOMINAL = (0.1, 0.0, 0.0)  # coverage alone, the paper's best mask
HOT = 1.0  # a τ at which separation expels at every size here
_ELEMENTS = 100_000  # responses in a stack: 400 KB in float32, so that it stays in cache


# ------------------------------------------------------------------------------ many settings


def tried(
    settings: Float[Tensor, "settings 3"] | Sequence[Sequence[float]],
    n: int,
    seeds: Sequence[int],
    **config,
) -> dict[str, Float[Tensor, "settings seeds"]]:
    """Train every setting (λ_C, λ_S, λ_O) on every seed; what each network scores.

    The scores: "error", the reconstruction's; "fit", the mean squared error on the samples; "R²";
    "outside", the mean distance of prototypes from the hull. The data and the start of a seed are
    the nominal ones. config: fields of `TrainConfig` except lam.

    >>> found = tried([(0.1, 0.0, 0.0), (10.0, 0.0, 0.0)], 5, range(3), steps=20)
    >>> {name: tuple(values.shape) for name, values in found.items()}["error"]
    (2, 3)
    """
    weights, seeds = torch.as_tensor(settings, dtype=torch.float32), [*seeds]
    drawn, parts = _draw(n, seeds), []
    together = max(1, _ELEMENTS // (n * n * len(seeds)))
    for some in weights.split(together):
        start, x, y = (_repeat(part, len(some)) for part in drawn)
        masks = some.repeat_interleave(len(seeds), dim=0)
        with training.one_thread():
            net = training.train(start, x, y, masks, TrainConfig(lam=1.0, **config)).parameters
        parts.append(_scores(net, x, y))
    return {
        name: torch.cat([part[name] for part in parts]).reshape(-1, len(seeds)) for name in parts[0]
    }


def _draw(n: int, seeds: Sequence[int]) -> tuple[model.Parameters, Tensor, Tensor]:
    start, x, _, y = experiment.Setting().draw(seeds, n)
    return start, x, y


def _repeat(part, times: int):
    if isinstance(part, model.Parameters):
        return model.Parameters(*(_repeat(tensor, times) for tensor in part))
    return part.repeat(times, *[1] * (part.ndim - 1))


def _scores(net: model.Parameters, x: Tensor, y: Tensor) -> dict[str, Float[Tensor, " nets"]]:
    f = model.predict(net, x)
    table = experiment.measure(net, x, f, y)
    names = {"reconstruction_error": "error", "fit_r2": "R²", "hull_distance": "outside"}
    found = {short: torch.tensor(table[name].to_numpy()) for name, short in names.items()}
    return {**found, "fit": losses.fit(f.double(), y.double())}


# ------------------------------------------------------------------------------ refinement


def lloyd(
    prototypes: Float[Tensor, "nets units dims"],
    inputs: Float[Tensor, "nets samples dims"],
    *,
    relocate: bool = False,
) -> Float[Tensor, "nets units dims"]:
    """One step of Lloyd's algorithm: every prototype to the mean of the samples it is nearest to.

    One that is nearest to none stays; with `relocate`, those go to the samples that are now
    farthest from their prototypes, one to each. Coverage never grows. With as many prototypes as
    samples, all different, repeated steps with relocation end with a prototype on every sample.

    >>> x, p = torch.tensor([[[0.0], [1.0], [3.0]]]), torch.tensor([[[0.5], [2.0], [9.0]]])
    >>> lloyd(p, x).flatten().tolist(), lloyd(p, x, relocate=True).flatten().tolist()
    ([0.5, 3.0, 9.0], [0.5, 3.0, 0.0])
    """
    owner = losses.squared_distances(inputs, prototypes).argmin(-1)
    owned = torch.nn.functional.one_hot(owner, prototypes.shape[1]).to(inputs)
    count = owned.sum(1)
    means = owned.mT @ inputs / count.clamp(min=1)[..., None]
    moved = torch.where(count[..., None] > 0, means, prototypes)
    if relocate:
        own = moved.gather(1, owner[..., None].expand_as(inputs))
        farthest = (inputs - own).square().sum(-1).argsort(dim=-1, descending=True, stable=True)
        for net, orphans in enumerate(count == 0):
            places = farthest[net, : int(orphans.sum())]
            moved[net, orphans.nonzero()[: len(places), 0]] = inputs[net, places]
    return moved


def matched(
    prototypes: Float[Tensor, "nets units dims"], inputs: Float[Tensor, "nets samples dims"]
) -> Float[Tensor, "nets units dims"]:
    """Every prototype on the sample that the Hungarian assignment gives it."""
    moved = prototypes.clone()
    for net, (i, j) in enumerate(matching.assign(prototypes, inputs)):
        moved[net, j] = inputs[net, i]
    return moved


class Stage(NamedTuple):
    """What `staged` does next: move the prototypes, then train so many steps."""

    weights: tuple[float, float, float]
    steps: int
    move: Callable[[Tensor, Tensor], Tensor] | None = None
    options: dict | None = None  # more fields of `TrainConfig`


def staged(
    stages: Sequence[Stage], n: int, seeds: Sequence[int]
) -> dict[str, Float[Tensor, " seeds"]]:
    """Train in stages, each from where the last one ended; Adam begins each with a clean memory.

    A move is a function of prototypes and inputs; biases follow, b = −w p, slopes stay.
    """
    net, x, y = _draw(n, [*seeds])
    for weights, steps, move, options in stages:
        if move is not None:
            p = move(model.prototypes(net), x)
            net = net._replace(bias=-model.safe_slope(net.slope)[..., None] * p)
        masks = torch.tensor([weights] * len(x), dtype=x.dtype)
        with training.one_thread():
            config = TrainConfig(lam=1.0, steps=steps, **(options or {}))
            net = training.train(net, x, y, masks, config).parameters
    return _scores(net, x, y)


def geometric(first: float, last: float, count: int = STAGES) -> list[float]:
    """`count` numbers from first to last with one ratio.

    >>> [round(value, 6) for value in geometric(10.0, 0.1, 3)]
    [10.0, 1.0, 0.1]
    """
    return np.geomspace(first, last, count).tolist()


def in_stages(
    weights: Sequence[tuple[float, float, float]],
    move: Callable[[Tensor, Tensor], Tensor] | None = None,
    options: Sequence[dict] = (),
) -> list[Stage]:
    """The nominal number of steps cut into stages, with a move before each but the first."""
    steps = STEPS // len(weights)
    each = [*options] or [{}] * len(weights)
    return [
        Stage(one, steps, move if k else None, how)
        for k, (one, how) in enumerate(zip(weights, each))
    ]


def window(n: int) -> tuple[float, float]:
    """Between which λ_C / λ_S the energy kernel's pair gives each of n samples its own prototype.

    On a line, for n ≥ 2 units and as many samples, moved themselves: 1 − 1/n to 1 + 1/(n − 2).

    >>> window(10)
    (0.9, 1.125)
    """
    return 1 - 1 / n, 1 + 1 / (n - 2) if n > 2 else math.inf


# ------------------------------------------------------------------------------ G3

FOUND = (872.0, 0.003, 0.00138)  # by `protolib.search`, for N = 5, 10 and 20 at once
BALANCING = 1e4  # λ_C, the best of the powers of ten up to here beside either repulsion's 0.1
ENERGY = {"attractor": "energy", "kernel": "energy"}
CHAIN = ("nominal", "optimised", "optimised, dead units relocated")
KEPT = {  # a repulsion at its nominal λ, and what coverage then needs; with which τ
    "separation kept": ((BALANCING, 0.1, 0.0), {"tau": HOT}),
    "overlap kept": ((BALANCING, 0.0, 0.1), {}),
}


def methods() -> dict[str, list[Stage]]:
    """What `measure` compares: names and stages, each of the nominal number of steps."""
    always = [FOUND] * STAGES
    coverage = [(value, 0.0, 0.0) for value in geometric(0.1, 100.0)]
    cooling = [{"tau": value} for value in geometric(0.1, 1e-5)]
    pair = [(10.0, 0.1, 0.0)] * STAGES
    relocate = partial(lloyd, relocate=True)
    once = {
        CHAIN[0]: (NOMINAL, {}),
        CHAIN[1]: (FOUND, {}),
        **KEPT,
        "energy, λ = 1": ((1.0, 1.0, 0.0), ENERGY),
        "transport, λ = 1": ((1.0, 0.0, 0.0), {"attractor": "transport"}),
    }
    return {name: [Stage(w, STEPS, None, how)] for name, (w, how) in once.items()} | {
        "optimised, Adam restarted": in_stages(always),
        "λ rises from 0.1 to 100": in_stages(coverage),
        "λ falls from 100 to 0.1": in_stages(coverage[::-1]),
        "τ falls from 0.1 to 0.00001": in_stages(pair, None, cooling),
        "optimised, Lloyd's steps": in_stages(always, lloyd),
        "nominal, dead units relocated": in_stages([NOMINAL] * STAGES, relocate),
        CHAIN[2]: in_stages(always, relocate),
        "fit alone, matched": in_stages([(0.0, 0.0, 0.0)] * STAGES, matched),
    }


def measure(seeds: Sequence[int] = SEEDS) -> pd.DataFrame:
    """Error, fit, R² and distance from the hull of every method, at five sizes.

    Some three minutes on one core. Columns: `measurements.COLUMNS`. With `chance`: prototypes
    uniform in the hull.
    """
    found, seeds = [], [*seeds]
    for n in SIZES:
        _, x, _ = _draw(n, seeds)
        luck = matching.reconstruction_error(matching.chance_prototypes(x, n, seed=0), x)
        scored = {name: staged(stages, n, seeds) for name, stages in methods().items()}
        for score in ("error", "fit", "R²", "outside"):
            values = {name: scores[score] for name, scores in scored.items()}
            if score == "error":
                values["chance"] = luck
            found += measurements.rows(WORLD, n, score, seeds, values)
    return pd.DataFrame(found, columns=measurements.COLUMNS)
