"""The figures of the chapter `sparse-codes`. A size is a triple (N, M, K)."""

from collections.abc import Mapping, Sequence

import numpy as np
from IPython.display import HTML
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from protolib import plotting
from protolib.figures import marks
from protolib.figures.marks import DASHED, DESK, DOTTED, PHONE
from protolib.plotting import ENCODER, FAINT, INK, LINEAR, MUTED, PAPER
from protolib.sparse import coding

Size = tuple[int, int, int]
Scores = Float[Tensor, " nets"]

READ = {
    "FISTA": (INK, "o", "-"),
    "ridge": (LINEAR, "^", "-"),
    "pseudo-inverse": (LINEAR, "v", DASHED),
}
COLOURS = {  # linear read-outs, what training amortised, and what optimises at test time
    "ridge": LINEAR,
    "SAE": ENCODER,
    "one layer, taught": ENCODER,
    "LISTA, 10 layers": ENCODER,
}
LINES = {  # of dictionaries
    "random": (MUTED, DOTTED, "o"),
    "untuned SAE": (ENCODER, DASHED, "s"),
    "SAE": (ENCODER, "-", "s"),
    "learned": (INK, DASHED, "D"),
    "true": (INK, "-", "o"),
}


def _title(size: Size) -> str:
    return "{} features in {} units, {} active".format(*size)


@plotting.styled
def active(
    counts: Sequence[int], found: Mapping[str, Float[Tensor, "nets counts"]], *, ceiling: float,
    edge: int,
) -> HTML:  # fmt: skip
    """MCC of the read-outs by name, and of "chance", against the number of active features.

    ceiling: √(M/N); edge: the K at which exact recovery ends.
    """
    middle = {name: values.median(0).values for name, values in found.items()}
    good = [k for k, value in zip(counts, middle["FISTA"]) if value > 0.99]

    def draw(phone: bool) -> Figure:
        figure = Figure(figsize=(PHONE if phone else DESK, 2.9))
        ax = figure.subplots()
        ax.axvline(edge, color=FAINT, lw=6, zorder=0)
        ax.axhline(ceiling, color=MUTED, lw=0.8, ls=DASHED, label="√(M/N)", zorder=1)
        marks.level(ax, 1, "ideal")
        for name, (colour, marker, dash) in READ.items():
            plotting.plot_band(
                counts, found[name], ax=ax, colour=colour, marker=marker, dash=dash, label=name
            )
        ax.plot(counts, found["chance"].mean(0), color=MUTED, ls=DOTTED, lw=1.4, label="chance")
        gap = "\n" if phone else " "
        ax.text(edge + 0.6, 0.35, f"exact recovery{gap}ends", va="center", fontsize=9, color=MUTED)
        ax.set(xlabel="active features K", ylabel="MCC", ylim=(0, 1.08), yticks=[0, 0.5, 1])
        words = f"Sparse inference is nearly ideal up to K = {max(good, default=0)},"
        plotting.headline(figure, f"{words}{gap}a linear read-out never")
        plotting.label_lines(ax)
        return figure

    linear = middle["ridge"]
    return marks.desk_and_phone(
        draw,
        "MCC against the number of active features K. FISTA is nearly ideal "
        + (f"up to K = {max(good)}" if good else "nowhere")
        + f" and falls to {middle['FISTA'][-1]:.2f} at K = {counts[-1]}; the linear read-out stays "
        f"between {linear.min():.2f} and {linear.max():.2f}, whatever K is.",
    )


