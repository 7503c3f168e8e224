"""Figures of `expulsion`: where a hundred prototypes end, what it costs, who leaves, and when."""

import numpy as np
import pandas as pd
import torch
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from protolib import hull, model, plotting
from protolib.masks import mask_name

MARKERS = "osD^P"
BREAK = {False: " ", True: "\n"}  # where a headline turns on a phone


@plotting.styled
def ends(places: dict, share: dict) -> HTML:
    """Where prototypes ended, a row a mask, the emptiest hull first, with the share outside.

    places: {mask: (nets, units)}; share: {mask: in [0, 1]}.
    """
    order = sorted(places, key=lambda mask: -share[mask])
    farthest = max(float(np.abs(np.asarray(p)).max()) for p in places.values())
    by_overlap = [[share[m] for m in places if m.overlap == on] for on in (1, 0)]
    spans = [f"{100 * min(part):.0f} to {max(part):.0%}" for part in by_overlap]

    def draw(figure: Figure, phone: bool) -> None:
        ax = figure.subplots()
        plotting.shade_hull(ax, -1.0, 1.0)
        for k, mask in enumerate(order):
            p = np.asarray(places[mask])[: 1 if phone else None].ravel()
            scatter = 0.6 * (np.arange(len(p)) * 0.618034 % 1 - 0.5)  # evenly, each time the same
            plotting.plot_dots(p, k + scatter, ax=ax, colour=plotting.LOOKS[mask].colour, size=2.2)
            ax.text(1.01, k, f"{share[mask]:.0%}", transform=ax.get_yaxis_transform(), va="center")
        ax.text(1.01, -0.8, "out", transform=ax.get_yaxis_transform(), color=plotting.MUTED)
        ax.text(0, -0.8, "hull", ha="center", color=plotting.MUTED)
        ax.set_xscale("symlog", linthresh=1.5, linscale=1.5)
        ax.set(
            yticks=range(len(order)), ylim=(len(order) - 0.4, -0.6),
            yticklabels=[mask_name(m).replace(" + ", " +\n" if phone else " + ") for m in order],
            xlim=(-1.3 * farthest, 1.3 * farthest),
            xticks=[-10, -1, 0, 1, 10], xticklabels=["−10", "−1", "0", "1", "10"],
            xlabel="prototype p (log beyond ±1.5)",
        )  # fmt: skip
        ax.tick_params(left=False)
        plotting.headline(figure, f"With overlap {spans[0]} end outside,{BREAK[phone]}"
                          f"without it {spans[1]}")  # fmt: skip

    most = order[0]
    return plotting.both(
        draw, (8.6, 3.7), (3.6, 4.4),
        "Positions of prototypes under each mask, and the hull. Outside are "
        f"{min(by_overlap[0]):.0%} to {max(by_overlap[0]):.0%} with overlap and "
        f"{min(by_overlap[1]):.0%} to {max(by_overlap[1]):.0%} without; most under "
        f"{mask_name(most)}. The farthest stands at a distance of {farthest:.0f} from the middle.",
    )  # fmt: skip


