"""The figures of the chapter on the network."""

import torch
from IPython.display import HTML
from jaxtyping import Float
from torch import Tensor

from protolib import matching, model, plotting


@plotting.styled
def widths(units: model.Parameters) -> HTML:
    """The responses of one network's three units, which share a prototype, widest first."""
    figure, ax = plotting.panel(4.4, 2.4)
    plotting.plot_responses(units, ax=ax)
    slopes, p = units.slope[0], model.prototypes(units)[0, 0, 0]
    for w, height, side in zip(slopes, (0.42, 0.25, 0.45), (-1, -1, 1)):  # clear of all curves
        x = p + side * torch.sqrt(-torch.tensor(height).log()) / w
        ax.annotate(
            f"w = {w:g}", (x, height), textcoords="offset points", xytext=(4 * side, 3),
            ha="left" if side > 0 else "right",
        )  # fmt: skip
    wide = ", ".join(f"{1 / abs(w):.2g} for w = {w:g}" for w in slopes)
    words = (
        f"Bell curves with the same peak at x = {p:g}. They fall to 1/e at a distance of {wide}."
    )
    return plotting.show(figure, alt=words)


@plotting.styled
def fit_and_units(
    trained: model.Parameters,
    x: Float[Tensor, "1 samples 1"],
    y: Float[Tensor, "1 samples"],
) -> HTML:
    """What a network computes, and the responses of its units above its samples."""
    left, ax = plotting.panel(3.4, 2.6)
    plotting.plot_fit(trained, x, y, ax=ax).legend(loc="lower right")
    right, ax = plotting.panel(3.4, 2.6)
    plotting.plot_responses(trained, ax=ax)
    ax.plot(x[0, :, 0], 0 * x[0, :, 0], "o", color=plotting.INK, clip_on=False, ms=4)
    miss = (model.predict(trained, x) - y).abs().max().item()
    error = matching.reconstruction_error(model.prototypes(trained), x).item()
    words = [
        f"The network's output passes through all {x.shape[1]} samples; it misses none by more "
        f"than {miss:.1g}.",
        f"{x.shape[1]} response curves of different widths. Their peaks, marked by triangles on "
        "top, do not stand above the samples, marked by dots on the x axis: after the best "
        f"matching, a peak is {error:.2f} away from its sample on average.",
    ]
    return plotting.show(left, right, alt=words)


@plotting.styled
def starts(
    p: Float[Tensor, "starts units 1"], x: Float[Tensor, "1 samples 1"], *, reach: float = 1.9
) -> HTML:
    """The prototypes of networks trained from different starts, a row each, under the samples."""
    count, rows = x.shape[1], len(p)
    figure, ax = plotting.panel(4.4, 2.9)
    for r in range(rows):
        ax.plot(p[r, :, 0], torch.full((p.shape[1],), -r - 1.0), "v", color=plotting.INK, ms=5)
    ax.vlines(x[0, :, 0], -rows - 0.5, 0, color=plotting.FAINT, lw=0.8, zorder=0)
    ax.plot(x[0, :, 0], torch.zeros(count), "o", color=plotting.INK, ms=5)
    ax.set(xlim=(-reach, reach), yticks=[0, *range(-rows, 0)], xlabel="input x")
    ax.set_yticklabels(["samples", *(f"start {rows - k}" for k in range(rows))])
    near = ((p - x.mT).abs().amin(1) < 0.05).sum(1)  # samples with a prototype at hand
    far = int((p.abs() > reach).sum())
    words = (
        f"The {count} samples on top, below them the prototypes of {rows} networks. In no row do "
        f"they line up with the samples: {near.min()} to {near.max()} of {count} samples have a "
        f"prototype within 0.05."
    )
    if far:
        words += f" {far} prototypes lie outside the picture."
    return plotting.show(figure, alt=words)


@plotting.styled
def same_values(one: model.Parameters, other: model.Parameters, x: Float[Tensor, "1 n 1"]) -> HTML:
    """Two networks of the same values at all samples x: what they compute, and their prototypes."""
    figure, ax = plotting.panel(4.4, 2.9)
    line = torch.linspace(-1, 1, 401, dtype=x.dtype)[None, :, None]
    outputs = [model.predict(net, line)[0] for net in (one, other)]
    floor = min(output.min().item() for output in outputs) - 0.25
    for net, output, colour, dash, fill, name in (
        (one, outputs[0], plotting.COVERAGE, "-", plotting.COVERAGE, "at the samples"),
        (other, outputs[1], plotting.OVERLAP, "--", plotting.PAPER, "elsewhere"),
    ):
        ax.plot(line[0, :, 0], output, dash, color=colour)
        p = model.prototypes(net)[0, :, 0]
        ax.plot(p, torch.full_like(p, floor), "v", color=colour, mfc=fill, ms=7,
                label=f"prototypes {name}")  # fmt: skip
    y = model.predict(one, x)[0]
    ax.plot(x[0, :, 0], y, "o", color=plotting.INK, ms=5, label="samples")
    ax.set(xlabel="input x", ylabel="output")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper left", ncols=3,
                  columnspacing=1.0, handletextpad=0.3)  # fmt: skip
    inside = (line[0, :, 0] >= x.min()) & (line[0, :, 0] <= x.max())
    miss = (model.predict(other, x)[0] - y).abs().max().item()
    apart = (outputs[0] - outputs[1])[inside].abs().max().item()
    words = (
        f"The outputs of two networks with different prototypes: at the {x.shape[1]} samples they "
        f"differ by less than {max(miss, 1e-9):.0e}, between them by up to {apart:.2f}."
    )
    return plotting.show(figure, alt=words)
