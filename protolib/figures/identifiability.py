"""The figures of the chapter `identifiability`."""

import torch
from IPython.display import HTML
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from protolib import plotting
from protolib.figures import marks
from protolib.figures.marks import DASHED, DESK, DOTTED, PHONE
from protolib.plotting import ENCODER, FAINT, HULL, INK, MUTED

RAW = "raw input's R²"
ENCODERS = {  # of representations: colour, marker and filling
    "raw input": (INK, "s", INK),
    "untrained encoder": (ENCODER, "o", "none"),
    "latents, rotated": (INK, "D", "none"),
    "trained encoder": (ENCODER, "o", ENCODER),
}


@plotting.styled
def read_out(
    latent: Float[Tensor, " samples"], predictions: dict[str, Float[Tensor, " samples"]]
) -> HTML:
    """A latent against what a linear read-out of each representation says, a panel each."""
    off = {name: (own - latent).abs().median() for name, own in predictions.items()}

    def draw(phone: bool) -> Figure:
        figure = Figure(figsize=(PHONE, 2.5) if phone else (DESK, 3.2))
        axes = figure.subplots(1, len(predictions), sharex=True, sharey=True)
        for ax, (name, predicted) in zip(axes, predictions.items()):
            ax.plot([-1, 1], [-1, 1], color=MUTED, lw=0.8)
            plotting.plot_dots(latent, predicted, ax=ax, colour=INK)
            gap = "\n" if phone else " "
            words = f"{name.capitalize()}:{gap}half within {off[name]:.2f}"
            ax.set(title=words, xlabel="latent 1", xlim=(-1.08, 1.08), ylim=(-1.15, 1.15))
            ax.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1])
        axes[0].set_ylabel("linear read-out")
        return figure

    return marks.desk_and_phone(
        draw,
        "Latent 1 as read out linearly, against its true value: "
        + "; ".join(
            f"from the {name} a cloud around the diagonal, half of its points within {value:.2f} "
            "of it"
            for name, value in off.items()
        )
        + ".",
    )


