"""Do two runs find the same features? Two seeds of a coder, and two networks on one world.

A *coder* is a way to learn a dictionary and codes from signals: dictionary learning, or a sparse
autoencoder whose codes are kept few by an ℓ1 norm (ReLU) or by keeping the largest (TopK). Nets are
stacked as (runs × seeds): run 0 of all seeds, then run 1, …; `pairs` takes them apart again.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from scipy.stats import spearmanr
from torch import Tensor

from protolib import data, hull, losses, measurements
from protolib.matching import cheapest_pairs
from protolib.sparse import bridge, coding, identifiability, scores
from protolib.sparse.coding import Codes, Dictionary, Signals
from protolib.sparse.scores.matched import directions
from protolib.sparse.world import check_seeds
from protolib.streams import CANDIDATES
from protolib.sweep.grid import check_numbers
from protolib.training import one_thread

AGREE = 0.9  # |cos| from which two runs share a feature
RUNS = 1000  # run r of seed s starts from s + 1000 r
LAM = 0.1  # of the lasso by which all dictionaries are judged
KNOBS = {  # how few codes: the weight λ of the ℓ1 norm, or how many are kept
    "dictionary learning": (0.05, 0.1, 0.2),
    "ReLU autoencoder": (0.05, 0.1, 0.2),
    "TopK autoencoder": (2, 3, 5),
}
USUAL = {"dictionary learning": 0.1, "ReLU autoencoder": 0.2, "TopK autoencoder": 3}  # ≈ 3 active
POORER = {  # and richer: the usual ones, with less or more effort
    "dictionary learning, 4 rounds": {"rounds": 4},
    "dictionary learning, 16 rounds": {"rounds": 16},
    "dictionary learning, best of 5": {"restarts": 5},
    "ReLU autoencoder, a quarter of the steps": {"steps": 250},
    "TopK autoencoder, a quarter of the steps": {"steps": 250},
}
BLIND = ("random", "covariance", "data points")
SEEDS = range(10, 20)
JUDGED = (("known, K = 3", 24), ("known, K = 3", 48), ("digits, trained", 32))  # S6


class Coder(NamedTuple):
    """A dictionary with unit columns, and how its codes are found."""

    dictionary: Dictionary
    encode: Callable[[Signals], Codes]


def learn(
    kind: str, signals: Signals, atoms: int, seeds: Sequence[int], *, knob: float | int,
    steps: int = 1000, rounds: int = 60, restarts: int = 1,
) -> Coder:  # fmt: skip
    """Learn a coder of a kind of `KNOBS` from signals; seeds choose its start and its batches.

    Raises
    ------
    ValueError
        if there is no such kind.
    """
    if kind == "dictionary learning":
        A = coding.learn_dictionary(
            signals, atoms, seeds, lam=float(knob), rounds=rounds, steps=10, restarts=restarts,
            nonnegative=True,
        ).dictionary  # fmt: skip
        how = {"lam": float(knob), "steps": 100, "nonnegative": True}
        return Coder(A, lambda y: coding.fista(y, A, **how))
    if kind not in KNOBS:
        raise ValueError(f"expected one of {', '.join(KNOBS)}, got {kind!r}")
    start = coding.random_dictionary([seed + 50 for seed in seeds], signals.shape[-1], atoms)
    how = {"lam": 0.0, "active": int(knob)} if kind.startswith("TopK") else {"lam": float(knob)}
    net = coding.train_autoencoder(
        signals, start, seeds, learn=True, steps=steps, batch=100, learning_rate=1e-2, **how
    )
    return Coder(net.dictionary, lambda y: coding.encode(net, y, active=how.get("active")))


def matched(
    atoms_hat: Float[Tensor, "nets dims atoms"], atoms: Float[Tensor, "nets dims atoms"]
) -> Float[Tensor, "nets atoms"]:
    """`|cos|` of the atoms of two dictionaries, matched one to one, the largest first.

    Its mean is `scores.dictionary_recovery`.

    >>> matched(torch.eye(2)[None], -torch.eye(2)[None])
    tensor([[1., 1.]], dtype=torch.float64)
    """
    a, b = (directions(columns.detach().double()) for columns in (atoms_hat, atoms))
    found = []
    for table in (a.mT @ b).abs().clamp(max=1).numpy():
        found.append(torch.from_numpy(table[cheapest_pairs(-table)]))
    return torch.stack(found).sort(descending=True).values


def blind(kind: str, signals: Signals, atoms: int, seeds: Sequence[int]) -> Dictionary:
    """Atoms that know nothing but, at most, the data; a kind of `BLIND`.

    "random": uniform directions; "covariance": normal, with the signals' mean and covariance;
    "data points": signals taken as they are.

    Raises
    ------
    ValueError
        if there is no such kind.
    """
    nets, samples, dims = signals.shape
    if kind == "random":
        return coding.random_dictionary([seed + 90 for seed in seeds], dims, atoms)
    if kind == "data points":
        at = _chosen(seeds, samples, atoms)
        return coding.unit_columns(signals[torch.arange(nets)[:, None], at].mT)
    if kind != "covariance":
        raise ValueError(f"expected one of {', '.join(BLIND)}, got {kind!r}")
    return coding.unit_columns(alike(signals, atoms, [seed + 90 for seed in seeds]).mT)


def _chosen(seeds: Sequence[int], samples: int, atoms: int) -> Int[Tensor, "nets atoms"]:
    if atoms > samples:
        raise ValueError(f"expected at least as many signals as atoms, got {samples} and {atoms}")
    draws = [data.generator(seed, CANDIDATES, atoms) for seed in seeds]
    return torch.tensor([draw.choice(samples, atoms, replace=False).tolist() for draw in draws])


def alike(
    signals: Float[Tensor, "nets seen measurements"], samples: int, seeds: Sequence[int]
) -> Signals:
    """Normal noise with the mean and the covariance of signals, (nets, samples, measurements)."""
    mean = signals.mean(1, keepdim=True)
    root = torch.linalg.svd((signals - mean) / signals.shape[1] ** 0.5, full_matrices=False)
    normal = data.noise(seeds, samples, root.S.shape[-1])
    return mean + normal * root.S[:, None] @ root.Vh


def archetypal(
    signals: Signals, atoms: int, seeds: Sequence[int], *, lam: float, steps: int = 300
) -> tuple[Dictionary, Float[Tensor, "nets samples atoms"]]:
    """Dictionary learning with every atom inside the hull of the signals: A = Yᵀ β.

    The columns of β are ≥ 0 and add up to one, so an atom is a mean of signals, with weights to be
    learned: β = softmax of numbers that Adam moves, codes following by FISTA (`bridge.SparseFit`).
    Norms are as they come: the hull is compact, so no unit norm is needed. After Fel et al.
    (arXiv:2502.12892), who train an autoencoder so; here the inference is the lasso. Each atom
    starts near a signal drawn at random.

    Returns
    -------
    A and β

    Raises
    ------
    ValueError
        if there is not one seed for each net, or there are fewer signals than atoms.
    """
    check_seeds(seeds, signals)
    nets, samples, _ = signals.shape
    at = _chosen(seeds, samples, atoms)
    weight = torch.zeros(nets, samples, atoms).scatter(1, at[:, None], 8.0)
    fit = bridge.SparseFit(signals, lam=lam)
    weight = bridge.descend(
        lambda w: fit(signals.mT @ w.softmax(1)), weight, steps=steps, learning_rate=0.1,
        adam=True, frames=1,
    )[-1].softmax(1)  # fmt: skip
    return signals.mT @ weight, weight


# ------------------------------------------------------------------------------ worlds


class World(NamedTuple):
    """Signals to learn from and fresh ones, of three nets a seed: run 0, run 1, other network.

    The first two see the same signals; the third what another network makes of the same world. All
    have mean squared length one. atoms: the true ones, if known.
    """

    signals: Signals
    fresh: Signals
    seeds: list[int]  # of the runs
    atoms: Dictionary | None = None


def runs(seeds: Sequence[int], count: int = 3) -> list[int]:
    """The seeds of so many runs, run 0 of all seeds first.

    >>> runs([0, 7], 2)
    [0, 7, 1000, 1007]
    """
    return [seed + RUNS * run for run in range(count) for seed in seeds]


def _scaled(signals: Tensor, fresh: Tensor, *, centre: bool) -> tuple[Tensor, Tensor]:
    """Signals of mean squared length one, and fresh ones by the same shift and scale."""
    mean = signals.mean(1, keepdim=True) if centre else 0.0
    length = (signals - mean).square().sum(-1).mean(-1).sqrt()[:, None, None]
    return (signals - mean) / length, (fresh - mean) / length


def known(seeds: Sequence[int], active: int, features: int = 24, units: int = 12) -> World:
    """One world of sparse features, laid into few units in two ways, as two networks may do it."""
    z = coding.sparse_codes(seeds, 1000, features, active)
    new = coding.sparse_codes([seed + 500 for seed in seeds], 500, features, active)
    A = [
        coding.random_dictionary([s + 7000 * net for s in seeds], units, features) for net in (0, 1)
    ]
    parts = [_scaled(coding.mix(z, D), coding.mix(new, D), centre=False) for D in A]
    signals, fresh = (torch.cat([a, a, b]) for a, b in zip(*parts))
    return World(signals, fresh, runs(seeds), torch.cat([A[0], A[0], A[1]]))


TRAIN = 1200  # of the 1797 digits
CLASSIFIER = identifiability.Training(widths=(64,), outputs=16, steps=300, batch=100)


class Digits(NamedTuple):
    """Images, classes and what two networks make of them, (nets, 1797, …), for each seed."""

    images: Float[Tensor, "nets samples 64"]
    classes: Int[Tensor, "nets samples"]
    untrained: list[Float[Tensor, "nets samples 16"]]
    trained: list[Float[Tensor, "nets samples 16"]]
    accuracy: Float[Tensor, " nets"]  # of the first, on fresh digits


def classifiers(seeds: Sequence[int], networks: int = 2) -> Digits:
    """Two classifiers of the same digits for each seed, which differ in start and batches only.

    64 pixels, a hidden layer of 64, a linear representation of 16 units, ten classes.
    """
    x, y = data.digits(seeds, 1797)
    classes, before, after = y.argmax(-1), [], []
    for network in range(networks):
        own = [seed + RUNS * network for seed in seeds]
        start = identifiability.initialise(own, 64, 10, CLASSIFIER)
        before.append(identifiability.encode(start, x))
        train = identifiability.Sample(x[:, :TRAIN], classes[:, :TRAIN], x[:, :TRAIN])
        net = identifiability.train(own, train, 10, CLASSIFIER)
        after.append(identifiability.encode(net, x).detach())
        if network == 0:
            right = identifiability.accuracy(net, x[:, TRAIN:], classes[:, TRAIN:])
    return Digits(x, classes, before, after, right)


def represented(seeds: Sequence[int], codes: list[Tensor]) -> World:
    """The world of two representations of the same digits, centred."""
    parts = [_scaled(c[:, :TRAIN], c[:, TRAIN:], centre=True) for c in codes]
    signals, fresh = (torch.cat([a, a, b]) for a, b in zip(*parts))
    return World(signals, fresh, runs(seeds))


# ------------------------------------------------------------------------------ strokes


def strokes(images: Float[Tensor, "nets samples 64"]) -> dict[str, Float[Tensor, "nets samples"]]:
    """Ink, slant and width of images of 8×8: moments of where the ink is.

    ink: its sum; width: the standard deviation across; slant: covariance of across and down, over
    the variance down.

    >>> upright = torch.zeros(1, 1, 64).index_fill(-1, torch.arange(3, 64, 8), 1.0)
    >>> [round(value.item(), 6) for value in strokes(upright).values()]
    [8.0, 0.0, 0.0]
    """
    g, at = images.unflatten(-1, (8, 8)), torch.arange(8.0)
    ink = g.sum((-2, -1))
    down, across = g.sum(-1) / ink[..., None], g.sum(-2) / ink[..., None]
    dy, dx = (at - (part * at).sum(-1, keepdim=True) for part in (down, across))
    both = torch.einsum("nsij,nsi,nsj->ns", g, dy, dx) / ink
    tall, wide = (down * dy.square()).sum(-1), (across * dx.square()).sum(-1)
    return {"ink": ink, "slant": both / tall, "width": wide.sqrt()}


def common_direction(
    codes: Float[Tensor, "nets samples units"],
    classes: Int[Tensor, "nets samples"],
    amount: Float[Tensor, "nets samples"],
) -> Float[Tensor, " nets"]:
    """Does more of something move the code the same way in every class? The mean cosine.

    For each class the mean code of the samples above the class's median of `amount`, less that of
    the others; then the cosine of these differences, in the mean over pairs of classes. 1: one
    direction is added, whatever the class. 0: chance, also of an amount that means nothing (pairs
    of classes share no sample, so what is noise has no sign).

    >>> c = torch.tensor([[0, 0, 1, 1]])
    >>> h = torch.tensor([[[0.0, 0.0], [1.0, 0.0], [5.0, 5.0], [6.0, 5.0]]])
    >>> common_direction(h, c, torch.tensor([[0.0, 1.0, 0.0, 1.0]]))
    tensor([1.], dtype=torch.float64)
    """
    found = []
    for code, label, value in zip(codes.detach().double(), classes, amount):
        moves = []
        for c in label.unique():
            own, v = code[label == c], value[label == c]
            moves.append(own[v > v.median()].mean(0) - own[v <= v.median()].mean(0))
        move = torch.nn.functional.normalize(torch.stack(moves), dim=-1)
        cosine = move @ move.T
        k = len(move)
        found.append((cosine.sum() - cosine.diagonal().sum()) / (k * (k - 1)))
    return torch.stack(found)


# ------------------------------------------------------------------------------ measurements


def settings() -> dict[str, tuple[str, dict]]:
    """Every way to learn that is compared: its name, the coder's kind, and how."""
    found = {}
    for kind, knobs in KNOBS.items():
        for knob in knobs:
            sign = "k" if kind.startswith("TopK") else "λ"
            name = kind if knob == USUAL[kind] else f"{kind}, {sign} = {knob:g}"
            found[name] = kind, {"knob": knob}
    for name, how in POORER.items():
        kind = name.partition(",")[0]
        found[name] = kind, {"knob": USUAL[kind], **how}
    return found


