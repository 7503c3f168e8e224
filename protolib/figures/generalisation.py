"""The figures of the chapter `generalisation`: fits, test errors, widths, digits, the audit."""

import numpy as np
import pandas as pd
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from protolib import plotting
from protolib.generalisation import AGREE, INSIDE, NOISES, WHERE, line
from protolib.masks import MASKS, mask_name

LEVEL = 0.9  # of agreement, as in G2
LOOKS = {  # contrasts of G1: how they are drawn
    "coverage − baseline": (plotting.COVERAGE, "s", "coverage"),
    "energy − baseline": (plotting.ENERGY, "P", "energy"),
    "on the samples, widths learnt − random, widths learnt": (plotting.INK, "v", "held on them"),
}


def _sizes(ax: Axes, sizes) -> None:
    plotting.size_axis(ax, sizes)
    ax.set_xlim(sizes[0] / 1.25, sizes[-1] * 1.25)


@plotting.styled
def fits(samples, targets, grid, curves: dict[str, tuple]) -> HTML:
    """What some methods make of noisy samples of a sine: name → (values, prototypes or None)."""
    law = np.sin(np.pi * grid)
    errors = {name: float(np.mean((f - law) ** 2)) for name, (f, _) in curves.items()}

    def panel(ax: Axes, name: str) -> None:
        f, p = curves[name]
        ax.plot(grid, law, ":", color=plotting.MUTED)
        ax.plot(samples, targets, "o", color=plotting.INK, ms=3.5)
        ax.plot(grid, f, color=plotting.ENERGY if name == "energy" else plotting.INK)
        if p is not None:
            inside = p[np.abs(p) < 1.15]
            ax.plot(inside, np.full(len(inside), -1.95), "v", color=plotting.MUTED, ms=4.5)
        ax.set(xlim=(-1.15, 1.15), ylim=(-2.15, 2.0), xticks=[-1, 0, 1], yticks=[-1, 0, 1])
        ax.set_title(f"{name}: {errors[name]:.3f}")

    def draw(figure: Figure, phone: bool) -> None:
        axes = figure.subplots(*((3, 1) if phone else (1, 3)), sharex=True, sharey=True)
        for ax, name in zip(axes, curves):
            panel(ax, name)
        axes[-1 if phone else 1].set_xlabel("input x")
        axes[1 if phone else 0].set_ylabel("output")

    alt = (
        f"Three fits to the same {len(samples)} noisy samples of a sine, which both networks "
        "follow in wiggles. Mean squared distance from the sine inside the hull: "
        + ", ".join(f"{name} {error:.3f}" for name, error in errors.items())
        + "."
    )
    return plotting.both(draw, (8.6, 2.5), (3.6, 6.0), alt)


@plotting.styled
def errors(table: pd.DataFrame, found: pd.DataFrame) -> HTML:
    """Test errors in the hull against N, a column a level of noise; below, what showing changes.

    table: measurements; found: the questions of G1, as `claims.evidence` gives them.
    """
    part = table[table.score == INSIDE]
    middle = part.groupby(["world", "of", "n"]).value.median()
    sizes = sorted(part.n.unique().tolist())
    lines = {"nearest neighbour": ":", "Gaussian process": (0, (4, 1.5))}

    answers = found[found.contrast.str.contains(INSIDE, regex=False)].answer.value_counts()
    better, worse, unclear = (int(answers.get(answer, 0)) for answer in ("yes", "no", "open"))
    title = f"Showing the data helps in {better} of {answers.sum()} comparisons, costs in {worse}"

    def absolute(ax: Axes, noise: float, label: bool) -> None:
        for mask in MASKS:
            look, own = plotting.LOOKS[mask], middle[line(noise), mask_name(mask)]
            name = "baseline" if label and not any(mask) else None
            ax.plot(sizes, own[sizes], color=look.colour, ls=look.dash, lw=1.2, label=name)
        for name, dash in lines.items():
            own = middle[line(noise), name][sizes]
            ax.plot(sizes, own, ls=dash, color=plotting.MUTED, label=name if label else None)
        own = middle[line(noise), "energy"]
        ax.plot(sizes, own[sizes], color=plotting.ENERGY, lw=2.2, label="energy" if label else None)
        ax.set_title(f"noise {noise:g}")
        _sizes(ax, sizes)

    def contrasts(ax: Axes, noise: float, label: bool) -> None:
        ax.axhline(0, color=plotting.MUTED, lw=0.8)
        for k, (contrast, (colour, marker, name)) in enumerate(LOOKS.items()):
            own = found[found.contrast == f"{line(noise)}: {INSIDE}, {contrast}"]
            x = own.n * 1.1 ** (k - 1)
            ax.plot([x, x], [own.low, own.high], color=colour, lw=1.6)
            ax.plot(x, own.estimate, marker, color=colour, ms=4.5, label=name if label else None)
        _sizes(ax, sizes)

    def draw(figure: Figure, phone: bool) -> None:
        if phone:
            grid = figure.subplots(6, 1, sharex=True)
            grid = np.array([grid[0::2], grid[1::2]])
        else:
            grid = figure.subplots(2, 3, sharex=True)
            for ax in grid[1, 1:]:
                ax.sharey(grid[1, 0])
                ax.tick_params(labelleft=False)
        for column, noise in enumerate(NOISES):
            last = phone or column == len(NOISES) - 1
            absolute(grid[0, column], noise, last)
            contrasts(grid[1, column], noise, last)
            if phone or column == 0:
                grid[0, column].set_ylabel("log₁₀ test error")
                grid[1, column].set_ylabel("log₁₀ ratio")
        for ax in [*grid[0], *(grid[1, :2] if phone else ())]:
            ax.set_xlabel("")
        plotting.headline(figure, plotting.broken(title, 3.4 if phone else 8))
        plotting.label_lines(*grid.flat)

    gain = [(middle[line(s), "Gaussian process"] - middle[line(s), "baseline"])[20] for s in NOISES]
    alt = (
        "Test error against N at three levels of noise. All eight masks and energy lie close "
        "together; at twenty samples a Gaussian process differs from the baseline by "
        + ", ".join(f"{g:+.1f}" for g in gain).replace("-", "−")
        + " powers of ten. Below, intervals of what showing the data changes: "
        f"{better} better, {worse} worse, {unclear} undecided."
    )
    return plotting.both(draw, (8.6, 4.9), (3.6, 9.6), alt)


