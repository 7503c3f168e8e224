"""The figures of the chapter `scores`."""

from collections.abc import Callable, Mapping, Sequence

from IPython.display import HTML
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from protolib import plotting
from protolib.figures import marks
from protolib.figures.marks import DASHED, DESK, DOTTED, PHONE
from protolib.plotting import FAINT, INK, LINEAR, MUTED

LOOK = {  # of a score, everywhere in the chapter: colour, marker, filling and dash
    "MCC": (INK, "o", INK, "-"),
    "MCC of ranks": (INK, "o", "none", DASHED),
    "linear R²": (LINEAR, "s", LINEAR, "-"),
    "DCI: D": (INK, "D", "none", DASHED),
    "DCI: C": (INK, "D", INK, DASHED),
    "MIG": (INK, "^", "none", (0, (6, 1.5, 1, 1.5))),
}
KNOBS = {  # title, and label of the axis
    "rotation": ("R² does not see a rotation", "angle in degrees"),
    "spoilt": ("MIG rewards a spoilt copy", "share of noise in the second copy"),
    "bound": ("MCC takes correlation for success", "correlation of the features"),
    "folded": ("Linear scores miss a fold", "how far folded"),
}


def _scale(ax: Axes, ticks: Sequence[int] | None = None) -> None:
    """A score upwards; with ticks, x is logarithmic."""
    ax.set(ylim=(-0.06, 1.08), yticks=[0, 0.5, 1])
    if ticks is not None:
        ax.set_xscale("log")
        ax.set_xticks(ticks, ticks)
        ax.minorticks_off()


def _line(
    ax: Axes, x: Sequence[float | int], values: Tensor, score: str, label: str, **other
) -> None:
    colour, marker, fill, dash = LOOK[score]
    look = {"colour": colour, "marker": marker, "dash": dash} | other
    plotting.plot_band(x, values, ax=ax, label=label, **look)
    ax.lines[-1].set_markerfacecolor(fill)