def judge(coder: Coder, world: World) -> dict[str, Float[Tensor, " nets"]]:
    """All scores of one coder: agreement of its runs and across networks, sparsity, objective."""
    D, y, fresh = coder.dictionary, world.signals, world.fresh
    first, second, _ = D.chunk(3)
    codes = coder.encode(fresh)
    one, two, other = codes.chunk(3)
    both = matched(first, second)
    z = coding.fista(y, D, lam=LAM, steps=100, nonnegative=True)
    error = bridge.unexplained(fresh, coding.mix(codes, D))
    found = {
        "|cos|": both.mean(1),
        "shared": (both > AGREE).double().mean(1),
        "codes": scores.mcc(one, two),
        "across": scores.mcc(one, other),
        "lasso": _mean_of_nets(coding.lasso(z, y, D, lam=LAM).mean(-1)),
        "active": _mean_of_nets((codes > 1e-4).double().sum(-1).mean(-1)),
        "explained": _mean_of_nets(1 - error),
    }
    if world.atoms is not None:
        hits = (matched(D, world.atoms) > AGREE).double().sum(1) / world.atoms.shape[-1]
        found["true features found"] = _mean_of_nets(hits)
    return found


def _mean_of_nets(values: Float[Tensor, " nets"]) -> Float[Tensor, " seeds"]:
    return values.reshape(3, -1).double().mean(0)


