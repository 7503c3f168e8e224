"""The figures of the chapter `sparse-codes`. A size is a triple (N, M, K)."""

from collections.abc import Mapping, Sequence

import numpy as np
from IPython.display import HTML
from jaxtyping import Float
from matplotlib.axes import Axes
from torch import Tensor

from protolib import plotting
from protolib.plotting import ALL, COVERAGE, FAINT, INK, MUTED, OVERLAP, SEPARATION
from protolib.sparse import coding

Size = tuple[int, int, int]
Scores = Float[Tensor, " nets"]

DASHED, DOTTED = (0, (4, 1.5)), (0, (1, 1))
READ = {
    "FISTA": (INK, "o", "-"),
    "ridge": (SEPARATION, "^", DASHED),
    "pseudo-inverse": ("#e69f00", "v", DOTTED),
}
MARKS = {
    "ridge": (SEPARATION, "^"),
    "SAE": (COVERAGE, "s"),
    "one layer, taught": (COVERAGE, "P"),
    "30 ISTA steps": (OVERLAP, "v"),
    "SAE + 30 ISTA steps": (OVERLAP, "D"),
    "LISTA, 10 layers": (ALL, "X"),
    "30 FISTA steps": (INK, "o"),
    "FISTA": (INK, "o"),
}


def _note(ax: Axes, text: str, x: float | int, y: float | int | Tensor, side: str = "left") -> None:
    """A small grey word just above a level."""
    ax.annotate(
        text, (x, y), xytext=(0, 2), textcoords="offset points", ha=side, fontsize=8, color=MUTED
    )


def _title(size: Size) -> str:
    return f"N, M, K = {', '.join(map(str, size))}"


@plotting.styled
def active(
    counts: Sequence[int], found: Mapping[str, Float[Tensor, "nets counts"]], *, ceiling: float,
    edge: int,
) -> HTML:  # fmt: skip
    """MCC of the read-outs by name, and of "chance", against the number of active features.

    ceiling: √(M/N); edge: the K at which exact recovery ends.
    """
    figure, ax = plotting.panel(3.9, 2.9)
    for name, (colour, marker, dash) in READ.items():
        plotting.plot_band(
            counts, found[name], ax=ax, colour=colour, marker=marker, dash=dash, label=name
        )
    ax.plot(counts, found["chance"].mean(0), color=MUTED, ls=":", label="chance")
    ax.axhline(1, color=MUTED, lw=0.8)
    ax.axhline(ceiling, color=FAINT, lw=0.8)
    ax.axvline(edge, color=FAINT, lw=6, zorder=0)
    _note(ax, "ideal", counts[-1], 1, "right")
    _note(ax, "√(M/N)", (counts[-2] + counts[-1]) / 2, ceiling, "center")
    ax.set(xlabel="active features K", ylabel="MCC", ylim=(0, 1.08))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 0.12))
    middle = {name: values.median(0).values for name, values in found.items()}
    good = [k for k, value in zip(counts, middle["FISTA"]) if value > 0.99]
    linear = middle["ridge"]
    return plotting.show(
        figure,
        alt="MCC against the number of active features K. FISTA is nearly ideal "
        + (f"up to K = {max(good)}" if good else "nowhere")
        + f" and falls to {middle['FISTA'][-1]:.2f} at K = {counts[-1]}; the linear read-out stays "
        f"between {linear.min():.2f} and {linear.max():.2f}, whatever K is.",
    )


