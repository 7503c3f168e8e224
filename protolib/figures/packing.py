"""Figures of `packing`: the sweep of the temperature, its collapse, and a map to touch."""

import math

import numpy as np
from IPython.display import HTML
from matplotlib.ticker import FixedLocator, NullLocator

from protolib import live, plotting, training

MARKERS = "osD^P"
CROWDINGS = {1 / 16: "1/16", 1 / 4: "1/4", 1 / 2: "1/2", 1: "1", 2: "2", 4: "4"}


@plotting.styled
def collapse(excess: dict, s: np.ndarray, length: float) -> HTML:
    """What separation adds to the share outside, against the temperature and against crowding.

    excess: {N: (seeds, crowdings)}; s: (crowdings,); length: the width L of the hull.
    """
    nominal = training.TrainConfig().tau
    left, ax = plotting.panel(3.7, 3.1)
    taus = {n: (s * length / n) ** 2 for n in excess}
    _curves(excess, taus, ax=ax)
    ax.axvline(nominal, color=plotting.MUTED, ls=":")
    ax.annotate("nominal", (nominal, 0.6), xytext=(4, 0), textcoords="offset points",
                color=plotting.MUTED, fontsize=8)  # fmt: skip
    ax.set(xlabel="temperature τ", xlim=(1e-6, 10))
    ax.legend(loc="upper left")
    right, ax = plotting.panel(3.7, 3.1)
    _curves(excess, dict.fromkeys(excess, s), ax=ax)
    _crowding_axis(ax, "crowding s = N√τ / L")
    onset = {n: _onset(taus[n], values) for n, values in excess.items()}
    return plotting.show(
        left, right,
        alt=["Excess share outside the hull against temperature, a curve a size. They rise one "
             "after the other: a tenth is passed by τ = "
             + ", ".join(f"{tau:.1g} for N = {n}" for n, tau in onset.items()) + ".",
             "The same curves against crowding. Now closer together: " + _rise(excess, s)],
    )  # fmt: skip


@plotting.styled
def in_the_plane(excess: dict, s: np.ndarray) -> HTML:
    """The same against the crowding in two dimensions; shapes as for `collapse`."""
    figure, ax = plotting.panel(4.6, 3.1)
    _curves(excess, dict.fromkeys(excess, s), ax=ax)
    _crowding_axis(ax, "crowding s = √N √τ / L, two dimensions")
    ax.legend(loc="upper left")
    words = "Excess share outside the hull against crowding, in the plane: " + _rise(excess, s)
    return plotting.show(figure, alt=words)


@plotting.styled
def phase_map(taus, sizes, share: np.ndarray, length: float, lab: str) -> HTML:
    """The share outside under separation alone, a cell a configuration, which the lab loads.

    share: (sizes, taus, seeds); lab: the name of a live figure on the page.
    """
    mean = share.mean(-1)
    figure, ax = plotting.panel(5.0, 2.8)
    image = ax.imshow(mean, origin="lower", cmap="cividis", vmin=0, vmax=0.9, aspect="auto")
    figure.colorbar(image, ax=ax, label="share outside")
    ax.set(xticks=range(len(taus)), xticklabels=[f"{tau:g}" for tau in taus],
           yticks=range(len(sizes)), yticklabels=sizes, xlabel="temperature τ",
           ylabel="N")  # fmt: skip
    words = (
        "Share of prototypes outside the hull over τ and N: at the lowest temperature between "
        f"{mean[:, 0].min():.0%} and {mean[:, 0].max():.0%}, at the highest between "
        f"{mean[:, -1].min():.0%} and {mean[:, -1].max():.0%}. The larger N, the lower the "
        "temperature at which it rises."
    )
    tries = live.TRIES["map"]
    return live.phase_map(
        taus, sizes, share, lab=lab, length=length, tries=tries, still=figure, alt=words
    )


def _curves(excess, positions, *, ax) -> None:
    """Mean and one standard error, a curve a size; every size in separation's colour."""
    for k, (n, values) in enumerate(excess.items()):
        middle = values.mean(0)
        error = values.std(0, ddof=1) / math.sqrt(len(values))
        strength = 0.4 + 0.6 * (k + 1) / len(excess)
        ax.fill_between(positions[n], middle - error, middle + error, color=plotting.SEPARATION,
                        alpha=0.12, lw=0)  # fmt: skip
        ax.plot(positions[n], middle, marker=MARKERS[k], color=plotting.SEPARATION, ms=4.5,
                alpha=strength, label=f"N = {n}")  # fmt: skip
    ax.axhline(0, color=plotting.MUTED, lw=0.8)
    ax.set(xscale="log", ylim=(-0.1, 0.65), ylabel="share outside − baseline's")


def _crowding_axis(ax, words) -> None:
    """The band of the envelope, one half to one, and fractions for ticks."""
    ax.axvspan(0.5, 1, color=plotting.HULL, lw=0, zorder=0)
    ax.xaxis.set_major_locator(FixedLocator([*CROWDINGS]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set(xlabel=words, xticklabels=[*CROWDINGS.values()])


def _onset(positions, values) -> float:
    """The first position at which the mean curve is at least a tenth."""
    found = np.flatnonzero(values.mean(0) >= 0.1)
    return float(positions[found[0]]) if len(found) else math.nan


def _rise(excess, s) -> str:
    at = [int(np.abs(s - value).argmin()) for value in (0.25, 1)]
    below, above = ([values.mean(0)[k] for values in excess.values()] for k in at)
    return (
        f"at s = 1/4 they stand between {min(below):.2f} and {max(below):.2f}, at s = 1 between "
        f"{min(above):.2f} and {max(above):.2f}."
    )