@plotting.styled
def edge(
    features: int,
    phase: Mapping[tuple[bool, int], tuple[float, Sequence[int], Float[Tensor, "seeds units"]]],
    half: Mapping[tuple[bool, int], Sequence],
) -> HTML:
    """Exact recovery against the units M, and the M at which half of the codes come back.

    phase: by (nonnegative, K) the prediction, the M that were run and the share recovered;
    half: by the same keys the M of half success, one a seed.
    """
    sparsities = sorted({K for _, K in phase})
    off = max(abs(np.mean(found) - phase[key][0]) for key, found in half.items())

    def jumps(ax: Axes) -> None:
        for K in sparsities[::2]:
            predicted, units, share = phase[False, K]
            low, high = share.min(0).values, share.max(0).values
            ax.fill_between(units, low, high, color=INK, alpha=0.13, lw=0)
            ax.plot(units, share.mean(0), color=INK, marker="o", ms=4)
            ax.axvline(predicted, color=MUTED, lw=0.9, ls=DASHED)
            marks.above(ax, predicted, f"K = {K}")
        ax.set(xlabel="units M", ylabel="share recovered", xlim=(0, features))
        ax.set(ylim=(-0.04, 1.06), yticks=[0, 0.5, 1])
        ax.set_title(f"All or none{', near the predicted M' if off < 3 else ''}", pad=18)

    def needed(ax: Axes) -> None:
        fine = range(1, 41)
        for nonnegative, name, dash, fill in (
            (False, "both signs", "-", INK),
            (True, "z ≥ 0", DASHED, PAPER),
        ):
            theory = [
                coding.statistical_dimension(features, K, nonnegative=nonnegative) for K in fine
            ]
            ax.plot(fine, theory, color=INK, lw=1.2, ls=dash, label=name)
            own = [
                (K, M) for (sign, K), found in half.items() if sign == nonnegative for M in found
            ]
            ax.plot(*zip(*own), "o", color=INK, ms=4, mfc=fill)
        unique = [K for K in fine if features >= 2 * K]
        ax.plot(unique, [2 * K for K in unique], color=MUTED, ls=DOTTED, lw=1.4)
        ax.text(27, 60, "M = 2K", ha="right", va="center", fontsize=9, color=MUTED)
        ax.set(xlabel="active features K", ylabel="M at half success", ylim=(0, features + 2))
        ax.set_title("Knowing that z ≥ 0 spares units", pad=18)
        plotting.label_lines(ax)

    def draw(phone: bool) -> Figure:
        figure, axes = marks.beside(2, phone, 2.7 if phone else 3.0, sharey=False, sharex=False)
        jumps(axes[0])
        needed(axes[1])
        return figure

    shown = ", ".join(f"{phase[False, K][0]:.0f} for K = {K}" for K in sparsities[::2])
    return marks.desk_and_phone(
        draw,
        "The share of exactly recovered codes rises from none to all around the units "
        f"predicted: {shown}. The units needed for half of the codes follow the two predicted "
        f"curves, to within {off:.1f} units in the mean of seeds.",
    )


@plotting.styled
def penalties(
    lams: Sequence[float],
    fista: Mapping[Size, Float[Tensor, "nets lams"]],
    sae: Mapping[Size, Float[Tensor, "nets lams"]],
    chance: Mapping[Size, Scores],
) -> HTML:
    """MCC of FISTA and of an autoencoder's layer against λ, a panel a size."""
    best = {
        size: {name: v[size].mean(0).max().item() for name, v in (("FISTA", fista), ("SAE", sae))}
        for size in fista
    }

    def draw(phone: bool) -> Figure:
        figure, axes = marks.beside(len(fista), phone, 2.4 if phone else 2.7)
        for ax, size in zip(axes, fista):
            marks.level(ax, 1, "ideal")
            for values, colour, marker, name in (
                (fista[size], INK, "o", "FISTA"), (sae[size], ENCODER, "s", "SAE"),
            ):  # fmt: skip
                plotting.plot_band(lams, values, ax=ax, colour=colour, marker=marker, label=name)
            marks.level(ax, chance[size].mean(), "chance", dots=True)
            ax.set(xscale="log", ylim=(0, 1.06), yticks=[0, 0.5, 1], title=_title(size))
            ax.set_xticks(lams, [f"{lam:g}" for lam in lams])
            ax.minorticks_off()
        axes[0].set_ylabel("MCC")
        marks.name_x(axes, "λ")
        ahead = all(max(own, key=own.get) == "FISTA" for own in best.values())
        words = "Best λ against best λ, FISTA is ahead of the layer"
        plotting.headline(figure, words if ahead else "FISTA is not always ahead of the layer")
        plotting.label_lines(*axes)
        return figure

    words = []
    for size, own in best.items():
        first, second = sorted(own, key=own.get, reverse=True)
        words.append(
            f"N = {size[0]}: at its best λ {first} scores {own[first]:.2f}, more than "
            f"{second} at its own best, {own[second]:.2f}."
        )
    return marks.desk_and_phone(draw, " ".join(words))


