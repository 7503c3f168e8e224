"""The figures of the chapter `companions`: rows of dots, a dot a data world."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from protolib import plotting
from protolib.figures import marks
from protolib.figures.ledger import number
from protolib.figures.marks import DASHED, DESK, PHONE
from protolib.plotting import ENCODER, FAINT, INK, LINEAR, MUTED, PAPER

Values = np.ndarray
KIND = {  # what says a code: a linear read-out, a trained network, or optimisation (the rest)
    "linear probe": LINEAR,
    **dict.fromkeys(
        ("SAE", "MLP-32", "MLP-256", "TopK", "LISTA", "layer of the true dictionary", "one layer",
         "wide encoder", "layer + FISTA"),
        ENCODER,
    ),
}  # fmt: skip
SHORT = {
    "per-sample optimisation": "optimisation",
    "optimisation on the SAE's dictionary": "FISTA on SAE’s",
    "FISTA on TopK's dictionary": "FISTA on TopK’s",
    "layer of the true dictionary": "layer, true dictionary",
    "layer + FISTA": "layer + 10 FISTA",
    "few FISTA": "15 FISTA",
    "FISTA": "200 FISTA",
}


class Setting(NamedTuple):
    """One panel: its name, {reader: (theirs, ours)}, and what chance scores there."""

    name: str
    readers: Mapping[str, tuple[Sequence[float], Values]]
    chance: float


def _dots(ax: Axes, row: float, values: Values, name: str, filled: bool = True) -> None:
    colour = KIND.get(name, INK)
    face = colour if filled else "none"
    ax.plot(values, [row] * len(values), "o", color=colour, mfc=face, ms=3.5, alpha=0.75, mew=0.9)


def _sheet(count: int, rows: Sequence[int], phone: bool, columns: int = 2) -> tuple[Figure, list]:
    """Panels in columns, on a telephone one below the other; as high as they have rows."""
    each = [0.22 * r + 0.72 for r in rows]
    if phone:
        figure = Figure(figsize=(PHONE, sum(each)))
        axes = figure.subplots(count, 1, gridspec_kw={"height_ratios": each}, squeeze=False)
    else:
        lines = [max(each[i : i + columns]) for i in range(0, count, columns)]
        figure = Figure(figsize=(DESK, sum(lines)))
        axes = figure.subplots(
            len(lines), columns, gridspec_kw={"height_ratios": lines}, squeeze=False
        )
    panels = [*axes.flat]
    for spare in panels[count:]:
        spare.remove()
    return figure, panels[:count]


@plotting.styled
def theirs_and_ours(settings: Sequence[Setting]) -> HTML:
    """Published numbers (diamonds) above ours (dots, one a world), by reader and setting."""
    gaps = [
        np.mean(ours) - np.mean(theirs) for s in settings for theirs, ours in s.readers.values()
    ]
    higher, near = sum(g > 0.05 for g in gaps), sum(abs(g) <= 0.05 for g in gaps)

    def draw(phone: bool) -> Figure:
        figure, axes = _sheet(len(settings), [len(s.readers) for s in settings], phone)
        for ax, setting in zip(axes, settings):
            for row, (name, (theirs, ours)) in enumerate(setting.readers.items()):
                _dots(ax, row + 0.16, ours, name)
                ax.plot(theirs, [row - 0.2] * len(theirs), "D", color=INK, mfc=PAPER, ms=4)
            marks.rows(ax, [SHORT.get(name, name) for name in setting.readers], setting.chance)
            ax.set(xlim=(0, 1.04), xticks=[0, 0.5, 1])
            ax.set_title(setting.name, pad=17)
        axes[-1].set_xlabel("MCC")
        words = f"Of {len(gaps)} numbers, {near} agree within 0.05;"
        plotting.headline(figure, words + ("\n" if phone else " ") + f"ours are higher in {higher}")
        return figure

    alt = " ".join(
        f"{s.name}, theirs and ours: "
        + ", ".join(f"{k} {np.mean(t):.2f} and {np.mean(o):.2f}" for k, (t, o) in s.readers.items())
        + f"; chance {s.chance:.2f}."
        for s in settings
    )
    return marks.desk_and_phone(draw, alt)


@plotting.styled
def ladder(
    added: Mapping[str, Values], taken: Mapping[str, Values], theirs: Values, ours: Values,
    chance: float,
) -> HTML:  # fmt: skip
    """Their encoder with one thing of ours (open), ours with one thing of theirs (filled)."""
    whole = ours.mean() - theirs.mean()
    share = {name: (values.mean() - theirs.mean()) / whole for name, values in added.items()}
    big = [name for name, value in share.items() if value > 0.25]

    def draw(phone: bool) -> Figure:
        figure = Figure(figsize=(PHONE if phone else 6.4, 2.9))
        ax = figure.subplots()
        ends = {"theirs": theirs, "ours": ours}
        rows = ["theirs", *added, "ours"]
        for row, name in enumerate(rows):
            if name in ends:
                _dots(ax, row, ends[name], "SAE", filled=name == "ours")
                continue
            for values, filled, shift in ((added[name], False, -0.17), (taken[name], True, 0.17)):
                _dots(ax, row + shift, values, "SAE", filled=filled)
                ax.plot([values.mean()] * 2, [row + shift - 0.15, row + shift + 0.15], color=INK)
        for values in ends.values():
            ax.axvline(values.mean(), color=MUTED, lw=0.8, ls=DASHED, zorder=0)
        marks.rows(ax, rows, chance)
        ax.set(xlim=(0, 1.03), xlabel="MCC", xticks=[0, 0.5, 1])
        words = f"It is {' and '.join(big)}" if big else "No single thing makes the difference"
        plotting.headline(figure, words)
        return figure

    alt = (
        f"MCC of their encoder {theirs.mean():.2f}, of ours {ours.mean():.2f}. "
        + "; ".join(
            f"{name}: theirs with ours {added[name].mean():.2f}, ours with theirs "
            f"{taken[name].mean():.2f}"
            for name in added
        )
        + f". Chance {chance:.2f}."
    )
    return marks.desk_and_phone(draw, alt)


@plotting.styled
def cost(
    found: Mapping[int, Mapping[str, Values]], price: Mapping[int, Mapping[str, float]],
    chance: Mapping[int, float], nearly: float,
) -> HTML:  # fmt: skip
    """Which share of the gap from one layer to FISTA readers close, and for which share of
    FISTA's multiplications, by number of features.

    found: MCC; chance: of codes of other samples; nearly: the share that counts as closed.
    """
    names = [name for name in next(iter(found.values())) if name not in ("one layer", "FISTA")]
    closed = {
        n: {k: (own[k] - own["one layer"]) / (own["FISTA"] - own["one layer"]) for k in names}
        for n, own in found.items()
    }
    total = sum(v.mean() > nearly for own in closed.values() for v in own.values())

    def draw(phone: bool) -> Figure:
        figure, axes = _sheet(len(found), [len(names) + 1] * len(found), phone, len(found))
        for ax, (n, own) in zip(axes, closed.items()):
            for row, name in enumerate(names):
                _dots(ax, row, own[name], name)
                ax.text(1.42, row, f"{price[n][name]:.1%}", ha="right", va="center", fontsize=9)
            ax.axvline(nearly, color=INK, lw=0.8, ls=DASHED, zorder=0)
            ax.axvline(0, color=MUTED, lw=0.8, zorder=0)
            labelled = phone or n == next(iter(found))
            marks.rows(ax, [SHORT.get(k, k) if labelled else "" for k in names])
            marks.above(ax, 1.3, "cost")
            for x, name in ((0, "one layer"), (1, "FISTA")):
                ax.text(x, len(names) - 0.35, f"{name}\n{found[n][name].mean():.2f}",
                        ha="center", va="top", fontsize=9, color=MUTED)  # fmt: skip
            ax.set(xlim=(-0.22, 1.43), xticks=[])
            ax.spines["bottom"].set_visible(False)
            ax.set_title(f"N = {n}, chance {chance[n]:.2f}", pad=17)
        tried = len(found) * len(names)
        words = f"{total} of {tried} close nine tenths of the gap,"
        gap = "\n" if phone else " "
        plotting.headline(figure, f"{words}{gap}for a tenth of the cost or less")
        return figure

    alt = " ".join(
        f"N = {n}: "
        + ", ".join(f"{k} {v.mean():.0%} for {price[n][k]:.1%}" for k, v in own.items())
        + "."
        for n, own in closed.items()
    )
    return marks.desk_and_phone(draw, f"Share of the gap closed, and cost. {alt}")


@plotting.styled
def falls(
    found: Mapping[str, Mapping[str, tuple[Values, Values]]], chance: Mapping[str, float],
    margin: float,
) -> HTML:  # fmt: skip
    """Scores on seen combinations (open) and new ones (filled), by world and reader.

    margin: a larger fall counts.
    """
    fall = {
        world: {k: a.mean() - b.mean() for k, (a, b) in own.items()} for world, own in found.items()
    }
    one_pass = [v for own in fall.values() for k, v in own.items() if k in KIND]
    steps = [v for own in fall.values() for k, v in own.items() if k not in KIND]
    words = [f"{sum(v > margin for v in part)} of {len(part)}" for part in (one_pass, steps)]

    def draw(phone: bool) -> Figure:
        sizes = [len(own) for own in found.values()]
        figure, axes = _sheet(len(found), sizes, phone, columns=len(found))
        first = next(iter(found))
        for ax, (world, own) in zip(axes, found.items()):
            for row, (name, (seen, new)) in enumerate(own.items()):
                ends = [seen.mean(), new.mean()]
                ax.plot(ends, [row, row], color=FAINT, lw=4, zorder=0, solid_capstyle="butt")
                _dots(ax, row - 0.14, seen, name, filled=False)
                _dots(ax, row + 0.14, new, name)
            labelled = phone or world == first or [*own] != [*found[first]]
            marks.rows(ax, [SHORT.get(k, k) if labelled else "" for k in own], chance[world])
            ax.set(xlim=(-0.02, 1.04), xticks=[0, 0.5, 1])
            ax.set_title(world, pad=17)
        gap = "\n" if phone else " "
        plotting.headline(
            figure,
            f"New combinations cost one pass in {words[0]} cases,{gap}optimisation in {words[1]}",
        )
        return figure

    alt = " ".join(
        f"{world}, the fall from seen to new combinations: "
        + ", ".join(f"{k} {number(v, 2)}" for k, v in own.items())
        + "."
        for world, own in fall.items()
    )
    return marks.desk_and_phone(draw, alt)
