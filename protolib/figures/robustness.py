"""The figures of the chapter `robustness`: verdicts over universes, and what they lean on."""

import html

import numpy as np
import pandas as pd
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
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
# How a verdict, or an answer, is drawn: strength of the filling, and how much of a disc is filled.
VERDICTS = {"holds": (1, "full"), "partly": (0.5, "left"), "undecided": (0.15, None),
            "fails": (0, "none")}  # fmt: skip
ANSWERS = {"yes": (1, "full"), "open": (0.15, None), "no": (0, "none")}
MARKS = {"holds": "●", "partly": "◐", "fails": "⊘", "undecided": "–", "not tested here": ""}
CHOICES = {"parametrisation": "what moves", "lam": "λ", "attractor": "coverage"}
VALUES = {
    "bias": "(w, b)", "centre": "(w, p)", "pytorch": "PyTorch", "glorot": "zero biases",
    "adam": "Adam", "sgd": "descent", "coverage": "hard", "soft coverage": "soft",
    "labels": "random labels", "line": "a line", "sine": "a sine",
}  # fmt: skip


@plotting.styled
def verdicts(tally: pd.DataFrame, share: pd.DataFrame) -> HTML:
    """Universes by verdict, and questions by answer: a row a claim, a column a word.

    tally: rows verdicts, columns claims, counts; share: rows claims, columns answers, in [0, 1].
    """
    counts = {word: tally.reindex([word], fill_value=0).iloc[0] for word in VERDICTS}
    answers = {word: 100 * share[word].reindex(tally.columns) for word in ANSWERS}
    most, rows = int(tally.sum().max()), range(tally.shape[1])

    def column(ax: Axes, word: str, values: pd.Series, look: tuple, limit: float) -> None:
        strength, fill = look
        colour = plotting.VERDICT
        ax.barh(rows, values, height=0.45, color=to_rgba(colour, strength), edgecolor=colour,
                lw=0.8, label=word)  # fmt: skip
        for row, value in enumerate(values):
            ax.text(value + 0.03 * limit, row, f"{value:.0f}", va="center")
        place = {"transform": ax.transAxes, "clip_on": False}
        if fill:
            ax.plot(0.03, 1.04, "o", color=colour, mec=colour, ms=7, fillstyle=fill,
                    mfc=colour, mfcalt=plotting.PAPER, **place)  # fmt: skip
        if fill not in ("full", "left"):  # undecided, a bar; fails, a ring that is struck out
            ends = ([0.0, 0.06], [1.02, 1.06]) if fill else ([-0.01, 0.07], [1.04, 1.04])
            ax.plot(*ends, color=colour, lw=1.4, **place)
        ax.text(0.13, 1.04, word, va="center", fontweight=600, **place)
        ax.set(xlim=(0, 1.3 * limit), xticks=[], ylim=(len(values) - 0.4, -0.9))
        ax.spines[["bottom", "left"]].set_visible(False)
        ax.tick_params(left=False)

    def block(figure, groups: dict, looks: dict, limit: float, names: str) -> None:
        axes = figure.subplots(1, len(groups), sharey=True)
        for ax, (word, values) in zip(axes, groups.items()):
            column(ax, word, values, looks[word], limit)
        ids = [f"{c}  {SHORT[c]}" if names == "beside" else c for c in tally]
        axes[0].set(yticks=rows, yticklabels=ids if names else [""] * len(ids))
        for row, c in enumerate(tally if names == "above" else ()):
            axes[0].text(0, row - 0.3, SHORT[c], va="bottom", color=plotting.MUTED, in_layout=False)

    def draw(figure: Figure, phone: bool) -> None:
        shape = {"height_ratios": [4.4, 3]} if phone else {"width_ratios": [5.6, 3]}
        left, right = figure.subfigures(*((2, 1) if phone else (1, 2)), **shape)
        block(left, counts, VERDICTS, float(tally.to_numpy().max()), "above" if phone else "beside")
        block(right, answers, ANSWERS, 100.0, "ids" if phone else "")
        plotting.headline(left, f"{some} in all {most} universes")
        plotting.headline(right, "Its questions, in percent")

    some = "A claim holds" if (tally.loc["holds"] == most).any() else "No claim holds"
    holds = tally.loc["holds"].sort_values(ascending=False)
    fails = tally.reindex(["fails"], fill_value=0).iloc[0]
    rest = max(("partly", "undecided"), key=lambda word: counts[word].sum())
    alt = (
        f"Verdicts on {tally.shape[1]} claims in {most} universes. Most often holds "
        f"{holds.index[0]} ({holds.iloc[0]}), least often {holds.index[-1]} "
        f"({holds.iloc[-1]}). Failing in some: "
        + (", ".join(f"{c} ({n})" for c, n in fails.items() if n) or "none")
        + f". The rest is mostly {rest}. Of the questions of a claim, from "
        f"{share['yes'].min():.0%} to {share['yes'].max():.0%} are answered yes."
    )
    return plotting.both(draw, (8.6, 3.3), (3.6, 7.4), alt)


