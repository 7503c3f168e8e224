"""The figures of the chapter `chain`; tables are `protolib.sparse.chain.measure`'s."""

from collections.abc import Mapping

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
from protolib.figures.marks import DASHED, DESK, PHONE
from protolib.matching import cheapest_pairs
from protolib.plotting import ENCODER, INK, LINEAR, MUTED

REPRESENTATIONS = ("raw input", "untrained", "shuffled labels", "trained")
WAYS = (  # what is done to the trained units
    "units", "random rotation", "PCA", "ICA", "SAE", "FISTA on the SAE's", "chain",
    "true dictionary",
)  # fmt: skip
WORDS = {
    "units": "single units", "random rotation": "the same, turned", "chain": "sparse coding",
    "FISTA on the SAE's": "FISTA on SAE's",
}  # fmt: skip
LINES = {  # of chains, as they are and mended
    "chain": ("the chain", INK, "o", "-"),
    "linear": ("step one ideal", LINEAR, "^", DASHED),
    "true dictionary": ("dictionary ideal", INK, "D", DASHED),
    "raw input": ("raw input", MUTED, "s", "-"),
}
AXES = {
    "bends": "bends of the mixing", "units": "units", "noise": "noise σ, in %",
    "classes": "pairs trained, of 66", "steps": "steps of training",
}  # fmt: skip


@plotting.styled
def meanings(found: Mapping[str, Float[Tensor, "units features"]]) -> HTML:
    """Correlations of each representation's units with the features, one panel each."""
    tables, mean = {}, {}
    for name, values in found.items():
        size = values.detach().abs().double().numpy().T
        rows, columns = cheapest_pairs(-size)
        alone = [k for k in range(len(size)) if k not in rows]
        tables[name] = size[[*rows, *alone]].T[[*columns]]
        mean[name] = size[rows, columns].sum() / len(size)
    best = max(mean, key=mean.get)

    def draw(phone: bool) -> Figure:
        figure = Figure(figsize=(PHONE, 2.3) if phone else (DESK, 3.1))
        for ax, (name, table) in zip(figure.subplots(1, len(tables)), tables.items()):
            ink = np.zeros((*table.shape, 4))
            ink[..., 3] = table
            ax.imshow(ink, interpolation="none", aspect="equal")
            gap = "\n" if phone else ": "
            ax.set_title(f"{name}{gap}MCC {mean[name]:.2f}", fontsize=9.5)
            ax.set(xticks=[], yticks=[], xlabel="feature")
        figure.axes[0].set_ylabel("input, unit or atom")
        words = f"One feature each:{' ' if not phone else chr(10)}only {best}"
        plotting.headline(figure, words)
        return figure

    return marks.desk_and_phone(
        draw,
        "Absolute correlations with the twelve features, best matches on the diagonal. "
        + "; ".join(f"{name}: mean on the diagonal {value:.2f}" for name, value in mean.items())
        + ".",
    )


def _values(table: pd.DataFrame, score: str, of: str) -> np.ndarray:
    return table[(table["score"] == score) & (table["of"] == of)]["value"].to_numpy()


def _dots(ax: Axes, table: pd.DataFrame, score: str, names, chance: float, strong: str) -> None:
    for row, name in enumerate(names):
        values = _values(table, score, name)
        colour = ENCODER if "SAE" in name else INK
        ax.plot(values, [row] * len(values), "o", color=colour, ms=3.5, alpha=0.45, mew=0)
        ax.plot(values.mean(), row, "|", color=colour, ms=15, mew=2.2 if name == strong else 1.4)
    marks.rows(ax, [WORDS.get(name, name) for name in names], chance)
    ax.set(xlim=(-0.04, 1.04), xticks=[0, 0.5, 1])


@plotting.styled
def links(table: pd.DataFrame) -> HTML:
    """A score at every link, for the chain and for its controls, of one size of `table`."""
    chance = _values(table, "MCC", "chain, shuffled samples").mean()
    mean = {(s, of): v["value"].mean() for (s, of), v in table.groupby(["score", "of"])}
    others = [mean["MCC", name] for name in (*REPRESENTATIONS[:3], *WAYS[:5])]
    ahead = mean["MCC", "chain"] > max(others)
    panels = (
        ("Step one: are units\nlinear in the latents?", "reverse R²", "reverse R²",
         REPRESENTATIONS, 0.0, "trained"),
        ("Steps two and three:\nsparse codes of these", "MCC", "MCC",
         (*REPRESENTATIONS[:3], "chain"), chance, "chain"),
        ("Other ways to take\ntrained units apart", "MCC", "MCC", WAYS, chance, "chain"),
    )  # fmt: skip

    def draw(phone: bool) -> Figure:
        heights = [4, 4, 8]
        if phone:
            figure = Figure(figsize=(PHONE, 6.9))
            axes = figure.subplots(3, 1, height_ratios=heights)
        else:
            figure = Figure(figsize=(DESK, 3.4))
            axes = figure.subplots(1, 3)
        for ax, (title, score, words, names, level, strong) in zip(axes, panels):
            _dots(ax, table, score, names, level, strong)
            ax.set_xlabel(words)
            title = title.replace("\n", " ") if phone else title
            ax.set_title(title, pad=16, fontsize=9.5)
        axes[1].set_yticks(range(4), [*REPRESENTATIONS])
        plotting.headline(
            figure,
            f"Every link is {'above' if ahead else 'not above'} its controls,"
            f"{chr(10) if phone else ' '}and none reaches its ideal",
        )
        return figure

    return marks.desk_and_phone(
        draw,
        "Means of ten networks. Reverse R²: "
        + ", ".join(f"{k} {number(mean['reverse R²', k], 2)}" for k in REPRESENTATIONS)
        + ". MCC of sparse codes: "
        + ", ".join(f"{k} {mean['MCC', k]:.2f}" for k in (*REPRESENTATIONS[:3], "chain"))
        + ". MCC of the trained units: "
        + ", ".join(f"{WORDS.get(k, k)} {mean['MCC', k]:.2f}" for k in WAYS)
        + f". Chance {chance:.2f}.",
    )


