"""The figures of the chapter `identifiability`."""

import torch
from IPython.display import HTML
from jaxtyping import Float
from matplotlib.axes import Axes
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


def _word(
    ax: Axes, text: str, x: float | int, y: Tensor | float | int, *, above: bool = True,
    colour: str = MUTED, side: str = "right",
) -> None:  # fmt: skip
    """A small word just above or below a level, ending (or, on the left, starting) at x."""
    ax.annotate(
        text, (x, float(y)), xytext=(0, 2 if above else -2), textcoords="offset points",
        ha=side, va="bottom" if above else "top", fontsize=8, color=colour,
    )  # fmt: skip


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
def few_classes(found: dict[int, dict], *, dims: int, chance: float | int) -> HTML:
    """What experiments measured, (nets,) a name of `LINES`, against the number of classes.

    chance: R² of units that know nothing.
    """
    x = [*found]
    figure, ax = plotting.panel(3.7, 2.9)
    between = (x[-2] * x[-1]) ** 0.5
    for measure, (name, colour, marker, dash) in LINES.items():
        values = torch.stack([r[measure] for r in found.values()], dim=1)
        plotting.plot_band(x, values, ax=ax, colour=colour, marker=marker, dash=dash)
        end, middle = values[:, -1].median(), values[:, -2:].median(0).values.mean()
        x_at, y_at, above, side = {
            "accuracy": (between / 1.15, middle - 0.02, False, "right"),
            "best possible": (between, middle + 0.03, True, "left"),
            RAW: (x[-1], end - 0.02, False, "right"),
        }.get(measure, (x[-1], end + 0.02, True, "right"))
        _word(ax, name, x_at, y_at, above=above, colour=colour, side=side)
    ax.plot(x, [1 / C for C in x], ":", color=OVERLAP, lw=1.2)
    _word(ax, "blind guess", x[-2], 1 / x[-2] + 0.01, colour=OVERLAP, side="left")
    ax.axhline(1, color=MUTED, lw=0.8)
    ax.axhline(chance, color=MUTED, ls=":", lw=1.4)
    ax.axvline(dims + 1, color=FAINT, lw=1.2)
    ax.set(xscale="log", xlabel="classes C", ylabel="score (ideal: 1)", ylim=(-0.05, 1.08))
    ax.set_xticks(x, [f"{value:g}" for value in x])
    ax.minorticks_off()
    ends = {C: {m: found[C][m].median() for m in LINES} for C in (x[0], x[-1])}
    return plotting.show(
        figure,
        alt="Against classes C: "
        + "; ".join(
            f"at {C} accuracy is {v['accuracy']:.2f} of {v['best possible']:.2f} possible, and R² "
            f"{v['trained R²']:.2f}, which is "
            f"{'above' if v['trained R²'] > v[RAW] else 'below'} the raw input's {v[RAW]:.2f}"
            for C, v in ends.items()
        )
        + ".",
    )


