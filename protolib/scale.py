"""Beyond minimal networks: the energy attractor at ten thousand samples, and under an encoder.

A *block* is a fixed set of samples and as many units that are theirs. The energy distance summed
over blocks is zero exactly when every block's prototypes are its samples: a minimum of the full one
too. It costs samples · block pairs instead of samples².
"""

import contextlib
import itertools
import math
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from protolib import data, matching, model, training
from protolib.data import generator
from protolib.measurements import COLUMNS, Row, rows
from protolib.model import Parameters
from protolib.streams import BLOCKS, SLICES
from protolib.sweep.grid import check_numbers
from protolib.sweep.store import read_sealed, write_sealed
from protolib.sweep.workers import available_processors, local_executor
from protolib.training import TrainConfig, one_thread
from protolib.training.kernels import kernel_program

# ------------------------------------------------------------------------------ energy, estimated


def pull(
    p: Float[Tensor, "nets units dims"], others: Float[Tensor, "nets points dims"]
) -> Float[Tensor, "nets units dims"]:
    """The mean unit vector from the other points to p_j: ∂/∂p_j of the mean distance (0 at 0)."""
    force = torch.zeros_like(p).mT.contiguous()
    scale = p.new_full((len(p),), 0.5 / others.shape[1])
    kernel_program(force, p.mT.contiguous(), others.mT.contiguous(), scale, "energy", 1.0)()
    return force.mT


def energy_force(
    p: Float[Tensor, "nets units dims"], x: Float[Tensor, "nets samples dims"]
) -> Float[Tensor, "nets units dims"]:
    """units/2 · ∂/∂p of the energy distance 2 E‖x − p‖ − E‖p − p′‖ − E‖x − x′‖; O(N² D)."""
    return pull(p, x) - pull(p, p)


def slice_factor(dims: int) -> float:
    """c_D = √π Γ((D+1)/2) / Γ(D/2): ‖u‖ = c_D E|θ · u| for θ uniform on the sphere.

    >>> round(slice_factor(1), 9), round(slice_factor(2) * 2 / math.pi, 9)
    (1.0, 1.0)
    """
    return math.sqrt(math.pi) * math.exp(math.lgamma((dims + 1) / 2) - math.lgamma(dims / 2))


def sliced_force(
    p: Float[Tensor, "units dims"],
    x: Float[Tensor, "samples dims"],
    directions: Float[Tensor, "slices dims"],
) -> Float[Tensor, "units dims"]:
    """An estimate of `energy_force` from unit directions: O(slices · N (D + log N)).

    On a line the mean unit vector is a difference of ranks, which sorting gives. Unbiased for
    directions uniform on the sphere; exact where the prototypes are the samples, whatever they are.
    """
    mine, theirs = ((directions @ t.mT).contiguous() for t in (p, x))
    ranks = []
    for cloud in (theirs, mine):
        ordered = cloud.sort(dim=-1).values
        below = torch.searchsorted(ordered, mine) + torch.searchsorted(ordered, mine, right=True)
        ranks.append(below.to(p.dtype) / cloud.shape[-1])
    balance = (ranks[0] - ranks[1]).mT @ directions
    return slice_factor(p.shape[-1]) / len(directions) * balance


def directions(count: int, dims: int, draw: torch.Generator) -> Float[Tensor, "slices dims"]:
    """Unit vectors, uniform on the sphere."""
    return torch.nn.functional.normalize(torch.randn(count, dims, generator=draw), dim=-1)


def drawn(seed: int, purpose: int) -> torch.Generator:
    """torch's generator, seeded from the stream of that purpose."""
    return torch.Generator().manual_seed(int(generator(seed, purpose).integers(2**62)))


def settle(
    p: Float[Tensor, "units dims"],
    force: Callable[[Tensor], Tensor],
    steps: int = 1000,
    learning_rate: float = 0.1,
) -> Float[Tensor, "units dims"]:
    """Prototypes alone, moved by Adam with a cosine's decay along an estimate of the force."""
    p = p.clone().requires_grad_()
    adam = torch.optim.Adam([p], learning_rate)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    for _ in range(steps):
        with torch.no_grad():
            p.grad = force(p.detach())
        adam.step()
        rate.step()
    return p.detach()


# ------------------------------------------------------------------------------ a large network