@plotting.styled
def leanings(yes: pd.DataFrame, no: pd.DataFrame) -> HTML:
    """Shares of yes and no: a row (choice, value), a column a claim; values in [0, 1].

    A panel a choice, the one that moves most first; a row a claim, a mark a value of the choice.
    """
    swing = yes.groupby(level=0, sort=False).agg(np.ptp)
    order = swing.mean(axis=1).sort_values(ascending=False).index
    rows = np.arange(yes.shape[1])

    def panel(ax: Axes, choice: str) -> None:
        for said, colour, size in ((no, plotting.MUTED, 3.5), (yes, plotting.VERDICT, 5.5)):
            part = said.loc[choice]
            ax.hlines(rows, part.min(), part.max(), color=colour, lw=1.6)
            for mark, fill, (_, values) in zip("oo^", (colour, plotting.PAPER, colour),
                                               part.iterrows()):  # fmt: skip
                ax.plot(values, rows, mark, color=colour, mfc=fill, ms=size, lw=0)
        names = [
            VALUES.get(v, f"{v:g}" if isinstance(v, float) else v) for v in yes.loc[choice].index
        ]
        told = "\n".join(f"{mark} {name}" for mark, name in zip("●○▲", names))
        ax.set_title(CHOICES.get(choice, choice), pad=47)
        ax.text(0, 1.02, told + "\n" * (3 - len(names)), transform=ax.transAxes, linespacing=1.1)
        ax.set(yticks=rows, yticklabels=[*yes], ylim=(rows[-1] + 0.6, -0.6), xlim=(-0.06, 1.0),
               xticks=[0, 0.5, 1], xticklabels=["0", "half", "all"])  # fmt: skip
        ax.grid(axis="y", color=plotting.FAINT, lw=0.5)
        ax.set_axisbelow(True)
        ax.tick_params(left=False)

    def draw(figure: Figure, phone: bool) -> None:
        shape = (3, 2) if phone else (1, 6)
        for ax, choice in zip(figure.subplots(*shape, sharex=True, sharey=True).flat, order):
            panel(ax, choice)
        figure.supxlabel("share of a claim’s questions: yes (large), no (small, grey)",
                         fontsize=9.5)  # fmt: skip

    claim, choice = swing.max().idxmax(), swing.max(axis=1).idxmax()
    alt = (
        f"Share of questions answered yes and no, by claim and choice. The rows differ most for "
        f"{claim} by the {choice}, where the share of yes moves by {swing.loc[choice, claim]:.0%}; "
        f"on average over claims they differ least by the choice of {order[-1]}."
    )
    return plotting.both(draw, (8.6, 3.5), (3.6, 8.0), alt)


@plotting.styled
def effects(changes: dict[str, tuple[str, pd.Series]]) -> HTML:
    """What a loss changes at one size: claim → (words, change a universe, the nominal first)."""
    draws, alts = np.random.default_rng(0), []  # where a dot stands in its row says nothing
    high = {claim: draws.uniform(-0.3, 0.3, len(values)) for claim, (_, values) in changes.items()}
    masks = {"coverage": COVERAGE, "separation": SEPARATION, "overlap": OVERLAP}
    errors = [c for c, (words, _) in changes.items() if words.startswith("error")]

    reach = np.concatenate([changes[c][1] for c in errors]) if errors else np.zeros(1)
    reach = reach[np.isfinite(reach)]

    def strip(ax: Axes, claim: str) -> None:
        words, values = changes[claim]
        finite = np.isfinite(values)
        colour = plotting.LOOKS[next(m for name, m in masks.items() if name in words)].colour
        plotting.plot_dots(values[finite], high[claim][finite], ax=ax, colour=colour, size=3.0)
        ax.plot(values.iloc[0], 0, "o", color=plotting.INK, ms=7, mfc="none", mew=1.6)
        ax.axvline(0, color=plotting.MUTED, lw=0.9)
        less, more = (values[finite] < 0).mean(), (values[finite] > 0).mean()
        ax.set(yticks=[], ylim=(-0.6, 0.6), title=f"{claim}: {words}",
               xlabel=f"{less:.0%} less, {more:.0%} more")  # fmt: skip
        ax.spines["left"].set_visible(False)

    def draw(figure: Figure, phone: bool) -> None:
        shape = (len(changes), 1) if phone else (-(-len(changes) // 3), 3)
        axes = dict(zip(sorted(changes, key=lambda c: (c not in errors, c)),
                        figure.subplots(*shape, squeeze=False).flat))  # fmt: skip
        for claim, ax in axes.items():
            strip(ax, claim)
            if claim not in errors:
                continue
            ax.set_xscale("symlog", linthresh=0.1)
            ax.set(xticks=[-1, -0.1, 0, 0.1, 1, 10], xlim=(1.5 * reach.min(), 1.5 * reach.max()),
                            xticklabels=["−1", "−0.1", "0", "0.1", "1", "10"])  # fmt: skip

    for words, values in changes.values():
        finite = values[np.isfinite(values)]
        up, down = (finite > 0).mean(), (finite < 0).mean()
        alts.append(
            f"{words}: higher than the baseline's in {up:.0%} of the universes, lower in "
            f"{down:.0%}; median change {finite.median():+.2g}, nominal {values.iloc[0]:+.2g}."
        )
    return plotting.both(draw, (8.6, 3.2), (3.6, 8.4), " ".join(alts).replace("-", "−"))


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
    figure, ax = plotting.panel(4.0, 2.2)
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