@plotting.styled
def widths(slopes, curves: dict[tuple, np.ndarray], best: dict[float, float]) -> HTML:
    """Test error against slope: (noise, where, widths) → (seeds, slopes); best: a kernel method."""
    colours = dict(zip(WHERE, (plotting.INK, plotting.MUTED, plotting.ENERGY)))
    markers = dict(zip(WHERE, ("o", "X", "v")))
    noises = sorted({noise for noise, *_ in curves})

    def panel(ax: Axes, noise: float, label: bool) -> None:
        for (own, where, how), values in curves.items():
            if own == noise:
                name = where if label and how == "fixed" else None
                low, middle, high = np.log10(np.quantile(values, [0.25, 0.5, 0.75], axis=0))
                if how == "fixed":
                    ax.fill_between(slopes, low, high, color=colours[where], alpha=0.15, lw=0)
                ax.plot(
                    slopes, middle, color=colours[where], marker=markers[where],
                    ls="-" if how == "fixed" else (0, (3, 1.5)), label=name, ms=4.5,
                    mfc=colours[where] if how == "fixed" else plotting.PAPER,
                )  # fmt: skip
        ax.axhline(np.log10(best[noise]), color=plotting.MUTED, lw=0.8, ls=":")
        ax.set(xscale="log", xlabel="slope w at the start", title=f"noise {noise:g}")
        ax.set_xticks([0.5, 1, 2, 5, 10, 20], ["0.5", "1", "2", "5", "10", "20"])
        ax.minorticks_off()

    ends = {where: np.median(curves[noises[-1], where, "fixed"], 0) for where in WHERE[1:]}
    random, there = ends.values()
    best_at = int(np.argmin(there))
    ratio = random[best_at] / there[best_at], random[-1] / there[-1]
    title = (
        f"With noise, random places have {ratio[0]:.1f} times the samples' error at the best "
        f"slope, {ratio[1]:.0f} times at the narrowest"
    )

    def draw(figure: Figure, phone: bool) -> None:
        axes = figure.subplots(*((2, 1) if phone else (1, 2)), sharex=True)
        for ax, noise in zip(axes, noises):
            panel(ax, noise, phone or noise == noises[-1])
        axes[0].set_ylabel("log₁₀ test error")
        if phone:
            axes[0].set_xlabel("")
            axes[1].set_ylabel("log₁₀ test error")
        plotting.headline(figure, plotting.broken(title, 3.4 if phone else 8))
        plotting.label_lines(*axes)

    alts = []
    for noise in noises:
        middle = {where: np.median(curves[noise, where, "fixed"], 0) for where in WHERE}
        tops = {where: slopes[int(m.argmin())] for where, m in middle.items()}
        alts.append(
            f"Noise {noise:g}, widths fixed: the least test error is "
            + ", ".join(f"{w} {m.min():.2g} (w {tops[w]:.2g})" for w, m in middle.items())
            + "; with the narrowest units "
            + ", ".join(f"{where} {m[-1]:.2g}" for where, m in middle.items())
            + "."
        )  # fmt: skip
    return plotting.both(draw, (8.6, 3.4), (3.6, 6.0), " ".join(alts))


