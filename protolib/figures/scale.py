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
    """Every prototype of one network, (units, pixels), and the share of samples that it shows.

    In eight steps of grey, which weigh a fifth less on the page and look the same.
    """
    images = np.round(np.asarray(images) * 8) / 8
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
    """Error and accuracy on fresh samples against N, and against D: a table of measurements."""
    letters = table[table["world"].str.startswith("letters")]
    side = letters["world"].str.partition("×")[2].astype(int)
    parts = {  # each with a column of what it is drawn against
        "digits, D = 64": table[table["world"] == "digits"].assign(x=lambda t: t["n"]),
        "letters, D = 64": letters[side == 8].assign(x=letters["n"]),
        "letters, N = 1000": letters[letters["n"] == 1000].assign(x=side**2),
    }
    scores = {"gap": "error", "accuracy, fresh": "accuracy"}
    alts = []
    for words, part in parts.items():
        most = part["x"].max()
        alts.append(f"{words}, at {'D' if 'N' in words else 'N'} = {most:,}:")
        for score, name in scores.items():
            mean = (
                part[(part["x"] == most) & (part["score"] == score)].groupby("of")["value"].mean()
            )
            listed = ", ".join(f"{form} {mean[form]:.2g}" for form in LOOKS if form in mean)
            alts.append(f"{name} {listed}.")

    def panel(ax: Axes, part: pd.DataFrame, score: str) -> None:
        for form, (colour, marker) in LOOKS.items():
            own = part[(part["of"] == form) & (part["score"] == score)]
            if own.empty:
                continue
            wide = own.pivot(index="seed", columns="x", values="value")
            dash = ":" if form == "chance" else "-"
            plotting.plot_band([*wide], wide, ax=ax, colour=colour, marker=marker, label=form,
                               dash=dash)  # fmt: skip
        plotting.size_axis(ax, sorted(part["x"].unique()))
        if score == "gap":
            ax.axhline(0.25, color=plotting.MUTED, lw=0.8, zorder=0)
            ax.set(yscale="log", ylim=(1e-7, 9), yticks=[1e-6, 1e-4, 1e-2, 1])
        else:
            ax.set(ylim=(-0.05, 1.08), yticks=[0, 0.5, 1])

    def draw(figure: Figure, phone: bool) -> None:
        if phone:
            axes = figure.subplots(3, 2, sharey="col").T
        else:
            axes = figure.subplots(2, 3, sharey="row")
        for row, (score, name) in zip(axes, scores.items()):
            for ax, (words, part) in zip(row, parts.items()):
                panel(ax, part, score)
                ax.set_xlabel("D" if "N" in words else "N")
                title = f"{words.partition(',')[0] if phone else words}: {name}"
                ax.set_title(title, fontsize=9.5)
        plotting.label_lines(*(axes[1] if phone else axes[:, -1]))

    return plotting.both(draw, (8.6, 4.6), (3.6, 6.4), " ".join(alts))


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
def cost(steps: pd.DataFrame, laws: dict[str, tuple]) -> HTML:
    """What a step costs: measurements (n, dims, score, of, value), and a law for each score.

    laws: {score: (α, β, (n, dims) → value)}, as of `scale.power_law`; the largest N measured is
    drawn beside what the law says there.
    """
    looks = {"exact": (plotting.INK, "o"), "64 slices": (plotting.IMQ, "^"),
             "blocks": (plotting.ENERGY, "P")}  # fmt: skip
    whole = steps[steps["of"] == "whole step"]
    last = whole.nlargest(1, "n").iloc[0]
    n, dims = last["n"], last["dims"]
    force = steps[steps["of"].isin(looks) & (steps["dims"] == dims)].sort_values("n")
    titles = {"milliseconds": "Milliseconds, whole step", "megabytes": "Megabytes, at the peak"}

    def draw(figure: Figure, phone: bool) -> None:
        first, *others = figure.subplots(*((3, 1) if phone else (1, 3)))
        for name, (colour, marker) in looks.items():
            own = force[force["of"] == name]
            first.plot(own["n"], own["value"], color=colour, marker=marker, label=name)
        first.set(xscale="log", yscale="log", xlabel="N", title="Milliseconds, the force")
        plotting.size_axis(first, sorted(force["n"].unique()))
        for ax, (score, title) in zip(others, titles.items()):
            own, law = whole[whole["score"] == score], laws[score][-1]
            for d, part in own.groupby("dims"):
                reach = np.geomspace(1000, n, 20)
                ax.plot(reach, [law(k, d) for k in reach], color=plotting.ENERGY, lw=1,
                        ls="-" if d == dims else "--", label=f"D {d}")  # fmt: skip
                ax.plot(part["n"], part["value"], "P", color=plotting.ENERGY, ms=6,
                        mfc=plotting.ENERGY if d == dims else plotting.PAPER)  # fmt: skip
            ax.set(xscale="log", yscale="log", xlabel="N", title=title)
        for ax in (first, *others):
            plotting.label_lines(ax)

    top = force[force["n"] == force["n"].max()].set_index("of")["value"]
    ends = whole[whole["n"] == n].set_index("score")["value"]
    alt = (
        f"At N = {force['n'].max():,} and {dims} pixels the force of a step takes "
        + ", ".join(f"{name} {top[name]:,.0f} ms" for name in looks)
        + f". Whole steps at N = {n:,}, measured and by the law: "
        + ", ".join(f"{ends[k]:,.0f} and {laws[k][-1](n, dims):,.0f} {k}" for k in titles) + "."
    )  # fmt: skip
    return plotting.both(draw, (8.6, 2.8), (3.6, 7.0), alt)


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
