"""The figures of the chapter on coverage."""

import numpy as np
import pandas as pd
from IPython.display import HTML
from jaxtyping import Float
from torch import Tensor

from protolib import claims, plotting
from protolib.figures.paths import panels
from protolib.masks import by_mask, mask_name
from protolib.training import TrainResult


def _zero_share(push: Float[Tensor, " points"], where: Tensor) -> float:
    return (push[where].abs() < 1e-6).double().mean().item()


@plotting.styled
def push(
    positions: Float[Tensor, " points"],
    alone: Float[Tensor, " points"],
    company: Float[Tensor, " points"],
    others: Float[Tensor, " units"],
    x: Float[Tensor, "1 samples 1"],
) -> HTML:
    """The push on one prototype by its place: without others, and in the company of `others`."""
    hull = x.min().item(), x.max().item()
    outside = (positions < hull[0]) | (positions > hull[1])
    drawn = []
    for here, title in ((alone, "alone"), (company, "with three others (marked)")):
        figure, ax = plotting.panel(3.4, 2.7)
        plotting.plot_field(positions.numpy(), here.numpy(), ax=ax, mask=claims.COVERAGE, hull=hull)
        ax.plot(x[0, :, 0], [0] * x.shape[1], "o", color=plotting.INK, ms=4)
        if here is company:
            ax.plot(others, [0] * len(others), "v", color=plotting.COVERAGE, ms=8)
        ax.set(title=title, ylabel="push on p")
        drawn.append(figure)
    rest = positions[alone.abs().argmin()].item()
    alone_words = (
        f"Alone, a prototype is pulled towards {rest:.2f} from everywhere: the push falls in a "
        f"straight line; it is zero at {_zero_share(alone, outside):.0%} of the places outside."
    )
    company_words = (
        f"With {len(others)} others the push is zero at {_zero_share(company, outside):.0%} of the "
        "places outside the hull; inside, it jumps wherever the prototype wins or loses a sample."
    )
    return plotting.show(*drawn, alt=[alone_words, company_words])


@plotting.styled
def paths(result: TrainResult, x: Float[Tensor, "nets samples 1"], seeds: list[int]) -> HTML:
    """Prototypes during training: the first half of the stack without coverage, then with it."""
    masks = [claims.BASELINE] * len(seeds) + [claims.COVERAGE] * len(seeds)
    titles = [f"{mask_name(mask)}, seed {seed}" for mask, seed in zip(masks, seeds * 2)]
    drawn, words = panels(result, x, masks, titles, reach=1.6, dots=True)
    return plotting.show(*drawn, alt=words)


@plotting.styled
def by_size(table: pd.DataFrame, chance: dict[int, pd.DataFrame]) -> HTML:
    """Error and specialization against N, with and without coverage; `chance` as `sweep.chance`."""
    drawn, words = [], []
    for column, ideal, better in (
        ("reconstruction_error", 0.0, np.less),
        ("specialization_ratio", 1.0, np.greater),
    ):
        name = column.replace("_", " ")
        null = pd.Series({n: draws[column].median() for n, draws in chance.items()})
        figure, ax = plotting.panel(3.4, 2.8)
        plotting.plot_by_size(table, column, ax=ax, chance=null, ideal=ideal)
        ax.set_ylabel(name)
        ax.legend(loc="upper right", bbox_to_anchor=(1, 0.95))  # below the line of the ideal
        drawn.append(figure)
        medians = {mask: part.groupby("n")[column].median() for mask, part in by_mask(table)}
        ours = medians[claims.COVERAGE]
        words.append(
            f"Median {name} against N. Coverage is better than the baseline at N = "
            f"{_sizes(ours.index[better(ours, medians[claims.BASELINE])])}, and better than chance "
            f"at N = {_sizes(ours.index[better(ours, null[ours.index])])}."
        )
    return plotting.show(*drawn, alt=words)


def _sizes(sizes) -> str:
    return ", ".join(map(str, sizes)) or "no size"