@plotting.styled
def two_scores(
    r2: dict[str, Float[Tensor, " nets"]],
    mcc: dict[str, Float[Tensor, " nets"]],
    rotations: Float[Tensor, " draws"],
    noise: tuple[float, float],
) -> HTML:
    """Representations in the plane of two scores, with the band of random rotations.

    noise: what units that know nothing score, by R² and by MCC.
    """
    low, high = (rotations.quantile(share).item() for share in (0.05, 0.95))
    mean = {name: (r2[name].mean().item(), mcc[name].mean().item()) for name in r2}
    last = [*mean][-1]
    inside = low <= mean[last][1] <= high
    much = "nearly everything is in there" if mean[last][0] > 0.9 else "not everything is in there"
    found = f"yet units mean {'no more than' if inside else 'something else than'} after a rotation"

    def draw(phone: bool) -> Figure:
        figure = Figure(figsize=(PHONE, 3.9) if phone else (7.8, 3.9))
        ax = figure.subplots()
        ax.axhspan(low, high, color=HULL, lw=0)
        words = "nine of ten\nrandom rotations" if phone else "nine of ten random rotations"
        ax.text(-0.05, (low + high) / 2, words, va="center", fontsize=9, color=MUTED)
        for name, place in mean.items():
            colour, marker, fill = ENCODERS[name]
            ax.plot(r2[name], mcc[name], marker, color=colour, mfc=fill, ms=6, ls="none")
            words = f"{name}\nR² {place[0]:.2f}, MCC {place[1]:.2f}"
            bottom = min(mcc[name].tolist())
            if name == last:
                _word(ax, words, (min(r2[name].tolist()), place[1]), (-8, 0), "right", "center")
            elif place[0] > 0.9:
                _word(ax, words, (place[0], max(mcc[name].tolist())), (-8, 0), "right", "bottom")
            else:
                side, shift = ("right", 8) if place[0] < 0.6 else ("center", 0)
                _word(ax, words, (place[0], bottom), (shift, -7), side, "top")
        for place, word, fill in (
            (noise, "knows nothing", "none"), ((1, 1), "one unit, one latent", MUTED),
        ):  # fmt: skip
            ax.plot(*place, "*", color=MUTED, mfc=fill, ms=9)
            end = "right" if place[0] > 0.5 else "left"
            _word(ax, word, place, (-9 if end == "right" else 9, 0), end, "center", MUTED)
        ax.set(xlim=(-0.08, 1.05), ylim=(-0.05, 1.08), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
        ax.set(xlabel="linear R²: is everything in there?", ylabel="MCC: a unit for each latent?")
        gap = "\n" if phone else " "
        ax.set_title(f"Trained: {much},{gap}{found}")
        return figure

    best = sorted(mean, key=lambda name: mean[name][0])[-2:][::-1]
    return marks.desk_and_phone(
        draw,
        f"By linear R² the best are {best[0]} at {mean[best[0]][0]:.2f} and {best[1]} at "
        f"{mean[best[1]][0]:.2f}; raw input reaches {mean['raw input'][0]:.2f}. "
        f"By MCC the {last} scores {mean[last][1]:.2f}, {'among' if inside else 'outside'} nine of "
        f"ten random rotations, which lie between {low:.2f} and {high:.2f}.",
    )


def _word(
    ax: Axes, text: str, place: tuple, shift: tuple, ha: str, va: str, colour: str = INK
) -> None:
    ax.annotate(
        text, place, xytext=shift, textcoords="offset points", ha=ha, va=va, fontsize=9,
        color=colour,
    )  # fmt: skip


@plotting.styled
def few_classes(found: dict[int, dict], *, dims: int, chance: float | int) -> HTML:
    """What experiments measured, (nets,) by name, against the number of classes.

    chance: R² of units that know nothing.
    """
    x = [*found]

    few, many = found[x[0]], found[x[-1]]
    poor = few["trained R²"].median() < many["trained R²"].median() - 0.1
    high = few["accuracy"].median() > 0.8

    def line(ax: Axes, measure: str, name: str, colour: str, marker: str, dash="-") -> None:
        values = torch.stack([r[measure] for r in found.values()], dim=1)
        plotting.plot_band(x, values, ax=ax, colour=colour, marker=marker, dash=dash, label=name)

    def draw(phone: bool) -> Figure:
        figure, axes = marks.beside(2, phone, 2.5 if phone else 2.8)
        latents, answers = axes
        line(latents, "trained R²", "trained encoder", ENCODER, "o")
        line(latents, RAW, "raw input", INK, "s", DASHED)
        marks.level(latents, chance, "noise", dots=True)
        latents.set_title(f"Few classes: the latents are read out {'poorly' if poor else 'well'}")
        line(answers, "best possible", "best possible", INK, "")
        line(answers, "accuracy", "trained encoder", ENCODER, "o")
        answers.plot(x, [1 / C for C in x], color=MUTED, ls=DOTTED, lw=1.4, label="blind guess")
        answers.set_title(f"yet the accuracy is {'high' if high else 'low'}")
        for ax, words in zip(axes, ("linear R²", "accuracy")):
            marks.level(ax, 1, "ideal" if ax is latents else None)
            ax.axvline(dims + 1, color=FAINT, lw=1.2, zorder=0)
            ax.set(xscale="log", ylabel=words, ylim=(-0.05, 1.08), yticks=[0, 0.5, 1])
            ax.set_xticks(x, [f"{value:g}" for value in x])
            ax.minorticks_off()
        _word(latents, "C = d + 1", (dims + 1, 0.2), (4, 0), "left", "center", MUTED)
        marks.name_x(axes, "classes C")
        plotting.label_lines(*axes)
        return figure

    names = "accuracy", "best possible", "trained R²", RAW
    ends = {C: {m: found[C][m].median() for m in names} for C in (x[0], x[-1])}
    return marks.desk_and_phone(
        draw,
        "Against classes C: "
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
    """Accuracy, R² of new samples and the codes' share within classes, against training samples.

    found: an experiment for every number of samples; controls: R² that no sample changes, by name;
    own: the share of the latents' variance within classes.
    """
    x, names = [*found], ("in training", "accuracy", "best possible", "trained R²", RAW,
                          "within, training", "within, new")  # fmt: skip
    table = {name: torch.stack([r[name] for r in found.values()], dim=1) for name in names}
    seen, fresh = (ENCODER, "D", DASHED), (ENCODER, "o", "-")

    def draw(phone: bool) -> Figure:
        figure, axes = marks.beside(3, phone, 2.3 if phone else 3.0, sharey=False)

        def line(ax: Axes, measure: str, name: str, look: tuple) -> None:
            colour, marker, dash = look
            values = table[measure]
            plotting.plot_band(
                x, values, ax=ax, colour=colour, marker=marker, dash=dash, label=name
            )

        accuracy, latents, within = axes
        line(accuracy, "in training", "in training", seen)
        line(accuracy, "accuracy", "new", fresh)
        marks.level(accuracy, table["best possible"].mean(), "best possible")
        line(latents, "trained R²", "trained", fresh)
        line(latents, RAW, "raw input", (INK, "s", DASHED))
        for name, value in controls.items():
            latents.axhline(value.mean(), color=MUTED, lw=1, ls=DASHED, label=name)
        marks.level(latents, 1, "ideal")
        marks.level(latents, 0, "noise", dots=True)
        line(within, "within, training", "in training", seen)
        line(within, "within, new", "new", fresh)
        marks.level(within, own.mean(), "latents' own")
        marks.level(within, 0, "collapse")
        for ax, measure, title, top in (
            (accuracy, "accuracy", "Few samples: too good in training", 1.08),
            (latents, "R² of new latents", "hardly better than raw input", 1.08),
            (within, "codes' share within classes", "seen codes draw together", 0.54),
        ):
            ax.set(xscale="log", ylabel=measure, title=title, ylim=(-0.05 * top, top))
            ax.set_xticks(x, [f"{n:,}".replace(",", " ") for n in x])
            ax.minorticks_off()
        marks.name_x(axes, "training samples")
        plotting.label_lines(*axes)
        return figure

    first, last = ({k: v[:, end].mean() for k, v in table.items()} for end in (0, -1))
    return marks.desk_and_phone(
        draw,
        f"Linear R² of new samples rises from {first['trained R²']:.2f} with {x[0]} training "
        f"samples to {last['trained R²']:.2f} with {x[-1]}; raw input {first[RAW]:.2f}, "
        + ", ".join(f"{name} {value.mean():.2f}" for name, value in controls.items())
        + ". "
        + "; ".join(
            f"with {n} samples accuracy is {v['in training']:.2f} on those and {v['accuracy']:.2f} "
            f"on new ones, of {v['best possible']:.2f} possible, and the codes' share within "
            f"classes {v['within, training']:.2f} and {v['within, new']:.2f}"
            for n, v in ((x[0], first), (x[-1], last))
        )
        + f"; the latents' own share is {own.mean():.2f}.",
    )


@plotting.styled
def axes_found(
    before: dict[str, Float[Tensor, " nets"]], after: dict[str, Float[Tensor, " nets"]],
    rotations: Float[Tensor, " draws"], noise: float,
) -> HTML:  # fmt: skip
    """MCC of codes by name, before and after ICA, with the band of random rotations.

    noise: what units that know nothing score.
    """
    low, high = (rotations.quantile(share).item() for share in (0.05, 0.95))
    up = [name for name, values in after.items() if values.min() > high]
    title = f"ICA leaves the rotations only for: {', '.join(up) or 'none'}"
    if up == ["independent"]:
        title = "Only independent latents come back one by one"

    def draw(phone: bool) -> Figure:
        figure = Figure(figsize=(PHONE if phone else DESK, 2.6))
        ax = figure.subplots()
        ax.axvspan(low, high, color=HULL, lw=0, zorder=0)
        for row, name in enumerate(after):
            look = {"color": INK, "ls": "none", "ms": 5.5}
            ax.plot(before[name], [row - 0.17] * len(before[name]), "o", mfc="none", **look)
            ax.plot(after[name], [row + 0.17] * len(after[name]), "o", **look)
        marks.rows(ax, [*after], noise)
        marks.above(ax, (low + high) / 2, "rotations")
        name = next(iter(after))
        _word(ax, "before", (before[name].min(), -0.17), (-7, 0), "right", "center")
        _word(ax, "after ICA", (after[name].max(), 0.17), (-3, -5), "right", "top")
        ax.set(xlim=(0, 1.03), xlabel="MCC, unit by unit", xticks=[0, 0.5, 1])
        plotting.headline(figure, title)
        return figure

    return marks.desk_and_phone(
        draw,
        "MCC before and after ICA: "
        + "; ".join(
            f"{name} {before[name].mean():.2f} and {values.mean():.2f}"
            for name, values in after.items()
        )
        + f". Nine of ten random rotations score {low:.2f} to {high:.2f}.",
    )
