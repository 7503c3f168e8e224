"""The figures of the chapter on scoring a reconstruction."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from IPython.display import HTML
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from protolib import plotting


@plotting.styled
def links(
    x: Float[Tensor, "1 samples 1"],
    p: Float[Tensor, "1 units 1"],
    pairs: tuple[np.ndarray, np.ndarray],
) -> HTML:
    """Samples above, prototypes below, and a link for each of the pairs, as `matching.assign`."""
    i, j = pairs
    start, end = x[0, i, 0], p[0, j, 0]
    crossed = int(((start[:, None] - start) * (end[:, None] - end) < 0).sum()) // 2
    length = (start - end).abs()

    def sheet(width: float) -> Figure:
        figure, ax = plotting.panel(width, 1.9)
        plotting.plot_matching(x[0, :, 0], p[0, :, 0], pairs, ax=ax)
        for a, b in zip(start, end):
            ax.plot([a, b], [1, 0], color=plotting.MUTED, lw=1.2, zorder=1.5)
        ax.set_title(f"Error {length.mean():.2f}: the mean length of {len(i)} links")
        return figure

    words = (
        f"{len(i)} samples on an upper line and their prototypes on a lower line, joined by "
        f"{len(i)} links, {length.min():.2f} to {length.max():.2f} long; "
        f"{crossed or 'no'} pairs of links cross."
    )
    return plotting.show(sheet(6.6), phone=[sheet(3.6)], alt=words)


@plotting.styled
def flattered(
    candidates: dict[str, Float[Tensor, "1 units 1"]],
    x: Float[Tensor, "1 samples 1"],
    scores: pd.DataFrame,
) -> HTML:
    """Sets of prototypes under the samples, a row each, and what every score says of them.

    scores: a row a set, a column a score.
    """
    reach, names, top = 1.15, [*candidates], 0.9

    def places(ax: Axes) -> None:
        ax.vlines(x[0, :, 0], -len(names) + 0.5, top, color=plotting.FAINT, lw=0.8, zorder=0)
        ax.plot(x[0, :, 0], [top] * x.shape[1], "o", color=plotting.INK, ms=4, clip_on=False)
        for row, p in enumerate(candidates.values()):
            seen = p[0, p[0, :, 0].abs() <= reach, 0]
            ax.plot(seen, [-row] * len(seen), "v", color=plotting.INK, ms=5)
            if (far := p.abs().max().item()) > reach:
                ax.text(1.02 * reach, -row, f"{far:.0f} →", va="center")
        ax.set(xlim=(-reach, reach), xlabel="input x", yticks=[top, *range(0, -len(names), -1)],
               yticklabels=["samples", *names])  # fmt: skip
        _bare(ax)

    def numbers(ax: Axes) -> None:
        for k, name in enumerate(scores):
            head = re.sub("(recon|special|proto|corre)(?=[a-z])", r"\1-\n", name)
            ax.text(k, 0.5, head.replace(" ", "\n"), ha="center", va="bottom", linespacing=1)
            for row, value in enumerate(scores[name]):
                said = "–" if np.isnan(value) else f"{value:.2f}"
                ax.text(k, -row, said, ha="center", va="center")
        ax.set(xlim=(-0.5, scores.shape[1] - 0.5), xticks=[])
        ax.spines["bottom"].set_visible(False)
        _bare(ax)

    wide = Figure(figsize=(8.6, 2.7))
    left, right = wide.subplots(1, 2, sharey=True, width_ratios=(1, 1))
    places(left)
    numbers(right)
    tall = [plotting.panel(3.6, 2.6) for _ in range(2)]
    for (_, ax), draw in zip(tall, (places, numbers)):
        draw(ax)
    tall[1][1].set_yticks([*range(0, -len(names), -1)], labels=names)
    for ax in (left, tall[0][1], tall[1][1]):
        ax.set_ylim(-len(names) + 0.4, top + 0.3)
    told = {
        name: ", ".join(f"{score} {value:.2f}" for score, value in own.items())
        for name, own in scores.T.items()
    }
    says = "; ".join(f"{name}: {said}" for name, said in told.items()).replace("nan", "none")
    words = f"{len(names)} sets of prototypes under {x.shape[1]} samples, and their scores. {says}."
    return plotting.show(wide, phone=[figure for figure, _ in tall], alt=words)


def _bare(ax: Axes) -> None:
    ax.spines["left"].set_visible(False)
    ax.tick_params(left=False)


@plotting.styled
def chance(simulated: dict[int, pd.DataFrame], exact: Sequence[float]) -> HTML:
    """What knowing nothing scores: draws by N, as `sweep.chance`, and the exact mean error."""
    drawn, words, places = [], [], range(1, len(simulated) + 1)
    top = int(np.argmax(exact))
    falls = f"From N = {[*simulated][top]} on chance errs less and less"
    for column, ideal, title in (
        ("reconstruction_error", 0, falls if top + 1 < len(exact) else "Chance's error"),
        ("specialization_ratio", 1, "Chance comes to use 5/9 of its prototypes"),
    ):
        figure, ax = plotting.panel(4.2, 2.7)
        draws = [table[column] for table in simulated.values()]
        ink = {"color": plotting.INK}
        ax.boxplot(draws, widths=0.5, showfliers=False, medianprops=ink)
        if ideal == 0:
            ax.plot(places, exact, "o:", color=plotting.MUTED, label="exact mean")
        else:
            ax.axhline(5 / 9, ls=":", color=plotting.MUTED, label="5/9")
        ax.axhline(ideal, color=plotting.MUTED, lw=0.8, label="ideal")
        name = column.replace("_", " ")
        ax.set(xticks=places, xticklabels=[*simulated], xlabel="N", ylabel=name, title=title)
        plotting.label_lines(ax)
        drawn.append(figure)
        levels = ", ".join(f"{values.median():.2f}" for values in draws)
        sizes = ", ".join(map(str, simulated))
        words.append(
            f"Box plots of chance's {name}; the medians are {levels} at N = {sizes}."
            + (" The exact mean runs through the boxes." if ideal == 0 else " The ideal is 1.")
        )
    return plotting.show(*drawn, alt=words)