@plotting.styled
def edge(
    features: int,
    phase: Mapping[tuple[bool, int], tuple[float, Sequence[int], Float[Tensor, "seeds units"]]],
    half: Mapping[tuple[bool, int], Sequence],
) -> HTML:
    """Exact recovery against the units M, and the M at which half of the codes come back.

    phase: by (nonnegative, K) the prediction, the M that were run and the share recovered;
    half: by the same keys the M of half success, one a seed.
    """
    left, ax = plotting.panel(3.6, 2.9)
    sparsities = sorted({K for _, K in phase})
    for K, marker, dash in zip(sparsities[::2], "os^", ("-", DASHED, DOTTED)):
        predicted, units, share = phase[False, K]
        ax.fill_between(
            units, share.min(0).values, share.max(0).values, color=COVERAGE, alpha=0.13, lw=0
        )
        ax.plot(units, share.mean(0), color=COVERAGE, marker=marker, ls=dash)
        ax.axvline(predicted, color=MUTED, lw=0.9, ymax=0.92)
        ax.text(predicted, 1.07, f"K = {K}", ha="center", fontsize=8)
    ax.set(xlabel="units M", ylabel="share recovered exactly", xlim=(0, features))
    ax.set(ylim=(-0.04, 1.16), yticks=[0, 0.25, 0.5, 0.75, 1])
    right, ax = plotting.panel(3.6, 2.9)
    fine = range(1, 41)
    for nonnegative, name, colour, marker in (
        (False, "both signs", COVERAGE, "s"), (True, "z ≥ 0", OVERLAP, "D"),
    ):  # fmt: skip
        theory = [coding.statistical_dimension(features, K, nonnegative=nonnegative) for K in fine]
        ax.plot(fine, theory, color=colour, lw=1.2, ls="-" if nonnegative else "--")
        own = [(K, M) for (sign, K), found in half.items() if sign == nonnegative for M in found]
        ax.plot(*zip(*own), marker, color=colour, ms=4, mfc="none", label=name)
    ax.plot(fine, [2 * K for K in fine], color=MUTED, ls=":", label="M = 2K")
    ax.set(xlabel="active features K", ylabel="M at half success", ylim=(0, features))
    ax.legend(loc="lower right", fontsize=7.5)
    off = max(abs(np.mean(found) - phase[key][0]) for key, found in half.items())
    shown = ", ".join(f"{phase[False, K][0]:.0f} for K = {K}" for K in sparsities[::2])
    return plotting.show(
        left, right,
        alt=[
            "The share of exactly recovered codes rises from none to all around the units "
            f"predicted: {shown}.",
            "The units needed for half of the codes follow the two predicted curves, to within "
            f"{off:.1f} units in the mean of seeds.",
        ],
    )  # fmt: skip


@plotting.styled
def penalties(
    lams: Sequence[float],
    fista: Mapping[Size, Float[Tensor, "nets lams"]],
    sae: Mapping[Size, Float[Tensor, "nets lams"]],
    chance: Mapping[Size, Scores],
) -> HTML:
    """MCC of FISTA and of an autoencoder's layer against λ, a panel a size."""
    panels, words = [], []
    for size in fista:
        figure, ax = plotting.panel(3.4, 2.7)
        for values, colour, marker, dash, name in (
            (fista[size], INK, "o", "-", "FISTA"), (sae[size], COVERAGE, "s", DASHED, "SAE"),
        ):  # fmt: skip
            plotting.plot_band(
                lams, values, ax=ax, colour=colour, marker=marker, dash=dash, label=name
            )
        ax.axhline(chance[size].mean(), color=MUTED, ls=":", lw=1.4, label="chance")
        ax.axhline(1, color=MUTED, lw=0.8, label="ideal")
        ax.set(xscale="log", ylim=(0, 1.05), xlabel="λ", ylabel="MCC", title=_title(size))
        panels.append(figure)
        best = {name: v[size].mean(0).max() for name, v in (("FISTA", fista), ("SAE", sae))}
        first, second = sorted(best, key=best.get, reverse=True)
        words.append(
            f"N = {size[0]}: at its best λ {first} scores {best[first]:.2f}, more than "
            f"{second} at its own best, {best[second]:.2f}."
        )
    panels[0].axes[0].legend(loc="center left", bbox_to_anchor=(0, 0.4))
    return plotting.show(*panels, alt=words)


def _rows(ax: Axes, found: Mapping[str, Scores], filled: bool = True, label=None) -> None:
    """A row a method, a mark a world."""
    for row, (name, values) in enumerate(found.items()):
        colour, marker = MARKS[name]
        ax.plot(
            values, [row] * len(values), marker, color=colour, mfc=colour if filled else "none",
            ms=5.5, label=label if row == 0 else None,
        )  # fmt: skip


