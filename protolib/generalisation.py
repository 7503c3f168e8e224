"""Does a network that shows its data predict better? Networks and kernel methods on the same data.

A network whose prototypes are the samples is an interpolant by radial basis functions. So it stands
here beside its relatives, kernel ridge regression, a Gaussian process and one nearest neighbour;
between them stand networks whose prototypes, or widths, are held still while the rest is trained.
`measure` makes the table behind the claims G1 and G2 (`protolib.claims.further`).
"""

import warnings
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from protolib import data, losses, matching, measurements, model, training
from protolib.masks import MASKS, Mask, mask_name
from protolib.measurements import Row, rows
from protolib.model import Parameters
from protolib.streams import FLIPS, QUERIES, TARGET_NOISE
from protolib.sweep.grid import check_numbers
from protolib.training.flat import flatten, shape_of, unflatten, views
from protolib.training.forces import force_program
from protolib.training.optimisers import OPTIMISERS

SEEDS = range(50)  # the chapter explores 0 to 9, the ledger takes the others
SIZES = (5, 10, 20, 50, 100)
NOISES = (0.0, 0.1, 0.3)  # standard deviation of the noise on the targets
BEYOND = 0.5  # how far outside the hull is looked, in input units
STARTS, STARTED = 10, (10, 20, 50)  # starts on one data set, at these sizes
DIGITS, FRESH, FLIPPED = 100, 500, (0.0, 0.2)  # images to train and to test on, wrong labels
DIGIT_SEEDS = range(10, 20)  # digits are dear
SLOPES = tuple(np.geomspace(0.3, 100, 18).tolist())  # w of the kernel exp(−w²d²), for ridge
PENALTIES = tuple((10.0 ** np.arange(-10, 1.5, 0.5)).tolist())
PIXELS = tuple(np.geomspace(0.05, 2, 12).tolist())  # the same w, between images
ENERGY = {"attractor": "energy", "kernel": "energy"}
WHERE = ("moving", "random", "on the samples")  # prototypes: trained, or held in these places
WIDTHS = ("learnt", "fixed")
_ELEMENTS = 100_000  # responses trained at a time, so that they stay in cache

INSIDE, OUTSIDE = "log₁₀ test error in the hull", "log₁₀ test error beyond"
TRAINED, ERROR = "log₁₀ training error", "reconstruction error"
AGREE, ACCURACY = "agreement", "accuracy"


def line(noise: float) -> str:
    """The name of the world in which sin(πx) is learnt with so much noise on the targets."""
    return f"line, noise {noise:g}"


def digits(flipped: float) -> str:
    """The name of the world of digits with that share of wrong labels."""
    return f"digits, {flipped:.0%} of labels wrong"


# ------------------------------------------------------------------------------ the data


def noisy_sine(
    seeds: Sequence[int], samples: int, noise: float
) -> tuple[Float[Tensor, "nets samples 1"], Float[Tensor, "nets samples"]]:
    """Uniform inputs on a line, and sin(πx) with normal noise of that standard deviation on it."""
    x = data.uniform(seeds, samples)
    draws = [data.generator(s, TARGET_NOISE, samples).standard_normal(samples) for s in seeds]
    return x, data.sine(x) + noise * torch.tensor(np.stack(draws), dtype=x.dtype)


def flip(
    labels: Float[Tensor, "nets samples classes"], seeds: Sequence[int], share: float
) -> Float[Tensor, "nets samples classes"]:
    """One-hot labels, that share of every net's replaced by one of the wrong classes."""
    _, samples, classes = labels.shape
    found = labels.argmax(-1)
    for net, seed in enumerate(seeds):
        draw = data.generator(seed, FLIPS, samples)
        hit = torch.tensor(draw.permutation(samples)[: round(share * samples)])
        found[net, hit] += torch.tensor(draw.integers(1, classes, len(hit)))
    return torch.nn.functional.one_hot(found % classes, classes).to(labels.dtype)


