"""Figures of `expulsion`: where a hundred prototypes end, what it costs, who leaves, and when."""

import numpy as np
import pandas as pd
import torch
from IPython.display import HTML
from matplotlib.patches import Rectangle

from protolib import hull, model, plotting
from protolib.masks import mask_name

MARKERS = "osD^P"


@plotting.styled
def ends(places: dict, share: dict) -> HTML:
    """Where prototypes ended, a row a mask, each labelled with its share outside.

    places: {mask: (nets, units)}; share: {mask: in [0, 1]}.
    """
    figure, ax = plotting.panel(4.4, 3.7)
    plotting.shade_hull(ax, -1.0, 1.0)
    farthest = max(float(np.abs(np.asarray(p)).max()) for p in places.values())
    for k, (mask, p) in enumerate(places.items()):
        p = np.asarray(p).ravel()
        scatter = 0.6 * (np.arange(len(p)) * 0.618034 % 1 - 0.5)  # evenly, and the same each time
        plotting.plot_dots(p, k + scatter, ax=ax, colour=plotting.LOOKS[mask].colour, size=2.2)
    ax.set_xscale("symlog", linthresh=1.5, linscale=1.5)
    ax.set(
        yticks=range(len(places)), ylim=(len(places) - 0.4, -0.6),
        yticklabels=[f"{mask_name(m)}: {share[m]:.0%} out" for m in places],
        xlim=(-1.3 * farthest, 1.3 * farthest),
        xticks=[-10, -1, 0, 1, 10], xticklabels=["−10", "−1", "0", "1", "10"],
        xlabel="prototype p (log beyond ±1.5)",
    )  # fmt: skip
    ax.tick_params(left=False, labelsize=9)
    by_overlap = [[share[m] for m in places if m.overlap == on] for on in (1, 0)]
    most = max(share, key=share.get)
    return plotting.show(
        figure,
        alt="Positions of prototypes under each mask, and the hull. Outside are "
        f"{min(by_overlap[0]):.0%} to {max(by_overlap[0]):.0%} with overlap and "
        f"{min(by_overlap[1]):.0%} to {max(by_overlap[1]):.0%} without; most under "
        f"{mask_name(most)}. The farthest stands at a distance of {farthest:.0f} from the middle.",
    )


@plotting.styled
def leavers(left: dict, alone: tuple, response) -> HTML:
    """The share of units that left, by how deep inside they began, measured in their own widths.

    left: {slope: (depths (nets, units), gone (nets, units))}, trained with overlap; alone: depths
    and gone of the same starts trained without; response: of a unit, at so many widths.
    """
    edges = np.arange(0, 4.1, 0.5)
    figure, ax = plotting.panel(4.0, 3.2)
    z = np.linspace(0, 4, 100)
    ax.fill_between(z, response(z), color=plotting.HULL, lw=0, label="response at the rim")
    near, deep = [], []
    for k, (slope, (depth, gone)) in enumerate(left.items()):
        middle, share = _by_bin(depth, gone, edges)
        ax.plot(middle, share, marker=MARKERS[k], color=plotting.OVERLAP, ms=4.5, lw=1.1,
                alpha=0.4 + 0.6 * (k + 1) / len(left), label=f"slope {slope:g}")  # fmt: skip
        depth, gone = np.asarray(depth), np.asarray(gone)
        near.append(gone[(depth >= 0) & (depth < 0.5)].mean())
        deep.append(gone[depth > 2].mean() if (depth > 2).any() else 0.0)
    middle, share = _by_bin(*alone, edges)
    ax.plot(middle, share, color=plotting.INK, ls=(0, (4, 1.5)), label="without overlap")
    ax.set(xlim=(0, 4), ylim=(0, 1.03), ylabel="share that left",
           xlabel="distance from the rim at the start, in widths 1/w")  # fmt: skip
    ax.legend(loc="upper right")
    return plotting.show(
        figure,
        alt="Share of units that end outside against their distance from the rim at the start, in "
        f"units of their own width, for {len(left)} slopes. The curves fall on each other: of "
        f"those within half a width {min(near):.0%} to {max(near):.0%} leave, of those deeper than "
        f"two widths at most {max(deep):.0%}. They follow a unit's response at the rim.",
    )


def _by_bin(depth, gone, edges) -> tuple[np.ndarray, np.ndarray]:
    """Middles of the bins that hold at least ten units, and the share of gone ones in them."""
    depth, gone = (np.asarray(v, dtype=float).ravel() for v in (depth, gone))
    count, _ = np.histogram(depth, edges)
    lost, _ = np.histogram(depth, edges, weights=gone)
    full = count >= 10
    return ((edges[1:] + edges[:-1]) / 2)[full], lost[full] / count[full]


