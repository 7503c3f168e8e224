"""The figures of the chapter `coefficients`: surfaces, searches, refinement, the window."""

import numpy as np
import pandas as pd
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from protolib import plotting
from protolib.claims import median_interval

CUTS = {  # what is kept beside coverage: λ_S, λ_O; name, colour, marker
    (0.0, 0.0): ("alone", plotting.COVERAGE, "s"),
    (1.0, 0.0): ("separation 1", plotting.SEPARATION, "^"),
    (100.0, 0.0): ("separation 100", plotting.SEPARATION, "v"),
    (0.0, 1.0): ("overlap 1", plotting.OVERLAP, "D"),
}
LOSSES = ["coverage", "separation", "overlap"]
RATIO = "error / chance (ideal: 0)"


def _chance(ax: Axes) -> None:
    ax.axhline(1, color=plotting.MUTED, ls=":", lw=1.4, label="chance", zorder=1)


@plotting.styled
def surface(cube: pd.DataFrame) -> HTML:
    """Cuts through the surface along λ of coverage, with one repulsion or none.

    cube: n, coverage, separation, overlap (the three λ), seed, error in units of chance.
    """
    sizes, levels = sorted(cube["n"].unique().tolist()), sorted(cube["coverage"].unique().tolist())
    middle = cube.groupby(["n", *LOSSES])["error"].median()
    repelled = middle[any_repulsion(middle.droplevel("n"))]
    alone = middle.loc[[(n, c, 0.0, 0.0) for n, c, _, _ in repelled.index]]
    better = int((repelled.to_numpy() < alone.to_numpy()).sum())
    title = f"{better or 'None'} of {len(repelled)} settings with a repulsion beat coverage alone"
    alt = "Error in units of chance against λ of coverage. " + " ".join(
        f"N = {n}: without repulsion from {middle[n, levels[0], 0, 0]:.2g} to "
        f"{middle[n, levels[-1], 0, 0]:.2g}; with overlap at 1 still "
        f"{middle[n, levels[-1], 0, 1]:.2g} at the largest λ."
        for n in sizes
    )

    def panel(ax: Axes, n: int, names: bool) -> None:
        part = cube[cube["n"] == n]
        for (s, o), (name, colour, marker) in CUTS.items():
            own = part[(part["separation"] == s) & (part["overlap"] == o)]
            wide = own.pivot(index="seed", columns="coverage", values="error")
            plotting.plot_band(range(len(levels)), wide[levels], ax=ax, colour=colour,
                               marker=marker, label=name if names else None)  # fmt: skip
        _chance(ax)
        ax.set(yscale="log", title=f"N = {n}", xticks=range(len(levels)),
               xticklabels=[f"{level:g}" for level in levels])  # fmt: skip

    def draw(figure: Figure, phone: bool) -> None:
        rows, columns = (len(sizes), 1) if phone else (1, len(sizes))
        axes = figure.subplots(rows, columns, sharex=True, sharey=True)
        for ax, n in zip(axes, sizes):
            panel(ax, n, phone or n == sizes[-1])
            ax.label_outer()
            if phone:
                ax.set_ylabel("error / chance")
        if not phone:
            axes[0].set_ylabel(RATIO)
        figure.supxlabel("λ of coverage", fontsize=9.5)
        plotting.headline(figure, title)
        plotting.label_lines(*(axes if phone else axes[-1:]))

    return plotting.both(draw, (8.6, 3.1), (3.6, 2.2 * len(sizes)), alt)


def front(points: np.ndarray) -> np.ndarray:
    """Which of the points, (points, 2), no other beats in one column and ties or beats in both.

    >>> front(np.array([[1.0, 3.0], [2.0, 2.0], [2.0, 4.0], [3.0, 1.0]])).tolist()
    [0, 1, 3]
    """
    below = (points[:, None] <= points).all(-1) & (points[:, None] < points).any(-1)
    (free,) = np.nonzero(~below.any(0))
    return free[points[free, 0].argsort(kind="stable")]


