"""Figures of `expulsion`: where a hundred prototypes end, what became of their units, and why."""

import numpy as np
import pandas as pd
import torch
from IPython.display import HTML

from protolib import claims, hull, model, plotting
from protolib.masks import mask_name

# What became of a unit: grey for those inside, dark for those outside; and a hatch.
FATES = {
    "inside, wide": (plotting.PAPER, ""),
    "inside, narrow": (plotting.FAINT, "////"),
    "inside, silent": (plotting.FAINT, ""),
    "outside, heard": (plotting.MUTED, r"\\\\"),
    "outside, silent": (plotting.MUTED, ""),
}


@plotting.styled
def ends(places: dict, share: dict) -> HTML:
    """Where prototypes ended, a row a mask, each labelled with its share outside.

    places: {mask: (nets, units)}; share: {mask: in [0, 1]}.
    """
    figure, ax = plotting.panel(4.8, 3.7)
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
        xlabel="prototype p (logarithmic beyond ±1.5)",
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
def departures(steps, distance: dict) -> HTML:
    """How far out prototypes are on average during training, masks without and with overlap.

    steps: (frames,); distance: {mask: (nets, frames)}.
    """
    figures, words = [], []
    for active, title in enumerate(("without overlap", "with overlap")):
        figure, ax = plotting.panel(3.7, 3.1)
        last = {}
        for mask in (mask for mask in distance if mask.overlap == active):
            look = plotting.LOOKS[mask]
            plotting.plot_band(steps, distance[mask], ax=ax, colour=look.colour, marker="",
                               dash=look.dash, label=mask_name(mask))  # fmt: skip
            last[mask_name(mask)] = np.median(np.asarray(distance[mask])[:, -1])
        ax.set(title=title, xlabel="step", ylabel="mean distance outside (ideal: 0)",
               yscale="log", ylim=(1e-3, 10), xlim=(0, steps[-1]))  # fmt: skip
        ax.legend(loc="lower right", fontsize=8)
        figures.append(figure)
        low, high = min(last, key=last.get), max(last, key=last.get)
        words.append(
            f"Mean distance outside the hull against training step, {title}: it ends between "
            f"{last[low]:.2g} ({low}) and {last[high]:.2g} ({high})."
        )
    return plotting.show(*figures, alt=words)


@plotting.styled
def equivalence(table: pd.DataFrame, within: dict, margin: float) -> HTML:
    """What is lost of the fit at N = 100, and what overlap changes of R² at every size.

    table: runs as from `sweep.run`; within: {N: {mask without overlap: `claims.Interval`}}.
    """
    left, ax = plotting.panel(3.7, 3.2)
    lost = 1 - table[table.n == 100].fit_r2
    active = table[table.n == 100].overlap == 1
    for own, colour, dash, label in (
        (lost[~active], plotting.INK, "-", "without overlap"),
        (lost[active], plotting.OVERLAP, (0, (4, 1.5)), "with overlap"),
    ):
        ax.plot(np.sort(own), np.linspace(0, 1, len(own)), color=colour, ls=dash, label=label)
    ax.axvline(margin, color=plotting.MUTED, ls=":", label="margin")
    ax.set(xscale="log", xlim=(1e-9, 1), title="N = 100", ylabel="share of runs below",
           xlabel="1 − R² (ideal: 0; the mean's fit: 1)")  # fmt: skip
    ax.legend(loc="upper left", fontsize=8)
    right, ax = plotting.panel(3.7, 3.2)
    for k, found in enumerate(within.values()):
        for j, (mask, i) in enumerate(found.items()):
            look, row = plotting.LOOKS[mask], k + 0.16 * (j - 1.5)
            ax.plot([i.low, i.high], [row, row], color=look.colour, lw=1.4)
            ax.plot(i.estimate, row, look.marker, color=look.colour, mfc=look.fill, ms=4)
    ax.axvspan(-margin, margin, color=plotting.HULL, lw=0)
    ax.axvline(0, color=plotting.MUTED, lw=0.8)
    ax.set_xscale("symlog", linthresh=margin)
    ax.set(yticks=range(len(within)), yticklabels=[f"N = {n}" for n in within],
           ylim=(len(within) - 0.4, -0.6), xlabel="R² with overlap − R² without",
           xticks=[-0.1, -0.01, 0, 0.01], xticklabels=["−.1", "−.01", "0", ".01"])  # fmt: skip
    fits = {n: [-margin < i.low and i.high < margin for i in f.values()] for n, f in within.items()}
    wide = ", ".join(f"N = {n}" for n, inside in fits.items() if not all(inside))
    return plotting.show(
        left, right,
        alt=["How much of the fit is lost at N = 100, as the share of runs that lose less. "
             f"{(lost < margin).mean():.0%} of all runs lose less than the margin, "
             f"{(lost[active] < margin).mean():.0%} of those with overlap.",
             f"Intervals of what overlap changes of R²: {sum(map(sum, fits.values()))} of "
             f"{sum(map(len, fits.values()))} lie within the margin; those that do not are at "
             f"{wide or 'no size'}."],
    )  # fmt: skip