@plotting.styled
def few_samples(
    found: dict[int, dict], controls: dict[str, Float[Tensor, " nets"]], own: Float[Tensor, " nets"]
) -> HTML:
    """R² of new samples against how many were trained on, and the codes' share within classes.

    found: an experiment for every number of samples; controls: R² that no sample changes, by name;
    own: the share of the latents' variance within classes.
    """
    x = [*found]
    names = "trained R²", RAW, "within, training", "within, new"
    table = {name: torch.stack([r[name] for r in found.values()], dim=1) for name in names}
    left, ax = plotting.panel(3.4, 2.8)
    for measure in ("trained R²", RAW):
        name, colour, marker, dash = LINES[measure]
        plotting.plot_band(x, table[measure], ax=ax, colour=colour, marker=marker, dash=dash)
    ends = table["trained R²"][:, -2:].median(0).values  # between the last two, below the line
    _word(ax, "trained", x[-1], ends.mean() - 0.06, above=False, colour=COVERAGE)
    _word(ax, "raw input", x[-1], table[RAW][:, -1].median(), colour=INK)
    for name, level in controls.items():
        ax.axhline(level.mean(), color=MUTED, lw=1, ls=DASHED)
        _word(ax, name, x[-1], level.mean(), above=False)
    ax.axhline(1, color=MUTED, lw=0.8)
    ax.axhline(0, color=MUTED, ls=":", lw=1.4)
    _word(ax, "noise", x[-1], 0)
    ax.set(ylabel="linear R², new samples", ylim=(-0.05, 1.08))
    right, ax = plotting.panel(3.4, 2.8)
    for measure, colour, marker, dash in (
        ("within, new", COVERAGE, "s", "-"), ("within, training", OVERLAP, "D", DASHED),
    ):  # fmt: skip
        plotting.plot_band(
            x, table[measure], ax=ax, colour=colour, marker=marker, dash=dash,
            label=measure.removeprefix("within, ") + " samples",
        )  # fmt: skip
    ax.axhline(own.mean(), color=MUTED, lw=0.8)
    _word(ax, "latents: ideal", x[-1], own.mean() - 0.02, above=False)
    ax.axhline(0, color=MUTED, lw=0.8)
    _word(ax, "collapse", x[-1], 0)
    ax.set(ylabel="share within classes", ylim=(-0.03, 0.62))
    ax.legend(loc="upper right", fontsize=8)
    for figure in (left, right):
        axes = figure.axes[0]
        axes.set(xscale="log", xlabel="training samples")
        axes.set_xticks(x, [f"{n:,}".replace(",", " ") for n in x])
        axes.minorticks_off()
    r2, raw, on, off = (values.mean(0) for values in table.values())
    return plotting.show(
        left, right,
        alt=[
            f"Linear R² of new samples rises from {r2[0]:.2f} with {x[0]} training samples to "
            f"{r2[-1]:.2f} with {x[-1]}; raw input {raw[0]:.2f}, "
            + ", ".join(f"{name} {level.mean():.2f}" for name, level in controls.items())
            + ".",
            f"Share of the codes' variance within classes: with {x[0]} samples {on[0]:.2f} on "
            f"those and {off[0]:.2f} on new ones, with {x[-1]} {on[-1]:.2f} and {off[-1]:.2f}; "
            f"the latents' own is {own.mean():.2f}.",
        ],
    )  # fmt: skip


@plotting.styled
def axes_found(
    before: dict[str, Float[Tensor, " nets"]], after: dict[str, Float[Tensor, " nets"]],
    rotations: Float[Tensor, " draws"], noise: float,
) -> HTML:  # fmt: skip
    """MCC of codes by name, before and after ICA, with the band of random rotations.

    noise: what units that know nothing score.
    """
    low, high = (rotations.quantile(share).item() for share in (0.05, 0.95))
    figure, ax = plotting.panel(3.7, 2.6)
    ax.axvspan(low, high, color=HULL, lw=0)
    for row, name in enumerate(after):
        look = {"color": SEPARATION, "ls": "none", "ms": 5.5}
        ax.plot(before[name], [row - 0.16] * len(before[name]), "^", mfc="none", **look,
                label=None if row else "before")  # fmt: skip
        ax.plot(after[name], [row + 0.16] * len(after[name]), "o", **look,
                label=None if row else "after ICA")  # fmt: skip
    ax.axvline(noise, color=MUTED, ls=":", lw=1.4)
    ax.axvline(1, color=MUTED, lw=0.8)
    top = -0.75
    ax.text((low + high) / 2, top, "rotations", ha="center", fontsize=8, color=MUTED)
    ax.text(noise + 0.015, top, "noise", fontsize=8, color=MUTED)
    ax.text(1.01, top, "ideal", fontsize=8, color=MUTED)
    ax.set(yticks=range(len(after)), yticklabels=after, ylim=(len(after) - 0.5, -1.0))
    ax.set(xlim=(0, 1.12), xlabel="MCC, unit by unit")
    ax.legend(loc="center left", bbox_to_anchor=(0.06, 0.45))
    return plotting.show(
        figure,
        alt="MCC before and after ICA: "
        + "; ".join(
            f"{name} {before[name].mean():.2f} and {values.mean():.2f}"
            for name, values in after.items()
        )
        + f". Nine of ten random rotations score {low:.2f} to {high:.2f}.",
    )
