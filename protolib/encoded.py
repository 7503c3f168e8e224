"""An encoder under a layer of prototypes: digits, many networks at once, plain torch.

A ReLU encoder g maps images to features, and isotropic units stand in feature space: a prototype
−b/w is a point there, which must be shown as an image. Two ways: by the input whose features are
nearest, and by decoding, that is, by looking for an image with those features.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from protolib import data, matching, model, privacy
from protolib.data import generator
from protolib.measurements import Row, rows
from protolib.scale import pull, responses
from protolib.streams import ENCODER
from protolib.training import one_thread

WIDTH = 128  # of hidden layers
HOWS = ("trained", "untrained", "pulled too")


class World(NamedTuple):
    """Hidden layers of the encoder (0: pixels, no encoder at all), and its features."""

    layers: int
    features: int = 64

    @property
    def name(self) -> str:
        """As tables say it: "2 layers, 64 features"."""
        plural = "s" if self.layers > 1 else ""
        words = f"{self.layers} layer{plural}, {self.features} features"
        return words if self.layers else "raw pixels"


WORLDS = (World(0), World(1), World(2), World(3), World(2, 4))  # pixels first
Layers = list[tuple[Tensor, Tensor]]


class Network(NamedTuple):
    """A stack: layers (weights (nets, in, out), biases (nets, 1, out)), and prototypes on top."""

    encoder: Layers
    top: model.Parameters


def initialise(seeds: Sequence[int], world: World, pixels: int = 64) -> Layers:
    """He's start for ReLU layers, the last one linear; a generator a network and layer."""
    if not world.layers:
        return []
    widths = [pixels, *[WIDTH] * world.layers, world.features]
    layers = []
    for depth, (into, out) in enumerate(zip(widths, widths[1:])):
        gain = (2 if depth < world.layers else 1) ** 0.5
        draws = [
            generator(seed, ENCODER, world.layers, world.features, depth).normal(size=(into, out))
            for seed in seeds
        ]
        weights = torch.stack([torch.tensor(draw, dtype=torch.float32) for draw in draws])
        layers.append((weights * gain / into**0.5, torch.zeros(len(seeds), 1, out)))
    return layers


def encode(
    encoder: Layers, x: Float[Tensor, "nets samples pixels"]
) -> Float[Tensor, "nets samples features"]:
    """The features of images; without layers, the images themselves."""
    for depth, (weights, bias) in enumerate(encoder):
        x = torch.baddbmm(bias, x if depth == 0 else torch.relu(x), weights)
    return x


def train(
    seeds: Sequence[int],
    x: Float[Tensor, "nets samples pixels"],
    y: Float[Tensor, "nets samples classes"],
    world: World,
    how: str = "trained",
    *,
    steps: int = 400,
    lam: float = 1.0,
) -> Network:
    """Train encoder, prototypes and readouts together: fit + λ · energy, a unit a sample.

    The attractor moves prototypes only, and an "untrained" encoder stays as it starts; in a network
    that is "pulled too" the attractor also moves the features towards the prototypes.

    Raises
    ------
    ValueError
        if `how` is none of `HOWS`.
    """
    if how not in HOWS:
        raise ValueError(f"how must be one of {HOWS}, got {how!r}")
    encoder, n = initialise(seeds, world), x.shape[1]
    f = encode(encoder, x)
    slope = 0.4 / privacy.neighbours(f).mean(-1)
    top = model.initialise(seeds, n, f.shape[-1], outputs=y.shape[-1])
    centres = matching.chance_prototypes(f, n, seed=0).to(f.dtype)
    slopes = slope[:, None].expand(-1, n).clone()
    top = top._replace(slope=slopes, bias=-slopes[..., None] * centres)
    weights = [t.requires_grad_() for t in top]
    deep = [t.requires_grad_() for layer in encoder for t in layer if how != "untrained"]
    groups = [{"params": weights, "lr": 3e-2}] + [{"params": deep, "lr": 1e-3}] * bool(deep)
    adam = torch.optim.Adam(groups)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    w, b, v, c = weights
    for _ in range(steps):
        f = encode(encoder, x)
        loss = (responses(w, b, f) @ v + c[:, None] - y).square().mean((1, 2)).sum()
        p = -b / w[..., None]
        with torch.no_grad():
            force = pull(p, f) - pull(p, p)
            back = pull(f, p) - pull(f, f) if how == "pulled too" and deep else None
        loss = loss + lam * (p * force).sum()
        if back is not None:
            loss = loss + lam * (f * back).sum()
        adam.zero_grad()
        loss.backward()
        adam.step()
        rate.step()
    return Network(
        [tuple(t.detach() for t in layer) for layer in encoder],
        model.Parameters(*(t.detach() for t in weights)),
    )