@plotting.styled
def fates(census: dict) -> HTML:
    """Shares of units by what became of them, a bar a mask: {mask: {fate: share}}."""
    figure, ax = plotting.panel(4.8, 3.6)
    left, names = np.zeros(len(census)), [mask_name(mask) for mask in census]
    for fate, (colour, hatch) in FATES.items():
        width = np.array([row[fate] for row in census.values()])
        ax.barh(range(len(census)), width, left=left, color=colour, hatch=hatch, height=0.75,
                edgecolor=plotting.INK, lw=0.5, label=fate)  # fmt: skip
        left += width
    ax.set(yticks=range(len(census)), yticklabels=names, ylim=(len(census) - 0.4, -0.6),
           xlim=(0, 1), xlabel="share of units")  # fmt: skip
    figure.legend(loc="outside upper right", ncols=3, columnspacing=1, handlelength=1.6)
    fate, base = census[claims.OVERLAP], census[claims.BASELINE]
    return plotting.show(
        figure,
        alt="Stacked bars of what became of units, a bar a mask. Under overlap alone "
        f"{fate['outside, heard'] + fate['outside, silent']:.0%} are outside and "
        f"{fate['inside, narrow']:.0%} inside and narrow; inside and wide are "
        f"{fate['inside, wide']:.0%}, in the baseline {base['inside, wide']:.0%}.",
    )


@plotting.styled
def accounts(net: model.Parameters, inputs: torch.Tensor, bill: dict) -> HTML:
    """The responses of one network after training with overlap, and what overlap costs.

    net: a stack, of which the first is drawn; inputs: (nets, samples, 1); bill: {state: (nets,)}.
    """
    grid = torch.linspace(-5, 5, 400)[None, :, None]
    first = model.Parameters(*(tensor[:1].detach() for tensor in net))
    curves = model.respond(first, grid)[0]
    away = hull.hull_distance(model.prototypes(first), inputs[:1])[0] > hull.TOLERANCE
    left, ax = plotting.panel(3.7, 3.0)
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
    right, ax = plotting.panel(3.7, 3.0)
    cost = {name: float(values.mean()) for name, values in bill.items()}
    ax.barh(range(len(bill)), cost.values(), color=plotting.FAINT, edgecolor=plotting.INK, lw=0.5)
    for k, values in enumerate(bill.values()):
        plotting.plot_dots(values, [k] * len(values), ax=ax, colour=plotting.INK, size=4.0)
    ax.set(yticks=range(len(bill)), yticklabels=list(bill), ylim=(len(bill) - 0.4, -0.6),
           xlabel="λ · overlap (ideal: 0)")  # fmt: skip
    cheapest = min(cost, key=cost.get)
    return plotting.show(
        left, right,
        alt=[f"Response curves of {curves.shape[1]} units after training with overlap: a comb of "
             f"narrow bumps inside the hull, and {int(away.sum())} units whose top lies outside.",
             f"λ times overlap in {len(bill)} states. The cheapest is “{cheapest}” "
             f"({cost[cheapest]:.2g}); the others cost "
             + ", ".join(f"{v:.2g} ({k})" for k, v in cost.items() if k != cheapest) + "."],
    )  # fmt: skip
