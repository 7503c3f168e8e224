"""From a classifier's units to single features: the three steps of the second source as one chain.

Klindt et al. (arXiv:2503.01824) put three steps in a row: a classifier's representation is linear
in the latents; sparse coding undoes the linear map; a score says how well. Here all three are taken
in one network. A world of sparse latents: K of n features are on, each set of K that may occur is a
class, dense noise is added, and an invertible bent map makes inputs. A classifier is trained on
inputs and classes with fewer units than features. Then its units are taken apart.

The world, the sizes and the controls are ours. `measure` makes the table behind the chapter and S5.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

from protolib.data import generator
from protolib.measurements import COLUMNS, Row, rows
from protolib.sparse import coding, ica, identifiability, scores, tuning
from protolib.sparse.coding import Codes, Dictionary, Signals
from protolib.sparse.rotations import random_rotations
from protolib.streams import CHAIN, PAIRS
from protolib.sweep.grid import check_numbers
from protolib.training import one_thread

LAM = 0.1  # λ of every sparse code, for signals of mean square 1

# ------------------------------------------------------------------------------ the world


@dataclass(frozen=True)
class World:
    """How data are made. The defaults are the chapter's.

    Raises
    ------
    ValueError
        if a field is out of its range.
    """

    features: int = 12  # n, of the latents, and as many inputs
    active: int = 2  # K of them are on
    noise: float = 0.2  # σ, on every latent
    bends: int = 4  # leaky ReLUs of the mixing, between orthogonal matrices
    classes: int | None = None  # sets of K that occur, drawn at random; None: all

    def __post_init__(self) -> None:
        if not (1 <= self.active < self.features and self.noise >= 0 and self.bends >= 0):
            raise ValueError(f"expected 1 ≤ active < features, noise ≥ 0 and bends ≥ 0, got {self}")
        if self.classes is not None and not 2 <= self.classes <= len(_sets(self)):
            raise ValueError(f"expected 2 to {len(_sets(self))} classes, got {self.classes}")

    @property
    def sets(self) -> int:
        """How many sets of K features occur, and so how many classes there are."""
        return len(_sets(self)) if self.classes is None else self.classes


class Sample(NamedTuple):
    """What was drawn: a classifier sees `inputs` and `labels` only."""

    inputs: Float[Tensor, "nets samples features"]
    labels: Int[Tensor, "nets samples"]
    latents: Float[Tensor, "nets samples features"]
    codes: Codes  # the latents without their noise: 1 for a feature that is on


def _sets(world: World) -> Int[Tensor, "sets active"]:
    return torch.combinations(torch.arange(world.features), world.active)


def _centres(seed: int, world: World, unseen: bool) -> Float[Tensor, "sets features"]:
    """The noise-free code of every class, or of the sets that no class of the world has."""
    sets = _sets(world)
    order = generator(seed, PAIRS, world.features, world.active).permutation(len(sets))
    chosen = order[world.sets :] if unseen else order[: world.sets]
    if len(chosen) == 0:
        raise ValueError("all sets occur in this world: none is unseen")
    sets = sets[torch.as_tensor(chosen)]
    return torch.zeros(len(sets), world.features).scatter_(1, sets, 1.0)


def centres(seeds: Sequence[int], world: World = World()) -> Float[Tensor, "nets sets features"]:
    """The noise-free codes of all classes, in the order of their labels.

    >>> c = centres([0, 1])
    >>> c.shape, c.sum(-1).unique()
    (torch.Size([2, 66, 12]), tensor([2.]))
    """
    return torch.stack([_centres(seed, world, False) for seed in seeds])


def draw(
    seeds: Sequence[int],
    samples: int,
    world: World = World(),
    *,
    part: int = 0,
    unseen: bool = False,
) -> Sample:
    """Data of every seed's world, float32: a class at random, its code plus noise, mixed.

    Other parts of a seed share its mixing and its classes: use one to train, another to judge. With
    `unseen`, only sets of features that are *no* class of this world; their labels mean nothing.

    Raises
    ------
    ValueError
        if there are no samples, or no unseen sets.

    Examples
    --------
    >>> few = World(classes=44)
    >>> train, other = draw([0], 100, few), draw([0], 50, few, unseen=True)
    >>> train.inputs.shape, int((train.codes[0][:, None] == other.codes[0]).all(-1).sum())
    (torch.Size([1, 100, 12]), 0)
    """
    if samples < 1:
        raise ValueError(f"samples must be ≥ 1, got {samples}")
    labels, codes, latents = [], [], []
    for seed in seeds:
        own = _centres(seed, world, unseen)
        random = generator(seed, CHAIN, part, int(unseen), samples, world.features)
        label = torch.as_tensor(random.integers(len(own), size=samples))
        dense = torch.as_tensor(random.standard_normal((samples, world.features)))
        labels.append(label)
        codes.append(own[label])
        latents.append(own[label].double() + world.noise * dense)
    z = torch.stack(latents)
    maps = identifiability.World(dims=world.features, layers=world.bends + 1, condition=1.0)
    x = identifiability.mix(z, identifiability.mixing(seeds, maps), slope=maps.slope)
    return Sample(x.float(), torch.stack(labels), z.float(), torch.stack(codes))


# ------------------------------------------------------------------------------ the classifier

UNITS = 8  # m, of the representation
TRAINING = identifiability.Training(widths=(96, 96, 96), outputs=UNITS, steps=4000, batch=128)


class Network(NamedTuple):
    """A stack of classifiers and the world that each was trained in."""

    classifier: identifiability.Classifier
    world: World


def train(
    seeds: Sequence[int],
    world: World = World(),
    training: identifiability.Training = TRAINING,
    *,
    samples: int = 120_000,
    shuffled: bool = False,
) -> Network:
    """A classifier for every seed, trained by cross-entropy on inputs and classes alone.

    shuffled: give every input the label of another. About five seconds a net.
    """
    data = draw(seeds, samples, world)
    labels = data.labels.roll(1, dims=1) if shuffled else data.labels
    seen = identifiability.Sample(data.inputs, labels, data.latents)
    return Network(identifiability.train(seeds, seen, world.sets, training), world)


def untrained(
    seeds: Sequence[int],
    world: World = World(),
    training: identifiability.Training = TRAINING,
) -> Network:
    """The classifiers that `train` starts from."""
    return Network(identifiability.initialise(seeds, world.features, world.sets, training), world)


# ------------------------------------------------------------------------------ its links


def standardised(units: Float[Tensor, "nets samples units"]) -> Signals:
    """Units less their mean, all divided by one number, so that the mean square length is 1.

    Where K features are on in every sample, h = Φ c + b becomes (Φ − Φ̄) c, with the mean Φ̄ of the
    columns: still sparse, still ≥ 0, without an offset.

    >>> standardised(torch.tensor([[[1.0, 0.0], [1.0, 6.0]]]))
    tensor([[[ 0., -1.],
             [ 0.,  1.]]])
    """
    around = units - units.mean(1, keepdim=True)
    return around / around.square().sum(-1).mean(1).sqrt()[:, None, None].clamp(min=1e-12)


def linear_part(
    units: Float[Tensor, "nets samples units"], latents: Float[Tensor, "nets samples features"]
) -> Float[Tensor, "nets samples units"]:
    """What least squares on the latents says of the units: an exactly linear representation.

    >>> z = torch.tensor([[[-1.0], [0.0], [1.0]]])
    >>> linear_part(z**3 + z**2, z)[0].flatten()
    tensor([-0.3333,  0.6667,  1.6667])
    """
    one = torch.cat([latents, torch.ones_like(latents[..., :1])], dim=-1).double()
    return (one @ (torch.linalg.pinv(one) @ units.double())).to(units.dtype)


def true_dictionary(signals: Signals, codes: Codes) -> Dictionary:
    """Unit columns of the map from true codes to signals that fits best: an oracle's dictionary.

    Least squares on both less their means, of least length: where codes have a constant sum, that
    is Φ − Φ̄ of `standardised`.

    >>> codes = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]])
    >>> true_dictionary(codes @ torch.tensor([[3.0], [1.0]]), codes)
    tensor([[[ 1., -1.]]])
    """
    c, y = (values.double() - values.double().mean(1, keepdim=True) for values in (codes, signals))
    return coding.unit_columns((torch.linalg.pinv(c) @ y).mT).to(signals.dtype)


def learn(signals: Signals, features: int, seeds: Sequence[int]) -> Dictionary:
    """The dictionary that dictionary learning finds in signals alone, the best of three starts."""
    return coding.learn_dictionary(
        signals, features, seeds, lam=LAM, rounds=60, steps=20, restarts=3, nonnegative=True
    ).dictionary


def infer(signals: Signals, dictionary: Dictionary) -> Codes:
    """The sparse codes z ≥ 0 of signals, by FISTA."""
    return coding.fista(signals, dictionary, lam=LAM, steps=200, nonnegative=True)


def halves(values: Tensor) -> tuple[Tensor, Tensor]:
    """The samples that a dictionary is learned from, and those that it is judged on."""
    return values[:, : values.shape[1] // 2], values[:, values.shape[1] // 2 :]


def sparse_coded(
    units: Float[Tensor, "nets samples units"], features: int, seeds: Sequence[int]
) -> Float[Tensor, "nets half features"]:
    """Step two of the chain: a dictionary from one half of the units, codes of the other."""
    fit, judge = halves(standardised(units))
    return infer(judge, learn(fit, features, seeds))


# ------------------------------------------------------------------------------ measured

SEEDS = (*range(3), *range(10, 20))
BELOW = 10  # seeds below explore, through all worlds; the others judge S5
SIZES = (6, 8, 12)  # units, S5
KNOBS = {  # what is turned, one at a time; the chapter's own setting is among the values
    "bends": (0, 2, 3, 4, 5, 6),
    "units": (3, 4, 5, 6, 8, 12),
    "noise": (5, 10, 20, 40),  # in hundredths
    "classes": (22, 44, 66),
    "steps": (1000, 4000, 8000),
}
PENALTIES = (0.03, 0.1, 0.3)  # the autoencoder is given its best


def turned(knob: str, value: int) -> tuple[World, identifiability.Training]:
    """The chapter's setting with one of `KNOBS` turned.

    >>> turned("noise", 5)[0].noise, turned("steps", 500)[1].steps
    (0.05, 500)
    """
    world, training = World(), TRAINING
    if knob == "classes" and value == world.sets:
        return world, training
    if knob == "units":
        return world, replace(training, outputs=value)
    if knob == "steps":
        return world, replace(training, steps=value)
    change = value / 100 if knob == "noise" else value
    return replace(world, **{knob: change}), training


def mended(
    units: Float[Tensor, "nets samples units"], sample: Sample, seeds: Sequence[int]
) -> dict[str, Float[Tensor, "nets half features"]]:
    """The chain's codes as they are, and with one link or both replaced by its ideal.

    Step one mended: the units' `linear_part`. Step two mended: the `true_dictionary`.
    """
    found, features = {}, sample.codes.shape[-1]
    for ideal, own in (("", units), ("linear", linear_part(units, sample.latents))):
        fit, judge = halves(standardised(own))
        names = ("chain", "true dictionary") if not ideal else ("linear", "both")
        found[names[0]] = infer(judge, learn(fit, features, seeds))
        found[names[1]] = infer(judge, true_dictionary(fit, halves(sample.codes)[0]))
    return found


def _autoencoders(fit: Signals, judge: Signals, truth: Codes, seeds) -> dict[str, Tensor]:
    """A one-layer sparse autoencoder with the λ that scores best, and FISTA on its dictionary."""
    start = coding.random_dictionary([s + 2000 for s in seeds], fit.shape[-1], truth.shape[-1])
    how = {"learn": True, "steps": 2000, "batch": 128, "learning_rate": 1e-2}
    nets = tuning.for_each_penalty(fit, start, seeds, PENALTIES, **how)
    own = torch.stack([scores.mcc(coding.encode(net, judge), truth) for net in nets])
    again = torch.stack([scores.mcc(infer(judge, net.dictionary), truth) for net in nets])
    best = own.argmax(0)[None]
    return {"SAE": own.gather(0, best)[0], "FISTA on the SAE's": again.gather(0, best)[0]}


def _of_units(units: Tensor, sample: Sample, seeds) -> dict[str, Tensor]:
    """MCC of everything that is done to the units of a trained network."""
    fit, judge = halves(standardised(units))
    truth, m = halves(sample.codes)[1], units.shape[-1]
    normal = [generator(s, CHAIN, m, m).standard_normal((m, m)) for s in seeds]
    turn = random_rotations(torch.tensor(np.stack(normal))).float()
    axes = torch.linalg.eigh(judge.mT @ judge).eigenvectors
    found = {
        "units": judge,
        "random rotation": judge @ turn,
        "PCA": judge @ axes,
        "ICA": ica.fast_ica(judge),
    }
    values = {name: scores.mcc(codes, truth) for name, codes in found.items()}
    values |= _autoencoders(fit, judge, truth, seeds)
    values["chain, shuffled samples"] = scores.permuted(
        scores.mcc, infer(judge, learn(fit, truth.shape[-1], seeds)), truth, draws=5
    ).mean(0)
    return values


def _means(units: Tensor, labels: Tensor, sets: int) -> Float[Tensor, "nets sets units"]:
    one = torch.nn.functional.one_hot(labels, sets).to(units.dtype)
    return one.mT @ units / one.sum(1)[..., None].clamp(min=1)


def _world(name: str, n: int, seeds, world: World, training, *, deep: bool) -> list[Row]:
    """Everything that is measured in one world; `deep` with all controls."""
    net, blank = train(seeds, world, training), untrained(seeds, world, training)
    test = draw(seeds, 4000, world, part=1)
    truth, best = halves(test.codes)[1], torch.cdist(test.latents, centres(seeds, world))

    def units(net: Network, sample: Sample = test) -> Tensor:
        return identifiability.encode(net.classifier, sample.inputs)

    seen = {"raw input": test.inputs, "untrained": units(blank), "trained": units(net)}
    if deep:
        wrong = train(seeds, world, training, shuffled=True)
        seen["shuffled labels"] = units(wrong)
    accuracy = {
        "trained": identifiability.accuracy(net.classifier, test.inputs, test.labels),
        "possible": (best.argmin(-1) == test.labels).double().mean(-1),
    }
    mcc = {k: scores.mcc(c, truth) for k, c in mended(units(net), test, seeds).items()}
    for k, own in seen.items():
        if k != "trained":
            mcc[k] = scores.mcc(sparse_coded(own, world.features, seeds), truth)
    mixed = torch.stack(
        [torch.tensor(generator(s, CHAIN, 7, training.outputs, world.features).standard_normal(
            (world.features, training.outputs)
        )).float() for s in seeds]
    )  # fmt: skip
    mcc["random mixture"] = scores.mcc(
        sparse_coded(test.latents @ mixed, world.features, seeds), truth
    )
    if deep:
        mcc |= _of_units(seen["trained"], test, seeds)
    found = rows(name, n, "accuracy", seeds, accuracy) + rows(name, n, "MCC", seeds, mcc)
    found += rows(name, n, "R²", seeds, {
        k: scores.linear_r2(own, test.latents) for k, own in seen.items()
    })  # fmt: skip
    found += rows(name, n, "reverse R²", seeds, {
        k: scores.reverse_r2(own, test.latents) for k, own in seen.items()
    })  # fmt: skip
    atoms = {
        k: true_dictionary(standardised(own), test.codes)
        for k, own in (("trained", seen["trained"]), ("random mixture", test.latents @ mixed))
    }
    found += rows(name, n, "coherence", seeds, {k: coding.coherence(A) for k, A in atoms.items()})
    own = learn(halves(standardised(seen["trained"]))[0], world.features, seeds)
    found += rows(name, n, "atoms", seeds, {
        "chain": scores.dictionary_recovery(own, atoms["trained"])
    })  # fmt: skip
    middle = {}
    for k in ("raw input", "trained"):
        means = standardised(_means(seen[k], test.labels, world.sets))
        codes = infer(means, learn(means, world.features, seeds))
        middle[k] = scores.mcc(codes, centres(seeds, world))
    found += rows(name, n, "MCC of class means", seeds, middle)
    if world.classes is not None and world.classes < len(_sets(world)):
        other = draw(seeds, 2000, world, part=2, unseen=True)
        both = standardised(torch.cat([seen["trained"], units(net, other)], 1))
        learned = learn(both[:, :2000], world.features, seeds)
        codes = infer(both[:, 4000:], learned)
        found += rows(name, n, "MCC", seeds, {"unseen sets": scores.mcc(codes, other.codes)})
    return found


def measure(seeds: Sequence[int] = SEEDS) -> pd.DataFrame:
    """Every link's score, its controls, and what mending a link would bring.

    Seeds below ten are taken through all worlds of the chapter, the others (the ledger's) through
    those of S5: the chapter's world with 6, 8 and 12 units. World "units" with n of them, "bends",
    "noise" (n hundredths), "classes", "steps"; "chain": S5's, n units. About ten minutes on one
    core for the seeds of the book.

    Raises
    ------
    ValueError
        before any work, if seeds are none, not whole numbers ≥ 0, or not all different.
    """
    check_numbers("seeds", seeds, 0)
    explore, judge = ([s for s in seeds if (s < BELOW) == low] for low in (True, False))
    found = []
    with one_thread():
        if judge:
            for n in SIZES:
                found += _world("chain", n, judge, *turned("units", n), deep=True)
        if explore:
            once = {}  # the chapter's setting is a value of every knob
            for knob, values in KNOBS.items():
                for n in values:
                    setting = turned(knob, n)
                    if setting not in once:
                        once[setting] = _world(knob, n, explore, *setting, deep=False)
                    found += [row._replace(world=knob, n=n) for row in once[setting]]
    return pd.DataFrame(found, columns=COLUMNS)
