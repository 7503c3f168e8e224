"""Figures of `experiment`: every mask at every size, and what each changes within seeds."""

import numpy as np
import pandas as pd
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, PercentFormatter

from protolib import claims, live, plotting, sweep
from protolib.masks import MASKS, mask_name

KINDS = {"without overlap": 0, "with overlap": 1}
ORDER = sorted(MASKS, key=lambda mask: mask.overlap)  # four without overlap, the same four with it


@plotting.styled
def pick_the_winner(errors: dict, intervals: dict, chance: float) -> HTML:
    """The reader picks the best mask at N = 100, then sees.

    errors: {mask's name: (seeds,)}; intervals: {mask's name: `claims.Interval`}.
    """
    figure, ax = plotting.panel(4.6, 2.6)
    for k, values in enumerate(errors.values()):
        plotting.plot_dots(values, [k] * len(values), ax=ax, colour=plotting.INK, size=4.0)
    ax.axvline(chance, color=plotting.MUTED, ls=":")
    ax.set(xscale="log", yticks=range(len(errors)), yticklabels=list(errors),
           xlabel="reconstruction error (dotted: chance; ideal: 0)")  # fmt: skip
    middle = {name: interval.estimate for name, interval in intervals.items()}
    best, worst = min(middle, key=middle.get), max(middle, key=middle.get)
    return live.predict_winner(
        "A hundred samples, a hundred units. Which mask reconstructs best?",
        errors, unit="reconstruction error, logarithmic", chance=chance, intervals=intervals,
        log=True, still=figure,
        alt=f"Reconstruction errors of {len(errors)} masks at N = 100, a dot a seed. The lowest "
        f"median has {best} ({middle[best]:.2g}), the highest {worst} ({middle[worst]:.2g}); "
        f"chance is {chance:.2g}.",
    )  # fmt: skip


@plotting.styled
def every_mask(table: pd.DataFrame, column: str = "reconstruction_error") -> HTML:
    """One score of every run against N, a panel a mask, with the baseline's medians and chance.

    table: the 480 runs as from `sweep.run`; column: an error (logarithmic axis) or a ratio.
    """
    chance = sweep.chance_medians(sorted(table["n"].unique().tolist()))[column]

    def draw(ax: Axes, k: int) -> None:
        _one_mask(table, column, ORDER[k], chance, ax=ax)

    name = column.replace("_", " ")
    words = " ".join(_spread(table, column, kind, chance) for kind in KINDS)
    return plotting.multiples(
        draw, len(ORDER), columns=4, size=(2.15, 1.75), labels=("N", name), alt=words
    )


def _one_mask(table, column, mask, chance, *, ax) -> None:
    part = dict(sweep.by_mask(table))[mask]
    colour = plotting.LOOKS[mask].colour
    plotting.plot_dots(part["n"], part[column], ax=ax, colour=colour)
    baseline = table[table[[*sweep.LOSSES]].sum(axis=1) == 0].groupby("n")[column].median()
    ax.plot(baseline.index, baseline, color=plotting.INK, lw=1)
    plotting.plot_by_size(table, column, ax=ax, masks=[mask], label=False)
    ax.plot(chance.index, chance, color=plotting.MUTED, ls=":")
    end, first = chance.index[-1], mask == MASKS[0]
    if column == "reconstruction_error":
        ax.set(yscale="log", ylim=(0.002, 60))
        ax.yaxis.set_minor_locator(NullLocator())
        guides = {"chance": (chance.iloc[-1] / 1.4, "top")}
    else:
        ax.axhline(1, color=plotting.MUTED, lw=0.8)
        ax.set_ylim(0, 1.05)
        guides = {"chance": (chance.iloc[-1] + 0.03, "bottom"), "ideal": (0.98, "top")}
    for name, (y, side) in guides.items() if first else ():
        ax.text(end, y, name, ha="right", va=side, fontsize=9, color=plotting.MUTED)
    ax.set_title(mask_name(mask), fontsize=9.5)
    ax.set(xlabel="", xticks=[*chance.index], xticklabels=_every_other(chance.index))


def _every_other(sizes) -> list[str]:
    """Labels for N where there is no room for all; the largest has one."""
    return [str(n) if (len(sizes) - k) % 2 else "" for k, n in enumerate(sizes)]