def _marks(ax: Axes, row: float | int, values: Tensor, name: str, filled: bool) -> None:
    """Marks in a row, one a world."""
    colour = COLOURS.get(name, INK)
    values = values.reshape(-1)
    ax.plot(values, [row] * len(values), "o", color=colour, mfc=colour if filled else "none", ms=5)


def _name(ax: Axes, place: tuple, words: str, side: str) -> None:
    """A word left or right of the first marks, instead of a legend."""
    ax.annotate(
        words, place, xytext=(-7 if side == "right" else 7, 0), textcoords="offset points",
        ha=side, va="center", fontsize=9,
    )  # fmt: skip


@plotting.styled
def ways_out(found: Mapping[Size, Mapping[str, Scores]], chance: Mapping[Size, Scores]) -> HTML:
    """MCC of every method with the true dictionary, and its way from the SAE to FISTA.

    Open marks are the first size, filled ones the last.
    """
    names = [*next(iter(found.values()))]
    short = all((v["FISTA"] - v["one layer, taught"]).min() > 0.02 for v in found.values())
    level = sum(own.mean().item() for own in chance.values()) / len(chance)

    def scored(ax: Axes) -> None:
        for filled, (size, own) in enumerate(found.items()):
            shift = 0.34 * filled - 0.17
            for row, name in enumerate(names):
                _marks(ax, row + shift, own[name], name, filled=bool(filled))
            first, end = own[names[0]], ("max", "min")[not filled]
            place = getattr(first, end)().item(), shift
            _name(ax, place, f"N = {size[0]}", "left" if filled else "right")
        marks.rows(ax, names, level)
        ax.set(xlim=(0, 1.03), xlabel="MCC", xticks=[0, 0.5, 1])

    def closed(ax: Axes, rows: Sequence[str]) -> None:
        for filled, (size, own) in enumerate(found.items()):
            mean = {name: values.mean() for name, values in own.items()}
            marks.above(ax, 1.19 + 0.23 * filled, str(size[0]))
            for name in [name for name in rows if name not in {"ridge", "SAE", "FISTA"}]:
                share = (mean[name] - mean["SAE"]) / (mean["FISTA"] - mean["SAE"])
                _marks(ax, rows.index(name), share, name, filled=bool(filled))
                words, column = f"{share:.0%}", 1.19 + 0.23 * filled
                ax.text(column, rows.index(name), words, ha="center", va="center", fontsize=9)
        for x, word in ((0, "SAE"), (1, "FISTA")):
            ax.axvline(x, color=MUTED, lw=0.8, zorder=0)
            marks.above(ax, x, word)
        ax.set(xlim=(-0.08, 1.55), xlabel="share of the gap closed", xticks=[])
        ax.set(yticks=range(len(rows)), yticklabels=rows, ylim=(len(rows) - 0.5, -0.5))
        ax.spines[["left", "bottom"]].set_visible(False)
        ax.tick_params(left=False)

    def draw(phone: bool) -> Figure:
        figure, axes = marks.beside(2, phone, 2.7 if phone else 3.1, sharex=False, sharey=not phone)
        scored(axes[0])
        closed(axes[1], names[2:-1] if phone else names)
        gap = "\n" if phone else " "
        layer = "One layer, even taught, leaves a gap" if short else "One layer, taught, is enough"
        plotting.headline(figure, f"{layer};{gap}steps and depth close much of it")
        return figure

    words = []
    for size, own in found.items():
        order = sorted(own, key=lambda name: own[name].mean())
        words.append(
            f"N = {size[0]}, from worst to best: "
            + ", ".join(f"{name} {own[name].mean():.2f}" for name in order)
            + "."
        )
    return marks.desk_and_phone(draw, " ".join(words))