@plotting.styled
def maps(excess: dict[str, pd.DataFrame], level: float) -> HTML:
    """What overlap adds to the share outside, a panel an optimiser, with the boundary at `level`.

    excess: "optimiser, by row" → a table with a column an initial slope; what is not a number was
    not trained.
    """
    figures, words = [], []
    for title, table in excess.items():
        figure, ax = plotting.panel(2.9, 2.7)
        for (row, column), value in np.ndenumerate(table.to_numpy()):
            if np.isnan(value):
                continue
            box = (column - 0.5, row - 0.5), 1, 1
            ax.add_patch(Rectangle(*box, color=plotting.OVERLAP, alpha=0.5 * max(value, 0) / 0.8,
                                   lw=0))  # fmt: skip
            text = f"{100 * value:.0f}".replace("-", "−" if value <= -0.005 else "")
            ax.text(column, row, text, ha="center", va="center", fontsize=9)
        for line in _boundary(table.to_numpy(), level):
            ax.plot(*line, color=plotting.INK, lw=2, solid_capstyle="round")
        ax.set(title=title, xlim=(-0.5, table.shape[1] - 0.5), ylim=(-0.5, len(table) - 0.5),
               xticks=range(table.shape[1]), xticklabels=[f"{w:g}" for w in table],
               yticks=range(len(table)), yticklabels=[f"{value:g}" for value in table.index],
               xlabel="initial slope", ylabel=title.rpartition(" ")[2])  # fmt: skip
        ax.tick_params(left=False, bottom=False)
        figures.append(figure)
        trained = table.stack().dropna()
        (row, wide), (_, steep) = trained.idxmax(), trained.index[-1]
        words.append(
            f"{title}: percentage points that overlap adds to the share outside. Most, "
            f"{table.max().max():.0%}, at slope {wide:g} in the row {row:g}; at the steepest "
            f"start, slope {steep:g}, at most {table[steep].max():.1%}."
        )
    return plotting.show(*figures, alt=words)


def _boundary(values: np.ndarray, level: float) -> list:
    """The edges between trained cells at or above a level and others: pairs ([x, x], [y, y])."""
    lines = []
    for (row, column), here in np.ndenumerate(values):
        for other, line in (
            ((row, column + 1), ([column + 0.5] * 2, [row - 0.5, row + 0.5])),
            ((row + 1, column), ([column - 0.5, column + 0.5], [row + 0.5] * 2)),
        ):
            if other[0] < len(values) and other[1] < values.shape[1]:
                there = values[other]
                if not np.isnan([here, there]).any() and (here >= level) != (there >= level):
                    lines.append(line)
    return lines


@plotting.styled
def accounts(net: model.Parameters, inputs: torch.Tensor, bill: dict) -> HTML:
    """The responses of one network after training with overlap, and what overlap costs.

    net: a stack, of which the first is drawn; inputs: (nets, samples, 1); bill: {state: (costs
    (nets,), share outside)}.
    """
    grid = torch.linspace(-5, 5, 400)[None, :, None]
    first = model.Parameters(*(tensor[:1].detach() for tensor in net))
    curves = model.respond(first, grid)[0]
    away = hull.hull_distance(model.prototypes(first), inputs[:1])[0] > hull.TOLERANCE
    left, ax = plotting.panel(3.6, 3.0)
    plotting.shade_hull(ax, inputs[0].min().item(), inputs[0].max().item(), label=False)
    for chosen, colour, dash, label in (
        (away, plotting.OVERLAP, (0, (4, 1.5)), "prototype outside"),
        (~away, plotting.INK, "-", "inside"),
    ):
        lines = ax.plot(grid[0, ::4, 0], curves[::4, chosen][:, ::3], color=colour, ls=dash,
                        lw=0.7, alpha=0.6)  # fmt: skip
        if lines:
            lines[0].set_label(label)
    ax.set(xlim=(-5, 5), ylim=(0, 1.35), xlabel="input x", ylabel="response")
    ax.legend(loc="upper left", ncols=2, fontsize=8)
    right, ax = plotting.panel(3.9, 3.0)
    cost = {name: float(values.mean()) for name, (values, _) in bill.items()}
    for k, (values, out) in enumerate(bill.values()):
        plotting.plot_dots(values, [k] * len(values), ax=ax, colour=plotting.INK, size=6.0)
        ax.text(1.02, k, f"{out:.0%} out", transform=ax.get_yaxis_transform(), va="center")
    ax.set(yticks=range(len(bill)), yticklabels=list(bill), ylim=(len(bill) - 0.4, -0.6),
           xscale="log", xlabel="λ · overlap (infimum: 0)")  # fmt: skip
    ax.grid(axis="y", color=plotting.FAINT, lw=0.6)
    ax.set_axisbelow(True)
    return plotting.show(
        left, right,
        alt=[f"Response curves of {curves.shape[1]} units after training with overlap: a comb of "
             f"narrow bumps inside the hull, and {int(away.sum())} units whose top lies outside.",
             f"λ times overlap in {len(bill)} states, and the share outside in each: "
             + "; ".join(f"{k} {cost[k]:.1g} ({out:.0%} out)" for k, (_, out) in bill.items())
             + "."],
    )  # fmt: skip