def places(
    x: Float[Tensor, "nets samples 1"], points: int = 200
) -> tuple[Float[Tensor, "nets points 1"], Float[Tensor, "nets points 1"]]:
    """Even grids over the hull of every net's samples, and over `BEYOND` on either side of it."""
    low, high = x.amin(1, keepdim=True), x.amax(1, keepdim=True)
    even = (torch.arange(points, dtype=x.dtype) + 0.5)[None, :, None] / points
    half = BEYOND * (even[:, 1::2] + even[:, ::2]) / 2
    return low + (high - low) * even, torch.cat([low - half, high + half], dim=1)


def queries(
    x: Float[Tensor, "nets samples dims"], seeds: Sequence[int], units: int
) -> Float[Tensor, "nets units dims"]:
    """Places drawn uniformly in the bounding box of every net's samples, a generator a seed."""
    low, high = x.amin(1, keepdim=True), x.amax(1, keepdim=True)
    shape = units, x.shape[-1]
    draws = [data.generator(s, QUERIES, *shape).uniform(size=shape) for s in seeds]
    return low + (high - low) * torch.tensor(np.stack(draws), dtype=x.dtype)


# ------------------------------------------------------------------------------ the networks


def centred(start: Parameters, where: Float[Tensor, "nets units dims"]) -> Parameters:
    """The same network with its prototypes at these places."""
    return start._replace(bias=-start.slope[..., None] * where)


def train_held(
    start: Parameters,
    x: Float[Tensor, "nets samples dims"],
    y: Tensor,
    *,
    prototypes: bool,
    widths: bool,
    steps: int = 2000,
) -> Parameters:
    """Train by the fit alone, with the prototypes or the slopes of all units held where they are.

    What moves is (w, p) instead of (w, b), so that either can be held while the other is trained;
    readouts and offset always move. Otherwise as `training.train` with its defaults.
    """
    config = training.TrainConfig(steps=steps, parametrisation="centre")
    shape, masks = shape_of(start), x.new_zeros(len(x), 3)
    flat = flatten(start, centre=True)
    move, gradient = torch.ones_like(flat), torch.empty_like(flat)
    parts = views(move, shape)
    parts.place.fill_(not prototypes)
    parts.w.fill_(not widths)
    program = force_program(flat, gradient, x, y, masks, shape, config)
    update = OPTIMISERS[config.optimiser](flat, gradient)
    with torch.no_grad():
        for step in range(1, steps + 1):
            program()
            gradient.mul_(move)
            update(step, config.rate(step))
    return unflatten(flat, shape, centre=True)


