"""The figures of the chapter `bridge`."""

from collections.abc import Mapping, Sequence

import torch
from IPython.display import HTML
from jaxtyping import Float
from matplotlib.axes import Axes
from torch import Tensor

from protolib import plotting
from protolib.plotting import ALL, COVERAGE, FAINT, HULL, INK, MUTED, OVERLAP, SEPARATION

Curves = Float[Tensor, "nets frames"]

SHORT, LONG = (0, (4, 1.5)), (0, (5, 1.5))
ATTRACTORS = {
    "none": (SEPARATION, "-", "no attractor"),
    "coverage": (COVERAGE, SHORT, "coverage"),
    "same kernel": (ALL, "-", "same kernel"),
}
NORMS = {"free": (SEPARATION, "-", "free norms"), "unit": (ALL, LONG, "unit norm")}


def _mean(values: Tensor, digits: int = 2) -> str:
    return f"{values.double().mean():.{digits}f}"


def _lines(ax: Axes, steps: int, values: Curves, look: tuple) -> None:
    """A line a world against the step, one label for all."""
    colour, dash, name = look
    x = torch.linspace(0, steps, values.shape[1])
    for k, run in enumerate(values):
        ax.plot(x, run, color=colour, ls=dash, lw=1.3, label=None if k else name)


def _level(ax: Axes, y: float | int, word: str, side: str = "right", dots: bool = False) -> None:
    """A grey line at y with its word: dotted for chance, thin for the ideal."""
    ax.axhline(y, color=MUTED, **({"ls": ":", "lw": 1.4} if dots else {"lw": 0.8}))
    right = side == "right"
    ax.annotate(
        word, (float(right), y), xycoords=("axes fraction", "data"), fontsize=7.5, color=MUTED,
        xytext=(-2 if right else 2, 2), textcoords="offset points", ha=side,
    )  # fmt: skip


