"""Intervals and p-values over seeds, each for its own kind of data.

    mean_interval     scores between 0 and 1, and their differences: Student's t
    median_interval   errors and distances, whose tails are heavy: order statistics, for any law
    share_interval    in how many of the seeds: binomial, exact (Clopper and Pearson)

The p-value belongs to the interval: it is at most 0.05 just where the 95% interval leaves the level
out. What the intervals cover, on data like the ledger's, is tested by simulation.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special, stats

from protolib.data import BOOTSTRAP, generator

CONFIDENCE = 0.95
MISS = (1 - CONFIDENCE) / 2  # on either side


class Interval(NamedTuple):
    """A summary over seeds, its 95% interval, and the two-sided p-value of one level."""

    estimate: float
    low: float
    high: float
    p: float = float("nan")


def mean_interval(
    values: np.ndarray, level: float = 0.0, *, support: tuple[float, float] = (-1.0, 1.0)
) -> Interval:
    """The mean of `values`, (seeds,), with Student's interval.

    Equal values have no spread to judge by; then the values that *other* seeds might have had are
    weighed by how often n seeds can miss them (for ten seeds, three times in ten), within
    `support`. A single value, or any that is not finite, says nothing: (mean, −inf, inf, 1).

    >>> low, high = mean_interval(np.array([0.0, 1.0, 2.0]))[1:3]
    >>> print(f"{low:.3f} {high:.3f}")  # 1 ± 4.303 / √3
    -1.484 3.484
    >>> print("{:.0f} {:.3f} {:.3f} {:.0f}".format(*mean_interval(np.zeros(10))))
    0 -0.308 0.308 1
    """
    values = np.asarray(values, dtype=float)
    n, mean = len(values), float(np.mean(values))
    if n < 2 or not np.isfinite(values).all():
        return Interval(mean, -np.inf, np.inf, 1.0)
    if np.ptp(values) <= 1e-12 * np.abs(values).max():
        unseen = 1 - MISS ** (1 / n)  # so large a part of the seeds n of them miss this often
        reach = support[0] - mean if level < mean else support[1] - mean
        needed = 0.0 if level == mean else min(1.0, (level - mean) / reach) if reach else 1.0
        low, high = (mean + unseen * (end - mean) for end in support)
        return Interval(mean, low, high, min(1.0, 2 * (1 - needed) ** n))
    error = float(values.std(ddof=1)) / n**0.5
    half = _t_quantile(n) * error
    p = 2 * float(special.stdtr(n - 1, -abs(mean - level) / error))
    return Interval(mean, mean - half, mean + half, p)


def median_interval(values: np.ndarray, level: float = 0.0) -> Interval:
    """The median of `values`, (seeds,), between two of them: the sign test's interval.

    It covers the median of any law at least 95 times in 100, however heavy its tails; a value that
    lies on the level counts against both answers. Infinite values have a place in the order too.
    Fewer than six values, or any that is no number, say nothing: (median, −inf, inf, 1).

    >>> median_interval(np.arange(1.0, 11.0)) == (5.5, 2.0, 9.0, 2 / 1024)
    True
    """
    values = np.sort(np.asarray(values, dtype=float))
    n, middle = len(values), (len(values) - 1) // 2
    low, high = float(values[middle]), float(values[n - 1 - middle])
    median = low if low == high else (low + high) / 2
    outside = _outside(n)
    if outside < 0 or np.isnan(values).any():
        return Interval(median, -np.inf, np.inf, 1.0)
    fewer = min(int((values <= level).sum()), int((values >= level).sum()))
    p = min(1.0, 2 * float(special.bdtr(fewer, n, 0.5)))
    return Interval(median, float(values[outside]), float(values[n - 1 - outside]), p)


def share_interval(values: np.ndarray, level: float = 0.0) -> Interval:
    """The share of the seeds, (seeds,) of bool, in which something happened; exact.

    >>> print("{:.0f} {:.0f} {:.3f}".format(*share_interval(np.zeros(10, bool))[:3]))
    0 0 0.308
    """
    values = np.asarray(values, dtype=bool)
    n, hits = len(values), int(values.sum())
    if n == 0:
        return Interval(float("nan"), 0.0, 1.0, 1.0)
    low = float(stats.beta.ppf(MISS, hits, n - hits + 1)) if hits else 0.0
    high = float(stats.beta.ppf(1 - MISS, hits + 1, n - hits)) if hits < n else 1.0
    at_most = float(special.bdtr(hits, n, level))
    at_least = 1 - float(special.bdtr(hits - 1, n, level)) if hits else 1.0
    return Interval(hits / n, low, high, min(1.0, 2 * min(at_most, at_least)))


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's corrected p-values of a family, (questions,), for any dependence between them.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p, dtype=float)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(steps, 1.0)
    return corrected


@functools.cache
def _t_quantile(n: int) -> float:
    return float(special.stdtrit(n - 1, 1 - MISS))


@functools.cache
def _outside(n: int) -> int:
    """How many of n values the interval of the median leaves out on either side; −1: none can."""
    return int(stats.binom.ppf(MISS, n, 0.5)) - 1


def coverage(
    population: np.ndarray, interval: Callable[..., Interval], n: int, *, draws: int = 500
) -> float:
    """How often the interval of n seeds, drawn from `population`, (seeds,), holds its own estimate.

    The population's values stand for the law that the seeds come from; draws are with repetition.
    """
    draw = generator(0, BOOTSTRAP, n)
    truth = interval(population).estimate
    samples = draw.choice(np.asarray(population), (draws, n))
    found = (interval(sample) for sample in samples)
    return float(np.mean([i.low <= truth <= i.high for i in found]))