@plotting.styled
def know_nothing(
    units: Sequence[int],
    found: Mapping[int, Float[Tensor, "draws units"]],
    bound: Mapping[int, Sequence[float]],
) -> HTML:
    """MCC of noise, and its bound by formula, against the units, a line a number of samples."""

    def draw(phone: bool) -> Figure:
        figure = Figure(figsize=(PHONE if phone else DESK, 2.7))
        ax = figure.subplots()
        for (n, values), dash in zip(found.items(), ("-", DASHED)):
            label = "bound, by formula" if n == min(found) else None
            ax.plot(units, bound[n], color=MUTED, ls=DOTTED, lw=1.4, label=label)
            _line(ax, units, values, "MCC", f"{n} samples", dash=dash)
        marks.level(ax, 1, "ideal")
        _scale(ax, units)
        grows = all(v[:, -1].mean() > v[:, 0].mean() for v in found.values())
        words = f"MCC {'grows' if grows else 'need not grow'} with units that know nothing"
        ax.set(title=words, xlabel="units", ylabel="MCC")
        plotting.label_lines(ax)
        return figure

    return marks.desk_and_phone(
        draw,
        "MCC of units that are pure noise "
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
    """A table of dots: a row a representation, a column a score of `LOOK`, ticks at chance."""
    names = [*next(iter(found.values()))]

    def agreed(near: Callable[[str, str], bool]) -> list[str]:
        return [name for name in names if all(near(score, name) for score in found)]

    good = agreed(lambda score, name: found[score][name].mean() > 0.95)
    none = agreed(lambda score, name: found[score][name].mean() < chance[score][name] + 0.05)
    parts = [good, none, [name for name in names if name not in {*good, *none}]]
    groups = [next(k for k, part in enumerate(parts) if name in part) for name in names]
    spread = {name: [own[name].mean().item() for own in found.values()] for name in parts[2]}
    apart = min((max(values) - min(values) for values in spread.values()), default=0.0)
    finding = (
        f"Near the ideal by every score: {', '.join(good) or 'none'};",
        f"at chance by every score: {', '.join(none) or 'none'};",
        "on all others they disagree" if apart > 0.2 else "others are in between",
    )

    def column(ax: Axes, score: str) -> None:
        ax.axvline(1, color=MUTED, lw=0.8, zorder=1)
        rows, levels = range(len(names)), [chance[score][name] for name in names]
        marks.segments(ax, [(0, row, 1, row) for row in rows], color=FAINT, lw=0.6, zorder=0)
        ticks = [(level, row - 0.34, level, row + 0.34) for row, level in enumerate(levels)]
        marks.segments(ax, ticks, color=MUTED, lw=2.2)
        dots = [(x, row) for row, name in enumerate(names) for x in found[score][name].tolist()]
        ax.plot(*zip(*dots), "o", color=INK, alpha=0.75, ms=4.5)
        for row, name in enumerate(names):
            if row and groups[row] != groups[row - 1]:
                ax.axhline(row - 0.5, color=MUTED, lw=0.8)
            words = f"{found[score][name].mean():.2f}".replace("-", "−")
            ax.text(1.12, row, words, va="center", fontsize=9)
        ax.set(xlim=(-0.16, 1.62), title=score, xticks=[0, 1])
        ax.set(yticks=range(len(names)), yticklabels=names, ylim=(len(names) - 0.5, -0.5))
        ax.spines["bottom"].set_bounds(0, 1)
        ax.spines["left"].set_visible(False)
        ax.tick_params(left=False)

    def sheet(scores: list, width: float, words: str) -> Figure:
        figure = Figure(figsize=(width, 2.8 + 0.2 * len(words.splitlines())))
        axes = figure.subplots(1, len(scores), sharey=True, squeeze=False)
        for ax, score in zip(axes.flat, scores):
            column(ax, score)
        figure.get_layout_engine().set(w_pad=0.01, wspace=0.02)
        if words:
            plotting.headline(figure, words)
        return figure

    words, scores = [], [*found]
    for score, values in found.items():
        top = [name for name, own in values.items() if own.mean() > 0.95]
        bottom = [name for name, own in values.items() if own.mean() < chance[score][name] + 0.05]
        words.append(
            f"{score} is nearly one for {', '.join(top) or 'none'}, and no better than chance for "
            f"{', '.join(bottom) or 'none'}."
        )
    halves = [part for part in (scores[:3], scores[3:]) if part]
    heads = "\n".join(finding), ""
    return plotting.show(
        sheet(scores, DESK, " ".join(finding)), alt=" ".join(words),
        phone=[sheet(part, PHONE, head) for part, head in zip(halves, heads)],
    )  # fmt: skip


@plotting.styled
def knobs(
    swept: Mapping[str, tuple[Sequence[float | int], Mapping[str, tuple[Tensor, Tensor]]]],
) -> HTML:
    """A panel for each of `KNOBS`: its values, and by score what was found and its chance.

    Both are (nets, values).
    """

    def draw(phone: bool) -> Figure:
        columns = 1 if phone else 2
        rows = -(-len(swept) // columns)
        figure = Figure(figsize=(PHONE if phone else DESK, (2.2 if phone else 2.4) * rows))
        axes = figure.subplots(rows, columns, sharey=True, squeeze=False).flat
        for ax, (key, (x, lines)) in zip(axes, swept.items()):
            title, xlabel = KNOBS[key]
            marks.level(ax, 1)
            for score, (values, shuffled) in lines.items():
                ax.plot(x, shuffled.mean(0), color=MUTED, ls=DOTTED, lw=1.4, zorder=1)
                _line(ax, x, values, score, score)
            _scale(ax)
            ax.set(title=title, xlabel=xlabel)
            plotting.label_lines(ax)
        return figure

    words = []
    for key, (x, lines) in swept.items():
        title, xlabel = KNOBS[key]
        words.append(
            f"{title}: as {xlabel} goes from {x[0]} to {x[-1]}, "
            + ", ".join(
                f"{score} goes from {v[:, 0].median():.2f} to {v[:, -1].median():.2f}"
                for score, (v, _) in lines.items()
            )
            + "."
        )
    return marks.desk_and_phone(draw, " ".join(words))


@plotting.styled
def recipe(samples: Sequence[int], found: Mapping[str, Float[Tensor, "draws samples"]]) -> HTML:
    """DCI's disentanglement of noise against the samples, a line a recipe of importances."""
    climbs = {name: v[:, -1].mean() > v[:, 0].mean() + 0.1 for name, v in found.items()}

    def draw(phone: bool) -> Figure:
        figure = Figure(figsize=(PHONE if phone else DESK, 2.7))
        ax = figure.subplots()
        for (name, values), dash in zip(found.items(), ("-", DASHED, (0, (6, 1.5, 1, 1.5)))):
            _line(ax, samples, values, "DCI: D", name, dash=dash)
        marks.level(ax, 1, "ideal")
        _scale(ax, samples)
        ax.set(title="D of noise belongs to the recipe", xlabel="samples", ylabel="D of noise")
        plotting.label_lines(ax)
        return figure

    return marks.desk_and_phone(
        draw,
        f"Disentanglement of pure noise, from {samples[0]} to {samples[-1]} samples: "
        + "; ".join(
            f"{name} {'climbs' if climbs[name] else 'stays low'}, from "
            f"{v[:, 0].mean():.2f} to {v[:, -1].mean():.2f}"
            for name, v in found.items()
        )
        + ".",
    )
