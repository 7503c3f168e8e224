"""The figures of the chapter on coverage."""

import numpy as np
import pandas as pd
import torch
from IPython.display import HTML
from jaxtyping import Float
from torch import Tensor

from protolib import claims, model, plotting
from protolib.figures import paths as ways
from protolib.masks import by_mask, mask_name
from protolib.training import TrainResult

REACH = 1.6  # of the picture of paths


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
    for here, title in (
        (alone, "Alone: pulled in from everywhere"),
        (company, "Beside three others: only where it owns"),
    ):
        figure, ax = plotting.panel(4.2, 2.7)
        plotting.plot_field(positions.numpy(), here.numpy(), ax=ax, mask=claims.COVERAGE, hull=hull)
        ax.plot(x[0, :, 0], [0] * x.shape[1], "o", color=plotting.INK, ms=4,
                transform=ax.get_xaxis_transform(), clip_on=False)  # fmt: skip
        if here is company:
            ax.plot(others, [0.97] * len(others), "v", color=plotting.INK, ms=6,
                    transform=ax.get_xaxis_transform())  # fmt: skip
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
    ends = model.prototypes(result.parameters)
    gap, nearest = (x - ends.mT).abs().min(-1)  # (nets, samples)
    gap = gap.mean(1).tolist()
    owns = torch.zeros_like(ends[..., 0]).scatter_(1, nearest, 1.0).bool()

    def draw(ax, k: int) -> None:
        ways.panel(ax, result, x, k, masks[k], reach=REACH)
        look = {"clip_on": False, "zorder": 3, "transform": ax.get_yaxis_transform()}
        ax.plot([1.06] * x.shape[1], x[k, :, 0], "o", color=plotting.INK, ms=4, **look)
        colour = plotting.LOOKS[masks[k]].colour
        for here, fill in ((owns[k], colour), (~owns[k], plotting.PAPER)):
            seen = ends[k, here & (ends[k, :, 0].abs() <= REACH), 0]
            if len(seen):
                ax.plot([1.0] * len(seen), seen, "<", color=colour, mfc=fill, ms=5, **look)
        ax.set_title(f"{mask_name(masks[k])}: gap {gap[k]:.2f}", fontsize=9.5)

    count = len(seeds)
    rows = [[(k,) for k in range(count)], [(count + k,) for k in range(count)]]
    wide = ways.sheet(draw, rows, (8.6, 4.1))
    tall = ways.sheet(draw, [*zip(*rows)], (3.6, 1.7 * count + 0.3))
    titles = [f"{mask_name(mask)}, seed {seed}" for mask, seed in zip(masks, seeds * 2)]
    return plotting.show(wide, phone=[tall], alt=ways.ends_in_words(result, x, titles, REACH))


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
        medians = {mask: part.groupby("n")[column].median() for mask, part in by_mask(table)}
        ours = medians[claims.COVERAGE]
        ahead = ours.index[better(ours, medians[claims.BASELINE])]
        lucky = ours.index[better(ours, null[ours.index])]
        figure, ax = plotting.panel(4.2, 2.9)
        plotting.plot_by_size(table, column, ax=ax, chance=null, ideal=ideal)
        first, second = (
            "at every N" if len(won) == len(ours) else f"at N = {_sizes(won)}" if len(won) else
            "nowhere" for won in (ahead, lucky)
        )  # fmt: skip
        ax.set(ylabel=name, title=f"Coverage beats the baseline {first};\nchance {second}")
        plotting.label_lines(ax)
        drawn.append(figure)
        words.append(
            f"Median {name} against N. Coverage is better than the baseline at N = "
            f"{_sizes(ahead)}, and better than chance at N = {_sizes(lucky)}."
        )
    return plotting.show(*drawn, alt=words)


def _sizes(sizes) -> str:
    return ", ".join(map(str, sizes)) or "no size"
