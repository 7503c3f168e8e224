"""The figures of the chapter on the network."""

import torch
from IPython.display import HTML
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from protolib import matching, model, plotting

NEAR = 0.05  # a prototype is at hand of a sample


@plotting.styled
def widths(units: model.Parameters) -> HTML:
    """The responses of one network's three units, which share a prototype, widest first."""
    slopes, p = units.slope[0], model.prototypes(units)[0, 0, 0].item()
    level = torch.exp(torch.tensor(-1.0)).item()

    def sheet(width: float) -> Figure:
        figure, ax = plotting.panel(width, 2.3)
        plotting.plot_responses(units, ax=ax, reach=2.4)
        ax.axhline(level, color=plotting.FAINT, lw=0.8, zorder=0)
        for k, w in enumerate(sorted(slopes.tolist(), reverse=True)):
            x = p + 1 / abs(w)
            ax.plot(x, level, "o", color=plotting.INK, ms=4)
            name, step = (f"w = {w:g}", (5, -11)) if k == 0 else (f"{w:g}", (4, 3))
            ax.annotate(name, (x, level), step, textcoords="offset points")
        ax.plot([p, p], [0, 1], color=plotting.FAINT, lw=0.8, zorder=0)
        ax.text(p, 1.18, "prototype p", ha="center", fontsize=9)
        ax.set(yticks=[0, level, 1], yticklabels=["0", "1/e", "1"], ylim=(0, 1.3),
               xlim=(-1.4, 2.4))  # fmt: skip
        return figure

    wide = ", ".join(f"{1 / abs(w):.2g} for w = {w:g}" for w in slopes)
    words = (
        f"Bell curves with the same peak at x = {p:g}. They fall to 1/e at a distance of {wide}."
    )
    return plotting.show(sheet(6.6), phone=[sheet(3.6)], alt=words)


@plotting.styled
def fit_and_units(
    trained: model.Parameters,
    x: Float[Tensor, "1 samples 1"],
    y: Float[Tensor, "1 samples"],
) -> HTML:
    """What a network computes, and below it the responses of its units; samples run through."""
    count = x.shape[1]
    miss = (model.predict(trained, x) - y).abs().max().item()
    error = matching.reconstruction_error(model.prototypes(trained), x).item()

    def sheet(width: float) -> Figure:
        figure = Figure(figsize=(width, 3.9))
        above, below = figure.subplots(2, 1, sharex=True)
        plotting.plot_fit(trained, x, y, ax=above)
        title = f"The output misses no sample by more than {miss:.1g} …"
        above.set(title=plotting.broken(title, width - 0.8), xlabel="")
        plotting.plot_responses(trained, ax=below)
        below.plot(x[0, :, 0], 0 * x[0, :, 0], "o", color=plotting.INK, clip_on=False, ms=4)
        title = f"… the prototypes (triangles) miss theirs by {error:.2f} on average"
        below.set(title=plotting.broken(title, width - 0.8), ylabel="responses", yticks=[0, 1])
        for ax in (above, below):
            for place in x[0, :, 0].tolist():
                ax.axvline(place, color=plotting.FAINT, lw=0.8, zorder=0)
        return figure

    words = (
        f"Above, the network's output passes through all {count} samples; it misses none by more "
        f"than {miss:.1g}. Below, {count} response curves of different widths: their peaks, marked "
        f"by triangles, do not stand over the samples. After the best matching, a peak is "
        f"{error:.2f} away from its sample on average."
    )
    return plotting.show(sheet(6.6), phone=[sheet(3.6)], alt=words)