class Plan(NamedTuple):
    """How `train` trains.

    Parameters
    ----------
    block
        samples that are kept together in the energy attractor; None for all
    batch
        samples drawn anew for the fit, and for coverage, at every step
    lam
        λ; the energy's is a sum over units, coverage's a mean over the batch
    """

    form: str = "energy"
    block: int | None = 100
    batch: int = 100
    steps: int = 1500
    learning_rate: float = 1e-2
    lam: float = 1.0


TOGETHER = 1000  # samples, in blocks that are handled together


class Blocks:
    """The energy force of fixed blocks: the last one takes what is left over.

    Blocks are handled a few at a time, which needs less memory and is no slower.
    """

    def __init__(self, x: Float[Tensor, "samples dims"], block: int | None) -> None:
        n = len(x)
        size = min(block or n, n)
        whole, some = n // size * size, max(1, TOGETHER // size) * size
        self.x = x
        self.parts = [(slice(k, min(k + some, whole)), size) for k in range(0, whole, some)]
        if whole < n:
            self.parts.append((slice(whole, n), n - whole))

    def __call__(self, p: Float[Tensor, "units dims"]) -> Float[Tensor, "units dims"]:
        """The force at p, each unit in the block of the sample of its number."""
        result = torch.empty_like(p)
        for own, size in self.parts:
            mine, theirs = (t[own].unflatten(0, (-1, size)) for t in (p, self.x))
            result[own] = energy_force(mine, theirs).flatten(0, 1)
        return result


def responses(
    slope: Tensor, bias: Tensor, x: Float[Tensor, "*nets samples dims"]
) -> Float[Tensor, "*nets samples units"]:
    """h = exp(−‖w x + b‖²) by one matrix product, for autograd."""
    w = slope[..., None, :]
    far = w.square() * x.square().sum(-1, keepdim=True) + bias.square().sum(-1)[..., None, :]
    return torch.exp(-(far + 2 * w * (x @ bias.mT)).clamp(min=0))


def train(
    seed: int,
    x: Float[Tensor, "samples dims"],
    y: Float[Tensor, "samples classes"],
    plan: Plan = Plan(),
    *,
    device: str | torch.device | None = None,
) -> Parameters:
    """Train one classifier with as many units as samples, in plain torch; a stack of one.

    Prototypes start uniformly in the samples' box, slopes at 0.4 over the mean distance between
    neighbouring samples (of the first 2000). Adam, with a cosine's decay.

    Raises
    ------
    ValueError
        if the form is not "baseline", "coverage" or "energy".
    """
    if plan.form not in ("baseline", "coverage", "energy"):
        raise ValueError(f"form must be baseline, coverage or energy, got {plan.form!r}")
    home, (n, dims), draw = x.device, x.shape, drawn(seed, BLOCKS)
    slope = 0.4 / nearest(x[:2000], x, other=True).mean().item()
    start = model.initialise([seed], n, dims, outputs=y.shape[-1], slope=slope)
    centres = matching.chance_prototypes(x[None].cpu(), n, seed=seed).to(x.dtype)
    start = start._replace(bias=-slope * centres)
    x, y = x.to(device), y.to(device)
    w, b, v, c = weights = [t[0].to(x.device).requires_grad_() for t in start]
    adam = torch.optim.Adam(weights, plan.learning_rate)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(adam, plan.steps)
    attract = Blocks(x, plan.block) if plan.form == "energy" else None
    for _ in range(plan.steps):
        batch = torch.randperm(n, generator=draw)[: plan.batch].to(x.device)
        loss = (responses(w, b, x[batch]) @ v + c - y[batch]).square().mean()
        p = -b / w[:, None]
        if plan.form == "coverage":
            own = torch.cdist(x[batch], p.detach()).argmin(1)
            loss = loss + plan.lam * (x[batch] - p[own]).square().sum(-1).mean()
        if attract is not None:  # a loss with this gradient
            loss = loss + plan.lam * (p * attract(p.detach())).sum()
        adam.zero_grad()
        loss.backward()
        adam.step()
        rate.step()
    return Parameters(*(t.detach()[None].to(home) for t in weights))


