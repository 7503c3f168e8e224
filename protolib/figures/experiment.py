"""Figures of `experiment`: every mask at every size, and what each changes within seeds."""

import numpy as np
import pandas as pd
from IPython.display import HTML
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, PercentFormatter

from protolib import claims, live, plotting, sweep
from protolib.masks import MASKS, mask_name

QUARTETS = {
    "without overlap": [mask for mask in MASKS if not mask.overlap],
    "with overlap": [mask for mask in MASKS if mask.overlap],
}


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
    figures, words = [], []
    for name, masks in QUARTETS.items():
        figure = Figure(figsize=(3.9, 3.7))
        axes = figure.subplots(2, 2, sharex=True, sharey=True)
        for ax, mask in zip(axes.flat, masks):
            _one_mask(table, column, mask, chance, ax=ax)
        for ax in axes[0]:
            ax.set_xlabel("")
        figure.supylabel(column.replace("_", " "), fontsize=9.5)
        figures.append(figure)
        words.append(_spread(table, column, name, masks, chance))
    return plotting.show(*figures, alt=words)


def _one_mask(table, column, mask, chance, *, ax) -> None:
    part = dict(sweep.by_mask(table))[mask]
    colour = plotting.LOOKS[mask].colour
    plotting.plot_dots(part["n"], part[column], ax=ax, colour=colour)
    for drawn in dict.fromkeys((MASKS[0], mask)):
        plotting.plot_by_size(table, column, ax=ax, masks=[drawn], label=False)
    ax.plot(chance.index, chance, color=plotting.MUTED, ls=":")
    if column == "reconstruction_error":
        ax.set(yscale="log", ylim=(0.002, 60))
    else:
        ax.axhline(1, color=plotting.MUTED, lw=0.8)
        ax.set_ylim(0, 1.05)
    ax.set_title(mask_name(mask), fontsize=9)
    every_other = [n if k % 2 == 0 else "" for k, n in enumerate(chance.index)]
    ax.xaxis.set_major_formatter(FixedFormatter(every_other))


def _spread(table, column, name, masks, chance) -> str:
    last = int(chance.index[-1])
    middle = {mask_name(m): claims.by_seed(table, last, m, column).median() for m in masks}
    low, high = min(middle, key=middle.get), max(middle, key=middle.get)
    return (
        f"{column.replace('_', ' ').capitalize()} against N for the four masks {name}, every run a "
        f"dot. At N = {last} the medians run from {middle[low]:.2g} ({low}) to {middle[high]:.2g} "
        f"({high}); chance is {chance[last]:.2g}."
    )


@plotting.styled
def changes(found: dict) -> HTML:
    """What each mask changes of the error against the baseline, by N, with intervals.

    found: {mask: questions of `claims.contrasts`}.
    """
    figures, words = [], []
    for name, masks in QUARTETS.items():
        chosen = [mask for mask in masks if mask in found]
        figure, ax = plotting.panel(3.9, 4.0)
        for mask, offset in zip(chosen, np.linspace(-0.27, 0.27, len(chosen))):
            plotting.plot_contrasts(
                found[mask], ax=ax, mask=mask, offset=offset, label=mask_name(mask)
            )
        ax.set(title=name, xlabel="error − baseline's")
        figure.legend(loc="outside lower center", ncols=2, fontsize=8)
        figures.append(figure)
        harm = [f"{mask_name(m)} at N = {q.n}" for m in chosen for q in found[m] if q.low > 0]
        help_ = [f"{mask_name(m)} at N = {q.n}" for m in chosen for q in found[m] if q.high < 0]
        every = sum(len(found[m]) for m in chosen)
        words.append(
            f"Change of the error against the baseline, masks {name}: {len(help_)} of {every} "
            f"intervals lie below zero, {len(harm)} above."
        )
    ax.set_xscale("symlog", linthresh=0.1, linscale=0.6)
    ax.set_xlim(left=-0.1)
    ax.xaxis.set_major_locator(FixedLocator([0, 0.1, 1, 10]))
    ax.xaxis.set_major_formatter(FixedFormatter(["0", "0.1", "1", "10"]))
    return plotting.show(*figures, alt=words)


@plotting.styled
def coverage(ways: dict) -> HTML:
    """How often 95% intervals hold their target, a row a way, a dot a mask and size.

    ways: {name: {(mask, n): share in [0, 1]}}.
    """
    figure, ax = plotting.panel(4.4, 2.4)
    draw = np.random.default_rng(0)
    for row, held in enumerate(ways.values()):
        for over in (0, 1):
            own = [share for (mask, _), share in held.items() if mask.overlap == over]
            colour = plotting.LOOKS[MASKS[3 if over else 0]].colour
            y = row + draw.uniform(-0.22, 0.22, len(own))
            ax.plot(own, y, "o", ms=4.5, color=colour, mfc=colour if over else "none", alpha=0.8)
    ax.axvline(0.95, color=plotting.MUTED, lw=0.8)
    ax.text(0.945, -0.62, "promised", ha="right", fontsize=9, color=plotting.MUTED)
    ax.set(yticks=range(len(ways)), yticklabels=list(ways), ylim=(len(ways) - 0.5, -0.8),
           xlim=(0, 1.02), xlabel="share of intervals that hold their target")  # fmt: skip
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    words = "; ".join(
        f"{name}, from {min(held.values()):.0%} to {max(held.values()):.0%}, "
        f"{sum(share < 0.92 for share in held.values())} of {len(held)} below 92%"
        for name, held in ways.items()
    )
    return plotting.show(
        figure, alt=f"How often 95% intervals of ten seeds hold their target: {words}."
    )


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
            ax.axvline(level[column].iloc[0], color=plotting.MUTED, ls=":")
        words.append(f"{column.replace('_', ' ').capitalize()} of every seed; medians "
                     + ", ".join(f"{n} {v:.2g}" for n, v in zip(names, middle)) + ".")  # fmt: skip
        ax.set(yticks=range(len(names)), yticklabels=names, ylim=(-0.6, len(names) - 0.4),
               xlabel=column.replace("_", " "))  # fmt: skip
        figures.append(figure)
    return plotting.show(*figures, alt=words)