@plotting.styled
def starts(
    p: Float[Tensor, "starts units 1"], x: Float[Tensor, "1 samples 1"], *, reach: float = 1.6
) -> HTML:
    """The prototypes of networks trained from different starts, a row each, under the samples."""
    count, rows = x.shape[1], len(p)
    gap = (p - x.mT).abs()  # (starts, units, samples)
    met, at_hand = (gap.amin(1) < NEAR).sum(1), gap.amin(2) < NEAR

    def sheet(width: float) -> Figure:
        figure, ax = plotting.panel(width, 2.9)
        ax.vlines(x[0, :, 0], -rows - 0.5, 0, color=plotting.FAINT, lw=0.8, zorder=0)
        for r in range(rows):
            ax.plot(p[r, :, 0], torch.full((p.shape[1],), -r - 1.0), "v", color=plotting.INK,
                    mfc=plotting.PAPER, ms=5)  # fmt: skip
            hit = p[r, at_hand[r], 0]
            ax.plot(hit, torch.full_like(hit, -r - 1.0), "v", color=plotting.INK, ms=5)
            ax.text(1.02, -r - 1, f"{met[r]}", transform=ax.get_yaxis_transform(), va="center")
        ax.plot(x[0, :, 0], torch.zeros(count), "o", color=plotting.INK, ms=5)
        ax.text(1.02, 0, "met", transform=ax.get_yaxis_transform(), va="center")
        ax.set(xlim=(-reach, reach), yticks=[0, *range(-rows, 0)], xlabel="input x")
        ax.set_yticklabels(["samples", *(f"start {rows - k}" for k in range(rows))])
        ax.tick_params(left=False)
        ax.spines["left"].set_visible(False)
        ax.set_title(f"No start meets more than {met.max()} of the {count} samples")
        return figure

    far = int((p.abs() > reach).sum())
    words = (
        f"The {count} samples on top, below them the prototypes of {rows} networks. In no row do "
        f"they line up with the samples: {met.min()} to {met.max()} of {count} samples have a "
        f"prototype within {NEAR}."
    )
    if far:
        words += f" {far} prototypes lie outside the picture."
    return plotting.show(sheet(6.6), phone=[sheet(3.6)], alt=words)


@plotting.styled
def same_values(one: model.Parameters, other: model.Parameters, x: Float[Tensor, "1 n 1"]) -> HTML:
    """Two networks of the same values at all samples x: what they compute, and their prototypes."""
    line = torch.linspace(-1, 1, 401, dtype=x.dtype)[None, :, None]
    outputs = [model.predict(net, line)[0] for net in (one, other)]
    inside = (line[0, :, 0] >= x.min()) & (line[0, :, 0] <= x.max())
    miss = (model.predict(other, x)[0] - model.predict(one, x)[0]).abs().max().item()
    apart = (outputs[0] - outputs[1])[inside].abs().max().item()
    looks = (("-", plotting.INK, plotting.INK), ("--", plotting.MUTED, plotting.PAPER))

    def sheet(width: float) -> Figure:
        figure = Figure(figsize=(width, 3.2))
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
        for k, (net, output, (dash, colour, fill)) in enumerate(zip((one, other), outputs, looks)):
            above.plot(line[0, :, 0], output, dash, color=colour)
            p = model.prototypes(net)[0, :, 0]
            below.plot(p, torch.full_like(p, -k), "v", color=colour, mfc=fill, ms=7)
        above.plot(x[0, :, 0], model.predict(one, x)[0], "o", color=plotting.INK, ms=5)
        for place in x[0, :, 0].tolist():
            for ax in (above, below):
                ax.axvline(place, color=plotting.FAINT, lw=0.8, zorder=0)
        title = f"Equal at the samples, up to {apart:.2f} apart between them"
        above.set(title=plotting.broken(title, width - 1.2), ylabel="output")
        below.set(yticks=[0, -1], yticklabels=["prototypes of one", "of the other"],
                  ylim=(-1.6, 0.6), xlabel="input x")  # fmt: skip
        below.tick_params(left=False)
        below.spines["left"].set_visible(False)
        return figure

    words = (
        f"The outputs of two networks with different prototypes: at the {x.shape[1]} samples they "
        f"differ by less than {max(miss, 1e-9):.0e}, between them by up to {apart:.2f}."
    )
    return plotting.show(sheet(6.6), phone=[sheet(3.6)], alt=words)
