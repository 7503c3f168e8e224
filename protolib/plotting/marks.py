"""Marks that come again: the hull, one network, many runs."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator, ScalarFormatter

from protolib import model
from protolib.masks import MASKS, Mask, by_mask, mask_name
from protolib.plotting.style import FAINT, HULL, INK, LOOKS, MUTED

# ------------------------------------------------------------------------------ shared marks


def shade_hull(ax: Axes, low: float, high: float, *, vertical: bool = True, label: bool = True):
    """Shade the inside of the hull [low, high], along x (`vertical`) or along y."""
    span = ax.axvspan if vertical else ax.axhspan
    span(low, high, color=HULL, lw=0, zorder=0, label="inside the hull" if label else None)


def _lighten(lines: Iterable[Line2D], within: float = 0.15) -> None:
    """Leave out the points of lines without markers that lie within so many points of the rest."""
    for line in lines:
        path = line.get_path()
        path.should_simplify, path.simplify_threshold = True, within


def _chance_and_ideal(ax: Axes, x, chance, ideal: float | None) -> None:
    ax.plot(x, chance, color=MUTED, ls=":", lw=1.4, label="chance", zorder=1)
    if ideal is not None:
        ax.axhline(ideal, color=MUTED, lw=0.8, label="ideal", zorder=1)


def size_axis(ax: Axes, sizes: Sequence[int]) -> None:
    """N on a logarithmic x axis, ticks at the sizes that were run."""
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator([*sizes]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.set_xlabel("N")


# ------------------------------------------------------------------------------ one network


def plot_responses(parameters: model.Parameters, *, ax: Axes, reach: float = 1.6) -> Axes:
    """Response curves h_j of the first network of a stack, a tick at each prototype."""
    grid = torch.linspace(-reach, reach, 400, dtype=parameters.slope.dtype)[None, :, None]
    net = model.Parameters(*(tensor[:1] for tensor in parameters))
    h, p = model.respond(net, grid)[0], model.prototypes(net)[0, :, 0]
    _lighten(ax.plot(grid[0, :, 0], h, color=INK, lw=1, alpha=0.75))
    ax.plot(p, np.ones_like(p), "v", color=INK, clip_on=True, ms=5)
    ax.set(xlim=(-reach, reach), ylim=(0, 1.12), xlabel="input x", ylabel="response")
    return ax


def plot_fit(parameters: model.Parameters, inputs, targets, *, ax: Axes, reach=1.6) -> Axes:
    """The function the first network computes, and the data it was trained on."""
    grid = torch.linspace(-reach, reach, 400, dtype=parameters.slope.dtype)[None, :, None]
    net = model.Parameters(*(tensor[:1] for tensor in parameters))
    ax.plot(grid[0, :, 0], model.predict(net, grid)[0], color=MUTED, label="network f")
    ax.plot(inputs[0, :, 0], targets[0], "o", color=INK, ms=4, label="samples (x, y)")
    ax.set(xlim=(-reach, reach), xlabel="input x", ylabel="output")
    return ax


def plot_dots(x, y, *, ax: Axes, colour: str, size: float = 3, label: str | None = None) -> Axes:
    """Many dots as one path, round ends of lines without length: small files."""
    x, y = (np.asarray(v, dtype=float).ravel() for v in (x, y))
    gap = np.full_like(x, np.nan)
    ax.plot(
        np.column_stack([x, x, gap]).ravel(), np.column_stack([y, y, gap]).ravel(), color=colour,
        lw=size, solid_capstyle="round", alpha=0.6, label=label, zorder=1.5,
    )  # fmt: skip
    return ax


def plot_matching(samples, prototypes, pairs, *, ax: Axes, colour: str = INK) -> Axes:
    """Samples on the upper rail, prototypes on the lower, links for the assignment.

    samples (N,), prototypes (units,), pairs: two index arrays as from `matching.assign`.
    """
    for i, j in zip(*pairs):
        ax.plot([samples[i], prototypes[j]], [1, 0], color=FAINT, lw=1, zorder=1)
    ax.plot(samples, np.ones(len(samples)), "o", color=INK, ms=6, clip_on=False)
    ax.plot(prototypes, np.zeros(len(prototypes)), "v", color=colour, ms=7)
    ax.set(yticks=[0, 1], yticklabels=["prototypes", "samples"], ylim=(-0.25, 1.25))
    ax.set_xlabel("input x")
    ax.spines["left"].set_visible(False)
    ax.tick_params(left=False)
    return ax


def plot_field(positions, force, *, ax: Axes, mask: Mask, hull, label: str | None = None) -> Axes:
    """The push on one prototype against where it stands; above 0 it is pushed to the right.

    positions, force : (points,). Arrows along the bottom show the direction.
    """
    colour = LOOKS[mask].colour
    shade_hull(ax, *hull, label=False)
    ax.axhline(0, color=MUTED, lw=0.7)
    _lighten(ax.plot(positions, force, color=colour, label=label))
    low, high = np.nanmin(force), np.nanmax(force)
    room = max(high - low, 1e-12)
    ax.set_ylim(low - 0.28 * room, high + 0.1 * room)
    inside = np.linspace(0, len(positions) - 1, 19).round().astype(int)[1:-1]
    step = 0.3 * (positions[-1] - positions[0]) / 19
    for k in inside:
        if abs(force[k]) > 1e-3 * room:
            ax.annotate(
                "",
                xy=(positions[k] + np.sign(force[k]) * step, low - 0.17 * room),
                xytext=(positions[k] - np.sign(force[k]) * step, low - 0.17 * room),
                arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.1, "mutation_scale": 7},
            )
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.set(xlim=(positions[0], positions[-1]), xlabel="prototype p")
    return ax


def plot_trajectories(steps, paths, *, ax: Axes, mask: Mask, hull, reach: float = 2.5) -> Axes:
    """Prototype positions during training: steps (frames,), paths (frames, units)."""
    shade_hull(ax, *hull, vertical=False, label=False)
    _lighten(ax.plot(steps, paths, color=LOOKS[mask].colour, lw=1, alpha=0.9))
    ax.set(xlim=(steps[0], steps[-1]), ylim=(-reach, reach), xlabel="step", ylabel="prototype p")
    return ax


# ------------------------------------------------------------------------------ many runs


def plot_by_size(
    table: pd.DataFrame,
    column: str,
    *,
    ax: Axes,
    masks: Iterable[Mask] = MASKS,
    chance: pd.Series | None = None,
    ideal: float | None = None,
    centre: str = "median",
    label: bool = True,
) -> Axes:
    """A score against N: the median (or mean) over seeds and the middle half of the runs.

    Parameters
    ----------
    chance
        the null's level, indexed by N.
    """
    sizes = sorted(table["n"].unique().tolist())
    if chance is not None:
        _chance_and_ideal(ax, chance.index, chance.to_numpy(), ideal)
    masks = [*masks]
    for mask, part in by_mask(table):
        if mask in masks:
            look, groups = LOOKS[mask], part.groupby("n")[column]
            ax.fill_between(
                sizes, groups.quantile(0.25), groups.quantile(0.75), color=look.colour, alpha=0.15,
                lw=0,
            )  # fmt: skip
            ax.plot(
                sizes, groups.agg(centre), color=look.colour, ls=look.dash, marker=look.marker,
                mfc=look.fill, mec=look.colour, label=mask_name(mask) if label else None,
            )  # fmt: skip
    size_axis(ax, sizes)
    return ax


def plot_band(
    x, values, *, ax: Axes, mask: Mask | None = None, colour: str = INK, marker: str = "o",
    dash: str | tuple = "-", label: str | None = None,
) -> Axes:  # fmt: skip
    """The median of many runs against x, and their middle half as a band.

    Parameters
    ----------
    x
        (points,)
    values
        (runs, points); what is not a number is left out
    mask
        draw it in this mask's look; else in `colour`, `marker` and `dash`
    """
    fill = colour
    if mask is not None:
        colour, fill, marker, dash = LOOKS[mask]
    low, middle, high = np.nanquantile(np.asarray(values, dtype=float), [0.25, 0.5, 0.75], axis=0)
    ax.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
    ax.plot(x, middle, color=colour, mfc=fill, mec=colour, marker=marker, ls=dash, label=label)
    return ax


def plot_images(images, *, ax: Axes, columns: int = 10) -> Axes:
    """A sheet of square images, (images, pixels) with values in [0, 1]: ink, more or less of it."""
    images = np.asarray(images, dtype=float).clip(0, 1)
    side, rows = round(images.shape[1] ** 0.5), -(-len(images) // columns)
    sheet = np.zeros((rows * (side + 1) - 1, columns * (side + 1) - 1, 4))
    for k, image in enumerate(images):
        r, c = divmod(k, columns)
        tile = np.s_[r * (side + 1) : r * (side + 1) + side, c * (side + 1) : c * (side + 1) + side]
        sheet[(*tile, 3)] = image.reshape(side, side)
    ax.imshow(sheet, interpolation="none")
    ax.set_axis_off()
    return ax


def rows_of_images(figure: Figure, rows: dict[str, np.ndarray], columns: int) -> None:
    """Rows of `columns` images, each under its name; what does not fit a row is left out."""
    for ax, (name, images) in zip(figure.subplots(len(rows), 1), rows.items()):
        plot_images(images[:columns], ax=ax, columns=columns)
        ax.set_title(name, fontsize=9.5, pad=6)


def plot_cells(values: np.ndarray, *, ax: Axes, colour: str, most: float = 0.8) -> Axes:
    """Shares as tinted cells, row 0 below, with their percentages; what is no number stays blank.

    values: (rows, columns), full tint at `most`.
    """
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            box, tint = (column - 0.5, row - 0.5), 0.5 * min(max(value, 0) / most, 1)
            ax.add_patch(Rectangle(box, 1, 1, color=colour, alpha=tint, lw=0))
            text = f"{100 * value:.0f}".replace("-", "−" if value <= -0.005 else "")
            ax.text(column, row, text, ha="center", va="center", fontsize=9)
    ax.set(xlim=(-0.5, values.shape[1] - 0.5), ylim=(-0.5, len(values) - 0.5))
    ax.tick_params(left=False, bottom=False)
    return ax
