"""The figures of the chapter `bridge`."""

from collections.abc import Mapping, Sequence

import torch
from IPython.display import HTML
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from protolib import plotting
from protolib.figures import marks
from protolib.figures.marks import DASHED, DESK, PHONE
from protolib.plotting import COVERAGE, ENERGY, FAINT, GAUSSIAN, HULL, INK, MUTED, SEPARATION

Curves = Float[Tensor, "nets frames"]

ATTRACTORS = {
    "none": (SEPARATION, "-", "no attractor"),
    "coverage": (COVERAGE, DASHED, "coverage"),
    "same kernel": (INK, "-", "same kernel"),
}
KERNELS = {"gaussian": GAUSSIAN, "energy": ENERGY}
NORMS = {"free": (INK, "-", "free norms"), "unit": (INK, DASHED, "unit norm")}


def _mean(values: Tensor, digits: int = 2) -> str:
    return f"{values.double().mean():.{digits}f}"


def _lines(ax: Axes, steps: int, values: Curves, look: tuple) -> None:
    """A line a world against the step, one label for all."""
    colour, dash, name = look
    x = torch.linspace(0, steps, values.shape[1])
    few = slice(None, None, 2 if len(x) > 40 and len(x) % 2 else 1)  # smooth enough, half the size
    for k, run in enumerate(values):
        ax.plot(x[few], run[few], color=colour, ls=dash, lw=1.3, label=None if k else name)


def _atoms(ax: Axes, path: Float[Tensor, "frames 2 atoms"]) -> None:
    """Atoms on their way from the unit circle (open) to where they end."""
    turn = torch.linspace(0, 2 * torch.pi, 100)
    ax.plot(turn.cos(), turn.sin(), color=FAINT, lw=0.9)
    for atom in path[::2].unbind(-1):
        ax.plot(*atom.T, color=INK, lw=1.1)
    ax.plot(0, 0, "+", color=MUTED, ms=9)
    ax.plot(*path[0], "o", color=INK, mfc="none", ms=5)
    ax.plot(*path[-1], "D", color=INK, ms=5)


@plotting.styled
def plane(
    samples: Float[Tensor, "1 samples 2"],
    leaving: Float[Tensor, "frames 1 units 2"],
    shrinking: Float[Tensor, "frames 1 2 atoms"],
    signals: Float[Tensor, "1 signals 2"],
    growing: Float[Tensor, "frames 1 2 atoms"],
) -> HTML:
    """Three repulsions alone in the plane: prototypes that leave, atoms that shrink, and grow."""

    def draw(phone: bool) -> Figure:
        figure = Figure(figsize=(PHONE, 4.6) if phone else (DESK, 3.0))
        names = ("leave", "collapse", "inflate")
        layout = [["leave", "leave"], ["collapse", "inflate"]] if phone else [[*names]]
        panels = figure.subplot_mosaic(layout, height_ratios=[1.2, 1] if phone else [1])
        for name, title in zip(names, ("Prototypes leave", "Atoms collapse", "Atoms inflate")):
            panels[name].set(title=title, xticks=[], yticks=[])
            panels[name].spines[:].set_visible(False)
            panels[name].set_aspect("equal", adjustable="datalim")
        leave = panels["leave"]
        plotting.plot_dots(*samples[0].T, ax=leave, colour=MUTED, size=4.0)
        for unit in leaving[::2, 0].unbind(1):
            leave.plot(*unit.T, color=SEPARATION, lw=1.1)
        leave.plot(*leaving[0, 0].T, "o", color=INK, mfc="none", ms=5)
        leave.plot(*leaving[-1, 0].T, "^", color=SEPARATION, ms=6)
        plotting.plot_dots(*signals[0].T, ax=panels["inflate"], colour=MUTED, size=4.0)
        for name, path in (("collapse", shrinking), ("inflate", growing)):
            _atoms(panels[name], path[:, 0])
        return figure

    out = (leaving[-1, 0].norm(dim=1).min() / samples[0].norm(dim=1).max()).item()
    left = int((shrinking[-1, 0].norm(dim=0) > 0.1).sum())
    grown = growing[-1, 0].norm(dim=0)
    return marks.desk_and_phone(
        draw,
        f"Leave: {leaving.shape[2]} prototypes start at samples and walk away; at the end even "
        f"the nearest is {out:.1f} times as far out as the farthest sample. "
        f"Collapse: {shrinking.shape[3]} atoms of length one shrink towards the centre; {left} "
        "of them are still longer than a tenth at the end. "
        f"Inflate: {growing.shape[3]} atoms of length one grow, up to {grown.max():.1f} times "
        "as long.",
    )


