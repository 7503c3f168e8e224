"""The figures of the chapter `universality`."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from IPython.display import HTML
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from protolib import plotting
from protolib.figures import marks
from protolib.figures.ledger import number
from protolib.figures.marks import DASHED, DESK, DOTTED, PHONE
from protolib.plotting import COVERAGE, ENCODER, ENERGY, INK, MUTED, PAPER

Matched = Float[Tensor, "nets atoms"]

CODERS = {  # colour, dash, marker, filling, short name
    "dictionary learning": (INK, "-", "o", INK, "dictionary learning"),
    "ReLU autoencoder": (ENCODER, "-", "s", ENCODER, "ReLU"),
    "TopK autoencoder": (ENCODER, DASHED, "^", PAPER, "TopK"),
}
BLIND = {"data points": "data points", "covariance": "covariance", "random": "random"}


def _coder(way: str) -> str:
    return way.partition(",")[0]


def _grid(table: pd.DataFrame, worlds: Sequence[tuple[str, int]], score: str, of: str):
    """A score of one way in several worlds, (seeds, worlds)."""
    rows = table[(table["score"] == score) & (table["of"] == of)]
    columns = [
        rows[(rows["world"] == world) & (rows["n"] == n)].sort_values("seed")["value"].to_numpy()
        for world, n in worlds
    ]
    return np.stack(columns, axis=1)


def _means(table: pd.DataFrame, world: str, n: int) -> pd.DataFrame:
    """The mean over seeds of every score (columns) of every way (rows) in one world."""
    rows = table[(table["world"] == world) & (table["n"] == n)]
    return rows.pivot_table(index="of", columns="score", values="value", aggfunc="mean")


@plotting.styled
def two_runs(found: Mapping[str, Matched], blind: Mapping[str, Matched], share: float) -> HTML:
    """|cos| of the matched atoms of two runs, the best pair first, and of atoms that know nothing.

    found, blind: by the names of `CODERS` and `BLIND`; share: the |cos| from which atoms count as
    one.
    """
    count = next(iter(found.values())).shape[1]
    shared = {name: (v > share).double().sum(1).mean().item() for name, v in found.items()}
    order = sorted(shared, key=shared.get, reverse=True)

    def draw(phone: bool) -> Figure:
        figure = Figure(figsize=(PHONE, 3.5) if phone else (7.4, 3.5))
        ax = figure.subplots()
        x = np.arange(1, count + 1)
        for name, values in found.items():
            colour, dash, *_, short = CODERS[name]
            plotting.plot_band(x, values, ax=ax, colour=colour, marker="", dash=dash)
            at = round(0.83 * count)  # where lines are apart, their names begin
            ax.plot([at], [values[:, at - 1].median()], color=colour, label=short)
        for k, values in enumerate(blind.values()):
            word = None if k else "chance"
            ax.plot(x, values.median(0).values, color=MUTED, ls=DOTTED, lw=1.4, label=word)
        ax.axhline(share, color=MUTED, lw=0.8, zorder=0)
        ax.set(xlim=(0.5, count + 0.5), ylim=(0, 1.02), yticks=[0, 0.5, share, 1])
        ax.set(xlabel="atoms, the best pair first", ylabel="|cos| between two runs")
        gap = "\n" if phone else " "
        words = (
            f"Of {count} features two runs share {shared[order[0]]:.0f} by {CODERS[order[0]][4]},"
            f"{gap}{shared[order[1]]:.0f} by {CODERS[order[1]][4]}, "
            f"{shared[order[2]]:.0f} by {CODERS[order[2]][4]}"
        )
        plotting.headline(figure, words)
        plotting.label_lines(ax)
        return figure

    return marks.desk_and_phone(
        draw,
        f"Matched atoms of two runs, of {count} those with |cos| above {share:g}: "
        + ", ".join(f"{name} {shared[name]:.1f}" for name in order)
        + ". Mean |cos|: "
        + ", ".join(f"{name} {v.mean():.2f}" for name, v in {**found, **blind}.items())
        + ".",
    )


@plotting.styled
def sweep(table: pd.DataFrame, *, active: Sequence[int], atoms: Sequence[int]) -> HTML:
    """|cos| of two runs against the number of atoms and of active features, and against the share.

    The known worlds of a table of `universality.measure`; at K = 3, and at 24 atoms. On the right
    every way in every world is a mark.
    """
    worlds = [
        ("atoms", atoms, [("known, K = 3", n) for n in atoms]),
        ("active features K", active, [(f"known, K = {k}", 24) for k in active]),
    ]
    judged = table[table["score"].isin(["|cos|", "shared"])]
    every = judged.pivot_table(index=["world", "n", "of"], columns="score", values="value")
    every = every[[_coder(of) in CODERS for _, _, of in every.index]]
    near = every[(every["|cos|"] - 0.8).abs() < 0.03]["shared"]

    def lines(ax: Axes, words: str, x: Sequence[int], places) -> None:
        for name, (colour, dash, marker, fill, short) in CODERS.items():
            values = _grid(table, places, "|cos|", name)
            low, middle, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
            ax.fill_between(range(len(x)), low, high, color=colour, alpha=0.15, lw=0)
            ax.plot(middle, color=colour, ls=dash, marker=marker, mfc=fill, label=short)
        for name in ("data points", "random"):
            level = _grid(table, places, "|cos|", name).mean(0)
            ax.plot(level, color=MUTED, ls=DOTTED, lw=1.4, label=BLIND[name])
        marks.level(ax, 1)
        ax.set(xlabel=words, ylim=(0.35, 1.02), yticks=[0.5, 0.75, 1])
        ax.set_xticks(range(len(x)), x)
        ax.set_title(f"By {words.removesuffix(' K')}")

    def shares(ax: Axes) -> None:
        for name, (colour, _, marker, fill, _) in CODERS.items():
            own = every[[_coder(of) == name for _, _, of in every.index]]
            ax.plot(own["|cos|"], own["shared"], marker, color=colour, mfc=fill, ms=4.5)
        ax.axvline(0.8, color=MUTED, lw=0.8, zorder=0)
        ax.axhline(0.3, color=MUTED, lw=0.8, zorder=0)
        ax.text(0.51, 0.31, "30%", va="bottom", fontsize=9, color=MUTED)
        marks.above(ax, 0.8, "0.80")
        ax.set(xlim=(0.5, 1.02), ylim=(-0.03, 1.03), yticks=[0, 0.5, 1], xticks=[0.5, 0.75, 1])
        ax.set(xlabel="mean |cos|", ylabel="share above 0.9")
        ax.set_title("One mean, many shares", pad=18)

    def draw(phone: bool) -> Figure:
        figure = Figure(figsize=(PHONE, 7.6) if phone else (DESK, 3.0))
        grid = {"nrows": 3} if phone else {"ncols": 3, "width_ratios": [1, 1.12, 0.9]}
        axes = figure.subplots(**grid)
        for ax, (words, x, places) in zip(axes, worlds):
            lines(ax, words, x, places)
        axes[0].set_ylabel("|cos| of two runs")
        shares(axes[2])
        plotting.label_lines(axes[0], axes[1]) if phone else plotting.label_lines(axes[1])
        return figure

    told = []
    for words, x, places in worlds:
        for name in CODERS:
            values = _grid(table, places, "|cos|", name).mean(0)
            told.append(
                f"{name} by {words}: " + ", ".join(f"{k} {v:.2f}" for k, v in zip(x, values))
            )
    return marks.desk_and_phone(
        draw,
        "; ".join(told)
        + f". Where the mean |cos| is near 0.80 the share above 0.9 runs from {near.min():.2f} to "
        f"{near.max():.2f}.",
    )


@plotting.styled
def objective(table: pd.DataFrame, worlds: Mapping[tuple[str, int], str]) -> HTML:
    """Agreement of two runs (filled) and of two networks (open) against the lasso reached.

    worlds: the judged ones with their names; a mark is a way to learn, its mean over seeds.
    """

    def corr(world: tuple[str, int], score: str) -> float:
        return float(_grid(table, [world], "rank correlation", f"lasso and {score}").mean())

    def draw(phone: bool) -> Figure:
        figure, axes = marks.beside(len(worlds), phone, 2.6 if phone else 3.1, sharex=False)
        for ax, (world, title) in zip(axes, worlds.items()):
            mean = _means(table, *world)
            for way in mean.index[[_coder(of) in CODERS for of in mean.index]]:
                colour, _, marker, *_ = CODERS[_coder(way)]
                own = mean.loc[way]
                ax.plot(own["lasso"], own["|cos|"], marker, color=colour, ms=5)
                ax.plot(own["lasso"], own["across"], marker, color=colour, mfc="none", ms=5)
            marks.level(ax, 1)
            rho = [number(corr(world, score), 2) for score in ("|cos|", "across")]
            ax.set_title(f"{title}:\nrank correlation {rho[0]}, {rho[1]}")
            ax.set(ylim=(0.3, 1.03), yticks=[0.5, 0.75, 1])
        axes[0].set_ylabel("agreement")
        marks.name_x(axes, "lasso reached")
        return figure

    told = []
    for world, title in worlds.items():
        mean = _means(table, *world)
        mean = mean[[_coder(of) in CODERS for of in mean.index]].sort_values("lasso")
        first, last = mean.iloc[0], mean.iloc[-1]
        told.append(
            f"{title}: from {mean.index[0]} (lasso {first['lasso']:.3f}, |cos| of two runs "
            f"{first['|cos|']:.2f}, two networks {first['across']:.2f}) to {mean.index[-1]} "
            f"({last['lasso']:.3f}, {last['|cos|']:.2f}, {last['across']:.2f}); rank correlations "
            f"{number(corr(world, '|cos|'), 2)} and {number(corr(world, 'across'), 2)}."
        )
    return marks.desk_and_phone(draw, " ".join(told))


STROKES = {"slant": "slant", "width": "width", "ink": "ink"}
SHOWN = {  # of representations: colour, marker, filling
    "raw pixels": (INK, "s", "none"),
    "untrained": (ENCODER, "o", "none"),
    "trained": (ENCODER, "o", ENCODER),
    "trained, shuffled": (MUTED, "x", MUTED),
}


@plotting.styled
def strokes(table: pd.DataFrame) -> HTML:
    """How far a stroke is one direction in all classes, by representation; a mark a seed."""
    world = [("digits, strokes", 16)]
    found = {(s, of): _grid(table, world, s, of)[:, 0] for s in STROKES for of in SHOWN}
    more = [s for s in STROKES if found[s, "trained"].mean() > found[s, "raw pixels"].mean()]
    rest = [s for s in STROKES if s not in more]

    def draw(phone: bool) -> Figure:
        figure = Figure(figsize=(PHONE, 3.7) if phone else (7.4, 3.4))
        ax = figure.subplots()
        for row, s in enumerate(STROKES):
            for k, (of, (colour, marker, fill)) in enumerate(SHOWN.items()):
                y = row + 0.2 * (k - 1.5)
                values = found[s, of]
                ax.plot(values, [y] * len(values), marker, color=colour, mfc=fill, ms=4.5)
        for k, of in enumerate(SHOWN):
            last = found["slant", of].max()
            ax.annotate(
                of, (last, 0.2 * (k - 1.5)), xytext=(8, 0), textcoords="offset points",
                va="center", fontsize=9,
            )  # fmt: skip
        marks.rows(ax, [*STROKES.values()], 0)
        ax.set(xlim=(-0.25, 1.03), xticks=[0, 0.5, 1], xlabel="cosine between classes")
        gap = "\n" if phone else " "
        words = (
            f"More alike across classes than in pixels:{gap}{' and '.join(more)}; "
            f"less: {' and '.join(rest)}"
        )
        plotting.headline(figure, words if more and rest else "Strokes across classes")
        return figure

    return marks.desk_and_phone(
        draw,
        "Mean cosine between classes of the direction in which more of a stroke moves the code: "
        + "; ".join(
            f"{s}: " + ", ".join(f"{of} {number(found[s, of].mean(), 2)}" for of in SHOWN)
            for s in STROKES
        )
        + ".",
    )


HULLS = {  # colour, marker, filling
    "data points": (MUTED, "D", "none"),
    "prototypes, energy": (ENERGY, "P", ENERGY),
    "prototypes, coverage": (COVERAGE, "s", COVERAGE),
    "archetypal atoms": (INK, "o", "none"),
    "free atoms": (INK, "o", INK),
}


@plotting.styled
def hulls(pictures: Mapping[str, tuple[np.ndarray, np.ndarray]], table: pd.DataFrame) -> HTML:
    """Vectors of digits from two runs, and how far outside the hull and how stable they are.

    pictures: by name in `HULLS` two sheets (images, pixels), the second run's matched to the
    first's; table: of `universality.measure`.
    """
    world = [(w, n) for w, n in {*zip(table["world"], table["n"])} if w == "digits, pixels"]
    place = {
        name: [_grid(table, world, score, name)[:, 0] for score in ("outside", "|cos|")]
        for name in HULLS
    }
    inside = {name: out.mean() for name, (out, _) in place.items()}

    def sheet(ax: Axes, name: str) -> None:
        rows = [np.abs(part) / np.abs(part).max(1, keepdims=True) for part in pictures[name]]
        plotting.plot_images(np.concatenate(rows), ax=ax, columns=len(rows[0]))
        ax.set_title(name.capitalize(), fontsize=9.5, pad=4)

    def plane(ax: Axes, phone: bool) -> None:
        for name, (colour, marker, fill) in HULLS.items():
            out, cos = place[name]
            ax.plot(out, cos, marker, color=colour, mfc=fill, ms=4.5)
        chance = place["data points"][1].mean()
        marks.level(ax, chance, dots=True)
        marks.level(ax, 1)
        for name, (dx, dy, side) in {
            "data points": (9, -9, "left"),
            "prototypes, energy": (8, 5, "left"),
            "prototypes, coverage": (52, -4, "left"),
            "archetypal atoms": (9, -8, "left"),
            "free atoms": (-8, 0, "right"),
        }.items():  # fmt: skip
            out, cos = place[name]
            leader = {"arrowstyle": "-", "color": HULLS[name][0], "lw": 0.8}
            x, y = (out.max(), cos.mean()) if side == "left" else (out.min(), cos.mean())
            ax.annotate(
                name, (x, y), xytext=(dx, dy), textcoords="offset points", ha=side, va="center",
                fontsize=9,
                arrowprops=leader if dx > 20 else None,
            )  # fmt: skip
        ax.set(xlabel="distance to the hull / length", ylabel="|cos| of two runs")
        ax.set(xlim=(-0.04, 0.85), ylim=(0.6, 1.02), yticks=[0.6, 0.8, 1])

    def draw(phone: bool) -> Figure:
        figure = Figure(figsize=(PHONE, 8.0) if phone else (DESK, 4.3))
        names = [*pictures]
        if phone:
            axes = figure.subplots(len(names) + 1, 1, height_ratios=[1] * len(names) + [2.6])
            last = axes[-1]
        else:
            layout = [[name, "plane"] for name in names]
            panels = figure.subplot_mosaic(layout, width_ratios=[1, 1.05])
            axes, last = [panels[name] for name in names], panels["plane"]
        for ax, name in zip(axes, names):
            sheet(ax, name)
        plane(last, phone)
        gap = "\n" if phone else " "
        stable = place["data points"][1].mean() > place["free atoms"][1].mean()
        words = f"Inside the hull atoms look like digits,{gap}and digits look alike"
        plotting.headline(figure, words if stable else "Atoms inside and outside the hull")
        return figure

    return marks.desk_and_phone(
        draw,
        "Pairs of rows: vectors of one run above those of another, matched. Distance to the hull "
        "in lengths, and |cos| of two runs: "
        + "; ".join(
            f"{name} {abs(inside[name]):.2f} and {place[name][1].mean():.2f}" for name in HULLS
        )
        + ".",
    )