def _blocks(nets: int, elements: int) -> Iterator[slice]:
    """Stacks small enough for the processor's cache."""
    size = max(_ELEMENTS // elements, 1)
    return (slice(first, first + size) for first in range(0, nets, size))


def _join(parts: Sequence[Parameters]) -> Parameters:
    return Parameters(*(torch.cat(tensors) for tensors in zip(*parts)))


def _part(net: Parameters, one: slice) -> Parameters:
    return Parameters(*(tensor[one] for tensor in net))


def train(
    start: Parameters, x: Tensor, y: Tensor, mask: Sequence[int], config: training.TrainConfig
) -> Parameters:
    """`training.train` with one mask for all nets, in stacks that fit the cache."""
    masks = x.new_tensor([[*mask]]).expand(len(x), -1).contiguous()
    return _join([
        training.train(_part(start, b), x[b], y[b], masks[b], config).parameters
        for b in _blocks(len(x), x.shape[1] * start.slope.shape[1])
    ])  # fmt: skip


def networks(
    start: Parameters,
    x: Float[Tensor, "nets samples dims"],
    y: Tensor,
    random: Float[Tensor, "nets units dims"],
    *,
    steps: int = 2000,
    lam: float = 0.1,
    masks: Sequence[Mask] = MASKS,
    held: bool = True,
) -> dict[str, Parameters]:
    """Networks on the same data: every mask, energy, and prototypes and widths free or held.

    Parameters
    ----------
    random
        where prototypes are held that know the law of the inputs and not the samples
    held
        whether the six pairs of `WHERE` and `WIDTHS` are trained as well
    """
    config = training.TrainConfig(steps=steps, lam=lam)
    found = {mask_name(mask): train(start, x, y, mask, config) for mask in masks}
    energy = training.TrainConfig(steps=steps, lam=lam, **ENERGY)
    found["energy"] = train(start, x, y, (1, 1, 0), energy)
    spots = dict(zip(WHERE, (model.prototypes(start), random, x)))
    for where in WHERE if held else ():
        for widths in WIDTHS:
            begin = centred(start, spots[where])
            hold = {"prototypes": where != "moving", "widths": widths == "fixed", "steps": steps}
            found[f"{where}, widths {widths}"] = _join([
                train_held(_part(begin, b), x[b], y[b], **hold)
                for b in _blocks(len(x), x.shape[1] ** 2)
            ])  # fmt: skip
    return found


# ------------------------------------------------------------------------------ its relatives


def ridge(
    x: Float[Tensor, "nets samples dims"],
    y: Float[Tensor, "nets samples *outputs"],
    at: Float[Tensor, "nets points dims"],
    *,
    slopes: Sequence[float] = SLOPES,
    penalties: Sequence[float] = PENALTIES,
) -> tuple[Float[Tensor, "nets points *outputs"], Float[Tensor, "nets 2"]]:
    """Kernel ridge regression with kernel exp(−w²d²): predictions, and (w, μ) of every net.

    Both are chosen, net by net, by the squared error of leaving one sample out, in closed form: the
    residual of sample i is a_i / M_ii with M = (K + μI)⁻¹ and a = My. In float64.
    """
    x, at = x.double(), at.double()
    targets = (y if y.ndim == 3 else y[..., None]).double()
    apart = losses.squared_distances(x, x)
    least, chosen = x.new_full((len(x),), torch.inf), x.new_zeros(len(x), 2)
    weights = torch.zeros_like(targets)
    for slope in slopes:
        values, vectors = torch.linalg.eigh(torch.exp(-(slope**2) * apart))
        turned = vectors.mT @ targets
        for penalty in penalties:
            inverse = 1 / (values.clamp(min=0) + penalty)
            a = vectors @ (inverse[..., None] * turned)
            diagonal = (vectors.square() * inverse[:, None]).sum(-1, keepdim=True)
            error = (a / diagonal).square().mean((1, 2))
            better = error < least
            least = torch.where(better, error, least)
            weights = torch.where(better[:, None, None], a, weights)
            chosen = torch.where(better[:, None], x.new_tensor([slope, penalty]), chosen)
    kernel = torch.exp(-chosen[:, :1, None].square() * losses.squared_distances(at, x))
    found = kernel @ weights
    return (found if y.ndim == 3 else found[..., 0]), chosen


def gaussian_process(
    x: Float[Tensor, "nets samples dims"],
    y: Float[Tensor, "nets samples *outputs"],
    at: Float[Tensor, "nets points dims"],
) -> Float[Tensor, "nets points *outputs"]:
    """The posterior mean of a Gaussian process; scale, width and noise by marginal likelihood."""
    from sklearn.exceptions import ConvergenceWarning  # here: the command line need not wait for it
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    kernel = ConstantKernel(1.0, (1e-3, 1e3)) * RBF(0.5, (1e-2, 1e2))
    kernel = kernel + WhiteKernel(1e-2, (1e-12, 1e1))
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a noise of 0 is at its bound
        for samples, targets, points in zip(x.double(), y.double(), at.double()):
            process = GaussianProcessRegressor(kernel, n_restarts_optimizer=1, random_state=0)
            process.fit(samples.numpy(), targets.numpy())
            found.append(process.predict(points.numpy()))
    return torch.tensor(np.stack(found))


def neighbour(
    x: Float[Tensor, "nets samples dims"],
    y: Float[Tensor, "nets samples *outputs"],
    at: Float[Tensor, "nets points dims"],
) -> Float[Tensor, "nets points *outputs"]:
    """The target of the nearest sample."""
    nearest = torch.stack([torch.cdist(a, s).argmin(-1) for a, s in zip(at, x)])
    return torch.stack([own[index] for own, index in zip(y, nearest)])


def relatives(
    x: Tensor, y: Tensor, at: Tensor, slopes: Sequence[float] = SLOPES
) -> dict[str, Tensor]:
    """What the three other methods predict from the same samples."""
    return {
        "kernel ridge": ridge(x, y, at, slopes=slopes)[0],
        "Gaussian process": gaussian_process(x, y, at),
        "nearest neighbour": neighbour(x, y, at),
    }


# ------------------------------------------------------------------------------ measurements


def test_error(
    predictions: Float[Tensor, "nets points"], at: Float[Tensor, "nets points 1"]
) -> Float[Tensor, " nets"]:
    """Mean squared distance of predictions from sin(πx), the law without its noise."""
    return losses.fit(predictions.double(), data.sine(at.double()))


def audit(
    answer: Callable[[Tensor], Tensor],
    known: dict[str, tuple[Tensor, Tensor]],
    at: Float[Tensor, "nets points dims"],
    slopes: Sequence[float] = SLOPES,
) -> dict[str, Tensor]:
    """What an auditor expects the networks to answer, for each set of places and answers known.

    The auditor fits `ridge` to what is known; agreement is the share R² of the variance of the
    networks' true answers that it explains, or, of several outputs, how often the same is largest.
    """
    truth = answer(at)
    found = {}
    for name, (where, answers) in known.items():
        guess = ridge(where, answers, at, slopes=slopes)[0]
        if truth.ndim == 2:
            found[name] = matching.fit_r2(guess, truth)
        else:
            found[name] = (guess.argmax(-1) == truth.argmax(-1)).double().mean(-1)
    return found


def _read(
    world: str,
    seeds: Sequence[int],
    nets: dict[str, model.Parameters],
    x: Tensor,
    known: dict[str, Tensor | tuple[Tensor, Tensor]],
    asked: dict[str, Tensor],
    slopes: Sequence[float],
) -> list[Row]:
    """What prototypes show in every network, and what they tell an auditor of energy's.

    known: places at which the auditors ask, or places and what they know of them; asked: where
    their guesses are judged.
    """
    n = x.shape[1]
    errors = {
        name: matching.reconstruction_error(model.prototypes(net), x)
        for name, net in nets.items()
        if ", " not in name
    }
    found = rows(world, n, ERROR, seeds, errors)

    def answer(at: Tensor) -> Tensor:
        return model.predict(nets["energy"], at)

    told = {
        name: at if isinstance(at, tuple) else (at, answer(at))
        for name, at in ({"read": model.prototypes(nets["energy"])} | known).items()
    }
    for where, at in asked.items():
        found += rows(world, n, f"{AGREE} {where}", seeds, audit(answer, told, at, slopes))
    return found


def measure_line(seeds: Sequence[int], n: int, noise: float) -> list[Row]:
    """Test and training errors of all networks and their relatives; the audit of energy's."""
    (x, y), start = noisy_sine(seeds, n, noise), model.initialise(seeds, n)
    inside, outside = places(x)
    nets = networks(start, x, y, model.prototypes(start))
    sets = {INSIDE: inside, OUTSIDE: outside, TRAINED: x}
    f = {
        where: {k: model.predict(net, at) for k, net in nets.items()} for where, at in sets.items()
    }
    grids = torch.cat([inside, outside], dim=1)
    for name, values in relatives(x, y, grids).items():
        f[INSIDE][name], f[OUTSIDE][name] = values.split(inside.shape[1], dim=1)
    found = []
    for where in (INSIDE, OUTSIDE):
        errors = {name: test_error(v, sets[where]).log10() for name, v in f[where].items()}
        found += rows(line(noise), n, where, seeds, errors)
    fits = {name: losses.fit(v.double(), y.double()).log10() for name, v in f[TRAINED].items()}
    found += rows(line(noise), n, TRAINED, seeds, fits)
    known = {"random places": queries(x, seeds, n), "samples": (x, y)}
    asked = {"in the hull": inside, "beyond": outside}
    return found + _read(line(noise), seeds, nets, x, known, asked, SLOPES)


def measure_starts(seeds: Sequence[int], n: int, noise: float) -> list[Row]:
    """Rank correlations with the test error in the hull over ten starts on one data set.

    Of the plain fit: does the start that ends with the better reconstruction predict better?
    """
    x, y = (t.repeat_interleave(STARTS, 0) for t in noisy_sine(seeds, n, noise))
    start = model.initialise([s + 1000 * k for s in seeds for k in range(STARTS)], n)
    net = train(start, x, y, (0, 0, 0), training.TrainConfig())
    inside, _ = places(x)
    error = test_error(model.predict(net, inside), inside)
    scores = {
        ERROR: matching.reconstruction_error(model.prototypes(net), x),
        "training error": losses.fit(model.predict(net, x), y),
        "largest slope": net.slope.abs().amax(-1),
    }
    table = {
        name: torch.tensor([
            stats.spearmanr(a, b).statistic
            for a, b in zip(score.reshape(-1, STARTS), error.reshape(-1, STARTS))
        ])
        for name, score in scores.items()
    }  # fmt: skip
    return rows(line(noise), n, "rank correlation", seeds, table)


def measure_digits(seeds: Sequence[int], flipped: float) -> list[Row]:
    """Accuracy on fresh digits of all networks and their relatives; the audit of energy's.

    Masks with separation are left out: at the nominal τ it is 0 between images, to the last bit.
    The random places that an auditor asks at are those where the prototypes started.
    """
    images, labels = data.digits(seeds, 2 * DIGITS + FRESH)
    x, other, fresh = images.split([DIGITS, DIGITS, FRESH], dim=1)
    x, truth = x.contiguous(), labels[:, -FRESH:].argmax(-1)
    y = flip(labels[:, :DIGITS], seeds, flipped)
    start = model.initialise(seeds, DIGITS, x.shape[-1], outputs=y.shape[-1], slope=0.3)
    start = centred(start, queries(x, seeds, DIGITS))
    masks = [mask for mask in MASKS if not mask.separation]
    nets = networks(start, x, y, other.contiguous(), steps=3000, lam=1.0, masks=masks)
    f = {name: model.predict(net, fresh) for name, net in nets.items()}
    f |= relatives(x, y, fresh, PIXELS)
    right = {name: (v.argmax(-1) == truth).double().mean(-1) for name, v in f.items()}
    found = rows(digits(flipped), DIGITS, ACCURACY, seeds, right)
    known = {"random places": queries(x, seeds, DIGITS), "other digits": other, "samples": (x, y)}
    asked = {"on fresh digits": fresh, "on their negatives": 1 - fresh}
    return found + _read(digits(flipped), seeds, nets, x, known, asked, PIXELS)


def measure(seeds: Sequence[int] = SEEDS) -> pd.DataFrame:
    """All measurements of the chapter, and those that decide G1 and G2. Columns: as everywhere.

    Some ten minutes on one core for the book's fifty seeds (digits: ten of them).

    Raises
    ------
    ValueError
        before any work, if seeds are none, not whole numbers ≥ 0, or not all different.
    """
    check_numbers("seeds", seeds, 0)
    found, few = [], [seed for seed in seeds if seed in DIGIT_SEEDS]
    with training.one_thread():
        for noise in NOISES:
            for n in SIZES:
                found += measure_line(seeds, n, noise)
            for n in STARTED:
                found += measure_starts(seeds, n, noise)
        for flipped in FLIPPED if few else ():
            found += measure_digits(few, flipped)
    return pd.DataFrame(found, columns=measurements.COLUMNS)
