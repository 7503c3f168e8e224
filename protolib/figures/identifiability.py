"""The figures of the chapter `identifiability`."""

import torch
from IPython.display import HTML
from jaxtyping import Float
from torch import Tensor

from protolib import plotting
from protolib.plotting import COVERAGE, FAINT, HULL, INK, MUTED, OVERLAP, SEPARATION

DASHED, DOTTED = (0, (5, 1.5)), (0, (1, 1.2))
RAW = "raw input's R²"
LINES = {  # measure of an experiment: what it is called, colour, marker and dash
    "trained R²": ("trained R²", COVERAGE, "o", "-"),
    "accuracy": ("accuracy", OVERLAP, "D", DASHED),
    "best possible": ("best accuracy", OVERLAP, "", "-"),
    RAW: (RAW, INK, "s", DOTTED),
}


@plotting.styled
def read_out(
    latent: Float[Tensor, " samples"], predictions: dict[str, Float[Tensor, " samples"]]
) -> HTML:
    """A latent against what a linear read-out of each representation says, a panel each."""
    panels, words = [], []
    for name, predicted in predictions.items():
        figure, ax = plotting.panel(3.4, 2.7)
        plotting.plot_dots(latent, predicted, ax=ax, colour=COVERAGE)
        ax.plot([-1, 1], [-1, 1], color=MUTED, lw=0.8)
        ax.set(title=name, xlabel="latent 1", ylabel="linear read-out")
        ax.set(xlim=(-1, 1), ylim=(-1.15, 1.15))
        panels.append(figure)
        off = (predicted - latent).abs().median()
        words.append(
            f"Latent 1 as read out linearly from the {name}, against its true value: a cloud "
            f"around the diagonal, half of its points within {off:.2f} of it."
        )
    return plotting.show(*panels, alt=words)


@plotting.styled
def two_scores(
    r2: dict[str, Float[Tensor, " nets"]],
    mcc: dict[str, Float[Tensor, " nets"]],
    rotations: Float[Tensor, " draws"],
    noise: tuple[float, float],
) -> HTML:
    """Linear R² and MCC of representations by name, with the band of random rotations.

    noise: what units that know nothing score, by R² and by MCC.
    """
    low, high = (rotations.quantile(share).item() for share in (0.05, 0.95))
    panels = []
    for found, level, colour, marker, label in (
        (r2, noise[0], COVERAGE, "o", "linear R², held out"),
        (mcc, noise[1], SEPARATION, "^", "MCC, unit by unit"),
    ):
        figure, ax = plotting.panel(3.4, 2.3)
        if found is mcc:
            ax.axvspan(low, high, color=HULL, lw=0)
        for row, values in enumerate(found.values()):
            ax.plot(values, [row] * len(values), marker, color=colour, ls="none", alpha=0.75)
        ax.axvline(level, color=MUTED, ls=":", lw=1.4)
        ax.axvline(1, color=MUTED, lw=0.8)
        ax.set(yticks=range(len(found)), yticklabels=found, ylim=(len(found) - 0.4, -0.6))
        ax.set(xlim=(-0.05, 1.05), xlabel=label)
        panels.append(figure)
    mean = {name: (r2[name].mean(), mcc[name].mean()) for name in r2}
    best, last = sorted(mean, key=lambda name: mean[name][0])[-2:][::-1], [*mean][-1]
    among = "among" if low <= mean[last][1] <= high else "outside"
    return plotting.show(
        *panels,
        alt=[
            f"By linear R² the best are {best[0]} at {mean[best[0]][0]:.2f} and {best[1]} at "
            f"{mean[best[1]][0]:.2f}; raw input reaches {mean['raw input'][0]:.2f}.",
            f"By MCC the {last} scores {mean[last][1]:.2f}, {among} nine of ten random rotations, "
            f"which lie between {low:.2f} and {high:.2f}.",
        ],
    )


@plotting.styled
def two_knobs(
    few: dict[int, dict], tight: dict[float, dict], *, dims: int, chance: float | int
) -> HTML:
    """What experiments measured, (nets,) a name of `LINES`, against classes and concentration.

    chance: R² of units that know nothing.
    """
    panels, words = [], []
    for label, found in (("classes C", few), ("concentration κ", tight)):
        x = [*found]
        figure, ax = plotting.panel(3.4, 2.8)
        for measure, (name, colour, marker, dash) in LINES.items():
            values = torch.stack([r[measure] for r in found.values()], dim=1)
            plotting.plot_band(
                x, values, ax=ax, colour=colour, marker=marker, dash=dash, label=name
            )
        blind = [1 / C for C in few] if found is few else [1 / max(few)] * len(found)
        ax.plot(x, blind, ":", color=OVERLAP, lw=1.2)
        ax.axhline(1, color=MUTED, lw=0.8)
        ax.axhline(chance, color=MUTED, ls=":", lw=1.4)
        if found is few:
            ax.axvline(dims + 1, color=FAINT, lw=1.2)
            ax.set_ylabel("score (ideal: 1)")
        ax.set(xscale="log", xlabel=label, ylim=(-0.05, 1.08))
        ax.set_xticks(x, [f"{value:g}" for value in x])
        ax.minorticks_off()
        panels.append(figure)
        ends = {value: {m: found[value][m].median() for m in LINES} for value in (x[0], x[-1])}
        words.append(
            f"Against {label}: "
            + "; ".join(
                f"at {value:g} accuracy is {v['accuracy']:.2f} of {v['best possible']:.2f} "
                f"possible, and R² {v['trained R²']:.2f}, which is "
                f"{'above' if v['trained R²'] > v[RAW] else 'below'} the raw input's {v[RAW]:.2f}"
                for value, v in ends.items()
            )
            + "."
        )
    panels[1].axes[0].legend(loc="center left", bbox_to_anchor=(0.0, 0.48), fontsize=7.8)
    return plotting.show(*panels, alt=words)
