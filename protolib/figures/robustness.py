"""The figures of the chapter `robustness`: verdicts over universes, and what they lean on."""

import html

import numpy as np
import pandas as pd
from IPython.display import HTML
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from protolib import plotting, sweep
from protolib.claims import COVERAGE, OVERLAP, SEPARATION

SHORT = {
    "C1": "coverage best everywhere",
    "C2": "coverage specializes",
    "C3": "separation mixed",
    "C4": "overlap harms",
    "C5": "fits as well with overlap",
    "C6": "overlap expels (N = 100)",
    "C7": "coverage draws in",
    "C8": "only large τ expels",
    "C9": "overlap expels",
}
DARK = "#111111"  # on strong colours, in both themes
# How a verdict is drawn: the bar's colour, and the colour of the number on it.
VERDICTS = {
    "holds": (plotting.OVERLAP, DARK),
    "partly": (plotting.FAINT, plotting.INK),
    "undecided": (plotting.HULL, plotting.INK),
    "fails": (plotting.SEPARATION, DARK),
}
MARKS = {"holds": "●", "partly": "◐", "fails": "✕", "undecided": "?", "not tested here": "–"}
VALUES = {
    "bias": "(w, b)", "centre": "(w, p)", "uniform": "start uniform", "pytorch": "start PyTorch",
    "glorot": "start zero biases", "adam": "Adam", "sgd": "gradient descent",
    "coverage": "hard coverage", "labels": "random labels",
}  # fmt: skip


@plotting.styled
def verdicts(tally: pd.DataFrame) -> HTML:
    """Universes by verdict, one bar a claim; tally: rows verdicts, columns claims, counts."""
    figure, ax = plotting.panel(6.4, 3.1)
    left = np.zeros(tally.shape[1])
    for kind, (colour, on_it) in VERDICTS.items():
        width = tally.reindex([kind], fill_value=0).to_numpy()[0]
        rows = range(len(width))
        ax.barh(rows, width, left=left, color=colour, edgecolor=plotting.INK, lw=0.4, label=kind)
        for row in np.flatnonzero(width >= 6):
            middle = left[row] + width[row] / 2
            ax.text(middle, row, str(width[row]), ha="center", va="center", fontsize=8.5,
                    color=on_it)  # fmt: skip
        left += width
    ax.set(
        yticks=range(len(left)), yticklabels=[f"{c}  {SHORT[c]}" for c in tally],
        ylim=(len(left) - 0.4, -0.6), xlim=(0, left.max()), xlabel="universes",
    )  # fmt: skip
    ax.tick_params(left=False)
    ax.legend(loc="upper center", bbox_to_anchor=(0.35, 1.17), ncols=4)
    sorted_ = tally.loc["holds"].sort_values(ascending=False)
    fails = tally.reindex(["fails"], fill_value=0).iloc[0]
    alt = (
        f"Verdicts on {len(left)} claims in {left.max():.0f} universes. Most often holds "
        f"{sorted_.index[0]} ({sorted_.iloc[0]}), least often {sorted_.index[-1]} "
        f"({sorted_.iloc[-1]}). Failing in some: "
        + (", ".join(f"{c} ({n})" for c, n in fails.items() if n) or "none")
        + ". The rest is mostly partly."
    )
    return plotting.show(figure, alt=alt)


@plotting.styled
def leanings(yes: pd.DataFrame, no: pd.DataFrame) -> HTML:
    """Shares of yes and no: a row (choice, value), a column a claim; values in [0, 1]."""
    figure, ax = plotting.panel(6.4, 4.3)
    choices = yes.index.get_level_values(0)
    gaps = np.cumsum([0, *(choices[1:] != choices[:-1])])
    rows = np.arange(len(yes)) + 0.5 * gaps
    for column, claim in enumerate(yes):
        ax.barh(rows, 0.9, left=column, color=plotting.FAINT, alpha=0.45, lw=0)
        ax.barh(rows, 0.9 * yes[claim], left=column, color=plotting.OVERLAP, lw=0)
        width = 0.9 * no[claim].to_numpy()
        ax.barh(rows, width, left=column + 0.9 - width, color=plotting.SEPARATION, lw=0)
    names = [
        VALUES.get(value, f"λ = {value:g}" if isinstance(value, float) else str(value))
        for value in yes.index.get_level_values(1)
    ]
    ax.set(
        yticks=rows, yticklabels=names, ylim=(rows[-1] + 0.7, -0.7), xlim=(-0.05, yes.shape[1]),
        xticks=np.arange(yes.shape[1]) + 0.45, xticklabels=[*yes],
    )  # fmt: skip
    ax.xaxis.tick_top()
    ax.tick_params(left=False, top=False)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    swing = yes.groupby(level=0, sort=False).agg(np.ptp)
    claim, choice = swing.max().idxmax(), swing.max(axis=1).idxmax()
    least = swing.mean(axis=1).idxmin()
    alt = (
        f"Share of questions answered yes and no, by claim and choice. The rows differ most for "
        f"{claim} by the {choice}, where the share of yes moves by {swing.loc[choice, claim]:.0%}; "
        f"on average over claims they differ least by the choice of {least}."
    )
    return plotting.show(figure, alt=alt)