def _spread(table, column, name, chance) -> str:
    last, masks = int(chance.index[-1]), [mask for mask in MASKS if mask.overlap == KINDS[name]]
    middle = {mask_name(m): claims.by_seed(table, last, m, column).median() for m in masks}
    low, high = min(middle, key=middle.get), max(middle, key=middle.get)
    return (
        f"{column.replace('_', ' ').capitalize()} against N for the four masks {name}, every run a "
        f"dot. At N = {last} the medians run from {middle[low]:.2g} ({low}) to {middle[high]:.2g} "
        f"({high}); chance is {chance[last]:.2g}."
    )


@plotting.styled
def ten_differences(differences: np.ndarray, interval: claims.Interval) -> HTML:
    """Sorted differences as dots, and between which of them the interval of their median is."""
    values = np.sort(differences)

    def sheet(width: float) -> Figure:
        figure, ax = plotting.panel(width, 1.5)
        ax.axvline(0, color=plotting.MUTED, lw=0.8)
        ax.plot([interval.low, interval.high], [0, 0], color=plotting.COVERAGE, lw=6, alpha=0.25)
        ax.plot(values, 0 * values, "o", color=plotting.COVERAGE, mfc=plotting.PAPER, ms=6)
        ends = [interval.low, interval.high]
        ax.plot(ends, [0, 0], "o", color=plotting.COVERAGE, ms=6)
        ax.plot(interval.estimate, 0, "|", color=plotting.INK, ms=16, mew=1.6)
        for x, name in zip(ends, ("second", "ninth")):
            ax.annotate(name, (x, 0), (0, 8), textcoords="offset points", ha="center")
        ax.annotate("median", (interval.estimate, 0), (0, -10), textcoords="offset points",
                    ha="center", va="top")  # fmt: skip
        ax.set(ylim=(-1.6, 1.6), yticks=[], xlabel="error with coverage − error without")
        ax.spines["left"].set_visible(False)
        below = (values < 0).sum()
        ax.set_title(f"{below} of {len(values)} seeds are better with coverage")
        return figure

    words = (
        f"The differences of {len(values)} seeds, from {values[0]:.3f} to {values[-1]:.3f}; median "
        f"{interval.estimate:.3f}, and its interval from {interval.low:.3f} to {interval.high:.3f}."
    )
    return plotting.show(sheet(6.6), phone=[sheet(3.6)], alt=words.replace("-", "−"))