@plotting.styled
def pareto(cube: pd.DataFrame, rivals: pd.DataFrame) -> HTML:
    """Every setting by the medians of its fit and its error; and what needs no setting.

    rivals: n, of, error, fit, the medians of the other attractors.
    """
    sizes = sorted(cube["n"].unique().tolist())
    looks = {"energy": (plotting.ENERGY, "P"), "transport": (plotting.INK, "X")}
    alts, ratios = [], []
    for n in sizes:
        part = cube[cube["n"] == n].groupby(LOSSES)[["fit", "error"]].median()
        best = part["error"].min()
        own = rivals[rivals["n"] == n].set_index("of")
        ratios.append(best / own["error"].max())
        alts.append(f"N = {n}: the best of {len(part)} settings has {best:.2g}, energy "
                    f"{own.loc['energy', 'error']:.2g}.")  # fmt: skip

    def panel(ax: Axes, n: int) -> None:
        part = cube[cube["n"] == n].groupby(LOSSES)[["fit", "error"]].median()
        points = part.to_numpy()
        free = any_repulsion(part)
        plotting.plot_dots(*points[free].T, ax=ax, colour=plotting.ALL, size=3.0)
        plotting.plot_dots(*points[~free].T, ax=ax, colour=plotting.COVERAGE, size=5.0)
        edge = points[front(points)]
        ax.plot(*edge.T, drawstyle="steps-post", color=plotting.INK, lw=1.2)
        for name, row in rivals[rivals["n"] == n].set_index("of").iterrows():
            colour, marker = looks[name]
            ax.plot(row["fit"], row["error"], marker, color=colour, ms=8)
            above = row["error"] == rivals[rivals["n"] == n]["error"].max()
            ax.annotate(name, (row["fit"], row["error"]), (0, 7 if above else -7), ha="center",
                        textcoords="offset points", va="bottom" if above else "top",
                        fontsize=9)  # fmt: skip
        _chance(ax)
        ax.set(xscale="log", yscale="log", title=f"N = {n}")

    def draw(figure: Figure, phone: bool) -> None:
        rows, columns = (len(sizes), 1) if phone else (1, len(sizes))
        axes = figure.subplots(rows, columns, sharex=True, sharey=True).ravel()
        for ax, n in zip(axes, sizes):
            panel(ax, n)
            ax.label_outer()
        room = 20 if phone else 6  # under the markers, for a name
        axes[0].set_ylim(rivals["error"].min() / room)  # all share it, and have been drawn
        title = f"No setting comes within {min(ratios):.0f} times of energy"
        figure.supxlabel("fit: mean squared error (ideal: 0)", fontsize=9.5)
        figure.supylabel(RATIO, fontsize=9.5)
        plotting.headline(figure, title if min(ratios) > 2 else "Settings against energy")

    words = "Each of many settings by its fit and its error in units of chance. "
    return plotting.both(draw, (8.6, 3.2), (3.6, 2.2 * len(sizes)), words + " ".join(alts))


def any_repulsion(table: pd.DataFrame | pd.Series) -> np.ndarray:
    """Which rows, indexed by the three λ, have separation or overlap on."""
    return np.array([s > 0 or o > 0 for _, s, o in table.index])


@plotting.styled
def searches(
    found: dict[str, np.ndarray], used: dict[str, pd.DataFrame], energy: pd.DataFrame, luck: float
) -> HTML:
    """The best objective so far, kind → (repetitions, trials); and settings at other sizes.

    used: for what they were tuned → errors in units of chance, (seeds, sizes), columns N;
    energy: the same for the matched attractor; luck: what chance has for an objective, log₁₀.
    """
    ends = {kind: np.median(values[:, -1]) for kind, values in found.items()}
    better = min(ends, key=ends.get)
    spread = max(np.ptp(values[:, -1]) for values in found.values())
    close = abs(np.subtract(*ends.values())) < spread
    middle = {name: table.median() for name, table in used.items()}
    alt = (
        f"Best error so far over the trials: in the end {better} leads, "
        + ", ".join(f"{kind} {10**value:.3g}" for kind, value in ends.items())
        + ". Errors in units of chance where a setting was not tuned: "
        + "; ".join(
            f"{name}: " + ", ".join(f"{v:.2g} at N = {n}" for n, v in row.items())
            for name, row in middle.items()
        )
        + "."
    )
    looks = dict(zip(found, ((plotting.INK, "-"), (plotting.MUTED, (0, (4, 1.5))))))
    marks = dict(zip(used, "sov^d"))

    def draw(figure: Figure, phone: bool) -> None:
        left, right = figure.subplots(2, 1) if phone else figure.subplots(1, 2)
        for kind, values in found.items():
            colour, dash = looks[kind]
            trials = np.arange(1, values.shape[1] + 1)
            low, mid, high = np.quantile(10**values, [0.25, 0.5, 0.75], axis=0)
            left.fill_between(trials, low, high, color=colour, alpha=0.15, lw=0)
            left.plot(trials, mid, color=colour, ls=dash, label=kind)
        tie = "Equal budgets, about equal ends" if close else f"{better} finds better settings"
        left.axhline(10**luck, color=plotting.MUTED, ls=":", lw=1.4, label="chance", zorder=1)
        left.set(title=tie, xlabel="trials", ylabel="best error so far (ideal: 0)", yscale="log")
        left.set_yticks([0.1, 0.2, 0.5, 1, 2], ["0.1", "0.2", "0.5", "1", "2"])
        left.minorticks_off()
        for name, table in used.items():
            sizes = [*table.columns]
            colour = plotting.INK if name == "nominal" else plotting.COVERAGE
            plotting.plot_band(sizes, table, ax=right, marker=marks[name], label=name,
                               colour=colour)  # fmt: skip
        plotting.plot_band(sizes, energy, ax=right, colour=plotting.ENERGY, marker="P",
                           label="energy")  # fmt: skip
        right.axhline(1, color=plotting.MUTED, ls=":", lw=1.4, zorder=1)  # named at the left
        plotting.size_axis(right, sizes)
        right.set(yscale="log", ylabel=RATIO, title="A setting travels; energy needs none")
        plotting.label_lines(left, right)

    return plotting.both(draw, (8.6, 3.3), (3.6, 6.4), alt)


