"""The figures of the chapter `scale`: what comes back, the forces, the cost, the encoder."""

import numpy as np
import pandas as pd
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from protolib import plotting

LOOKS = {
    "energy": (plotting.ENERGY, "P"),
    "coverage": (plotting.COVERAGE, "s"),
    "baseline": (plotting.INK, "o"),
    "chance": (plotting.MUTED, ""),
}


@plotting.styled
def mosaic(images, shown: float) -> HTML:
    """Every prototype of one network, (units, pixels), and the share of samples that it shows."""
    title = f"{len(images):,} prototypes, read out of the weights of one network"

    def draw(figure: Figure, phone: bool) -> None:
        ax = figure.subplots()
        if phone:  # a third of them
            plotting.plot_images(images[: len(images) // 3], ax=ax, columns=30)
        else:
            plotting.plot_images(images, ax=ax, columns=75)
            ax.set_title(title, fontsize=10.5)

    alt = f"{title}: handwritten digits. {shown:.1%} of the samples are shown."
    return plotting.both(draw, (8.6, 3.3), (3.6, 2.6), alt)


@plotting.styled
def chart(table: pd.DataFrame) -> HTML:
    """Share shown and accuracy on fresh samples against N: a table of measurements."""
    scores = {"share shown": "samples shown (ideal: 1)", "accuracy, fresh": "accuracy, fresh"}
    worlds = {"digits": "digits", "letters 8×8": "letters"}
    alts = []
    for world, words in worlds.items():
        part = table[table["world"] == world]
        top = part[part["n"] == part["n"].max()]
        for score in scores:
            mean = top[top["score"] == score].groupby("of")["value"].mean()
            listed = ", ".join(f"{form} {mean[form]:.2f}" for form in LOOKS if form in mean)
            alts.append(f"{words.capitalize()}, N = {part['n'].max():,}, {score}: {listed}.")

    def panel(ax: Axes, world: str, score: str) -> None:
        part = table[(table["world"] == world) & (table["score"] == score)]
        for form, (colour, marker) in LOOKS.items():
            own = part[part["of"] == form]
            if own.empty:
                continue
            wide = own.pivot(index="seed", columns="n", values="value")
            dash = ":" if form == "chance" else "-"
            plotting.plot_band([*wide], wide, ax=ax, colour=colour, marker=marker, label=form,
                               dash=dash)  # fmt: skip
        sizes = sorted(part["n"].unique())
        plotting.size_axis(ax, sizes)
        ax.set(ylim=(-0.05, 1.08), yticks=[0, 0.5, 1])

    def draw(figure: Figure, phone: bool) -> None:
        shape = (4, 1) if phone else (1, 4)
        axes = figure.subplots(*shape, sharey=True).flat
        pairs = [(world, score) for score in scores for world in worlds]
        for ax, (world, score) in zip(axes, pairs):
            panel(ax, world, score)
            ax.set_title(f"{worlds[world]}: {scores[score].partition(' (')[0]}", fontsize=9.5)
            plotting.label_lines(ax)

    return plotting.both(draw, (8.6, 2.9), (3.6, 9.0), " ".join(alts))


@plotting.styled
def forces(noise: dict[str, list], gaps: dict[str, np.ndarray]) -> HTML:
    """Noise of an estimate at three distances, and where each ends: {name: (three,)}, (seeds,)."""
    looks = {
        "exact": (plotting.INK, "o"), "64 slices": (plotting.IMQ, "^"),
        "fresh batches": (plotting.GAUSSIAN, "D"), "kept blocks": (plotting.ENERGY, "P"),
    }  # fmt: skip
    places = ("at the start", "a tenth of the way", "at the samples")

    def draw(figure: Figure, phone: bool) -> None:
        left, right = figure.subplots(*((2, 1) if phone else (1, 2)))
        for name, values in noise.items():
            colour, marker = looks[name]
            left.plot(range(3), values, color=colour, marker=marker, label=name)
        left.set_yscale("symlog", linthresh=0.1, linscale=0.6)
        left.set(xticks=range(3), xticklabels=[w.replace(" ", "\n", 1) for w in places],
                 ylim=(-0.03, None), xlim=(-0.2, 2.2),
                 title="Deviation from the force")  # fmt: skip
        plotting.label_lines(left)
        for k, (name, values) in enumerate(gaps.items()):
            colour, marker = looks[name]
            right.plot(np.maximum(values, 1e-6), [k] * len(values), marker, color=colour, ms=6)
        right.axvline(1, color=plotting.MUTED, ls=":")
        right.set(xscale="log", yticks=range(len(gaps)), yticklabels=[*gaps], xlim=(5e-7, 4),
                  ylim=(len(gaps) - 0.5, -0.5),
                  title="Gap in the end (dotted: a neighbour)")  # fmt: skip

    last = {name: values[-1] for name, values in noise.items()}
    alt = (
        "Noise at the samples: " + ", ".join(f"{k} {v:.2g}" for k, v in last.items())
        + ". Mean distance of a sample to its nearest prototype after as many steps, in neighbour "
        "distances: " + ", ".join(f"{k} {np.median(v):.2g}" for k, v in gaps.items()) + "."
    )  # fmt: skip
    return plotting.both(draw, (8.6, 2.9), (3.6, 5.6), alt)


@plotting.styled
def cost(steps: pd.DataFrame, whole: pd.DataFrame, law, target: tuple[int, int]) -> HTML:
    """Milliseconds a step by way (n, of, value), and seconds a step of all (n, dims, seconds).

    law: (n, dims) → seconds; target: the N and D of the extrapolation.
    """
    looks = {"exact": (plotting.INK, "o"), "64 slices": (plotting.IMQ, "^"),
             "blocks": (plotting.ENERGY, "P")}  # fmt: skip

    def draw(figure: Figure, phone: bool) -> None:
        left, right = figure.subplots(*((2, 1) if phone else (1, 2)))
        for name, (colour, marker) in looks.items():
            own = steps[steps["of"] == name].sort_values("n")
            left.plot(own["n"], own["value"], color=colour, marker=marker, label=name)
        left.set(
            xscale="log", yscale="log", xlabel="samples N", title="Milliseconds a step, D = 784"
        )
        plotting.size_axis(left, sorted(steps["n"].unique()))
        plotting.label_lines(left)
        n, dims = target
        right.plot(whole["n"], whole["seconds"], "P", color=plotting.ENERGY, ms=6)
        for d, own in whole.groupby("dims"):
            reach = np.geomspace(own["n"].min(), n, 20)
            right.plot(reach, [law(k, d) for k in reach], color=plotting.ENERGY, lw=1,
                       ls="-" if d == 64 else ":", label=f"D = {d}")  # fmt: skip
        right.plot(n, law(n, dims), "P", color=plotting.ENERGY, mfc=plotting.PAPER, ms=9)
        right.set(
            xscale="log", yscale="log", xlabel="samples N", title="Seconds a whole step, one core"
        )
        plotting.label_lines(right)

    top = steps[steps["n"] == steps["n"].max()].set_index("of")["value"]
    alt = (
        f"At N = {steps['n'].max():,} and 784 pixels a step takes "
        + ", ".join(f"{name} {top[name]:,.0f} ms" for name in looks)
        + f". The law of whole steps, drawn on to N = {target[0]:,} and D = {target[1]}, "
        f"says {law(*target):.2g} seconds of one core."
    )
    return plotting.both(draw, (8.6, 3.0), (3.6, 6.0), alt)


@plotting.styled
def depth(table: pd.DataFrame) -> HTML:
    """Named among a hundred by features and by pixels, against the encoder: measurements."""
    worlds = [*table["world"].unique()]
    labels = [  # "2 layers, 64 features" as "2, 64"
        w.replace(" layers, ", ", ")
        .replace(" layer, ", ", ")
        .replace(" features", "")
        .replace("raw pixels", "none")
        for w in worlds
    ]
    looks = {"trained": (plotting.ENCODER, "o"), "untrained": (plotting.MUTED, "D")}
    scores = {"named by features": "By nearest features", "named by pixels": "Decoded from weights"}
    alts = []
    for score, words in scores.items():
        part = table[(table["score"] == score) & (table["of"] == "trained")]
        mean = part.groupby("world", sort=False)["value"].mean()
        alts.append(f"{words}: " + ", ".join(f"{k} {v:.2f}" for k, v in mean.items()) + ".")

    def draw(figure: Figure, phone: bool) -> None:
        axes = figure.subplots(*((2, 1) if phone else (1, 2)), sharey=True)
        for ax, (score, words) in zip(axes, scores.items()):
            for shift, (how, (colour, marker)) in zip((-0.12, 0.12), looks.items()):
                for k, world in enumerate(worlds):
                    keep = (table["world"] == world) & (table["score"] == score)
                    values = table[keep & (table["of"] == how)]["value"]
                    if len(values):
                        ax.plot([k + shift] * 2, values.quantile([0.1, 0.9]), color=colour, lw=1)
                        ax.plot(k + shift, values.mean(), marker, color=colour, ms=6,
                                mfc=colour if how == "trained" else plotting.PAPER,
                                label=how if k == 1 else None)  # fmt: skip
            ax.axhline(0.01, color=plotting.MUTED, ls=":")
            ax.set(xticks=range(len(worlds)), xticklabels=labels, ylim=(-0.04, 1.06), title=words,
                   yticks=[0, 0.5, 1])  # fmt: skip
        axes[0].set_ylabel("share named")
        axes[0].legend(loc="lower left")
        figure.supxlabel("encoder: hidden layers, features", fontsize=9.5)

    return plotting.both(draw, (8.6, 3.0), (3.6, 5.8), " ".join(alts))


@plotting.styled
def sheets(rows: dict[str, np.ndarray]) -> HTML:
    """Digits and what stands for them, each (images, pixels); the first row is the truth."""
    truth, *found = rows.values()
    names = [*rows][1:]
    gaps = [np.linalg.norm(own - truth, axis=-1).mean() for own in found]
    alt = f"{len(truth)} digits, and the prototypes matched to them: " + ", ".join(
        f"{name} {gap:.2g} away" for name, gap in zip(names, gaps)
    )
    return plotting.both(
        lambda figure, phone: plotting.rows_of_images(figure, rows, len(truth)),
        (6.4, 0.83 * len(rows)), (3.6, 0.62 * len(rows)), alt + ".",
    )  # fmt: skip
