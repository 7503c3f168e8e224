"""The figures of the chapter `scores`."""

from collections.abc import Mapping, Sequence

from IPython.display import HTML
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from protolib import plotting
from protolib.plotting import ALL, COVERAGE, MUTED, OVERLAP, SEPARATION

DASHED = (0, (5, 1.5))
LOOK = {  # of a score, everywhere in the chapter
    "MCC": (SEPARATION, "^", "-"),
    "MCC of ranks": (SEPARATION, "v", DASHED),
    "linear R²": (COVERAGE, "o", "-"),
    "DCI: D": (ALL, "P", "-"),
    "DCI: C": (ALL, "X", DASHED),
    "MIG": (OVERLAP, "D", DASHED),
}
KNOBS = {  # title, label of the axis, and the legend's place
    "rotation": ("R² does not see a rotation", "angle in degrees", (0.02, 0.2)),
    "spoilt": (
        "MIG rewards a spoilt copy", "share of noise in the second copy", (0.5, 0.25)
    ),
    "bound": ("MCC takes correlation for success", "correlation of the features", (0.02, 0.27)),
    "folded": ("Linear scores miss a fold", "how far folded", (0.02, 0.14)),
}  # fmt: skip


def _canvas(title: str, xlabel: str, ticks: Sequence[int] | None = None) -> tuple[Figure, Axes]:
    """A panel for scores; with ticks, x is logarithmic."""
    figure, ax = plotting.panel(3.4, 2.6)
    ax.axhline(1, color=MUTED, lw=0.8)
    ax.set(title=title, xlabel=xlabel, ylim=(-0.06, 1.08))
    if ticks is not None:
        ax.set_xscale("log")
        ax.set_xticks(ticks, ticks)
        ax.minorticks_off()
    return figure, ax


def _line(
    ax: Axes, x: Sequence[float | int], values: Tensor, score: str, label: str, **other
) -> None:
    colour, marker, dash = LOOK[score]
    look = {"colour": colour, "marker": marker, "dash": dash} | other
    plotting.plot_band(x, values, ax=ax, label=label, **look)


@plotting.styled
def know_nothing(
    units: Sequence[int],
    found: Mapping[int, Float[Tensor, "draws units"]],
    bound: Mapping[int, Sequence[float]],
) -> HTML:
    """MCC of noise, and its bound by formula, against the units, a line a number of samples."""
    figure, ax = _canvas("MCC grows with units that know nothing", "units", units)
    for (n, values), dash in zip(found.items(), ("-", DASHED)):
        _line(ax, units, values, "MCC", f"{n} samples", dash=dash)
        ax.plot(units, bound[n], color=SEPARATION, ls=":", lw=1.4)
    ax.annotate("dotted: bound, by formula", (units[0], 0.62), fontsize=8, color=SEPARATION)
    ax.legend(loc=(0.02, 0.72), fontsize=7.8)
    return plotting.show(
        figure,
        alt="MCC of units that are pure noise "
        + "; ".join(
            f"{'rises' if v[:, -1].mean() > v[:, 0].mean() else 'does not rise'} from "
            f"{v[:, 0].mean():.2f} with {units[0]} units to {v[:, -1].mean():.2f} with "
            f"{units[-1]}, on {n} samples"
            for n, v in found.items()
        )
        + ".",
    )


@plotting.styled
def nine(
    found: Mapping[str, Mapping[str, Float[Tensor, " nets"]]],
    chance: Mapping[str, Mapping[str, float]],
) -> HTML:
    """A panel a score of `LOOK`, a row a representation, with a tick at its chance level."""
    panels, words = [], []
    for score, values in found.items():
        figure, ax = plotting.panel(3.4, 2.5)
        colour, marker, _ = LOOK[score]
        ax.axvline(1, color=MUTED, lw=0.8)
        for row, (name, own) in enumerate(values.items()):
            level = chance[score][name]
            ax.plot([level] * 2, [row - 0.42, row + 0.42], color=MUTED, ls=(0, (1, 1)), lw=1.8)
            ax.plot(own, [row] * len(own), marker, color=colour, ls="none", alpha=0.7)
        ax.set(yticks=range(len(values)), yticklabels=values, ylim=(len(values) - 0.4, -0.6))
        ax.set(xlim=(-0.13, 1.06), title=score)
        panels.append(figure)
        top = [name for name, own in values.items() if own.mean() > 0.98]
        bottom = [name for name, own in values.items() if own.mean() < chance[score][name] + 0.05]
        words.append(
            f"{score} is nearly one for {', '.join(top) or 'none'}, and no better than chance for "
            f"{', '.join(bottom) or 'none'}."
        )
    return plotting.show(*panels, alt=words)


@plotting.styled
def knobs(
    swept: Mapping[str, tuple[Sequence[float | int], Mapping[str, tuple[Tensor, Tensor]]]],
) -> HTML:
    """A panel for each of `KNOBS`: its values, and by score what was found and its chance.

    Both are (nets, values).
    """
    panels, words = [], []
    for key, (x, lines) in swept.items():
        title, xlabel, corner = KNOBS[key]
        figure, ax = _canvas(title, xlabel)
        for score, (values, shuffled) in lines.items():
            _line(ax, x, values, score, score)
            ax.plot(x, shuffled.mean(0), color=LOOK[score][0], ls=":", lw=1.4)
        ax.legend(fontsize=7.8, loc=corner)
        panels.append(figure)
        words.append(
            f"{title}: as {xlabel} goes from {x[0]} to {x[-1]}, "
            + ", ".join(
                f"{score} goes from {v[:, 0].median():.2f} to {v[:, -1].median():.2f}"
                for score, (v, _) in lines.items()
            )
            + "."
        )
    return plotting.show(*panels, alt=words)


@plotting.styled
def recipe(samples: Sequence[int], found: Mapping[str, Float[Tensor, "draws samples"]]) -> HTML:
    """DCI's disentanglement of noise against the samples, a line a recipe of importances."""
    figure, ax = _canvas("D of noise belongs to the recipe", "samples", samples)
    dashes = ("-", DASHED, (0, (6, 1.5, 1, 1.5)))
    for (name, values), marker, dash in zip(found.items(), "Psd", dashes):
        _line(ax, samples, values, "DCI: D", name, marker=marker, dash=dash)
    ax.legend(fontsize=7.8, loc=(0.02, 0.5))
    return plotting.show(
        figure,
        alt=f"Disentanglement of pure noise, from {samples[0]} to {samples[-1]} samples: "
        + "; ".join(
            f"{name} {'climbs' if v[:, -1].mean() > v[:, 0].mean() + 0.1 else 'stays low'}, from "
            f"{v[:, 0].mean():.2f} to {v[:, -1].mean():.2f}"
            for name, v in found.items()
        )
        + ".",
    )