def nearest(
    a: Float[Tensor, "points dims"], b: Float[Tensor, "others dims"], *, other: bool = False
) -> Float[Tensor, " points"]:
    """The distance of every point to the nearest of b, in pieces; with `other`, not to itself."""
    gaps = []
    for first in range(0, len(a), 1000):
        table = torch.cdist(a[first : first + 1000], b)
        if other:
            table.diagonal(first).fill_(torch.inf)
        gap, k = table.min(1)
        gaps.append(gap if other else (a[first : first + 1000] - b[k]).norm(dim=-1))
    return torch.cat(gaps)


SHOWN = 0.25  # of the distance to the nearest other sample: nearer is a sample shown


def found(
    p: Float[Tensor, "units dims"], x: Float[Tensor, "samples dims"], share: float = SHOWN
) -> float:
    """The share of samples that have a prototype to show: nearer than that share of the distance to
    their nearest other sample.

    >>> found(torch.tensor([[0.1], [9.0]]), torch.tensor([[0.0], [1.0]]))
    0.5
    """
    return (nearest(x, p) <= share * nearest(x, x, other=True)).double().mean().item()


# ------------------------------------------------------------------------------ the chart

FORMS = {  # rates and λ: see `try_coverage`
    "baseline": Plan("baseline", steps=1000, lam=0.0),
    "coverage": Plan("coverage", steps=1000, lam=10.0),
    "energy": Plan("energy", block=50, steps=1000, learning_rate=3e-2),
}
SEEDS = (0, *range(10, 20))  # the first for dear runs, the others for what is judged
DIGITS = {100: 10, 300: 10, 1000: 3}  # samples, and how many seeds; other images are fresh
LETTERS = ((1000, 8), (3000, 8), (10_000, 8), (1000, 16), (1000, 28))  # samples, pixels a side
UNSEEN = 2000  # fresh letters


class Task(NamedTuple):
    """One network to train and score: what a worker runs."""

    world: str
    n: int
    form: str
    seed: int


