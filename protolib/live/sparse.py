"""Two live figures of sparse codes: the superposition plane, and the edge of L1 recovery.

`js/sparse-engine.js` solves in the page what `protolib.sparse.coding` solves here: FISTA in
float64, agreeing to 1e-9, and basis pursuit by following the lasso's path to λ = 0, agreeing with
the linear programme. `plane_dictionary` and `recovery_problem` draw the same worlds on both sides.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import torch
from IPython.display import HTML
from jaxtyping import Float
from torch import Tensor

from protolib import plotting
from protolib.data import generator
from protolib.live.page import element
from protolib.live.scripts import FIGURES, LIVE, SHARED, SPARSE
from protolib.live.tries import TRIES, Try, edge
from protolib.sparse import coding
from protolib.streams import PLANE, PROBLEM

_PLANE = SHARED["plane"]
PRESETS: dict[str, dict] = _PLANE["presets"]
"""Of the plane: how many features, and the true code of the first of them."""

Kind = Literal["circle", "half", "random"]


def plane_dictionary(kind: Kind, features: int, seed: int = 0) -> Float[Tensor, "1 2 features"]:
    """Features as directions in the plane, anticlockwise, in float64.

    Parameters
    ----------
    kind
        "circle": at equal angles around the whole circle; "half": around half of it, so that no
        feature is another's opposite; "random": uniform, from `seed`

    Examples
    --------
    >>> plane_dictionary("circle", 4).round().int()
    tensor([[[ 1,  0, -1,  0],
             [ 0,  1,  0, -1]]], dtype=torch.int32)
    """
    share = np.arange(features) / features
    if kind == "random":
        share = np.sort(generator(seed, PLANE, features).random(features))
    angle = (1 if kind == "half" else 2) * np.pi * share
    return torch.tensor(np.stack([np.cos(angle), np.sin(angle)]))[None]


def recovery_problem(
    seed: int, measurements: int, features: int, active: int, *, nonnegative: bool = False
) -> tuple[Float[Tensor, "1 measurements features"], Float[Tensor, "1 1 features"]]:
    """A random dictionary and one K-sparse code, the same numbers as in the page.

    Distributed as those of `coding.random_dictionary` and `coding.sparse_codes`, but drawn from
    uniform numbers alone: normals are √(−2 log(1 − u)) cos 2πv (Box and Muller), row by row of the
    dictionary; the active features are those with the K smallest of N uniform numbers, and get
    their values from the smallest on.

    >>> A, z = recovery_problem(0, 8, 16, 3)
    >>> A.shape, (z != 0).sum().item(), bool(((A.norm(dim=1) - 1).abs() < 1e-12).all())
    (torch.Size([1, 8, 16]), 3, True)
    """
    if not (1 <= active <= features and 1 <= measurements <= features):
        raise ValueError(
            "expected 1 ≤ active, measurements ≤ features, got "
            f"{active}, {measurements}, {features}"
        )
    draw = generator(seed, PROBLEM, measurements, features, active)

    def normal(count: int) -> np.ndarray:
        u, v = draw.random((count, 2)).T
        return np.sqrt(-2 * np.log(1 - u)) * np.cos(2 * np.pi * v)

    A = torch.tensor(normal(measurements * features).reshape(1, measurements, features))
    places = np.argsort(draw.random(features))[:active]
    values, code = normal(active), np.zeros((1, 1, features))
    code[0, 0, places] = np.abs(values) if nonnegative else values
    return coding.unit_columns(A), torch.tensor(code)


# ------------------------------------------------------------------------------ stills


def _plane_still(preset: str, trained: Sequence[tuple[float, coding.Autoencoder]]):
    """The first state of the plane: a figure and its text."""
    features, code = PRESETS[preset]["features"], PRESETS[preset]["code"]
    A = plane_dictionary("circle", features)
    z = torch.zeros(1, 1, features, dtype=torch.float64)
    z[0, 0, : len(code)] = torch.tensor(code, dtype=torch.float64)
    y = coding.mix(z, A)
    found = {
        "true code": z,
        "FISTA": coding.fista(
            y, A, lam=_PLANE["defaults"]["lam"], steps=_PLANE["steps"], nonnegative=True
        ),
    }
    for _, net in trained:
        if net.bias.shape[-1] == features:
            found["one layer"] = coding.encode(net, y.to(net.weight.dtype)).double()
    figure, ax = plotting.panel(4.2, 3.2)
    for j, tip in enumerate(A[0].T):
        ax.annotate("", tip, (0, 0), arrowprops={"arrowstyle": "->", "color": plotting.FAINT})
        ax.text(*(1.15 * tip), str(j + 1), ha="center", va="center")
    looks = (
        {"color": plotting.MUTED, "lw": 5},
        {"color": plotting.INK, "lw": 1.8},
        {"color": plotting.ENCODER, "lw": 1.8, "ls": (0, (4, 1.5))},
    )
    said = []
    for (who, codes), look in zip(found.items(), looks):
        steps = (A[0] * codes[0, 0]).T[codes[0, 0] > _PLANE["active"]]
        chain = torch.cat([torch.zeros(1, 2), steps]).cumsum(0)
        ax.plot(*chain.T, label=who, **look)
        named = (torch.nonzero(codes[0, 0] > _PLANE["active"]).flatten() + 1).tolist()
        said.append(f"{who}: {', '.join(map(str, named)) or 'none'}")
    ax.plot(*y[0, 0], "o", color=plotting.PAPER, mec=plotting.INK, ms=9)
    ax.set(xlim=(-1.4, 2), ylim=(-1.4, 1.4), aspect="equal")
    ax.set_axis_off()
    ax.legend(loc="lower right")
    return figure, (
        f"A live figure, here as a still: {features} features as arrows in the plane, a sample y, "
        f"and codes for it as chains of arrows. Features named by {'; '.join(said)}."
    )


def _map_still(signs: Sequence[dict]):
    """The first map: a figure and its text."""
    cells, theory = signs[0]["cells"], signs[0]["theory"]
    actives = sorted({K for K, *_ in cells})
    figure, ax = plotting.panel(4.2, 3.6)
    places = [actives.index(K) for K, *_ in cells]
    marks = ax.scatter(
        places, [M for _, M, *_ in cells], c=[mean for _, _, mean, *_ in cells], marker="s", s=60,
        cmap="cividis", vmin=0, vmax=1,
    )  # fmt: skip
    edge = [theory[K - 1] for K in actives]
    ax.plot(range(len(actives)), edge, color=plotting.INK, label="prediction δ")
    ax.set(xticks=range(len(actives)), xticklabels=actives, xlim=(-0.6, len(actives) - 0.4))
    ax.set(xlabel="active features K", ylabel="units M")
    ax.legend(loc="upper left")
    figure.colorbar(marks, ax=ax, label="share recovered")
    columns = [sorted(cell for cell in cells if cell[0] == K) for K in actives]
    low, high = (np.mean([column[end][2] for column in columns]) for end in (0, -1))
    return figure, (
        f"A live figure, here as a still: the share of codes recovered over K and M, rising "
        f"around the prediction: {low:.0%} at the lowest M of each K, {high:.0%} at the highest."
    )


# ------------------------------------------------------------------------------ on the page


def superposition_plane(
    trained: Sequence[tuple[float, coding.Autoencoder]],
    *,
    name: str,
    preset: str,
) -> HTML:
    """Features as arrows in the plane, a sample, its sparse code by FISTA and by one layer.

    Parameters
    ----------
    trained
        pairs of λ and an encoder trained with it, one net each on
        ``plane_dictionary("circle", N)``. For a dictionary that none fits, the figure takes the
        tied layer ReLU(Aᵀy − θ) and says so.
    name
        the figure's id on the page; links to a state of it begin with `#name:`
    preset
        one of `PRESETS`, shown first
    """
    if preset not in PRESETS:
        raise ValueError(f"preset must be one of {list(PRESETS)}, got {preset!r}")
    content = {
        "preset": preset,
        "trained": [
            {
                "features": net.bias.shape[-1], "lam": lam,
                "weight": np.round(net.weight[0].double().numpy(), 6).tolist(),
                "bias": np.round(net.bias[0].double().numpy(), 6).tolist(),
            }
            for lam, net in trained
        ],
    }  # fmt: skip
    still = _plane_still(preset, trained)
    return _figure("superposition-plane", still, name, content, TRIES["plane"])


def transition_map(
    features: int,
    runs: Mapping[tuple[bool, int], tuple[Sequence[int], Float[Tensor, "seeds units"]]],
    *,
    samples: int,
    name: str,
) -> HTML:
    """The edge of L1 recovery over K and M; a chosen cell solves one problem of its size.

    Parameters
    ----------
    features
        N
    runs
        for each (nonnegative, K) the numbers of units M that were run, and the share of codes
        recovered, (seeds, units)
    samples
        codes a seed
    name
        the figure's id on the page; links to a state of it begin with `#name:`
    """
    signs = []
    for nonnegative in (False, True):
        own = {K: run for (sign, K), run in sorted(runs.items()) if sign == nonnegative}
        if not own:
            continue
        theory = [
            coding.statistical_dimension(features, K, nonnegative=nonnegative)
            for K in range(1, features + 1)
        ]
        cells = [
            [K, M, *(round(v.item(), 3) for v in (s.mean(), s.min(), s.max()))]
            for K, (units, share) in own.items()
            for M, s in zip(units, share.T)
        ]
        theory = np.round(theory, 2).tolist()
        signs.append({"nonnegative": nonnegative, "theory": theory, "cells": cells})
    seeds = len(next(iter(runs.values()))[1])
    content = {"features": features, "seeds": seeds, "samples": samples, "signs": signs}
    tries = edge(signs[0]["cells"], len(signs) > 1)
    return _figure("transition-map", _map_still(signs), name, content, tries)


def _figure(tag: str, still: tuple, name: str, content: dict, tries: Sequence[Try]) -> HTML:
    attributes = {"id": name, "linked": True, "data": json.dumps(content)}
    scripts = (*LIVE, *FIGURES, *SPARSE)
    return element(tag, *still, attributes, tries=tries, scripts=scripts)
