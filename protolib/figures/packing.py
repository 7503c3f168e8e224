"""Figures of `packing`: the sweep of the temperature, its collapse, thresholds, a map to touch."""

import math

import numpy as np
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from protolib import live, plotting, training

MARKERS = "osD^P"
CROWDINGS = {1 / 16: "1/16", 1 / 4: "1/4", 1 / 2: "1/2", 1: "1", 2: "2", 4: "4"}
LEVEL = 0.1  # of the share outside, where an onset is read
BREAK = {False: " ", True: "\n"}  # where a title turns on a phone


@plotting.styled
def collapse(excess: dict, s: np.ndarray, length: float) -> HTML:
    """What separation adds to the share outside, against the temperature and against crowding.

    excess: {N: (seeds, crowdings)}; s: (crowdings,); length: the width L of the hull.
    """
    taus = {n: (s * length / n) ** 2 for n in excess}
    onset = {n: _onset(taus[n], values) for n, values in excess.items()}
    nominal = training.TrainConfig().tau

    def draw(figure: Figure, phone: bool) -> None:
        cold, crowded = figure.subplots(2 if phone else 1, 1 if phone else 2, sharey=True)
        _curves(excess, taus, ax=cold)
        for n, values in excess.items():  # each curve is named at its top
            mean, right = values.mean(0), n < 20
            top = taus[n][mean.argmax()], mean.max()
            cold.annotate(f"N = {n}" if n == max(excess) else f"{n}", top, (5 if right else -5, 5),
                          textcoords="offset points", ha="left" if right else "right")  # fmt: skip
        cold.plot([nominal] * 2, [-0.1, 0.36], color=plotting.MUTED, ls=":", zorder=0)
        cold.text(nominal / 1.3, 0.33, "nominal", ha="right", color=plotting.MUTED)
        cold.set(xlabel="temperature τ", xlim=(1e-6, 30), ylabel="share outside − baseline’s",
                 title="Against temperature, five take-offs")  # fmt: skip
        _curves(excess, dict.fromkeys(excess, s), ax=crowded)
        _crowding_axis(crowded, "crowding s = N√τ / L")
        crowded.set_title("Against crowding, they draw together")
        if phone:
            crowded.set_ylabel("share outside − baseline’s")
        plotting.label_lines(crowded)

    return plotting.both(
        draw, (8.6, 3.2), (3.6, 5.6),
        "Excess share outside the hull against temperature, a curve a size. They rise one "
        "after the other: a tenth is passed by τ = "
        + ", ".join(f"{tau:.1g} for N = {n}" for n, tau in onset.items())
        + ". The same curves against crowding. Now closer together: "
        + _rise(excess, s),
    )  # fmt: skip


@plotting.styled
def in_the_plane(excess: dict, s: np.ndarray, line: dict) -> HTML:
    """The same against the crowding in two dimensions, and in one, behind; shapes as `collapse`."""
    early = [n for n, values in excess.items() if _onset(s, values, exact=True) < 0.5]
    names = " and ".join(map(str, early))
    verb = "take off" if len(early) > 1 else "takes off"

    def draw(figure: Figure, phone: bool) -> None:
        ax = figure.subplots()
        for k, values in enumerate(line.values()):
            ax.plot(s, values.mean(0), color=plotting.FAINT, lw=1.2, zorder=0.5,
                    label="on a line" if k == len(line) - 1 else None)  # fmt: skip
        _curves(excess, dict.fromkeys(excess, s), ax=ax)
        _crowding_axis(ax, "crowding s = √N √τ / L in the plane")
        ax.set(ylabel="share outside − baseline’s",
               title=f"In the plane, N = {names} {verb}{BREAK[phone]}too early" if early else
               "In the plane, none takes off too early")  # fmt: skip
        plotting.label_lines(ax)

    words = "Excess share outside the hull against crowding, in the plane: " + _rise(excess, s)
    return plotting.both(draw, (6.4, 3.3), (3.6, 3.2), words)