def measure_world(
    name: str, world: World, atoms: int, seeds: Sequence[int], ways: Sequence[str] | None = None,
    active: int = 3,
) -> list[measurements.Row]:  # fmt: skip
    """Every way to learn in one world, blind and frozen atoms, and how objective and agreement go.

    ways: names of `settings`, all if not given; active: what the TopK autoencoder keeps as usual
    """
    table: dict[str, dict] = {}
    for way, (kind, how) in settings().items():
        if ways is None or way in ways:
            how = {**how, "knob": active} if way == "TopK autoencoder" else how
            coder = learn(kind, world.signals, atoms, world.seeds, **how)
            table[way] = judge(coder, world)
    learned = [*table]
    for kind in BLIND:
        D = blind(kind, world.signals, atoms, world.seeds)
        how = {"lam": LAM, "steps": 100, "nonnegative": True}
        table[kind] = judge(Coder(D, lambda y, D=D, how=how: coding.fista(y, D, **how)), world)
    found = []
    for score in table[learned[0]]:
        values = {way: own[score] for way, own in table.items()}
        found += measurements.rows(name, atoms, score, seeds, values)
    if ways is None:
        for score in ("|cos|", "across"):
            value = [
                spearmanr(
                    [table[w]["lasso"][i] for w in learned], [table[w][score][i] for w in learned]
                )
                for i in range(len(seeds))
            ]
            rho = torch.tensor([v.statistic for v in value])
            found += measurements.rows(
                name, atoms, "rank correlation", seeds, {f"lasso and {score}": rho}
            )
    return found


