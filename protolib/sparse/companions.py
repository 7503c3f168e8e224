"""Theirs against ours: the settings of the second paper's companions, measured anew.

Three settings, each in as many data worlds as there are seeds. *One layer*: 16 features in 8
units, 3 of them active, 1,024 samples to train and to test, as in O'Neill et al. (arXiv:2411.13117;
code: charlieoneill11/sparse-inference). *Halves*: combinations of features that training never
had, as in Pacela et al. (arXiv:2603.28744; code: shrutij01/compositional-sparse-ood). *Sizes*: how
far readers that take few multiplications close the gap between one layer and sparse inference.

S8 and S9 (`protolib.claims.further`) are judged on what `measure` returns. The published numbers
stand in `protolib.sparse.published`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from protolib.data import generator
from protolib.matching import cheapest_pairs
from protolib.measurements import COLUMNS, Row, rows
from protolib.sparse import coding, scores
from protolib.sparse.coding import Codes, Dictionary, Signals
from protolib.sparse.optimise import minimise
from protolib.streams import BATCHES, HALVES, PERCEPTRON
from protolib.sweep.grid import check_numbers
from protolib.training import one_thread

SEEDS = range(10, 20)

SMALL = (16, 8, 3)  # features, units, active ones: O'Neill et al.
SAMPLES = 1024
THEIR_SEED = 20240625  # of their one data world
THEIR_LAM = 0.0125  # their weight, 0.05 mean|z| beside mean (y − ŷ)², as the λ of `lasso`
LAMS = (0.01, 0.03, 0.1, 0.2, 0.4)  # the sweep with a known dictionary
LADDER_LAMS = LAMS[1:4]
LEARN_LAMS = (0.03, 0.1, 0.2, 0.3)  # and with one that is learned
HALVES_SIZES = ((50, 33, 10), (100, 47, 10))  # Pacela et al.
HALVES_SAMPLES, HALVES_LAM, HALVES_STEPS = 2500, 0.1, 100  # λ and steps of FISTA as theirs
BLOCKS = (64, 32, 5, 8)  # features, units, active ones, blocks
SIZES = ((16, 8, 3), (64, 32, 5), (128, 48, 5))  # S8
FULL, FEW = 200, 15  # steps of FISTA: as good as converged, and a few
LAYERS, REFINE, WIDE = 10, 10, 4  # of LISTA; FISTA steps after an encoder; hidden width / features
CHEAP = ("wide encoder", "LISTA", "layer + FISTA", "few FISTA")
JITTER = 0.1  # of the default start, so that copies part
BEYOND = "beyond nine tenths"  # MCC − that of nine tenths of the way from one layer to FISTA
MARGIN = 0.05  # a smaller fall is none, S9
READERS = (
    "linear probe", "SAE", "TopK", "FISTA on TopK's dictionary", "dictionary learning",
    "true dictionary", "layer of the true dictionary", "LISTA",
)  # fmt: skip
NEARLY = 0.9  # of the gap: what S8 calls closed


class Encoder(NamedTuple):
    """A network z = ReLU(W₂ ReLU(W₁ y + b₁) + b₂), or one layer of it, and its dictionary.

    weights: (nets, out, in) each; biases: (nets, out) each; dictionary: (nets, units, features)
    """

    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]
    dictionary: Dictionary

    def __call__(self, signals: Signals) -> Codes:
        for W, b in zip(self.weights, self.biases):
            signals = torch.relu(torch.baddbmm(b[:, None], signals, W.mT))
        return signals


class Recipe(NamedTuple):
    """How an encoder is trained. The defaults are the companion's (`O'Neill et al.`).

    Parameters
    ----------
    lam
        λ of ½ ‖y − A z‖² + λ ‖z‖₁
    transposed
        start at W = Aᵀ, b = 0, instead of at torch's random default; a hidden layer starts as
        copies of that, a little perturbed, and the next layer takes their means
    hidden
        units of a hidden layer, or None
    learn
        train the dictionary too, from a random start, with columns of length one
    steps, batch, rate, decay
        of Adam; a batch as large as the sample is all of it; whether the rate falls along a cosine
    """

    lam: float = THEIR_LAM
    transposed: bool = False
    hidden: int | None = None
    learn: bool = False
    steps: int = 6000
    batch: int = SAMPLES
    rate: float = 1e-3
    decay: bool = False


OURS = Recipe(transposed=True, steps=1000, batch=128, rate=1e-2, decay=True)


def default_layer(draw: np.random.Generator, fan_out: int, fan_in: int) -> tuple[Tensor, Tensor]:
    """Weights and biases as `torch.nn.Linear` draws them: uniform within ±1/√fan_in."""
    reach = fan_in**-0.5
    return tuple(
        torch.tensor(draw.uniform(-reach, reach, shape), dtype=torch.float32)
        for shape in ((fan_out, fan_in), (fan_out,))
    )


def start(dictionary: Dictionary, seeds: Sequence[int], recipe: Recipe) -> Encoder:
    """The untrained encoder of a recipe; with `learn`, the dictionary is random columns.

    Raises
    ------
    ValueError
        if a transposed start does not fit a hidden layer.
    """
    _, units, features = dictionary.shape
    if recipe.transposed and (recipe.hidden or 0) % features:
        raise ValueError(
            f"a transposed start needs a multiple of {features} hidden units, got {recipe.hidden}"
        )
    A = dictionary
    if recipe.learn:
        draws = [generator(s, PERCEPTRON, units, features) for s in seeds]
        A = coding.unit_columns(
            torch.tensor(
                np.stack([d.standard_normal((units, features)) for d in draws]),
                dtype=dictionary.dtype,
            )
        )
    widths = [units, *([recipe.hidden] if recipe.hidden else []), features]
    stacks = []
    for depth, (fan_in, fan_out) in enumerate(zip(widths, widths[1:])):
        layers = [default_layer(generator(s, PERCEPTRON, depth), fan_out, fan_in) for s in seeds]
        stacks.append([torch.stack(parts) for parts in zip(*layers)])
    weights, biases = zip(*stacks)
    if recipe.transposed:
        copies = (recipe.hidden or features) // features
        first = A.mT.repeat(1, copies, 1)
        mean = torch.eye(features).repeat(1, copies).expand(len(A), -1, -1) / copies
        weights = (
            (first + JITTER * weights[0], mean + JITTER * weights[1]) if recipe.hidden else (first,)
        )
        biases = tuple(torch.zeros_like(b) for b in biases)
    return Encoder(tuple(weights), tuple(biases), A)


def train(
    signals: Signals,
    dictionary: Dictionary,
    seeds: Sequence[int],
    recipe: Recipe,
    first: Encoder | None = None,
) -> Encoder:
    """Train an encoder on the lasso of its codes, summed over nets, which never mix.

    Parameters
    ----------
    dictionary
        the true one; with `recipe.learn` only its shape is used
    first
        the untrained encoder, instead of the recipe's

    Examples
    --------
    >>> A = coding.random_dictionary([0], 8, 16)
    >>> y = coding.mix(coding.sparse_codes([0], 500, 16, 2), A)
    >>> net = train(y, A, [0], OURS._replace(lam=0.1, steps=50))
    >>> before = coding.lasso(start(A, [0], OURS)(y), y, A, lam=0.1).mean()
    >>> bool(coding.lasso(net(y), y, A, lam=0.1).mean() < before)
    True
    """
    net = first or start(dictionary, seeds, recipe)
    leaves = [t.clone().requires_grad_() for t in (*net.weights, *net.biases)]
    depth = len(net.weights)
    A = net.dictionary.clone().requires_grad_(recipe.learn)
    if recipe.learn:
        leaves.append(A)
    draws = [generator(seed, BATCHES, recipe.batch) for seed in seeds]
    own = torch.arange(len(signals))[:, None]

    def loss(step: int) -> Tensor:
        y = signals
        if recipe.batch < y.shape[1]:
            place = np.stack([d.integers(y.shape[1], size=recipe.batch) for d in draws])
            y = y[own, torch.as_tensor(place)]
        D = coding.unit_columns(A) if recipe.learn else A
        z = Encoder(tuple(leaves[:depth]), tuple(leaves[depth : 2 * depth]), D)(y)
        error = (y - z @ D.mT).square().sum((-2, -1)) / 2
        return (error + recipe.lam * z.sum((-2, -1))).sum() / y.shape[1]

    minimise(
        leaves, loss, steps=recipe.steps, learning_rate=recipe.rate, fused=True,
        decay=recipe.decay,
    )  # fmt: skip
    done = [t.detach() for t in leaves]
    D = coding.unit_columns(done[-1]) if recipe.learn else net.dictionary
    return Encoder(tuple(done[:depth]), tuple(done[depth : 2 * depth]), D)


def halves(
    seeds: Sequence[int],
    samples: int,
    features: int,
    active: int,
    *,
    new: bool,
    part: int = 0,
) -> Codes:
    """Codes whose combinations were in training, or are new, as in Pacela et al.

    Seen: feature 0 with K − 1 others of the first half, or (every second sample, on average) any K
    features but feature 0. New: feature 0 with K − 1 features of the second half, which training
    never had beside it. Values uniform in [0, 1]. `part` draws other samples of the same kind.

    Raises
    ------
    ValueError
        unless 2 ≤ active ≤ half of the features.

    Examples
    --------
    >>> z = halves([0], 100, 10, 3, new=True)
    >>> bool((z[..., 0] > 0).all()), bool((z[..., 1:5] == 0).all())
    (True, True)
    """
    half = features // 2
    if not 2 <= active <= half:
        raise ValueError(f"expected 2 ≤ active ≤ {half}, got {active}")
    stack = []
    for seed in seeds:
        draw = generator(seed, HALVES, features, active, int(new), part)
        z = np.zeros((samples, features))
        for row in z:
            first = new or draw.random() < 0.5
            others = (
                range(half, features) if new else range(1, features - half if first else features)
            )
            chosen = draw.choice([*others], active - first, replace=False)
            row[chosen], row[0] = draw.random(active - first), draw.random() * first
        stack.append(z)
    return torch.tensor(np.stack(stack), dtype=torch.float32)


def of_active(codes: Float[Tensor, "nets samples units"], truth: Codes) -> Float[Tensor, " nets"]:
    """MCC as Pacela et al. take it: over the features that occur in `truth`, with as many units,
    those of largest variance."""
    found = []
    for z_hat, z in zip(codes, truth):
        z = z[:, z.var(0) > 1e-8]
        best = z_hat.var(0).argsort(descending=True)[: z.shape[1]]
        found.append(scores.mcc(z_hat[None, :, best], z[None]))
    return torch.cat(found)


def multiplications(reader: str, units: int, features: int) -> int:
    """What a code costs a sample: the multiplications in its matrix products.

    One layer N M; with a hidden layer of 4 N units 4 N (M + N); T steps of FISTA N M + T N² (with
    I − AᵀA/L made once for all samples); L layers of LISTA N M + (L − 1) N².

    >>> multiplications("one layer", 8, 16), multiplications("FISTA", 8, 16)
    (128, 51328)
    """
    layer, square = units * features, features**2
    return {
        "one layer": layer,
        "wide encoder": WIDE * (layer + square),
        "LISTA": layer + (LAYERS - 1) * square,
        "layer + FISTA": 2 * layer + REFINE * square,
        "few FISTA": layer + FEW * square,
        "FISTA": layer + FULL * square,
    }[reader]


class Split(NamedTuple):
    """A dictionary, what a reader is trained on, and what it is tested on: {name: (y, z)}."""

    dictionary: Dictionary
    signals: Signals
    codes: Codes
    tests: Mapping[str, tuple[Signals, Codes]]


def _split(A: Dictionary, z: Codes, tests: Mapping[str, Tensor]) -> Split:
    return Split(A, coding.mix(z, A), z, {k: (coding.mix(v, A), v) for k, v in tests.items()})


def small_world(seeds: Sequence[int], samples: int = SAMPLES) -> Split:
    """A data world of O'Neill et al. a seed: 16 features in 8 units, 3 of them active."""
    n, m, k = SMALL
    fresh = coding.sparse_codes([s + 1000 for s in seeds], SAMPLES, n, k)
    A = coding.random_dictionary(seeds, m, n)
    return _split(A, coding.sparse_codes(seeds, samples, n, k), {"new samples": fresh})


def halves_world(seeds: Sequence[int], n: int, m: int, k: int) -> Split:
    """A data world of Pacela et al. a seed."""
    A = coding.random_dictionary(seeds, m, n)
    z, seen = (halves(seeds, HALVES_SAMPLES, n, k, new=False, part=p) for p in (0, 1))
    return _split(A, z, {"seen": seen, "new": halves(seeds, HALVES_SAMPLES, n, k, new=True)})


def blocks_world(seeds: Sequence[int]) -> Split:
    """Trained where features come in blocks, tested there and on all combinations."""
    n, m, k, blocks = BLOCKS
    fresh = [s + 1000 for s in seeds]
    seen, new = (coding.sparse_codes(fresh, 1000, n, k, blocks=b) for b in (blocks, 1))
    A = coding.random_dictionary(seeds, m, n)
    z = coding.sparse_codes(seeds, 4000, n, k, blocks=blocks)
    return _split(A, z, {"seen": seen, "new": new})


def sizes_world(seeds: Sequence[int], n: int, m: int, k: int) -> Split:
    """A world of n features in m units, k of them active, with all combinations."""
    fresh = coding.sparse_codes([s + 1000 for s in seeds], 1000, n, k)
    A = coding.random_dictionary(seeds, m, n)
    return _split(A, coding.sparse_codes(seeds, 4000, n, k), {"new": fresh})


def _infer(y: Signals, A: Dictionary, lam: float = 0.03, steps: int = FULL, **more) -> Codes:
    return coding.fista(y, A, lam=lam, steps=steps, nonnegative=True, **more)


def _best(nets: Sequence, score: Callable) -> tuple[Tensor, Tensor]:
    """The best score of several nets for every world, and which net has it."""
    found = torch.stack([score(net) for net in nets])
    return found.max(0)


def measure_ladder(seeds: Sequence[int]) -> list[Row]:
    """From the companion's encoder to ours with one thing changed at a time, and back."""
    few, many = small_world(seeds), small_world(seeds, 4000)
    y, z = few.tests["new samples"]

    def score(net) -> Tensor:
        return scores.mcc(net(y), z)

    def at(world: Split, recipe: Recipe, lams: Sequence[float] = ()) -> Tensor:
        nets = [
            train(world.signals, world.dictionary, seeds, recipe._replace(lam=lam))
            for lam in lams or (recipe.lam,)
        ]
        return _best(nets, score)[0]

    theirs = Recipe()
    training = {k: getattr(OURS, k) for k in ("steps", "batch", "rate", "decay")}
    values = {
        "theirs": at(few, theirs),
        "theirs, our λ": at(few, theirs, LADDER_LAMS),
        "theirs, our start": at(few, theirs._replace(transposed=True)),
        "theirs, our steps": at(few, theirs._replace(**training)),
        "theirs, our samples": at(many, theirs),
        "ours": at(many, OURS, LADDER_LAMS),
        "ours, their λ": at(many, OURS),
        "ours, their start": at(many, OURS._replace(transposed=False), LADDER_LAMS),
        "ours, their steps": at(many, theirs._replace(transposed=True), LADDER_LAMS),
        "ours, their samples": at(few, OURS, LADDER_LAMS),
        "shuffled": scores.mcc(z.roll(1, dims=1), z),
    }
    return rows("ladder", SMALL[0], "MCC", seeds, values)


def measure_small(seeds: Sequence[int]) -> list[Row]:
    """O'Neill et al.'s readers, known dictionary and unknown, each with its best λ."""
    world, n = small_world(seeds), SMALL[0]
    y, z = world.tests["new samples"]
    chance = {"shuffled": scores.mcc(z.roll(1, dims=1), z)}

    def score(net) -> Tensor:
        return scores.mcc(net(y), z)

    def atoms(A: Dictionary) -> Tensor:  # Pearson's, as theirs, not |cos|
        return scores.mcc(A, world.dictionary)

    def fit(recipe: Recipe, lams: Sequence[float]) -> list[Encoder]:
        each = [recipe._replace(lam=lam) for lam in lams]
        return [train(world.signals, world.dictionary, seeds, one) for one in each]

    deep = OURS._replace(steps=2000, rate=3e-3)
    values = {
        "SAE": _best(fit(OURS, LAMS), score)[0],
        "MLP-32": _best(fit(deep._replace(hidden=32), LAMS[1:4]), score)[0],
        "MLP-256": _best(fit(deep._replace(hidden=256), LAMS[1:4]), score)[0],
        "per-sample optimisation": scores.mcc(_infer(y, world.dictionary, THEIR_LAM), z),
    }
    found = rows("known", n, "MCC", seeds, values | chance)

    learned = OURS._replace(transposed=False, learn=True, steps=3000)
    codes, dictionaries = {}, {}
    for name, recipe in {
        "SAE": learned._replace(rate=2e-2),
        "MLP-256": learned._replace(hidden=256, rate=5e-3, steps=2000),
    }.items():
        nets = fit(recipe, LEARN_LAMS if name == "SAE" else LEARN_LAMS[:2])
        codes[name], best = _best(nets, score)
        chosen = torch.stack([net.dictionary for net in nets])[best, torch.arange(len(seeds))]
        dictionaries[name] = chosen
    codes["optimisation on the SAE's dictionary"] = scores.mcc(_infer(y, dictionaries["SAE"]), z)
    dictionaries["sparse coding"] = coding.learn_dictionary(
        world.signals, n, seeds, lam=0.1, rounds=100, steps=10, restarts=10, nonnegative=True
    ).dictionary
    codes["sparse coding"] = scores.mcc(_infer(y, dictionaries["sparse coding"]), z)
    random = atoms(start(world.dictionary, seeds, learned).dictionary)
    found += rows("unknown", n, "MCC", seeds, codes | chance)
    matched = {name: atoms(A) for name, A in dictionaries.items()} | {"random": random}
    return found + rows("unknown", n, "MCC of atoms", seeds, matched)


def _learned(
    world: Split, seeds: Sequence[int], active: int, lam: float, steps: int = FULL
) -> dict[str, Callable[[Signals], Codes]]:
    """Readers that know no dictionary, by name: what they make of signals."""
    _, m, n = world.dictionary.shape
    blind = coding.random_dictionary([s + 2000 for s in seeds], m, n)
    y, how = world.signals, {"learn": True, "batch": 256, "learning_rate": 1e-2}
    topk = coding.train_autoencoder(y, blind, seeds, lam=0.0, active=active, steps=2000, **how)
    sae = [
        coding.train_autoencoder(y, blind, seeds, lam=p, steps=1500, **how)
        for p in LEARN_LAMS[1::2]
    ]
    learned = coding.learn_dictionary(
        y, n, seeds, lam=lam, rounds=100, steps=10, nonnegative=True
    ).dictionary
    probe = coding.ridge(y, world.codes, penalty=1e-2)
    seen_y, seen_z = world.tests["seen"]
    best = _best(sae, lambda net: scores.mcc(coding.encode(net, seen_y), seen_z))[1]
    own = torch.arange(len(seeds))
    chosen = coding.Autoencoder(*(torch.stack(parts)[best, own] for parts in zip(*sae)))
    return {
        "linear probe": lambda v: coding.read(v, probe),
        "SAE": lambda v: coding.encode(chosen, v),
        "TopK": lambda v: coding.encode(topk, v, active=active),
        "FISTA on TopK's dictionary": lambda v: _infer(v, topk.dictionary, lam, steps),
        "dictionary learning": lambda v: _infer(v, learned, lam, steps),
        "true dictionary": lambda v: _infer(v, world.dictionary, lam, steps),
    }


def first_feature(codes: Mapping[str, Tensor], truth: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """How much feature 0 correlates with its unit, where active, on every kind of samples.

    The unit is the one matched with it on the first kind. Only samples with the feature compare:
    how often it occurs is another matter.
    """
    kinds = [*truth]
    table = scores.correlations(codes[kinds[0]], truth[kinds[0]]).abs()
    units = [int(rows[columns.tolist().index(0)]) for rows, columns in map(_pairs, table)]
    found = {}
    for kind in kinds:
        each = []
        for net, (z_hat, z) in enumerate(zip(codes[kind], truth[kind])):
            on = z[:, 0] > 0
            one = z_hat[on][None, :, units[net], None], z[on][None, :, :1]
            each.append(scores.correlations(*one).abs().flatten())
        found[kind] = torch.cat(each)
    return found


def _pairs(table: Tensor) -> tuple[np.ndarray, np.ndarray]:
    return cheapest_pairs(-table.numpy())


def _seen_and_new(
    name: str, world: Split, readers: Mapping[str, Callable], seeds: Sequence[int]
) -> list[Row]:
    """Every reader on combinations that training had, and on new ones."""
    n = world.dictionary.shape[-1]
    truth = {kind: z for kind, (_, z) in world.tests.items()}
    codes = {
        of: {kind: read(y) for kind, (y, _) in world.tests.items()} for of, read in readers.items()
    }
    codes["shuffled"] = {kind: z.roll(1, dims=1) for kind, z in truth.items()}
    found, on = [], truth["new"].flatten(0, 1).var(0) > 1e-8
    for kind, z in truth.items():
        values = {of: scores.mcc(c[kind], z[..., on]) for of, c in codes.items()}
        found += rows(name, n, f"MCC, {kind}", seeds, values)
    theirs = {of: of_active(c["new"], truth["new"]) for of, c in codes.items()}
    found += rows(name, n, "MCC, as theirs", seeds, theirs)
    if name == "halves":
        first = {of: first_feature(c, truth) for of, c in codes.items()}
        for kind in truth:
            values = {of: v[kind] for of, v in first.items()}
            found += rows(name, n, f"first feature, {kind}", seeds, values)
        falls = {of: v["seen"] - v["new"] for of, v in first.items() if of != "shuffled"}
        gap = values_of(found, "MCC, new")
        beyond = gap["FISTA on TopK's dictionary"] - gap["TopK"]
        beyond = beyond - NEARLY * (gap["true dictionary"] - gap["TopK"])
        found += rows(name, n, BEYOND, seeds, {"FISTA on TopK's dictionary": beyond})
    else:
        before, after = (values_of(found, f"MCC, {kind}") for kind in truth)
        falls = {of: before[of] - after[of] for of in before if of != "shuffled"}
    return found + rows(name, n, "fall", seeds, falls)


def values_of(found: Sequence[Row], score: str) -> dict[str, Tensor]:
    """The values of one score, {of: (seeds,)}."""
    table: dict[str, list[float]] = {}
    for row in found:
        if row.score == score:
            table.setdefault(row.of, []).append(row.value)
    return {of: torch.tensor(values, dtype=torch.float64) for of, values in table.items()}


def measure_halves(seeds: Sequence[int]) -> list[Row]:
    """Pacela et al.'s readers, on combinations seen and new."""
    found = []
    for n, m, k in HALVES_SIZES:
        world = halves_world(seeds, n, m, k)
        readers = _learned(world, seeds, k, HALVES_LAM, HALVES_STEPS)
        found += _seen_and_new("halves", world, readers, seeds)
    return found


def measure_blocks(seeds: Sequence[int]) -> list[Row]:
    """The same readers where features come in blocks, and encoders of the true dictionary."""
    k = BLOCKS[2]
    world = blocks_world(seeds)
    y, A = world.signals, world.dictionary
    layer = train(y, A, seeds, OURS._replace(lam=0.2))
    how = {"steps": 1000, "batch": 128, "learning_rate": 5e-3}
    lista = coding.train_lista(y, A, seeds, lam=0.03, layers=LAYERS, nonnegative=True, **how)
    readers = _learned(world, seeds, k, 0.03) | {
        "layer of the true dictionary": layer,
        "LISTA": lambda v: coding.run_lista(lista, v, nonnegative=True),
    }
    return _seen_and_new("blocks", world, readers, seeds)


def measure_sizes(seeds: Sequence[int]) -> list[Row]:
    """MCC of readers that know the dictionary, cheap ones and sparse inference."""
    found = []
    for n, m, k in SIZES:
        world = sizes_world(seeds, n, m, k)
        A, train_y, (y, z) = world.dictionary, world.signals, world.tests["new"]

        def score(net, y=y, z=z) -> Tensor:
            return scores.mcc(net(y), z)

        layers = [train(train_y, A, seeds, OURS._replace(lam=lam)) for lam in LAMS[2:]]
        one, best = _best(layers, score)
        wide = OURS._replace(hidden=WIDE * n, rate=3e-3, steps=2000)
        wides = [train(train_y, A, seeds, wide._replace(lam=lam)) for lam in LAMS[1:3]]
        how = {"steps": 1000, "batch": 128, "learning_rate": 5e-3}
        lista = coding.train_lista(
            train_y, A, seeds, lam=0.03, layers=LAYERS, nonnegative=True, **how
        )
        first = torch.stack([net(y) for net in layers])[best, torch.arange(len(seeds))]
        values = {
            "one layer": one,
            "wide encoder": _best(wides, score)[0],
            "LISTA": scores.mcc(coding.run_lista(lista, y, nonnegative=True), z),
            "layer + FISTA": scores.mcc(_infer(y, A, steps=REFINE, start=first), z),
            "few FISTA": scores.mcc(_infer(y, A, steps=FEW), z),
            "FISTA": scores.mcc(_infer(y, A), z),
            "shuffled": scores.mcc(z.roll(1, dims=1), z),
        }
        found += rows("sizes", n, "MCC", seeds, values)
        share = {
            of: (value - one - NEARLY * (values["FISTA"] - one))
            for of, value in values.items()
            if of in CHEAP
        }
        found += rows("sizes", n, BEYOND, seeds, share)
    return found


def their_world() -> Split:
    """O'Neill et al.'s one data world, drawn in the order of their script, from its seed."""
    n, m, k = SMALL
    draw = np.random.RandomState(THEIR_SEED)
    z = np.zeros((2 * SAMPLES, n))
    for row in z:
        values = np.abs(draw.normal(0, 1, n))
        on = draw.choice(n, k, replace=False)
        row[on] = values[on]
    with torch.random.fork_rng():
        torch.manual_seed(THEIR_SEED)
        A = coding.unit_columns(torch.randn(n, m).T[None])
    codes = torch.tensor(z, dtype=torch.float32)[None]
    return _split(A, codes[:, :SAMPLES], {"new samples": codes[:, SAMPLES:]})


def their_start(number: int) -> Encoder:
    """Their first initialisations of the one-layer encoder in `their_world`."""
    world, layers = their_world(), []
    n, m, _ = SMALL
    for i in range(number):
        with torch.random.fork_rng():
            torch.manual_seed(THEIR_SEED + i + 42)
            layers.append(torch.nn.Linear(m, n))
    weight, bias = (
        torch.stack([getattr(x, k).detach() for x in layers]) for k in ("weight", "bias")
    )
    return Encoder((weight,), (bias,), world.dictionary.expand(number, -1, -1))


def measure_their_world(seeds: Sequence[int]) -> list[Row]:
    """Their recipe in their world: seed 10 is their first initialisation, and so on."""
    world, number = their_world(), len(seeds)
    y, z = (v.expand(number, -1, -1) for v in world.tests["new samples"])
    first = their_start(seeds[-1] - SEEDS[0] + 1)
    own = [seed - SEEDS[0] for seed in seeds]
    first = Encoder((first.weights[0][own],), (first.biases[0][own],), first.dictionary[own])
    net = train(world.signals.expand(number, -1, -1), first.dictionary, seeds, Recipe(), first)
    return rows("their world", SMALL[0], "MCC", seeds, {"SAE": scores.mcc(net(y), z)})


def measure(seeds: Sequence[int] = SEEDS) -> pd.DataFrame:
    """All measurements of the chapter and of S8 and S9, one row a number.

    Some nine minutes for the ten seeds of the book on one quiet core. Columns:
    `measurements.COLUMNS`.

    Raises
    ------
    ValueError
        before any work, if seeds are none, not whole numbers ≥ 0, or not all different.
    """
    check_numbers("seeds", seeds, 0)
    seeds = [*seeds]
    parts = (
        measure_sizes, measure_blocks, measure_halves, measure_small, measure_ladder,
        measure_their_world,
    )  # fmt: skip
    with one_thread():
        found = [row for part in parts for row in part(seeds)]
    return pd.DataFrame(found, columns=COLUMNS)
