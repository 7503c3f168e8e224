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
        figure, ax = plotting.panel(4.2, 2.6)
        plotting.plot_field(
            positions.numpy(), push.numpy(), ax=ax, mask=claims.OVERLAP, hull=(-1.0, 1.0)
        )
        ax.plot(others, [1.0] * len(others), "v", color=plotting.INK, ms=5, clip_on=False,
                transform=ax.get_xaxis_transform())  # fmt: skip
        felt, peak = push.abs() > 0.05 * push.abs().max(), positions[push.argmax()]
        middle = felt[positions.abs() < 0.9].double().mean()
        where = "all over the hull" if middle > 0.5 else "at the rim"
        ax.set_title(f"Slope {w:g}: pushed out {where}", pad=8)
        ax.set_ylabel("push on p")
        drawn.append(figure)
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
    left, ax = plotting.panel(4.2, 2.9)
    right, other = plotting.panel(4.2, 2.9)
    for chosen, colour in ((~outside, plotting.INK), (outside, plotting.OVERLAP)):
        look = {"colour": colour, "size": 4.0}
        plotting.plot_dots(place[chosen], slope[chosen], ax=ax, **look)
        plotting.plot_dots(place[chosen], loudness[chosen], ax=other, **look)
    ax.axhline(1.5, color=plotting.MUTED, ls=":", label="initial")
    flat = (slope[outside] < 1.5).double().mean().item()
    mute = (loudness[outside] < 0.05).double().mean().item()
    ax.set(xscale="log", yscale="log", xlabel="|p|", ylabel="|w|",
           title=f"{flat:.0%} of those outside are flatter than at the start")  # fmt: skip
    other.set(xscale="log", xlabel="|p|", ylabel="mean response to the samples",
              title=f"{mute:.0%} of those outside are silent (below 0.05)")  # fmt: skip
    edge = place[outside].min().item()
    for one in (ax, other):
        one.axvline(edge, color=plotting.FAINT, lw=0.8, zorder=0)
        one.set_ylim(top=one.get_ylim()[1] * (2 if one is ax else 1.15))
        for name, side, step in (("inside", "right", -4), ("outside", "left", 4)):
            one.annotate(name, (edge, 1), (step, 0), one.get_xaxis_transform(), ha=side, va="top",
                         textcoords="offset points")  # fmt: skip
    plotting.label_lines(ax)
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
    lost = table.assign(lost=(1 - table.fit_r2).clip(lower=1e-9))
    medians = lost.groupby(["overlap", "n"])[["reconstruction_error", "lost"]].median()
    error = medians["reconstruction_error"]
    factor, over = error[1] / error[0], error[1] / chance
    most = medians["lost"][medians.index.get_level_values("n") >= 10].max()
    fits = medians["lost"].max() < 0.01

    left, ax = plotting.panel(4.2, 2.9)
    plotting.plot_by_size(table, "reconstruction_error", ax=ax, chance=chance)
    ax.set(yscale="log", ylabel="reconstruction error (ideal: 0)",
           title=f"Overlap errs at least {over.min():.1f} times as much as chance …")  # fmt: skip
    right, other = plotting.panel(4.2, 2.9)
    plotting.plot_by_size(lost, "lost", ax=other)
    other.axhline(1, color=plotting.MUTED, ls=":", label="chance: the mean")
    other.set(yscale="log", ylabel="1 − R² (ideal: 0)",
              title="… and yet the median run fits" if fits else "… and fits worse")  # fmt: skip
    plotting.label_lines(ax, other)
    words = [
        f"Reconstruction error against N: overlap's median is {factor.min():.1f} to "
        f"{factor.max():.1f} times the baseline's, and at least {over.min():.1f} times chance's.",
        "One minus R squared against N: from N = 10 on the largest median of both is "
        f"{most:.0e}, so both fit.",
    ]
    return plotting.show(left, right, alt=words)