@plotting.styled
def leave(far: Mapping[tuple[str, str], Curves], chance: float | int, *, steps: int) -> HTML:
    """Distance to the nearest sample, in the samples' spacing, a panel a separation's kernel.

    far: by the kernel and by the attractor, one of `ATTRACTORS`.
    """
    kernels = [*dict.fromkeys(kernel for kernel, _ in far)]
    ends = {key: values[:, -1] for key, values in far.items()}

    def draw(phone: bool) -> Figure:
        figure, axes = marks.beside(len(kernels), phone, 2.5 if phone else 2.8, sharey=False)
        for ax, kernel in zip(axes, kernels):
            own = [pull for name, pull in far if name == kernel]
            for pull in own:
                colour, dash, name = ATTRACTORS[pull]
                colour = KERNELS[kernel] if pull == "same kernel" else colour
                _lines(ax, steps, far[kernel, pull], (colour, dash, name))
            marks.level(ax, 0, "ideal")
            marks.level(ax, chance, "chance", dots=True)
            held = [ATTRACTORS[pull][2] for pull in own if ends[kernel, pull].max() < chance]
            words = f"only {held[0]} holds" if held else "nothing holds"
            words = words.replace("only same", "only the same")
            words = "both attractors hold" if len(held) > 1 else words
            ax.set_title(f"{kernel.capitalize()} push: {words}")
            ax.set_ylim(bottom=-0.06 * ax.get_ylim()[1])
        axes[0].set_ylabel("distance to a sample")
        marks.name_x(axes, "step")
        plotting.label_lines(*axes)
        return figure

    words = []
    for kernel in kernels:
        found = {pull: values for (name, pull), values in ends.items() if name == kernel}
        most = max(found, key=lambda pull: found[pull].mean())
        words.append(
            f"Under {kernel} separation prototypes end farthest from the samples with attractor: "
            f"{most}. Mean distances in spacings: "
            + ", ".join(f"{pull} {_mean(values, 1)}" for pull, values in found.items())
            + f"; random points {chance:.1f}."
        )
    return marks.desk_and_phone(draw, " ".join(words))


@plotting.styled
def collapse(
    alone: Float[Tensor, "nets atoms"], attracted: Float[Tensor, "nets atoms"], *, dims: int
) -> HTML:
    """Lengths of atoms in the end, longest first, under incoherence alone and with norms attracted.

    dims: more atoms cannot be orthogonal.
    """
    alone, attracted = (v.sort(descending=True).values for v in (alone, attracted))
    alive = (alone > 0.1).sum(1)
    least, most = alive.min().item(), alive.max().item()
    found = f"{most}" if least == most else f"{least} to {most}"

    def draw(phone: bool) -> Figure:
        figure = Figure(figsize=(PHONE if phone else DESK, 2.8))
        ax = figure.subplots()
        rank = torch.arange(1, alone.shape[1] + 1)
        for values, fill, dash, name in (
            (attracted, "none", DASHED, "norms attracted"), (alone, INK, "-", "alone"),
        ):  # fmt: skip
            ax.plot(rank, values.mean(0), color=INK, ls=dash, lw=1, label=name)
            for own in values:
                ax.plot(rank, own, "o", color=INK, mfc=fill, ms=4)
        marks.level(ax, 1, "start")
        marks.level(ax, 0)
        ax.axvline(dims + 0.5, color=MUTED, ls=DASHED, lw=0.9, zorder=0)
        marks.above(ax, dims + 0.5, f"M = {dims}")
        ax.set(xlabel="atoms, the longest first", ylabel="length", ylim=(-0.05, 1.08))
        ax.set(yticks=[0, 0.5, 1], xticks=[1, dims, alone.shape[1]])
        plotting.headline(figure, f"Alone, {found} of {alone.shape[1]} atoms survive")
        plotting.label_lines(ax)
        return figure

    return marks.desk_and_phone(
        draw,
        f"Under incoherence alone {found} of {alone.shape[1]} atoms keep more than a tenth of "
        f"their length, never more than {dims}; the longest keeps {_mean(alone[:, 0])}. With norms "
        f"attracted to one lengths end between {attracted.min():.2f} and {attracted.max():.2f}.",
    )