GRID = ((3, 12), (3, 24), (3, 48), (2, 24), (5, 24), (8, 24))  # active, atoms


def measure(seeds: Sequence[int] = SEEDS) -> pd.DataFrame:
    """All that S6 and S7 are judged on, and what the chapter draws; six minutes on one core.

    Raises
    ------
    ValueError
        before any work, if seeds are none, not whole numbers ≥ 0, or not all different.
    """
    check_numbers("seeds", seeds, 0)
    seeds = [*seeds]
    with one_thread():
        found = []
        for active, atoms in GRID:
            ways = None if active == 3 and atoms in (24, 48) else [*USUAL]
            world = known(seeds, active)
            found += measure_world(f"known, K = {active}", world, atoms, seeds, ways, active)
        digits = classifiers(seeds)
        for name, codes in (("trained", digits.trained), ("untrained", digits.untrained)):
            ways = None if name == "trained" else [*USUAL]
            world = represented(seeds, codes)
            found += measure_world(f"digits, {name}", world, 32, seeds, ways)
        found += measure_strokes(digits, seeds)
        found += measure_hull(seeds)
    return pd.DataFrame(found, columns=measurements.COLUMNS)


def measure_strokes(digits: Digits, seeds: Sequence[int]) -> list[measurements.Row]:
    """S7: are strokes added, and is the representation sparser than noise with its covariance?"""
    codes = {
        "raw pixels": digits.images, "untrained": digits.untrained[0], "trained": digits.trained[0],
    }  # fmt: skip
    found = []
    for name, amount in strokes(digits.images).items():
        values = {of: common_direction(c, digits.classes, amount) for of, c in codes.items()}
        order = [torch.tensor(data.generator(s, CANDIDATES, 0).permutation(1797)) for s in seeds]
        idle = torch.stack([v[o] for v, o in zip(amount, order)])
        values["trained, shuffled"] = common_direction(codes["trained"], digits.classes, idle)
        found += measurements.rows("digits, strokes", 16, name, seeds, values)
    price = {}
    for of in ("untrained", "trained"):
        y, fresh = _scaled(codes[of][:, :TRAIN], codes[of][:, TRAIN:], centre=True)
        like = [seed + 300 for seed in seeds]
        new = [seed + 400 for seed in seeds]
        noise = alike(y, TRAIN, like), alike(y, fresh.shape[1], new)
        for name, (seen, test) in ((of, (y, fresh)), (f"{of}, noise", noise)):
            coder = learn("dictionary learning", seen, 32, seeds, knob=LAM)
            price[name] = coding.lasso(coder.encode(test), test, coder.dictionary, lam=LAM).mean(-1)
        price[f"{of}, saved"] = 1 - price[of] / price[f"{of}, noise"]
    return found + measurements.rows("digits, strokes", 16, "lasso", seeds, price)