def _swept(table: pd.DataFrame, knob: str, of: str) -> tuple[list, np.ndarray]:
    part = table[(table["world"] == knob) & (table["score"] == "MCC") & (table["of"] == of)]
    wide = part.pivot(index="seed", columns="n", values="value")
    return [*wide.columns], wide.to_numpy()


@plotting.styled
def broken(table: pd.DataFrame, chance: float) -> HTML:
    """The chain against what strains it, and what an ideal link would restore."""
    knobs, own = ("bends", "units", "noise"), {"bends": 4, "units": 8, "noise": 20}
    bent, small = _weaker(table, "bends", -1), _weaker(table, "units", 0)

    def draw(phone: bool) -> Figure:
        figure, axes = marks.beside(3, phone, 2.3 if phone else 3.1, sharex=False)
        for ax, knob in zip(axes, knobs):
            for of, (label, colour, marker, dash) in LINES.items():
                x, values = _swept(table, knob, of)
                plotting.plot_band(
                    x, values, ax=ax, colour=colour, marker=marker, dash=dash, label=label
                )
            marks.level(ax, 1, "ideal")
            marks.level(ax, chance, "chance", dots=True)
            ax.axvline(own[knob], color=plotting.FAINT, lw=5, zorder=0)
            ax.set(xlabel=AXES[knob], ylim=(-0.02, 1.06), yticks=[0, 0.5, 1], xticks=x)
        axes[0].set_ylabel("MCC")
        gap = "\n" if phone else " "
        plotting.headline(figure, f"More bends break {bent} first,{gap}too few units {small}")
        plotting.label_lines(*(axes if phone else axes[-1:]))
        return figure

    return marks.desk_and_phone(draw, _told(table, knobs))


def _weaker(table: pd.DataFrame, knob: str, end: int) -> str:
    """The link whose ideal restores more at one end of a knob."""
    ideal = {of: np.median(_swept(table, knob, of)[1], axis=0)[end] for of in LINES}
    return "step one" if ideal["linear"] > ideal["true dictionary"] else "step two"


def _told(table: pd.DataFrame, knobs) -> str:
    words = []
    for knob in knobs:
        x, _ = _swept(table, knob, "chain")
        ends = {of: np.median(_swept(table, knob, of)[1], axis=0)[[0, -1]] for of in LINES}
        words.append(
            f"{AXES[knob]} from {x[0]} to {x[-1]}: "
            + ", ".join(f"{LINES[of][0]} {a:.2f} to {b:.2f}" for of, (a, b) in ends.items())
        )
    return "MCC, median of three networks. " + "; ".join(words) + "."


@plotting.styled
def pairs(table: pd.DataFrame, chance: float) -> HTML:
    """The chain on pairs that were trained and on pairs that were not; and against training."""
    counts, values = _swept(table, "classes", "unseen sets")
    seen = np.median(_swept(table, "classes", "chain")[1], axis=0)
    new = np.median(values, axis=0)
    longer = np.median(_swept(table, "steps", "chain")[1], axis=0)
    grows = "still rises" if longer[-1] > longer[-2] + 0.01 else "no longer rises"

    def draw(phone: bool) -> Figure:
        figure, axes = marks.beside(2, phone, 2.3 if phone else 2.9, sharex=False)
        for of, label, marker, dash in (
            ("chain", "trained pairs", "o", "-"), ("unseen sets", "new pairs", "o", DASHED),
        ):  # fmt: skip
            x, values = _swept(table, "classes", of)
            plotting.plot_band(x, values, ax=axes[0], marker=marker, dash=dash, label=label)
        ticks, _ = _swept(table, "classes", "chain")
        axes[0].set(xticks=ticks, xlabel=AXES["classes"], ylabel="MCC")
        far = seen[: len(new)] - new
        axes[0].set_title(f"New pairs score {'lower' if far.min() > 0.02 else 'as well'}")
        axes[1].set_title(f"Training longer: the chain {grows}")
        for of in ("chain", "raw input"):
            label, colour, marker, dash = LINES[of]
            x, values = _swept(table, "steps", of)
            plotting.plot_band(
                x, values, ax=axes[1], colour=colour, marker=marker, dash=dash, label=label
            )
        axes[1].set(xscale="log", xlabel=AXES["steps"])
        axes[1].set_xticks(x, [f"{n:,}".replace(",", " ") for n in x])
        axes[1].minorticks_off()
        for ax in axes:
            marks.level(ax, 1, "ideal")
            marks.level(ax, chance, "chance", dots=True)
            ax.set(ylim=(-0.02, 1.06), yticks=[0, 0.5, 1])
        plotting.label_lines(*axes)
        return figure

    return marks.desk_and_phone(
        draw,
        "MCC on trained and on new pairs: "
        + "; ".join(f"{n} pairs trained {a:.2f} and {b:.2f}" for n, a, b in zip(counts, seen, new))
        + f". From the first to the last number of steps: {longer[0]:.2f} to {longer[-1]:.2f}.",
    )