def images(world: str, n: int, seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Training images and classes, then fresh ones: "digits", or "letters 8×8" and so on."""
    if world == "digits":
        x, y = data.digits([seed], 1797)
    else:
        x, y = data.glyphs([seed], n + UNSEEN, int(world.partition("×")[2]))
    return x[0, :n], y[0, :n], x[0, n:], y[0, n:]


def run(task: Task) -> list[Row]:
    """Train one network on one thread: what it shows, its accuracy, and how long it took."""
    x, y, fresh, fresh_y = images(task.world, task.n, task.seed)
    with one_thread():
        clock = time.thread_time()
        net = train(task.seed, x, y, FORMS[task.form])
        seconds = time.thread_time() - clock
        apart = nearest(x, x, other=True)

        def shown(p: Tensor) -> dict[str, float]:
            gap = nearest(x, p)
            share = (gap <= SHOWN * apart).double().mean()
            return {"share shown": share.item(), "gap": (gap.mean() / apart.mean()).item()}

        values = {
            **shown(model.prototypes(net)[0]),
            "accuracy, trained on": accuracy(net, x, y),
            "accuracy, fresh": accuracy(net, fresh, fresh_y),
            "seconds": seconds,
        }
        keep = [(score, task.form, value) for score, value in values.items()]
        if task.form == "baseline":  # other images, as many as there are, as if prototypes
            keep += [(score, "chance", v) for score, v in shown(fresh[: task.n]).items()]
    return [Row(task.world, task.n, score, of, task.seed, value) for score, of, value in keep]


def accuracy(net: Parameters, x: Float[Tensor, "samples dims"], y: Tensor) -> float:
    """The share of samples that get their class, in pieces of a thousand."""
    w, b, v, c = (t[0] for t in net)
    hits = [
        (responses(w, b, part) @ v + c).argmax(-1) == own.argmax(-1)
        for part, own in zip(x.split(1000), y.split(1000))
    ]
    return torch.cat(hits).double().mean().item()


def tasks(seeds: Sequence[int]) -> list[Task]:
    """Every network of the chart, dear ones first: letters for the first seed, digits for more."""
    letters = [
        Task(f"letters {size}×{size}", n, form, seeds[0])
        for n, size in LETTERS for form in FORMS
    ]  # fmt: skip
    digits = [
        Task("digits", n, form, seed)
        for n, count in DIGITS.items() for form in FORMS for seed in ([*seeds][1:] or seeds)[:count]
    ]  # fmt: skip
    return sorted(letters + digits, key=lambda task: -task.n)


def chart(wanted: Sequence[Task], executor: Executor | None = None) -> list[Row]:
    """Run tasks on an executor: processes of this machine by default, or a cluster's.

    As for `sweep.run`: any `concurrent.futures.Executor`, Dask's `client.get_executor()` among
    them.
    """
    own = executor or local_executor(min(available_processors(), len(wanted)))
    try:
        return [row for part in own.map(run, wanted) for row in part]
    finally:
        if executor is None:
            own.shutdown(cancel_futures=True)


# ------------------------------------------------------------------------------ left out, and cost

PATIENCE = ((3e-3, 1000), (1e-2, 1000), (3e-2, 1000), (1e-2, 3000))  # rates, steps
TIMED = tuple((n, dims) for dims in (64, 784) for n in (300, 1000, 3000))
TARGET = 10**8  # weights
LARGEST = round(TARGET / (784 + 1 + 10)), 784  # units and pixels: slopes, biases, ten classes
WHOLE = (*TIMED, (10_000, 64), (30_000, 64), (10_000, 784), (30_000, 784), LARGEST)


def try_coverage(seed: int, n: int = 300) -> list[Row]:
    """Coverage at two rates and three λ, and the energy attractor at both rates: n digits."""
    x, y, *_ = images("digits", n, seed)
    found_at = []
    for form, lams in (("coverage", (1.0, 10.0, 100.0)), ("energy", (1.0,))):
        for rate, lam in itertools.product((1e-2, 3e-2), lams):
            plan = FORMS[form]._replace(learning_rate=rate, lam=lam)
            share = found(model.prototypes(train(seed, x, y, plan))[0], x)
            name = f"{form}, rate {rate:g}, λ {lam:g}"
            found_at.append(Row("digits, tried", n, "share shown", name, seed, share))
    return found_at


def count_left_out(seeds: Sequence[int], n: int = 100) -> list[Row]:
    """How many of n digits have no prototype to show, by learning rate and steps.

    The exact energy attractor without a task (as in `privacy.classifier`), a cosine's decay.
    """
    x, y = data.digits(seeds, n)
    start = model.initialise(seeds, n, 64, outputs=10, slope=0.3)
    zero = {"readout": 0 * start.readout, "offset": 0 * start.offset}
    start = start._replace(bias=-0.3 * matching.chance_prototypes(x, n, seed=0), **zero)
    counts, ones = {}, torch.tensor([[1.0, 1.0, 0.0]]).expand(len(seeds), 3)
    for rate, steps in PATIENCE:
        config = TrainConfig(
            steps=steps, learning_rate=rate, decay="cosine", lam=1.0, attractor="energy",
            kernel="energy",
        )  # fmt: skip
        net = training.train(start, x, 0 * y, ones, config).parameters
        lost = [n * (1 - found(p, own)) for p, own in zip(model.prototypes(net), x)]
        counts[f"rate {rate:g}, {steps} steps"] = torch.tensor(lost).round()
    return rows("left out", n, "samples", seeds, counts)


def time_steps(seed: int = 0) -> list[Row]:
    """Milliseconds of one thread for a step of the attractor alone, and the cost of `train`."""
    found = []
    for n, dims in TIMED:
        draw = drawn(seed, SLICES)
        p, x = torch.rand(2, n, dims, generator=draw)
        theta = directions(64, dims, draw)
        ways = {
            "exact": partial(Blocks(x, None), p),
            "blocks": partial(Blocks(x, FORMS["energy"].block), p),
            "64 slices": partial(sliced_force, p, x, theta),
        }
        for name, step in ways.items():
            best = 1e3 * min(_seconds(step) for _ in range(3))
            found.append(Row(f"a step, D = {dims}", n, "milliseconds", name, seed, best))
    return found + [row for n, dims in WHOLE for row in whole_step(n, dims, seed)]


def _seconds(step: Callable[[], object]) -> float:
    clock = time.thread_time()
    step()
    return time.thread_time() - clock


def whole_step(n: int, dims: int, seed: int = 0) -> list[Row]:
    """A step of `train`, in a fresh process: milliseconds of one thread, and megabytes at the peak.

    Fit, kept blocks and Adam together, and the images. What other work left behind would hide
    memory; so would the peak that `getrusage` hands from parent to child.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as alone:
        costs = alone.submit(_whole_step, n, dims, seed).result()
    return [
        Row(f"a step, D = {dims}", n, score, "whole step", seed, value)
        for score, value in zip(("milliseconds", "megabytes"), costs, strict=True)
    ]


def _whole_step(n: int, dims: int, seed: int, steps: int = 4) -> tuple[float, float]:
    with one_thread():
        x = torch.rand(200, dims, generator=drawn(seed, SLICES))
        train(seed, x, x[:, :10], FORMS["energy"]._replace(steps=1))  # warms up
        before = _memory("VmRSS")
        with contextlib.suppress(OSError):  # let the peak start anew
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        x = torch.rand(n, dims, generator=drawn(seed, SLICES))
        y, took = x[:, :10].clone(), []
        for count in (1, 1 + steps):
            plan = FORMS["energy"]._replace(steps=count)
            took.append(_seconds(partial(train, seed, x, y, plan)))
    return 1e3 * (took[1] - took[0]) / steps, _memory("VmHWM") - before


def _memory(name: str) -> float:
    """A line of Linux's report about this process, in megabytes (2²⁰ bytes); elsewhere nan."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(name))
    except (OSError, StopIteration):
        return math.nan


def power_law(table: pd.DataFrame) -> tuple[float, float, Callable[[float, float], float]]:
    """value = k N^α D^β, by least squares on logarithms: α, β, and the law (n, dims) → value.

    The table has columns n, dims and value.

    >>> made = pd.DataFrame({"n": [1, 2, 4, 4], "dims": [1, 1, 1, 2]})
    >>> alpha, beta, law = power_law(made.assign(value=made["n"] ** 2 * made["dims"]))
    >>> round(alpha, 6), round(beta, 6), round(law(10, 3), 3)
    (2.0, 1.0, 300.0)
    """
    logs = np.log(table[["n", "dims", "value"]].to_numpy(dtype=float))
    columns = np.column_stack([np.ones(len(logs)), logs[:, :2]])
    (k, alpha, beta), *_ = np.linalg.lstsq(columns, logs[:, 2], rcond=None)
    return float(alpha), float(beta), lambda n, dims: float(np.exp(k) * n**alpha * dims**beta)


# ------------------------------------------------------------------------------ all measurements


def measure(seeds: Sequence[int] = SEEDS, *, executor: Executor | None = None) -> pd.DataFrame:
    """What the chapter `scale` shows, and G4 and G5 are judged on: ten minutes of one core, 5 GB.

    The networks of the chart are handed to workers (`chart`); what is timed step by step, or
    trained as one stack, runs here.

    Raises
    ------
    ValueError
        before any work, if seeds are none, not whole numbers ≥ 0, or not all different.
    """
    from protolib import encoded

    check_numbers("seeds", seeds, 0)
    others = [*seeds][1:] or seeds
    found = chart(tasks(seeds), executor) + encoded.measure(others)
    with one_thread():
        found += try_coverage(seeds[0]) + count_left_out(others) + time_steps(seeds[0])
    return pd.DataFrame(found, columns=COLUMNS)


# ------------------------------------------------------------------------------ all the digits


def all_digits(*, device: str | torch.device | None = None) -> Parameters:
    """A classifier of all 1797 digits with kept blocks; half a minute of one core."""
    (x,), (y,) = data.digits([0], 1797)
    with one_thread():
        return train(0, x, y, FORMS["energy"], device=device)


def write_prototypes(p: Float[Tensor, "units dims"], path: str | os.PathLike) -> None:
    """Write prototypes as text, in thousandths: a line a unit, under a checksum."""
    lines = (p * 1000).round().long().tolist()
    body = "".join(",".join(map(str, line)) + "\n" for line in lines)
    write_sealed(body, path, "prototypes", 1)


def read_prototypes(path: str | os.PathLike) -> Float[Tensor, "units dims"]:
    """Read what `write_prototypes` wrote.

    Raises
    ------
    TableError
        if the file is foreign, of another schema, or changed.
    """
    body = read_sealed(path, "prototypes", 1, "Make it anew with `python benchmarks/scale.py`.")
    rows = [[int(number) for number in line.split(",")] for line in body.splitlines()]
    return torch.tensor(rows, dtype=torch.float32) / 1000