@plotting.styled
def leavers(left: dict, alone: tuple, response) -> HTML:
    """The share of units that left, by how deep inside they began: as it is, and in widths.

    left: {slope: (depths in widths (nets, units), gone (nets, units))}, trained with overlap;
    alone: slope, and depths and gone of the same starts trained without; response: of a unit, at
    so many widths.
    """
    near, deep = [], []
    for depth, gone in left.values():
        depth, gone = np.asarray(depth), np.asarray(gone)
        near.append(gone[(depth >= 0) & (depth < 0.5)].mean())
        deep.append(gone[depth > 2].mean() if (depth > 2).any() else 0.0)

    edges, (first, *base) = np.arange(0, 4.1, 0.5), alone
    close = "fall near" if max(near) - min(near) < 0.2 and max(deep) < 0.1 else "come closer to"

    def curves(ax: Axes, unit) -> None:
        """A curve a slope; unit: of the x axis, in widths."""
        for k, (slope, (depth, gone)) in enumerate(left.items()):
            middle, share = _by_bin(depth, gone, edges)
            ax.plot(middle / unit(slope), share, marker=MARKERS[k], color=plotting.OVERLAP, ms=4.5,
                    lw=1.1, alpha=0.4 + 0.6 * (k + 1) / len(left))  # fmt: skip
        middle, share = _by_bin(*base, edges)
        ax.plot(middle / unit(first), share, color=plotting.INK, ls=(0, (4, 1.5)))

    def draw(figure: Figure, phone: bool) -> None:
        plain, scaled = figure.subplots(2 if phone else 1, 1 if phone else 2, sharey=True)
        curves(plain, lambda slope: slope)
        for k, (slope, (depth, gone)) in enumerate(left.items()):  # named where it comes down
            middle, share = _by_bin(depth, gone, edges)
            height = 0.3 if k < 2 else 0.58
            down = np.interp(height, share[::-1], middle[::-1]) / slope
            name = "slope " * (slope == first) + f"{slope:g}"
            plain.text(down + 0.02, height + 0.02, name, va="center")
        plain.text(0.85, 0.05, "no overlap")
        plain.set(xlim=(0, 1), ylim=(0, 1.03), ylabel="share that left",
                  xlabel="distance from the rim at the start",
                  title="By distance, each slope has its curve")  # fmt: skip
        z = np.linspace(0, 4, 100)
        scaled.fill_between(z, response(z), color=plotting.HULL, lw=0)
        curves(scaled, lambda slope: 1)
        scaled.text(1.9, 0.8, "shaded: a unit’s response\nat the rim")
        scaled.set(xlim=(0, 4), xlabel="the same distance in widths, 1/w",
                   title=f"In widths, they {close} one")  # fmt: skip
        if phone:
            scaled.set_ylabel("share that left")

    return plotting.both(
        draw, (8.6, 3.2), (3.6, 5.4),
        "Share of units that end outside against their distance from the rim at the start, in "
        f"units of their own width, for {len(left)} slopes. The curves {close} one: of "
        f"those within half a width {min(near):.0%} to {max(near):.0%} leave, of those deeper than "
        f"two widths at most {max(deep):.0%}. They follow a unit's response at the rim.",
    )  # fmt: skip


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
    words = []

    def panel(ax: Axes, title: str, table: pd.DataFrame) -> None:
        plotting.plot_cells(table.to_numpy(), ax=ax, colour=plotting.OVERLAP)
        for line in _boundary(table.to_numpy(), level):
            ax.plot(*line, color=plotting.INK, lw=2, solid_capstyle="round")
        ax.set_box_aspect(0.95 * len(table) / table.shape[1])
        ax.set_anchor("S")
        ax.set(title=title, xticks=range(table.shape[1]),
               xticklabels=[f"{w:g}" for w in table], yticks=range(len(table)),
               yticklabels=[f"{value:g}" for value in table.index],
               ylabel=title.rpartition(" ")[2])  # fmt: skip
        ax.spines[:].set_visible(False)

    def draw(figure: Figure, phone: bool) -> None:
        columns, rows = (1, len(excess)) if phone else (len(excess), 1)
        for ax, (title, table) in zip(figure.subplots(rows, columns), excess.items()):
            panel(ax, title, table)
        figure.supxlabel("initial slope", fontsize=9.5)
        plotting.headline(figure, f"Overlap expels from wide starts;{BREAK[phone]}"
                          f"from slope {steep:g} at most {100 * most:.1f} points")  # fmt: skip

    for title, table in excess.items():
        trained = table.stack().dropna()
        (row, wide), (_, last) = trained.idxmax(), trained.index[-1]
        words.append(
            f"{title}: percentage points that overlap adds to the share outside. Most, "
            f"{table.max().max():.0%}, at slope {wide:g} in the row {row:g}; at the steepest "
            f"start, slope {last:g}, at most {table[last].max():.1%}."
        )
    steep = max(table.columns[-1] for table in excess.values())
    most = max(table[steep].max() for table in excess.values())
    return plotting.both(draw, (8.6, 2.75), (3.6, 6.8), " ".join(words))


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
    cost = {name: float(values.mean()) for name, (values, _) in bill.items()}
    cheapest = min(cost, key=cost.get)
    steep = first.slope[0].abs()
    wide, narrow = steep[away].median().item(), steep[~away].median().item()

    def responses(ax: Axes) -> None:
        low, high = inputs[0].min().item(), inputs[0].max().item()
        plotting.shade_hull(ax, low, high, label=False)
        for chosen, colour, dash in (
            (away, plotting.OVERLAP, (0, (4, 1.5))),
            (~away, plotting.INK, "-"),
        ):
            for h in curves[::5, chosen].T[::3]:
                seen = h > 0.004  # no more of a curve than can be seen
                ax.plot(grid[0, ::5, 0][seen], h[seen], color=colour, ls=dash, lw=0.7, alpha=0.6)
        for x, word in ((-3.2, "outside"), (0, "inside"), (3.2, "outside")):
            ax.text(x, 1.06, word, ha="center")
        ax.set(xlim=(-5, 5), ylim=(0, 1.18), xlabel="input x (shaded: hull)", ylabel="response",
               title="Narrow bumps inside, wide ones outside" if wide < narrow else
               "Bumps inside and outside")  # fmt: skip

    def costs(ax: Axes) -> None:
        for k, (values, out) in enumerate(bill.values()):
            plotting.plot_dots(values, [k] * len(values), ax=ax, colour=plotting.INK, size=6.0)
            ax.text(1.02, k, f"{out:.0%}", transform=ax.get_yaxis_transform(), va="center")
        ax.text(1.02, -0.02, "out", transform=ax.transAxes, va="top", color=plotting.MUTED)
        ax.set(yticks=range(len(bill)), yticklabels=list(bill), ylim=(len(bill) - 0.4, -0.6),
               xscale="log", xlabel="λ · overlap (infimum: 0)",
               title=f"The cheapest has {bill[cheapest][1]:.0%} outside")  # fmt: skip
        ax.grid(axis="y", color=plotting.FAINT, lw=0.6)
        ax.set_axisbelow(True)
        ax.tick_params(left=False)

    def draw(figure: Figure, phone: bool) -> None:
        one, other = figure.subplots(2 if phone else 1, 1 if phone else 2)
        responses(one)
        costs(other)

    return plotting.both(
        draw, (8.6, 3.2), (3.6, 5.8),
        f"Response curves of {curves.shape[1]} units after training with overlap: a comb of "
        f"narrow bumps inside the hull, and {int(away.sum())} units whose top lies outside. "
        f"λ times overlap in {len(bill)} states, and the share outside in each: "
        + "; ".join(f"{k} {cost[k]:.1g} ({out:.0%} out)" for k, (_, out) in bill.items())
        + ".",
    )  # fmt: skip