@plotting.styled
def inflate(
    lengths: Mapping[str, Curves], found: Mapping[str, Curves], chance: float | int, *, steps: int
) -> HTML:
    """Mean length of atoms and their |cos| with the truth, by "free" and "unit" norms."""
    end = {name: (lengths[name][:, -1], found[name][:, -1]) for name in lengths}
    better = max(end, key=lambda name: end[name][1].mean())
    free = lengths["free"]
    rising = (free[:, -1] > 1.01 * free[:, len(free[0]) // 2]).all()

    def draw(phone: bool) -> Figure:
        figure, axes = marks.beside(2, phone, 2.5 if phone else 2.8, sharey=False)
        for ax, pair, name in zip(axes, (lengths, found), ("mean length", "|cos| with the truth")):
            for norm, values in pair.items():
                _lines(ax, steps, values, NORMS[norm])
            ax.set_ylabel(name)
        axes[0].set(
            title=f"Free norms {'grow and grow' if rising else 'level off'}", ylim=(0, None)
        )
        words = "and stop short of the truth" if better == "unit" else "and come nearer the truth"
        axes[1].set(title=words, ylim=(0.5, 1.03), yticks=[0.5, 0.75, 1])
        marks.level(axes[1], 1, "ideal")
        marks.level(axes[1], chance, "chance", dots=True)
        marks.name_x(axes, "step")
        plotting.label_lines(*axes)
        return figure

    return marks.desk_and_phone(
        draw,
        f"Mean length of atoms: {_mean(end['free'][0], 1)}{' and still rising' * bool(rising)} "
        "with free norms, "
        f"{_mean(end['unit'][0], 1)} by constraint. "
        f"{NORMS[better][2].capitalize()} comes closer to the true atoms: |cos| "
        + ", ".join(f"{NORMS[name][2]} {_mean(cos)}" for name, (_, cos) in end.items())
        + f", chance {chance:.2f}.",
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
    x = [0.01, *weights[1:]]  # zero has no place on a logarithmic axis

    def draw(phone: bool) -> Figure:
        figure, axes = marks.beside(2, phone, 2.5 if phone else 2.8, sharey=False)
        for ax, values in zip(axes, (found, incoherence)):
            ax.plot(x, values.T, "o", color=INK, mfc="none", ms=4)
            ax.plot(x, values.median(0).values, color=INK)
            ax.set_xscale("log")
            ax.set_xticks([0.01, 0.1, 1, 10, 100], ["0", "0.1", "1", "10", "100"])
            ax.minorticks_off()
        left, right = axes
        left.set(title="Too much takes atoms from the truth", ylabel="|cos| with the truth")
        left.set(ylim=(0.5, 1.03), yticks=[0.5, 0.75, 1])
        marks.level(left, 1, "ideal")
        marks.level(left, chance, "chance", dots=True)
        less = incoherence.median(0).values.min() < true.min()
        words = f"to less overlap{' than the truth has' if less else ''}"
        right.set(title=words, ylabel="incoherence of the atoms")
        right.axhspan(true.min(), true.max(), color=HULL, lw=0)
        right.plot([x[-1]], [true.mean()], color=HULL, label="true atoms")
        marks.level(right, least, "least possible")
        right.set_ylim(bottom=0.95 * least)
        marks.name_x(axes, "weight of incoherence")
        plotting.label_lines(*axes)
        return figure

    middle = found.mean(0)
    best, spread = int(middle.argmax()), int(incoherence.mean(0).argmin())
    return marks.desk_and_phone(
        draw,
        f"The dictionary is found best at weight {weights[best]:g}, mean |cos| "
        f"{middle[best]:.2f}; at {weights[-1]:g} it is {middle[-1]:.2f}, chance {chance:.2f}. "
        f"Incoherence falls from {_mean(incoherence[:, 0], 3)} without that weight to "
        f"{_mean(incoherence[:, spread], 3)} at {weights[spread]:g}; true atoms "
        f"{_mean(true, 3)}, least possible {least:.3f}.",
    )


# worlds, and the first methods of new kinds
WORLDS = {"one": "One atom at a time", "two": "Two at a time", "digits": "Digits"}
GROUPS = ("one learned atom", "random atoms", "principal components")


@plotting.styled
def every(
    found: Mapping[tuple[str, str], tuple[float | int, ...]],
    cos: Mapping[tuple[str, str], float | int],
    chance: float | int,
) -> HTML:
    """Every method in every world of `WORLDS`, a row each: what it leaves, and its directions.

    found: by world and method the share left unexplained of seen (open) and of fresh signals
    (filled), and the real numbers that a signal costs; cos: |cos| with the true atoms.
    """
    names = [name for world, name in found if world == "one"]

    def blank(ax: Axes) -> None:
        ax.set(yticks=range(len(names)), yticklabels=names, ylim=(len(names) - 0.5, -0.5))
        ax.spines["left"].set_visible(False)
        ax.tick_params(left=False)
        for name in [name for name in GROUPS if name in names]:
            ax.axhline(names.index(name) - 0.5, color=FAINT, lw=0.8, zorder=0)

    def errors(ax: Axes, world: str) -> None:
        for x, word in ((0, "ideal"), (1, "mean")):
            ax.axvline(x, color=MUTED, lw=0.8, zorder=0)
            marks.above(ax, x, word)
        shown = []
        for row, name in enumerate(names):
            if (world, name) not in found:
                ax.text(0.5, row, "unknown", ha="center", va="center", fontsize=9, color=MUTED)
                continue
            seen, fresh, reals = found[world, name]
            ax.text(1.52, row, f"{reals:.2g}", ha="right", va="center", fontsize=9, color=MUTED)
            if min(seen, fresh) > 1.1:
                ax.text(0.97, row, f"{fresh:.1f} →", ha="right", va="center", fontsize=9)
            else:
                shown.append((seen, row, fresh, row))
        marks.segments(ax, shown, color=FAINT, lw=2.5, zorder=1)
        for x, fill in ((0, "none"), (2, INK)):
            ax.plot([o[x] for o in shown], [o[1] for o in shown], "o", color=INK, mfc=fill, ms=5)
        blank(ax)
        ax.annotate(
            "reals", (1.52, 1), xycoords=("data", "axes fraction"), xytext=(0, 2), ha="right",
            textcoords="offset points", fontsize=9, color=MUTED, annotation_clip=False,
        )  # fmt: skip
        ax.set(xlim=(-0.08, 1.52), xticks=[0, 0.5, 1], xlabel="unexplained")
        ax.set_title(WORLDS[world], pad=18)

    def directions(ax: Axes, world: str) -> None:
        for x, word, dots in ((chance, "chance", ":"), (1, "ideal", "-")):
            ax.axvline(x, color=MUTED, lw=1.4 if dots == ":" else 0.8, ls=dots, zorder=0)
            marks.above(ax, x, word)
        known = [(row, cos[world, name]) for row, name in enumerate(names) if (world, name) in cos]
        ax.plot([value for _, value in known], [row for row, _ in known], "D", color=INK, ms=4.5)
        blank(ax)
        ax.set(xlim=(0.5, 1.06), xticks=[0.5, 1], xlabel="|cos| with the truth")

    idle = all(
        found[world, "random atoms"][1] < found[world, "k-means centres"][1]
        and cos[world, "random atoms"] < chance + 0.02
        for world in ("one", "two")
        if (world, names[0]) in found
    )
    finding = (
        "A low error is not yet a reading:",
        "in worlds of atoms even random ones leave little",
    )

    def sheet(worlds: Sequence[str], width: float, words: str) -> Figure:
        figure = Figure(figsize=(width, 3.7 + 0.2 * len(words.splitlines())))
        if words and idle:
            plotting.headline(figure, words)
        kinds = [
            (draw, world)
            for world in worlds
            for draw in ((errors, directions) if world != "digits" else (errors,))
        ]
        wide = [1.7 if draw is errors else 1 for draw, _ in kinds]
        axes = figure.subplots(1, len(kinds), sharey=True, squeeze=False, width_ratios=wide)
        for ax, (draw, world) in zip(axes.flat, kinds):
            draw(ax, world)
        return figure

    worlds = [world for world in WORLDS if (world, names[0]) in found]
    words = []
    for world in worlds:
        own = {name: found[world, name][1] for name in names if (world, name) in found}
        order = sorted(own, key=own.get)
        words.append(
            f"{WORLDS[world]}, share of fresh signals left unexplained, from best to worst: "
            + ", ".join(f"{name} {own[name]:.2f}" for name in order)
            + "."
        )
    heads = ["\n".join(finding), *[""] * (len(worlds) - 1)]
    return plotting.show(
        sheet(worlds, DESK, " ".join(finding)), alt=" ".join(words),
        phone=[sheet([world], PHONE, head) for world, head in zip(worlds, heads)],
    )  # fmt: skip
