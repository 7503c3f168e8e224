"""The figures of the chapter on overlap."""

import pandas as pd
import torch
from IPython.display import HTML
from jaxtyping import Bool, Float
from torch import Tensor

from protolib import claims, live, plotting
from protolib.hull import TOLERANCE, hull_distance


@plotting.styled
def guess(
    x: Float[Tensor, "seeds samples 1"],
    begin: Float[Tensor, "seeds units 1"],
    end: Float[Tensor, "seeds units 1"],
) -> HTML:
    """The reader drags the first start's prototypes to where overlap takes them; same samples."""
    figure, ax = plotting.panel(4.4, 2.4)
    plotting.shade_hull(ax, x[0].min().item(), x[0].max().item(), label=False)
    rows = torch.arange(len(end))[:, None].expand(end.shape[:2])
    plotting.plot_dots(end, rows, ax=ax, colour=plotting.OVERLAP, size=4.0)
    ax.set(xlim=(-3, 3), xlabel="prototype p", ylabel="seed")
    gone = (hull_distance(end, x) > TOLERANCE).double().mean().item()
    return live.predict_places(
        "Ten prototypes start at the triangles and train with overlap for 2000 steps. "
        "Where do they end? Drag the triangles there.",
        x[0, :, 0].tolist(),
        begin[0, :, 0].tolist(),
        end[..., 0].double().numpy(),
        reach=3.0,
        colour="overlap",
        still=figure,
        alt=f"Where {end.shape[1]} prototypes end under overlap, {len(end)} starts, a row each: "
        f"{gone:.0%} of them outside the hull.",
    )


@plotting.styled
def fields(
    positions: Float[Tensor, " points"], pushes: dict[float, Tensor], others: Tensor
) -> HTML:
    """The push (points,) of overlap on one unit by its place, a panel for each slope w."""
    drawn, words = [], []
    for w, push in pushes.items():
        figure, ax = plotting.panel(3.4, 2.6)
        plotting.plot_field(
            positions.numpy(), push.numpy(), ax=ax, mask=claims.OVERLAP, hull=(-1.0, 1.0)
        )
        ax.plot(others, [0] * len(others), "v", color=plotting.INK, ms=5)
        ax.set(title=f"slope w = {w:g}", ylabel="push on p")
        drawn.append(figure)
        felt, peak = push.abs() > 0.05 * push.abs().max(), positions[push.argmax()]
        words.append(
            f"Slope {w:g}: the push points outwards, to the right of the middle to the right, "
            f"strongest at p = {peak:.1f}, where it is {push.max():.3f}; it is felt on "
            f"{felt.double().mean():.0%} of the line."
        )
    return plotting.show(*drawn, alt=words)


@plotting.styled
def weights(
    place: Float[Tensor, "nets units"],
    slope: Float[Tensor, "nets units"],
    loudness: Float[Tensor, "nets units"],
    outside: Bool[Tensor, "nets units"],
) -> HTML:
    """Slopes, and mean responses to the samples, against the distance |p| from the origin."""
    left, ax = plotting.panel(3.4, 2.8)
    right, other = plotting.panel(3.4, 2.8)
    for chosen, colour, label in (
        (~outside, plotting.INK, "inside the hull"),
        (outside, plotting.OVERLAP, "outside"),
    ):
        look = {"colour": colour, "label": label, "size": 4.0}
        plotting.plot_dots(place[chosen], slope[chosen], ax=ax, **look)
        plotting.plot_dots(place[chosen], loudness[chosen], ax=other, **look)
    ax.axhline(1.5, color=plotting.MUTED, ls=":", label="initial slope")
    ax.set(xscale="log", yscale="log", xlabel="|p|", ylabel="|w|")
    other.set(xscale="log", xlabel="|p|", ylabel="mean response to the samples")
    ax.legend(loc="lower left")
    other.legend(loc="upper right")
    words = [
        f"Slope against distance: the median slope is {slope[~outside].median():.1f} for units "
        f"inside the hull and {slope[outside].median():.1f} outside; it started at 1.5.",
        f"Mean response against distance: its median is {loudness[~outside].median():.2f} inside "
        f"and {loudness[outside].median():.3f} outside, where most units are silent.",
    ]
    return plotting.show(left, right, alt=words)


@plotting.styled
def fit_and_error(table: pd.DataFrame, chance: pd.Series) -> HTML:
    """Reconstruction error, and what the fit leaves unexplained, against N; `chance` by N."""
    left, ax = plotting.panel(3.4, 2.8)
    plotting.plot_by_size(table, "reconstruction_error", ax=ax, chance=chance)
    ax.set(yscale="log", ylabel="reconstruction error (ideal: 0)")
    ax.legend(loc="lower left")
    right, ax = plotting.panel(3.4, 2.8)
    lost = table.assign(lost=(1 - table.fit_r2).clip(lower=1e-9))
    plotting.plot_by_size(lost, "lost", ax=ax)
    ax.axhline(1, color=plotting.MUTED, ls=":", label="the mean's fit (chance)")
    ax.set(yscale="log", ylabel="1 − R² (ideal: 0)")
    ax.legend(loc="lower right")
    medians = lost.groupby(["overlap", "n"])[["reconstruction_error", "lost"]].median()
    error = medians["reconstruction_error"]
    factor, over = error[1] / error[0], error[1] / chance
    words = [
        f"Reconstruction error against N: overlap's median is {factor.min():.1f} to "
        f"{factor.max():.1f} times the baseline's, and at least {over.min():.1f} times chance's.",
        "One minus R squared against N: from N = 10 on the largest median of both is "
        f"{medians['lost'][medians.index.get_level_values('n') >= 10].max():.0e}, so both fit.",
    ]
    return plotting.show(left, right, alt=words)