ATOMS, IMAGES = 32, 400  # prototypes or atoms, and digits to learn them from


def images(seeds: Sequence[int]) -> tuple[Signals, Signals]:
    """Digits to learn from and fresh ones, of mean length one, not centred: they are points too."""
    x, _ = data.digits(seeds, 2 * IMAGES)
    length = x[:, :IMAGES].norm(dim=-1).mean(-1)[:, None, None]
    return x[:, :IMAGES] / length, x[:, IMAGES:] / length


def vectors(signals: Signals, atoms: int, seeds: Sequence[int]) -> dict[str, Dictionary]:
    """Points and directions for the same images, one after another freer to leave their hull."""
    centres = bridge.kmeans(signals, atoms, seeds, restarts=1)
    at = _chosen(seeds, signals.shape[1], atoms)
    start = signals[torch.arange(len(signals))[:, None], at]

    def energy(p: Tensor) -> Tensor:
        apart = losses.squared_distances(signals, p)
        pull = losses.kernel_values(apart, "energy", tau=1.0).mean((1, 2))
        push = losses.separation(p, tau=1.0, kernel="energy")
        return push - 2 * atoms / (atoms - 1) * pull

    drawn = bridge.descend(energy, start, steps=300, learning_rate=1e-2, adam=True, frames=1)[-1]
    free = coding.learn_dictionary(
        signals, atoms, seeds, lam=LAM, rounds=60, steps=10, nonnegative=True
    )
    return {
        "data points": start.mT,
        "prototypes, energy": drawn.mT,
        "prototypes, coverage": centres.mT,
        "archetypal atoms": archetypal(signals, atoms, seeds, lam=LAM)[0],
        "free atoms": free.dictionary,
    }