@plotting.styled
def thresholds(groups: dict[str, dict]) -> HTML:
    """Thresholds with their intervals beside the band of the envelope, one half to one.

    groups: title → N or a name → (threshold, low, high), in s.
    """
    rows = [row for group in groups.values() for row in group.values()]
    tallest = max(map(len, groups.values()))
    ends = min(0.22, *(0.9 * low for _, low, _ in rows)), max(2.2, *(1.1 * up for *_, up in rows))
    words = []
    for head, group in groups.items():
        told = (f"{_name(key)} {middle:.2f} (from {low:.2f} to {high:.2f}), {_inside(low, high)}"
                for key, (middle, low, high) in group.items())  # fmt: skip
        words.append(f"{head}: {'; '.join(told)}.")

    def draw(figure: Figure, phone: bool) -> None:
        shape = (len(groups), 1) if phone else (1, len(groups))
        axes = figure.subplots(*shape, squeeze=False).flat
        for ax, (head, group) in zip(axes, groups.items()):
            ax.axvspan(0.5, 1, color=plotting.HULL, lw=0, zorder=0)
            for k, (middle, low, high) in enumerate(group.values()):
                ax.plot([low, high], [k, k], color=plotting.SEPARATION, lw=1.8)
                ax.plot(middle, k, "^", color=plotting.SEPARATION, ms=6)
                ax.text(1.03, k, f"{middle:.2f} {_inside(low, high)}", va="center",
                        transform=ax.get_yaxis_transform())  # fmt: skip
            ax.set(yticks=range(len(group)), yticklabels=map(_name, group), title=head,
                   xscale="log", xlim=ends, ylim=(tallest - 0.4, -0.6))  # fmt: skip
            ax.xaxis.set_major_locator(FixedLocator([0.25, 0.5, 1, 2]))
            ax.xaxis.set_minor_locator(NullLocator())
            ax.set_xticklabels(["1/4", "1/2", "1", "2"])
            ax.tick_params(left=False)
        figure.supxlabel("threshold in s (shaded: predicted)", fontsize=9.5)

    tall = 0.85 + 0.24 * tallest
    wide = (5.4, 8.6)[len(groups) > 1]
    return plotting.both(draw, (wide, tall), (3.6, len(groups) * tall), " ".join(words))


def _name(key: int | str) -> str:
    return f"N = {key}" if isinstance(key, int) else key


def _inside(low: float, high: float) -> str:
    """Whether an interval lies in the band of the envelope: "in", "out", or "open"."""
    if low >= 0.5 and high <= 1:
        return "in"
    return "out" if high < 0.5 or low > 1 else "open"


@plotting.styled
def phase_map(taus, sizes, share: np.ndarray, length: float, lab: str) -> HTML:
    """The share outside under separation alone, a cell a configuration, which the lab loads.

    share: (sizes, taus, seeds); lab: the name of a live figure on the page.
    """
    mean = share.mean(-1)
    figure, ax = plotting.panel(5.0, 2.8)
    plotting.plot_cells(mean, ax=ax, colour=plotting.SEPARATION, most=0.9)
    ax.set(xticks=range(len(taus)), xticklabels=[f"{tau:g}" for tau in taus],
           yticks=range(len(sizes)), yticklabels=sizes, xlabel="temperature τ",
           ylabel="N", title="Percent outside the hull")  # fmt: skip
    ax.spines[:].set_visible(False)
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


def _curves(excess, positions, *, ax: Axes) -> None:
    """Mean and one standard error, a curve a size, the larger the stronger."""
    for k, (n, values) in enumerate(excess.items()):
        middle = values.mean(0)
        error = values.std(0, ddof=1) / math.sqrt(len(values))
        strength = 0.4 + 0.6 * (k + 1) / len(excess)
        ax.fill_between(positions[n], middle - error, middle + error, color=plotting.SEPARATION,
                        alpha=0.12, lw=0)  # fmt: skip
        ax.plot(positions[n], middle, marker=MARKERS[k], color=plotting.SEPARATION, ms=4.5,
                alpha=strength, label=f"N = {n}")  # fmt: skip
    ax.axhline(0, color=plotting.MUTED, lw=0.8)
    ax.set(xscale="log", ylim=(-0.1, 0.65))


def _crowding_axis(ax: Axes, words: str) -> None:
    """The band of the envelope, one half to one, and fractions for ticks."""
    ax.axvspan(0.5, 1, color=plotting.HULL, lw=0, zorder=0)
    ax.text(0.71, 0.6, "predicted", ha="center", color=plotting.MUTED)
    ax.xaxis.set_major_locator(FixedLocator([*CROWDINGS]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set(xlabel=words, xticklabels=[*CROWDINGS.values()])


def _onset(positions, values, exact: bool = False) -> float:
    """The first position at which the mean curve is at least a tenth, or where it passes it."""
    mean = values.mean(0)
    found = np.flatnonzero(mean >= LEVEL)
    if not len(found):
        return math.nan
    k = int(found[0])
    if not exact or k == 0:
        return float(positions[k])
    part = (LEVEL - mean[k - 1]) / (mean[k] - mean[k - 1])
    return float(positions[k - 1] * (positions[k] / positions[k - 1]) ** part)


def _rise(excess, s) -> str:
    at = [int(np.abs(s - value).argmin()) for value in (0.25, 1)]
    below, above = ([values.mean(0)[k] for values in excess.values()] for k in at)
    return (
        f"at s = 1/4 they stand between {min(below):.2f} and {max(below):.2f}, at s = 1 between "
        f"{min(above):.2f} and {max(above):.2f}."
    ).replace("-", "−")