@plotting.styled
def effects(changes: dict[str, tuple[str, pd.Series]]) -> HTML:
    """What a loss changes at one size: claim → (words, change a universe, the nominal first)."""
    panels, alts = [], []
    draw = np.random.default_rng(0)  # where a dot stands in its row says nothing
    for claim, (words, values) in changes.items():
        figure, ax = plotting.panel(2.9, 1.9)
        mask = next(
            m for name, m in
            (("coverage", COVERAGE), ("separation", SEPARATION), ("overlap", OVERLAP))
            if name in words
        )  # fmt: skip
        finite = values[np.isfinite(values)]
        colour = plotting.LOOKS[mask].colour
        plotting.plot_dots(
            finite, draw.uniform(-0.3, 0.3, len(finite)), ax=ax, colour=colour, size=3.0
        )
        ax.plot(values.iloc[0], 0, "o", color=plotting.INK, ms=7, mfc="none", mew=1.6)
        ax.axvline(0, color=plotting.MUTED, lw=0.9)
        if finite.abs().max() > 1:
            ax.set_xscale("symlog", linthresh=0.1)
            low, high = finite.min() * 1.5, finite.max() * 1.5
            ticks = [t for t in (-10, -1, -0.1, 0, 0.1, 1, 10, 100) if low <= t <= high or t == 0]
            ax.set(xticks=ticks, xticklabels=[f"{t:g}".replace("-", "−") for t in ticks])
        ax.set(yticks=[], ylim=(-0.6, 0.6), title=f"{claim}: {words}")
        ax.spines["left"].set_visible(False)
        panels.append(figure)
        up, down = (finite > 0).mean(), (finite < 0).mean()
        alts.append(
            f"{words}: higher than the baseline's in {up:.0%} of the universes, lower in "
            f"{down:.0%}; median change {finite.median():+.2g}, nominal {values.iloc[0]:+.2g}."
        )
    return plotting.show(*panels, alt=alts)


def one_change(names: list[str], found: pd.DataFrame) -> HTML:
    """Verdicts with one thing changed: a row a universe, the nominal first, a column a claim."""
    head = "".join(f"<th scope='col'>{c}</th>" for c in found)
    body = ""
    for name, (_, row) in zip(names, found.iterrows(), strict=True):
        cells = ""
        for mark, nominal in zip(row, found.iloc[0]):
            moved = mark not in (nominal, "not tested here")
            shade = " style='background:var(--fig-hull,#f0e4c2)'" if moved else ""
            cells += f"<td{shade} aria-label='{mark}'>{MARKS[mark]}</td>"
        body += (
            "<tr><th scope='row' style='text-align:left;white-space:normal;max-width:11rem;"
            f"min-width:6rem'>{html.escape(name)}</th>{cells}</tr>"
        )
    return HTML(
        '<div style="overflow-x:auto" tabindex="0" role="region" aria-label="Verdicts when one '
        'thing is changed"><table class="table" style="font-size:.88em"><thead><tr>'
        f'<th scope="col">universe</th>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


@plotting.styled
def errors(runs: pd.DataFrame, chance: float) -> HTML:
    """Errors of several masks at one size, a dot a seed; the large marker is the median."""
    figure, ax = plotting.panel(5.2, 2.3)
    names, medians = [], []
    for k, (mask, part) in enumerate(sweep.by_mask(runs)):
        look, values = plotting.LOOKS[mask], part.reconstruction_error
        plotting.plot_dots(values, [k] * len(values), ax=ax, colour=look.colour, size=5.0)
        ax.plot(values.median(), k, look.marker, color=look.colour, ms=9)
        names.append(sweep.mask_name(mask))
        medians.append(values.median())
    ax.axvline(chance, color=plotting.MUTED, ls=":")
    ax.set(
        xscale="log", yticks=range(len(names)), yticklabels=names, ylim=(len(names) - 0.4, -0.6),
        xlabel="reconstruction error (dotted: chance; ideal: 0)",
    )  # fmt: skip
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    best = int(np.argmin(medians))
    better = [name for name, value in zip(names, medians) if value < chance]
    alt = (
        f"Errors in the chosen universe: {names[best]} is lowest, with a median of "
        f"{medians[best]:.2g}; below chance ({chance:.2g}): {', '.join(better) or 'none'}."
    )
    return plotting.show(figure, alt=alt)