@plotting.styled
def digits(accuracies: pd.DataFrame) -> HTML:
    """Accuracy on fresh digits: rows methods, columns levels (worlds); cells (seeds,) arrays."""
    names, worlds = [*accuracies.index], [*accuracies.columns]
    means = accuracies.map(np.mean)
    first, second = (means.loc["energy", w] - means.loc["baseline", w] for w in worlds)
    title = f"Energy: {100 * first:+.1f} points of accuracy, {100 * second:+.1f} with wrong labels"
    title = title.replace("-0.0", "+0.0").replace("-", "−")

    def draw(figure: Figure, phone: bool) -> None:
        ax = figure.subplots()
        for row, name in enumerate(names):
            for k, world in enumerate(worlds):
                values, y = np.asarray(accuracies.loc[name, world]), -row + 0.18 - 0.36 * k
                fill = plotting.INK if k == 0 else plotting.PAPER
                ax.plot([values.min(), values.max()], [y, y], color=plotting.MUTED, lw=1)
                ax.plot(values.mean(), y, "o", color=plotting.INK, mfc=fill, ms=5)
        ax.set(yticks=[-k for k in range(len(names))], yticklabels=names)
        ax.set(xlabel="accuracy on fresh digits (ideal: 1)", ylim=(-len(names) + 0.4, 0.6))
        ax.tick_params(left=False)
        plotting.headline(figure, plotting.broken(title, 3.4 if phone else 6))

    words = [
        f"{world}: most {column.idxmax()} ({column.max():.3f}), least {column.idxmin()} "
        f"({column.min():.3f}), baseline {column['baseline']:.3f}, energy {column['energy']:.3f}."
        for world, column in means.items()
    ]
    height = 0.27 * len(names) + 0.6
    return plotting.both(draw, (6.4, height), (3.6, height), "Accuracies. " + " ".join(words))


@plotting.styled
def audit(table: pd.DataFrame) -> HTML:
    """Agreement of an auditor with the network against N: rows where, columns noise."""
    looks = {
        "read": (plotting.ENERGY, "P", "-"),
        "random places": (plotting.MUTED, "X", ":"),
        "samples": (plotting.INK, "o", (0, (4, 1.5))),
    }
    places = "in the hull", "beyond"
    sizes = sorted(table[table.score == f"{AGREE} beyond"].n.unique().tolist())

    middle = table.groupby(["score", "of", "world", "n"]).value.median()
    counts = {
        where: {name: int((middle[f"{AGREE} {where}", name] > LEVEL).sum()) for name in looks}
        for where in places
    }
    total = len(NOISES) * len(sizes)
    title = (
        f"Read prototypes predict the outputs in {counts['in the hull']['read']} of {total} cases "
        f"in the hull, in {counts['beyond']['read']} beyond it"
    )

    def panel(ax: Axes, where: str, noise: float, label: bool) -> None:
        part = table[(table.world == line(noise)) & (table.score == f"{AGREE} {where}")]
        ax.axhspan(LEVEL, 1.0, color=plotting.HULL, lw=0)
        ax.axhline(0, color=plotting.MUTED, lw=0.8)
        for name, (colour, marker, dash) in looks.items():
            values = part[part.of == name].pivot(index="seed", columns="n", values="value")
            plotting.plot_band(
                sizes, values[sizes].clip(lower=-1).to_numpy(), ax=ax, colour=colour,
                marker=marker, dash=dash, label=name if label else None,
            )  # fmt: skip
        ax.set(ylim=(-1.08, 1.08), yticks=[-1, 0, 1], yticklabels=["≤ −1", "0", "1"])
        ax.set_title(f"{where}, noise {noise:g}")
        _sizes(ax, sizes)

    def draw(figure: Figure, phone: bool) -> None:
        grid = figure.subplots(*((3, 2) if phone else (2, 3)), sharex=True, sharey=True)
        grid = grid.T if phone else grid
        for row, where in enumerate(places):
            for column, noise in enumerate(NOISES):
                ax = grid[row, column]
                panel(ax, where, noise, column == 2 and not phone)
                ax.label_outer()
                if phone:
                    ax.set_title(f"{where.removeprefix('in the ')}, {noise:g}")
        if phone:
            for name, (colour, marker, dash) in looks.items():
                grid[1, 0].plot([], [], color=colour, marker=marker, ls=dash, label=name)
            grid[0, 0].legend(
                *grid[1, 0].get_legend_handles_labels(), loc="lower right", labelspacing=0.15
            )
        figure.supylabel("share of the outputs predicted, R²", fontsize=9.5)
        plotting.headline(figure, plotting.broken(title, 3.4 if phone else 8))
        if not phone:
            plotting.label_lines(*grid[:, -1])

    alt = " ".join(
        f"{where.capitalize()}, of {total} sizes and levels of noise, the median R² exceeds "
        f"{LEVEL:g} in " + ", ".join(f"{c} ({name})" for name, c in own.items()) + "."
        for where, own in counts.items()
    )
    return plotting.both(draw, (8.6, 4.4), (3.6, 6.0), alt)