@plotting.styled
def refined(errors: dict[int, pd.DataFrame], colours: dict[str, str]) -> HTML:
    """Medians with 95% intervals, a row a method: N → errors in units of chance, (seeds, methods).

    colours: method → "coverage", "repulsion", "data" or "matched", who does the work.
    """
    tint = {"coverage": plotting.COVERAGE, "repulsion": plotting.ALL, "data": plotting.INK,
            "matched": plotting.ENERGY}  # fmt: skip
    marker = {"coverage": "s", "repulsion": "^", "data": "o", "matched": "P"}
    names, sizes = [*colours], [*errors]
    alt = "Medians over seeds, in units of chance. " + " ".join(
        f"N = {n}: " + ", ".join(f"{name} {errors[n][name].median():.2g}" for name in names) + "."
        for n in sizes
    )

    aided = [name for name, kind in colours.items() if kind in ("data", "matched")]
    apart = all(e[aided].median().max() < e.median().drop(aided).min() for e in errors.values())
    title = (
        "No schedule comes up to relocation or a matched kernel"
        if apart
        else "Some schedule comes up to relocation"
    )

    def panel(ax: Axes, n: int) -> None:
        for k, name in enumerate(names[::-1]):
            estimate, low, high, _ = median_interval(errors[n][name].to_numpy(), 1.0)
            kind = colours[name]
            ax.plot([low, high], [k, k], color=tint[kind], lw=2)
            ax.plot(estimate, k, marker[kind], color=tint[kind], ms=6)
        ax.axvline(1, color=plotting.MUTED, ls=":", lw=1.4)
        ax.set(xscale="log", title=f"N = {n}", yticks=range(len(names)), yticklabels=names[::-1],
               ylim=(-0.6, len(names) - 0.4))  # fmt: skip
        ax.grid(axis="y", color=plotting.FAINT, lw=0.6)
        ax.tick_params(axis="y", length=0)

    def draw(figure: Figure, phone: bool) -> None:
        shown = sizes[-1:] if phone else sizes
        axes = np.atleast_1d(figure.subplots(1, len(shown), sharey=True, sharex=True))
        for ax, n in zip(axes, shown):
            panel(ax, n)
        figure.supxlabel("error / chance (dotted: chance; ideal: 0, far left)", fontsize=9.5)
        plotting.headline(figure, plotting.broken(title, 3.0) if phone else title)

    return plotting.both(draw, (8.6, 4.2), (3.6, 4.6), alt)


@plotting.styled
def window(found: dict[int, np.ndarray], ratios: dict[int, np.ndarray]) -> HTML:
    """Error of the energy pair, in units of chance, against N (λ_C/λ_S − 1).

    found: N → (seeds, ratios); ratios: N → λ_C/λ_S.
    """
    alts = []
    for n, values in found.items():
        middle, r = np.median(values, axis=0), np.asarray(ratios[n])
        within = (r > 1 - 1 / n) & (r < 1 + 1 / (n - 2))
        alts.append(f"N = {n}: at most {middle[within].max():.2g} of chance inside the window, "
                    f"{middle[r < 1 - 1 / n].max():.2g} below it.")  # fmt: skip
    looks = dict(zip(found, ("o", "s", "v", "D")))

    def draw(figure: Figure, phone: bool) -> None:
        ax = figure.subplots()
        ax.axvspan(-1, 1, color=plotting.HULL, lw=0, zorder=0)
        for n, values in found.items():
            at = n * (np.asarray(ratios[n]) - 1)
            plotting.plot_band(at, values, ax=ax, colour=plotting.ENERGY, marker=looks[n],
                               label=f"N = {n}")  # fmt: skip
        _chance(ax)
        words = "repulsion\nwins", "balance", "attraction\nwins"
        for place, word in zip((-2.6, 0, 2.8), words):
            ax.text(place, 0.97, word, transform=ax.get_xaxis_transform(), ha="center", va="top",
                    fontsize=9, color=plotting.MUTED)  # fmt: skip
        ax.set(yscale="log", xlabel=r"$N\,(\lambda_C / \lambda_S - 1)$", ylabel=RATIO, ylim=(None, 2e3))
        ax.set_title("One window for all N" if phone else
                     "Balance: one window of the ratio, for every N")  # fmt: skip
        plotting.label_lines(ax)

    words = "Error in units of chance against N times (the ratio of coefficients minus one). "
    return plotting.both(draw, (6.4, 3.4), (3.6, 3.2), words + " ".join(alts))