def _plane(title: str) -> tuple:
    figure, ax = plotting.panel(2.9, 2.8)
    ax.set(title=title, xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.set_aspect("equal", adjustable="datalim")
    return figure, ax


def _atoms(ax: Axes, path: Float[Tensor, "frames 2 atoms"], colour: str) -> None:
    """Atoms on their way from the unit circle (open) to where they end."""
    turn = torch.linspace(0, 2 * torch.pi, 100)
    ax.plot(turn.cos(), turn.sin(), color=FAINT, lw=0.9)
    for atom in path.unbind(-1):
        ax.plot(*atom.T, color=colour, lw=1.1)
    ax.plot(0, 0, "+", color=MUTED, ms=9)
    ax.plot(*path[0], "o", color=INK, mfc="none", ms=5)
    ax.plot(*path[-1], "D", color=colour, ms=5)


@plotting.styled
def plane(
    samples: Float[Tensor, "1 samples 2"],
    leaving: Float[Tensor, "frames 1 units 2"],
    shrinking: Float[Tensor, "frames 1 2 atoms"],
    signals: Float[Tensor, "1 signals 2"],
    growing: Float[Tensor, "frames 1 2 atoms"],
) -> HTML:
    """Three repulsions alone in the plane: prototypes that leave, atoms that shrink, and grow."""
    first, ax = _plane("leave")
    plotting.plot_dots(*samples[0].T, ax=ax, colour=MUTED, size=4.0)
    for unit in leaving[:, 0].unbind(1):
        ax.plot(*unit.T, color=SEPARATION, lw=1.1)
    ax.plot(*leaving[0, 0].T, "o", color=INK, mfc="none", ms=5)
    ax.plot(*leaving[-1, 0].T, "^", color=SEPARATION, ms=6)
    second, ax = _plane("collapse")
    _atoms(ax, shrinking[:, 0], OVERLAP)
    third, ax = _plane("inflate")
    plotting.plot_dots(*signals[0].T, ax=ax, colour=MUTED, size=4.0)
    _atoms(ax, growing[:, 0], SEPARATION)
    out = (leaving[-1, 0].norm(dim=1).min() / samples[0].norm(dim=1).max()).item()
    left = int((shrinking[-1, 0].norm(dim=0) > 0.1).sum())
    grown = growing[-1, 0].norm(dim=0)
    return plotting.show(
        first, second, third,
        alt=[
            f"Leave: {leaving.shape[2]} prototypes start at samples and walk away; at the end even "
            f"the nearest is {out:.1f} times as far out as the farthest sample.",
            f"Collapse: {shrinking.shape[3]} atoms of length one shrink towards the centre; {left} "
            "of them are still longer than a tenth at the end.",
            f"Inflate: {growing.shape[3]} atoms of length one grow, up to {grown.max():.1f} times "
            "as long.",
        ],
    )  # fmt: skip


@plotting.styled
def leave(far: Mapping[str, Curves], chance: float | int, *, steps: int) -> HTML:
    """Distance to the nearest sample, in the samples' spacing, by attractor of `ATTRACTORS`."""
    figure, ax = plotting.panel(4.4, 2.9)
    for name, values in far.items():
        _lines(ax, steps, values, ATTRACTORS[name])
    _level(ax, 0, "ideal")
    _level(ax, chance, "chance", dots=True)
    ax.set(xlabel="step", ylabel="distance to a sample", ylim=(-0.4, None))
    ax.legend(fontsize=7.5, loc=(0.28, 0.4))
    ends = {name: values[:, -1] for name, values in far.items()}
    most = max(ends, key=lambda name: ends[name].mean())
    return plotting.show(
        figure,
        alt=f"Prototypes end farthest from the samples with attractor: {most}. Mean distances in "
        "spacings: "
        + ", ".join(f"{name} {_mean(v, 1)}" for name, v in ends.items())
        + f"; random points {chance:.1f}.",
    )


@plotting.styled
def collapse(
    alone: Float[Tensor, "frames nets atoms"], attracted: Float[Tensor, "frames nets atoms"],
    *, steps: int,
) -> HTML:  # fmt: skip
    """Lengths of atoms under incoherence alone, and with norms attracted to one."""
    figure, ax = plotting.panel(4.4, 2.9)
    median, longest = alone.median(-1).values.T, alone.amax(-1).T
    held = attracted.median(-1).values.T
    _lines(ax, steps, median, (OVERLAP, "-", "alone: median"))
    _lines(ax, steps, longest, (OVERLAP, (0, (1, 1)), "alone: longest"))
    _lines(ax, steps, held, (ALL, LONG, "attracted: median"))
    _level(ax, 1, "true atoms")
    ax.set(xlabel="step", ylabel="length", ylim=(-0.03, 1.12))
    ax.legend(fontsize=7.5, loc=(0.42, 0.1))
    return plotting.show(
        figure,
        alt=f"Under incoherence alone the median length of {alone.shape[2]} atoms falls from 1 to "
        f"{_mean(median[:, -1], 3)}, while the longest keeps {_mean(longest[:, -1])}; with norms "
        f"attracted to one the median stays at {_mean(held[:, -1])}.",
    )


@plotting.styled
def inflate(
    lengths: Mapping[str, Curves], found: Mapping[str, Curves], chance: float | int, *, steps: int
) -> HTML:
    """Mean length of atoms and their |cos| with the truth, by "free" and "unit" norms."""
    panels = []
    for title, pair, word in (
        ("length of atoms", lengths, "true atoms"), ("|cos| with the truth", found, "ideal"),
    ):  # fmt: skip
        figure, ax = plotting.panel(3.6, 2.8)
        for name, values in pair.items():
            _lines(ax, steps, values, NORMS[name])
        _level(ax, 1, word)
        ax.set(title=title, xlabel="step")
        panels.append(figure)
    _level(panels[1].axes[0], chance, "chance", dots=True)
    panels[1].axes[0].set_ylim(0.5, 1.05)
    panels[0].axes[0].legend(fontsize=7.5, loc="best")
    end = {name: (lengths[name][:, -1], found[name][:, -1]) for name in lengths}
    better = max(end, key=lambda name: end[name][1].mean())
    return plotting.show(
        *panels,
        alt=[
            f"Mean length of atoms: {_mean(end['free'][0], 1)} and still rising with free norms, "
            f"{_mean(end['unit'][0], 1)} by constraint.",
            f"{NORMS[better][2].capitalize()} comes closer to the true atoms: |cos| "
            + ", ".join(f"{NORMS[name][2]} {_mean(cos)}" for name, (_, cos) in end.items())
            + f", chance {chance:.2f}.",
        ],
    )


@plotting.styled
def too_much(
    weights: Sequence[float | int],
    found: Float[Tensor, "nets weights"],
    incoherence: Float[Tensor, "nets weights"],
    *,
    chance: float | int,
    least: float | int,
    true: Float[Tensor, " nets"],
) -> HTML:
    """|cos| with the truth, and the incoherence reached, against the weight of incoherence.

    least: what no unit columns can undercut; true: the incoherence of the true atoms.
    """
    panels, x = [], [0.01, *weights[1:]]  # zero has no place on a logarithmic axis
    for title, values, colour, marker in (
        ("|cos| with the truth", found, ALL, "P"),
        ("incoherence of the atoms", incoherence, OVERLAP, "D"),
    ):
        figure, ax = plotting.panel(3.6, 2.8)
        ax.plot(x, values.T, marker, color=colour, ms=4, alpha=0.6)
        ax.plot(x, values.median(0).values, color=colour)
        ax.set(xscale="log", title=title, xlabel="weight of incoherence")
        ax.set_xticks([0.01, 0.1, 1, 10, 100], ["0", "0.1", "1", "10", "100"])
        ax.minorticks_off()
        panels.append(figure)
    left, right = (figure.axes[0] for figure in panels)
    left.set_ylim(0.5, 1.05)
    _level(left, 1, "ideal")
    _level(left, chance, "chance", "left", dots=True)
    right.axhspan(true.min(), true.max(), color=HULL, lw=0)
    _level(right, least, "least possible")
    right.set_ylim(bottom=0.95 * least)
    right.annotate(
        "true atoms", (x[-1], true.max()), xytext=(0, 2), textcoords="offset points", ha="right",
        fontsize=7.5, color=MUTED,
    )  # fmt: skip
    middle = found.mean(0)
    best, spread = int(middle.argmax()), int(incoherence.mean(0).argmin())
    return plotting.show(
        *panels,
        alt=[
            f"The dictionary is found best at weight {weights[best]:g}, mean |cos| "
            f"{middle[best]:.2f}; at {weights[-1]:g} it is {middle[-1]:.2f}, chance {chance:.2f}.",
            f"Incoherence falls from {_mean(incoherence[:, 0], 3)} without that weight to "
            f"{_mean(incoherence[:, spread], 3)} at {weights[spread]:g}; true atoms "
            f"{_mean(true, 3)}, least possible {least:.3f}.",
        ],
    )