@plotting.styled
def blocks(seen: Mapping[str, Scores], everything: Mapping[str, Scores], chance: Scores) -> HTML:
    """MCC by method on the combinations of training (open) and on all (filled)."""
    fall = {name: (seen[name].mean() - everything[name].mean()).item() for name in seen}
    most = sorted(fall, key=fall.get, reverse=True)
    learned = min(fall[name] for name in fall if name in COLOURS)
    steps = max(abs(fall[name]) for name in fall if name not in COLOURS)
    first_words = "whatever was learned falls" if learned > 0.05 else "some scores fall"
    last_words = f"{'' if steps < 0.02 else 'not all '}steps at test time keep their score"

    def draw(phone: bool) -> Figure:
        figure = Figure(figsize=(PHONE if phone else DESK, 3.0))
        ax = figure.subplots()
        for row, name in enumerate(seen):
            ends = seen[name].mean(), everything[name].mean()
            ax.plot(ends, [row, row], color=FAINT, lw=2.5, zorder=0)
            _marks(ax, row, seen[name], name, filled=False)
            _marks(ax, row, everything[name], name, filled=True)
        first = next(iter(seen))
        _name(ax, (everything[first].min().item(), 0), "all combinations", "right")
        _name(ax, (seen[first].max().item(), 0), "seen", "left")
        marks.rows(ax, [*seen], chance.mean().item())
        ax.set(xlim=(0, 1.03), xlabel="MCC", xticks=[0, 0.5, 1])
        gap = "\n" if phone else " "
        plotting.headline(figure, f"On new combinations {first_words};{gap}{last_words}")
        return figure

    return marks.desk_and_phone(
        draw,
        "MCC on combinations seen in training and on all. On all combinations "
        + ", ".join(f"{name} loses {fall[name]:.2f}" for name in most if fall[name] > 0.02)
        + f"; {most[-1]} loses least, {abs(fall[most[-1]]):.3f}.",
    )


@plotting.styled
def blame(
    found: Mapping[Size, Mapping[str, Mapping[str, Scores]]], chance: Mapping[Size, Scores]
) -> HTML:
    """MCC of dictionaries by name, from one "layer" to "FISTA", with their mean |cos|."""
    falls = [
        name
        for name in LINES
        if all(
            (v[name]["FISTA"] - v[name]["layer"]).mean() < 0 for v in found.values() if name in v
        )
    ]

    def slopes(ax: Axes, size: Size) -> None:
        marks.level(ax, 1)
        marks.level(ax, chance[size].mean(), "chance", dots=True)
        for name, values in found[size].items():
            colour, dash, marker = LINES[name]
            for x, how in enumerate(("layer", "FISTA")):
                ax.plot([x] * len(values[how]), values[how], marker, color=colour, ms=4, alpha=0.8)
            ends = values["layer"].mean(), values["FISTA"].mean()
            label = f"{name}, |cos| {values['cos'].mean():.2f}"
            ax.plot([0, 1], ends, color=colour, ls=dash, label=label)
        ax.set(xlim=(-0.12, 1.06), xticks=[0, 1], xticklabels=["one layer", "FISTA"])
        ax.set(ylim=(0, 1.06), yticks=[0, 0.5, 1], title=_title(size))

    def draw(phone: bool) -> Figure:
        figure, axes = marks.beside(len(found), phone, 2.8 if phone else 3.4)
        for ax, size in zip(axes, found):
            slopes(ax, size)
        axes[0].set_ylabel("MCC")
        gap = "\n" if phone else " "
        worst = "a random one" if falls == ["random"] else ", ".join(falls) or "none"
        words = f"FISTA adds where the dictionary is right,{gap}and loses on {worst}"
        plotting.headline(figure, words)
        plotting.label_lines(*axes)
        return figure

    words = [
        f"N = {size[0]}, one layer and FISTA: "
        + "; ".join(
            f"{name} dictionary {v['layer'].mean():.2f} and {v['FISTA'].mean():.2f}"
            for name, v in own.items()
        )
        + "."
        for size, own in found.items()
    ]
    return marks.desk_and_phone(draw, " ".join(words))
