"""The figures of the chapter on scoring a reconstruction."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from IPython.display import HTML
from jaxtyping import Float
from torch import Tensor

from protolib import plotting


@plotting.styled
def links(
    x: Float[Tensor, "1 samples 1"],
    p: Float[Tensor, "1 units 1"],
    pairs: tuple[np.ndarray, np.ndarray],
) -> HTML:
    """Samples above, prototypes below, and a link for each of the pairs, as `matching.assign`."""
    figure, ax = plotting.panel(4.4, 1.9)
    colour = plotting.COVERAGE
    plotting.plot_matching(x[0, :, 0], p[0, :, 0], pairs, ax=ax, colour=colour)
    i, j = pairs
    start, end = x[0, i, 0], p[0, j, 0]
    crossed = int(((start[:, None] - start) * (end[:, None] - end) < 0).sum()) // 2
    length = (start - end).abs()
    words = (
        f"{len(i)} samples on an upper line and their prototypes on a lower line, joined by "
        f"{len(i)} links, {length.min():.2f} to {length.max():.2f} long; "
        f"{crossed or 'no'} pairs of links cross."
    )
    return plotting.show(figure, alt=words)


@plotting.styled
def chance(simulated: dict[int, pd.DataFrame], exact: Sequence[float]) -> HTML:
    """What knowing nothing scores: draws by N, as `sweep.chance`, and the exact mean error."""
    drawn, words, places = [], [], range(1, len(simulated) + 1)
    for column, ideal, corner in (
        ("reconstruction_error", 0, "upper right"),
        ("specialization_ratio", 1, "lower right"),
    ):
        figure, ax = plotting.panel(3.4, 2.7)
        draws = [table[column] for table in simulated.values()]
        ink = {"color": plotting.INK}
        ax.boxplot(draws, widths=0.5, showfliers=False, medianprops=ink)
        if ideal == 0:
            ax.plot(places, exact, "o:", color=plotting.MUTED, label="exact mean")
        else:
            ax.axhline(5 / 9, ls=":", color=plotting.MUTED, label="5/9")
        ax.axhline(ideal, color=plotting.MUTED, lw=0.8, label="ideal")
        name = column.replace("_", " ")
        ax.set(xticks=places, xticklabels=[*simulated], xlabel="N", ylabel=name)
        ax.legend(loc=corner)
        drawn.append(figure)
        levels = ", ".join(f"{values.median():.2f}" for values in draws)
        sizes = ", ".join(map(str, simulated))
        words.append(
            f"Box plots of chance's {name}; the medians are {levels} at N = {sizes}."
            + (" The exact mean runs through the boxes." if ideal == 0 else " The ideal is 1.")
        )
    return plotting.show(*drawn, alt=words)