def _row_axes(ax: Axes, names: Sequence[str], chance: float) -> None:
    ax.axvline(chance, color=MUTED, ls=":", lw=1.4)
    ax.axvline(1, color=MUTED, lw=0.8)
    ax.set(yticks=range(len(names)), yticklabels=names, ylim=(len(names) - 0.5, -0.9))
    ax.set(xlim=(0, 1.04), xlabel="MCC")
    for x, word, side in ((chance + 0.015, "chance", "left"), (0.985, "ideal", "right")):
        ax.text(x, -0.55, word, ha=side, fontsize=8.5, color=MUTED)


@plotting.styled
def ways_out(found: Mapping[Size, Mapping[str, Scores]], chance: Mapping[Size, Scores]) -> HTML:
    """MCC of every method of `MARKS` with the true dictionary, a panel a size."""
    panels, words = [], []
    for size, own in found.items():
        figure, ax = plotting.panel(3.8, 2.7)
        _rows(ax, own)
        _row_axes(ax, [*own], chance[size].mean().item())
        ax.set_title(_title(size))
        panels.append(figure)
        order = sorted(own, key=lambda name: own[name].mean())
        words.append(
            f"N = {size[0]}, from worst to best: "
            + ", ".join(f"{name} {own[name].mean():.2f}" for name in order)
            + "."
        )
    return plotting.show(*panels, alt=words)


@plotting.styled
def blocks(seen: Mapping[str, Scores], everything: Mapping[str, Scores], chance: Scores) -> HTML:
    """MCC by method on the combinations of training (open) and on all (filled)."""
    figure, ax = plotting.panel(4.4, 3.0)
    fall = {name: (seen[name].mean() - everything[name].mean()).item() for name in seen}
    for row, name in enumerate(seen):
        ends = seen[name].mean(), everything[name].mean()
        ax.plot(ends, [row, row], color=FAINT, lw=2, zorder=0)
    _rows(ax, seen, filled=False, label="combinations seen")
    _rows(ax, everything, label="all combinations")
    _row_axes(ax, [*seen], chance.mean().item())
    ax.legend(loc="center left", bbox_to_anchor=(0.08, 0.5))
    most = sorted(fall, key=fall.get, reverse=True)
    return plotting.show(
        figure,
        alt="MCC on combinations seen in training and on all. On all combinations "
        + ", ".join(f"{name} loses {fall[name]:.2f}" for name in most if fall[name] > 0.02)
        + f"; {most[-1]} loses least, {abs(fall[most[-1]]):.3f}.",
    )


@plotting.styled
def blame(
    found: Mapping[Size, Mapping[str, Mapping[str, Scores]]], chance: Mapping[Size, Scores]
) -> HTML:
    """MCC of dictionaries by name, read by one "layer" and by "FISTA", with their "cos"."""
    panels, words = [], []
    for size, own in found.items():
        figure, ax = plotting.panel(3.8, 3.0)
        for x, values in enumerate(own.values()):
            for shift, how, colour, marker, name in (
                (-0.13, "layer", COVERAGE, "s", "one layer"), (0.13, "FISTA", INK, "o", "FISTA"),
            ):  # fmt: skip
                ax.plot(
                    [x + shift] * len(values[how]), values[how], marker, color=colour, ms=5.5,
                    label=None if x else name,
                )  # fmt: skip
            ax.plot(
                [x - 0.3, x + 0.3], [values["cos"].mean()] * 2, color=SEPARATION, lw=1.6, ls="--",
                label=None if x else "|cos| of atoms",
            )  # fmt: skip
        ax.axhline(chance[size].mean(), color=MUTED, ls=":", lw=1.4)
        ax.axhline(1, color=MUTED, lw=0.8)
        _note(ax, "chance", len(own) - 0.55, chance[size].mean(), "right")
        _note(ax, "ideal", -0.45, 1)
        names = [name.replace(" ", "\n") for name in own]
        ax.set(xticks=range(len(own)), xticklabels=names, xlabel="dictionary", ylabel="MCC")
        ax.set(ylim=(0, 1.1), title=_title(size))
        panels.append(figure)
        words.append(
            f"N = {size[0]}, one layer and FISTA: "
            + "; ".join(
                f"{name} dictionary {v['layer'].mean():.2f} and {v['FISTA'].mean():.2f}"
                for name, v in own.items()
            )
            + "."
        )
    panels[0].axes[0].legend(loc="lower right", fontsize=7.5, bbox_to_anchor=(1, 0.1))
    return plotting.show(*panels, alt=words)