def decode(
    encoder: Layers,
    p: Float[Tensor, "nets units features"],
    start: Float[Tensor, "nets pixels"],
    *,
    steps: int = 250,
    rate: float = 0.03,
) -> Float[Tensor, "nets units pixels"]:
    """Images in [0, 1] with features as near to p as Adam finds them, all from one start image."""
    z = start[:, None].expand(-1, p.shape[1], -1).clone().requires_grad_()
    adam = torch.optim.Adam([z], rate)
    annealed = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    for _ in range(steps):
        loss = (encode(encoder, z.clamp(0, 1)) - p).square().sum()
        loss = loss + (z - z.clamp(0, 1)).square().sum()
        adam.zero_grad()
        loss.backward()
        adam.step()
        annealed.step()
    return z.detach().clamp(0, 1)


def judge(
    net: Network,
    x: Float[Tensor, "nets samples pixels"],
    others: Float[Tensor, "nets decoys pixels"],
) -> dict[str, Float[Tensor, " nets"]]:
    """How well prototypes can be shown: among 99 decoys, by nearest features and by decoding."""
    p, z = model.prototypes(net.top), decoded(net, others)
    f, away = (encode(net.encoder, t) for t in (x, others))
    gap = privacy.nearest(f, p) / privacy.neighbours(f).mean(-1, keepdim=True)
    pixels = matching.reconstruction_error(z, x) / privacy.neighbours(x).mean(-1)
    return {
        "gap in features": gap.mean(-1),
        "named by features": privacy.identified(p, f, away),
        "named by pixels": privacy.identified(z, x, others),
        "pixel error": pixels,
    }


def decoded(net: Network, others: Tensor) -> Tensor:
    """The prototypes as images: themselves without an encoder, else decoded from a mean image."""
    p = model.prototypes(net.top)
    return decode(net.encoder, p, others.mean(1)) if net.encoder else p


def accuracy(net: Network, x: Tensor, y: Tensor) -> Float[Tensor, " nets"]:
    """The share of images that get their class."""
    w, b, v, c = net.top
    f = responses(w, b, encode(net.encoder, x)) @ v + c[:, None]
    return (f.argmax(-1) == y.argmax(-1)).double().mean(-1)


def measure(seeds: Sequence[int], samples: int = 60, decoys: int = 400) -> list[Row]:
    """Every world and encoder: what prototypes show, and the accuracy on digits never seen."""
    found, raw, seeds = [], {}, [*seeds]
    images, classes = data.digits(seeds, samples + decoys)
    (x, others), (y, unseen) = (t.split([samples, decoys], dim=1) for t in (images, classes))
    with one_thread():
        for world in WORLDS:
            hows = HOWS[:2] if world.layers else HOWS[:1]
            scores: dict[str, dict[str, Tensor]] = {}
            for how in hows:
                net = train(seeds, x, y, world, how)
                values = {**judge(net, x, others), "accuracy, fresh": accuracy(net, others, unseen)}
                for score, value in values.items():
                    scores.setdefault(score, {})[how] = value
            if world.layers:  # beside every encoder, what there is without one
                for score, values in raw.items():
                    scores[score] |= {"raw pixels": values["trained"]}
            else:  # and what other digits score, as if they were prototypes
                raw, chance = {k: dict(v) for k, v in scores.items()}, others[:, :samples]
                scores["pixel error"]["other digits"] = matching.reconstruction_error(
                    chance, x
                ) / privacy.neighbours(x).mean(-1)
                rest = others[:, samples:]
                scores["named by pixels"]["other digits"] = privacy.identified(chance, x, rest)
            for score, values in scores.items():
                found += rows(world.name, samples, score, seeds, values)
    return found