@plotting.styled
def changes(found: dict) -> HTML:
    """What each mask changes of the error against the baseline, by N, with intervals.

    found: {mask: questions of `claims.contrasts`}.
    """
    words = []
    for name, kind in KINDS.items():
        chosen = [mask for mask in found if mask.overlap == kind]
        every = [q for mask in chosen for q in found[mask]]
        words.append(
            f"Change of the error against the baseline, masks {name}: "
            f"{sum(q.high < 0 for q in every)} of {len(every)} intervals lie below zero, "
            f"{sum(q.low > 0 for q in every)} above."
        )

    def sheet(columns: int, size: tuple[float, float]) -> Figure:
        figure = Figure(figsize=size)
        axes = figure.subplots(len(ORDER) // columns, columns, sharex=True, squeeze=False)
        axes.flat[0].set_axis_off()  # where the baseline would stand
        key = axes.flat[0]
        key.text(0, 0.5, "Below zero\na mask helps,\nabove zero\nit harms.", va="center",
                 transform=key.transAxes)  # fmt: skip
        for place, (mask, ax) in enumerate(zip(ORDER, axes.flat)):
            if mask in found:
                _changes(found[mask], mask, ax=ax)
                first = place % columns == (1 if place < columns else 0)
                ax.tick_params(labelleft=first, labelbottom=place >= len(ORDER) - columns)
        for kind in KINDS.values():
            rows = [ax for mask, ax in zip(ORDER, axes.flat) if mask.overlap == kind][1 - kind :]
            low, high = zip(*(ax.get_ylim() for ax in rows))
            for ax in rows:
                ax.set_ylim(min(low), max(high))
        figure.supxlabel("N", fontsize=9.5)
        figure.supylabel("error − baseline's", fontsize=9.5)
        return figure

    return plotting.show(sheet(4, (8.6, 4.0)), phone=[sheet(2, (3.6, 6.4))], alt=" ".join(words))


def _changes(questions, mask, *, ax) -> None:
    look, sizes = plotting.LOOKS[mask], [q.n for q in questions]
    middle = np.array([q.estimate for q in questions])
    reach = [middle - [q.low for q in questions], [q.high for q in questions] - middle]
    ax.axhline(0, color=plotting.MUTED, lw=0.8)
    ax.errorbar(sizes, middle, reach, fmt=look.marker, color=look.colour, mfc=look.fill, lw=1.6)
    plotting.size_axis(ax, sizes)
    ax.set(xlabel="", xticks=sizes, xticklabels=_every_other(sizes))
    ax.set_title(mask_name(mask), fontsize=9.5)
    if mask.overlap:
        ticks = {-1: "−1", -0.1: "−0.1", 0: "0", 0.1: "0.1", 1: "1", 10: "10"}
        ax.set_yscale("symlog", linthresh=0.1, linscale=0.6)
        ax.set_yticks([*ticks], labels=[*ticks.values()])
        low, high = min(q.low for q in questions), max(q.high for q in questions)
        ax.set_ylim(min(low, 0) - 0.1, 1.3 * high)
        ax.yaxis.set_minor_locator(NullLocator())


@plotting.styled
def coverage(ways: dict) -> HTML:
    """How often 95% intervals hold their target, a row a way, a dot a mask and size.

    ways: {name: {(mask, n): share in [0, 1]}}.
    """
    kinds = (
        (0, "without overlap", plotting.INK, plotting.PAPER),
        (1, "with overlap", plotting.OVERLAP, plotting.OVERLAP),
    )

    def sheet(width: float) -> Figure:
        figure, ax = plotting.panel(width, 2.5)
        draw = np.random.default_rng(0)
        for row, held in enumerate(ways.values()):
            for over, name, colour, fill in kinds:
                own = [share for (mask, _), share in held.items() if mask.overlap == over]
                y = row + (0.2 if over else -0.2) + draw.uniform(-0.12, 0.12, len(own))
                ax.plot(own, y, "o", ms=4.5, color=colour, mfc=fill, alpha=0.8)
                if row == 0:
                    ax.annotate(name, (min(own), row + (0.2 if over else -0.2)), (-8, 0),
                                textcoords="offset points", ha="right", va="center")  # fmt: skip
        ax.axvline(0.95, color=plotting.MUTED, lw=0.8)
        ax.text(0.945, -0.6, "promised", ha="right", va="center", fontsize=9, color=plotting.MUTED)
        ax.set(yticks=range(len(ways)), yticklabels=list(ways), ylim=(len(ways) - 0.5, -0.85),
               xlim=(-0.02, 1.02), xlabel="share of intervals that hold their target")  # fmt: skip
        ax.xaxis.set_major_formatter(PercentFormatter(1.0))
        kept = [name for name, held in ways.items() if min(held.values()) >= 0.92]
        if len(kept) == 1:
            ax.set_title(plotting.broken(f"Only one keeps its promise: {kept[0]}", width - 1.2))
        return figure

    words = "; ".join(
        f"{name}, from {min(held.values()):.0%} to {max(held.values()):.0%}, "
        f"{sum(share < 0.92 for share in held.values())} of {len(held)} below 92%"
        for name, held in ways.items()
    )
    return plotting.show(
        sheet(6.6), phone=[sheet(3.6)],
        alt=f"How often 95% intervals of ten seeds hold their target: {words}.",
    )  # fmt: skip


@plotting.styled
def two_masks(runs: pd.DataFrame) -> HTML:
    """Ten runs of one size, a row a mask: error and share outside, with medians and chance."""
    parts = dict(sweep.by_mask(runs))
    names = [mask_name(mask) for mask in parts]
    level = sweep.chance_medians(runs["n"].unique().tolist())
    figures, words = [], []
    for column in ("reconstruction_error", "expelled_share"):
        figure, ax = plotting.panel(3.6, 1.7)
        middle = [part[column].median() for part in parts.values()]
        for k, (mask, part) in enumerate(parts.items()):
            look = plotting.LOOKS[mask]
            plotting.plot_dots(part[column], [k] * len(part), ax=ax, colour=look.colour, size=5.0)
            ax.plot(middle[k], k, look.marker, color=look.colour, mfc=look.fill, ms=9)
        ax.axvline(0, color=plotting.MUTED, lw=0.8)
        if column in level:
            at = level[column].iloc[0]
            ax.axvline(at, color=plotting.MUTED, ls=":")
            ax.text(at, 1, "chance", ha="center", va="bottom", fontsize=9, color=plotting.MUTED,
                    transform=ax.get_xaxis_transform())  # fmt: skip
        words.append(f"{column.replace('_', ' ').capitalize()} of every seed; medians "
                     + ", ".join(f"{n} {v:.2g}" for n, v in zip(names, middle)) + ".")  # fmt: skip
        ax.set(yticks=range(len(names)), yticklabels=names, ylim=(-0.6, len(names) - 0.4),
               xlabel=column.replace("_", " "))  # fmt: skip
        figures.append(figure)
    return plotting.show(*figures, alt=words)