def sheets(
    dictionary: Float[Tensor, "2 dims atoms"], count: int = 10
) -> tuple[np.ndarray, np.ndarray]:
    """Atoms of two runs, matched, (count, dims) each: evenly from the best pair to the worst.

    >>> first, second = sheets(torch.stack([torch.eye(3), torch.eye(3).flip(1)]), 3)
    >>> bool((first == second).all())
    True
    """
    one, two = directions(dictionary.detach().double())
    table = (one.mT @ two).abs().numpy()
    i, j = cheapest_pairs(-table)
    order = np.argsort(-table[i, j], kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, count).round().astype(int)]
    first, second = (part.detach().double().numpy().T for part in dictionary)
    return first[i[chosen]], second[j[chosen]]


def measure_hull(seeds: Sequence[int]) -> list[measurements.Row]:
    """How far vectors of digits are from the digits' hull, and how far two runs agree."""
    seen, fresh = (part.repeat(2, 1, 1) for part in images(seeds))
    found = []
    for name, D in vectors(seen, ATOMS, runs(seeds, 2)).items():
        one, two = D.chunk(2)
        codes = coding.fista(fresh, D, lam=LAM, steps=100, nonnegative=True)
        again = coding.mix(codes, D)
        few = one.mT[:, ::4]
        both = matched(one, two)
        scored = {
            "|cos|": both.mean(1),
            "shared": (both > AGREE).double().mean(1),
            "codes": scores.mcc(*codes.chunk(2)),
            "outside": (hull.hull_distance(few, seen[: len(seeds)]) / few.norm(dim=-1)).mean(1),
            "explained": (1 - bridge.unexplained(fresh, again)).reshape(2, -1).mean(0),
        }
        for score, value in scored.items():
            found += measurements.rows("digits, pixels", ATOMS, score, seeds, {name: value})
    return found
