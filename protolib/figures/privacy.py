"""The figures of the chapter `privacy`: images in weights, membership tests, defences, the knob."""

import re

import numpy as np
import pandas as pd
import torch
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from protolib import model, plotting, privacy

COLOURS = {
    "overlap": plotting.OVERLAP, "baseline": plotting.INK, "coverage": plotting.COVERAGE,
    "energy": plotting.ENERGY,
}  # fmt: skip
MARKERS = {"overlap": "D", "baseline": "o", "coverage": "s", "energy": "P"}
Curves = dict[str, dict[str, tuple[np.ndarray, np.ndarray]]]


@plotting.styled
def sheets(rows: dict[str, np.ndarray]) -> HTML:
    """Rows of images, each (images, pixels) in [0, 1]; the first row is what the others hold."""
    truth, *found = rows.values()
    gaps = [np.linalg.norm(own - truth, axis=-1).mean() for own in found]
    names = [*rows][1:]
    told = {name: f"{name}: {gap:.2g} away on average" for name, gap in zip(names, gaps)}
    alt = (
        f"{len(truth)} training digits and what is matched to them. Nearest to the digits "
        f"are those of {names[int(np.argmin(gaps))]}, farthest those of "
        f"{names[int(np.argmax(gaps))]}; mean distances "
        + ", ".join(f"{name} {gap:.2g}" for name, gap in zip(names, gaps))
        + "."
    )
    shown = {told.get(name, name): np.clip(images, 0, 1) for name, images in rows.items()}
    return plotting.both(
        lambda figure, phone: plotting.rows_of_images(figure, shown, len(truth)),
        (5.6, 0.83 * len(rows)), (3.6, 0.66 * len(rows)), alt,
    )  # fmt: skip


def _area(members, others, places) -> float:
    """How well the distance to the nearest place, on a line, ranks members before others."""
    scores = [
        torch.cat([-privacy.nearest(t[None], p[None, :, None].to(t)) for t, p in zip(side, places)])
        for side in (members, others)
    ]
    return privacy.area(*scores)


ARENA = {  # scores of the arena: title, chance, ideal
    "matched error": ("matched error", None, 0),
    "alike, best match": ("alike:\nbest match", None, 1),
    "alike, one-to-one": ("alike:\none-to-one", None, 1),
    "identified": ("identified", 0.01, 1),
    "found at 1% false": ("found\nat 1% false", 0.01, 1),
}


@plotting.styled
def arena(table: pd.DataFrame) -> HTML:
    """The scores of `protolib.arena.measure`: a row a reader, a column a score.

    Full, the digits' own network (thin, its seeds); open, the one that was trained on others.
    """
    part = table[table["score"].isin([*ARENA])]
    values = part.pivot_table(index=["world", "of", "score"], columns="seed", values="value")
    readers = [*part["of"].unique()]
    data = [r for r in readers if not re.search("−b/w|attack", r)]
    mean = values.mean(axis=1)
    weights = [r for r in readers if r not in data]
    loose = mean["wrong", :, "alike, best match"].drop("uniform").min()
    strict = mean["wrong", :, "identified"].max()
    hit = mean["own", :, "identified"].sort_values(ascending=False)
    alt = (
        "Digits identified among 99 decoys: "
        + ", ".join(f"{reader} {share:.2f}" for reader, share in hit.items())
        + f"; with networks of other digits at most {strict:.2f}. Alike by the best match: there "
        f"too at least {loose:.2f}."
    )

    def panel(ax: Axes, score: str, named: bool) -> None:
        title, chance, ideal = ARENA[score]
        for row, reader in enumerate(readers):
            form = reader.partition(",")[0]
            colour = plotting.MUTED if reader in data else COLOURS.get(form, plotting.INK)
            own, wrong = values.loc["own", reader, score], values.loc["wrong", reader, score]
            ax.plot([own.min(), own.max()], [row, row], color=colour, lw=3, alpha=0.4)
            ax.plot(wrong.mean(), row, "o", color=colour, mfc=plotting.PAPER, ms=5)
            ax.plot(own.mean(), row, "o", color=colour, ms=5)
        ax.axhline(len(weights) - 0.5, color=plotting.FAINT, lw=0.8)
        ax.axvline(ideal, color=plotting.MUTED, lw=0.8, zorder=0)
        if chance is not None:
            ax.axvline(chance, color=plotting.MUTED, ls=":", zorder=0)
        ax.set(yticks=range(len(readers)), ylim=(len(readers) - 0.5, -0.5), title=title)
        ax.set_yticklabels(readers if named else [])
        ax.set(xlim=(-0.15, None) if ideal == 0 else (-0.06, 1.06))
        if ideal:
            ax.set(xticks=[0, 0.5, 1], xticklabels=["0", "½", "1"])

    def draw(figure: Figure, phone: bool) -> None:
        axes = [*figure.subplots(*((3, 2) if phone else (1, 5))).flat]
        for k, (ax, score) in enumerate(zip(axes, ARENA)):
            panel(ax, score, not k % 2 if phone else not k)
        for ax in axes[len(ARENA) :]:
            ax.set_axis_off()
        if loose > 0.5 > 0.1 > strict:
            words = "From any network come digits;", "only its own are identified"
            plotting.headline(figure, ("\n" if phone else " ").join(words))

    return plotting.both(draw, (8.6, 3.4), (3.6, 7.6), alt)


@plotting.styled
def crossings(lines: dict[int, tuple], law, anywhere) -> HTML:
    """The error of fits on a line, and where it vanishes: N → (networks, samples, crossings).

    The first network of each size is drawn; the area judges, in all of them, samples against the
    points `anywhere` (nets, points, 1) by their distance to the nearest crossing, and to the
    nearest prototype.
    """
    alts, found = [], {}
    for n, (nets, samples, met) in lines.items():
        read = _area(samples, anywhere, model.prototypes(nets)[..., 0])
        found[n] = _area(samples, anywhere, met)
        alts.append(
            f"The error of a fit to {n} samples has {len(met[0])} zeros. Ranked by the distance to "
            f"the nearest zero, samples come before random points with area {found[n]:.2f}, by the "
            f"nearest prototype {read:.2f}; chance is one half."
        )

    def panel(ax: Axes, n: int) -> None:
        nets, samples, met = lines[n]
        x = torch.linspace(-1, 1, 401)[:, None]
        first = model.Parameters(*(t[:1] for t in nets))
        error = (model.predict(first, x[None]) - law(x[None]))[0].numpy()
        ax.axhline(0, color=plotting.MUTED, lw=0.8)
        ax.plot(x[:, 0], error, color=plotting.MUTED, lw=1.2)
        ax.plot(met[0], 0 * met[0], "o", ms=9, mfc="none", color=plotting.INK, label="zeros")
        ax.plot(samples[0, :, 0], 0 * samples[0, :, 0], "o", ms=3.5, color=plotting.INK,
                label="samples")  # fmt: skip
        top = 1.3 * np.abs(error[np.abs(x[:, 0].numpy()) < 0.9]).max()
        ax.set(title=f"{n} samples: area {found[n]:.2f}", xlabel="input x", ylim=(-top, top))

    def draw(figure: Figure, phone: bool) -> None:
        count = len(lines)
        shape = (count, 1) if phone else (1, count)
        for ax, n in zip(figure.subplots(*shape, squeeze=False).flat, lines):
            panel(ax, n)
            if phone or n == next(iter(lines)):
                ax.set_ylabel("f(x) − sin(πx)")

    return plotting.both(draw, (8.6, 2.8), (3.6, 5.0), " ".join(alts))


@plotting.styled
def membership(
    curves: Curves, areas: dict[str, dict[str, float]], early: dict[str, dict[str, np.ndarray]]
) -> HTML:
    """Membership curves: form → attack → (false, true positives), and the areas under them.

    early: form → attack → members found (networks,) at one false positive in a hundred.
    """
    attacks = [*next(iter(curves.values()))]
    looks = dict(zip(attacks, (("-", "full"), ((0, (4, 1.5)), "none"))))

    def panel(ax: Axes, form: str) -> None:
        colour = COLOURS[form]
        diagonal = np.geomspace(1e-3, 1, 30)
        ax.plot(diagonal, diagonal, ":", color=plotting.MUTED)
        ax.axvline(0.01, color=plotting.FAINT, lw=0.8, zorder=0)
        for how, (dash, fill) in looks.items():
            false, true = curves[form][how]
            keep = np.unique(np.linspace(0, len(false) - 1, 60).astype(int))
            ax.plot(false[keep], true[keep], color=colour, ls=dash, label=how)
            got = early[form][how]
            ax.plot([0.01] * 2, [got.min(), got.max()], color=colour, lw=3, alpha=0.5)
            ax.plot(0.01, got.mean(), MARKERS[form], color=colour, fillstyle=fill, ms=6,
                    mfc=colour if fill == "full" else plotting.PAPER)  # fmt: skip
        ax.set(xscale="log", xlim=(1e-3, 1), ylim=(-0.03, 1.06), yticks=[0, 0.5, 1],
               xticks=[0.001, 0.01, 0.1, 1], xticklabels=["", "1%", "10%", "all"])  # fmt: skip
        ax.minorticks_off()
        words = ", ".join(f"{areas[form][how]:.2f}" for how in attacks)
        ax.set_title(f"{form}\nareas {words}")

    shares = {how: [early[form][how].mean() for form in curves] for how in attacks}
    words = [f"by the {how} {min(s):.0%} to {max(s):.0%}" for how, s in shares.items()]

    def draw(figure: Figure, phone: bool) -> None:
        shape = (2, 2) if phone else (1, 4)
        lines = ["Members found:", f"{words[0]},", words[1]]
        plotting.headline(figure, ("\n" if phone else " ").join(lines))
        axes = figure.subplots(*shape, sharex=True, sharey=True).flat
        for ax, form in zip(axes, COLOURS):
            panel(ax, form)
        axes[0].text(0.013, 0.88, attacks[0], va="top")
        axes[0].text(0.0012, 0.31, attacks[1])
        axes[1].text(0.27, 0.06, "chance", color=plotting.MUTED)
        figure.supxlabel("others accused wrongly (ideal: none)", fontsize=9.5)
        figure.supylabel("members found (ideal: all)", fontsize=9.5)

    alts = []
    for how in attacks:
        order = sorted(areas, key=lambda form: -areas[form][how])
        alts.append(
            f"Membership by the {how}: {order[0]} is the easiest to attack (area "
            f"{areas[order[0]][how]:.3f}), {order[-1]} the hardest ({areas[order[-1]][how]:.3f}); "
            "chance is one half. Found when one in a hundred others is accused: "
            + ", ".join(f"{form} {early[form][how].mean():.2f}" for form in order) + "."
        )  # fmt: skip
    return plotting.both(draw, (8.6, 3.1), (3.6, 5.0), " ".join(alts))


@plotting.styled
def defences(whole, costs: dict[str, list], others: dict[str, tuple]) -> HTML:
    """Use against leakage while damage grows, a column a defence.

    Each report is (recognised, members found, accuracy): `whole` without damage, `costs` of each
    defence at growing levels, `others` of the undamaged networks.
    """
    measures = {"recognised": (0, 1 / 5), "members found": (1, 0.01)}
    own = np.array([*others.values()])

    def panel(ax: Axes, name: str, measure: str) -> None:
        k, chance = measures[measure]
        for other, points in costs.items():
            line, mine = np.array([whole, *points]), other == name
            ax.plot(line[:, k], line[:, 2], "o-" if mine else "-", ms=4, zorder=3 if mine else 1,
                    color=plotting.INK if mine else plotting.FAINT, lw=1.2)  # fmt: skip
        ax.plot(own[:, k], own[:, 2], "*", color=plotting.MUTED, ms=8, mfc=plotting.PAPER, zorder=2)
        ax.axhline(0.1, color=plotting.MUTED, ls=":")
        ax.axvline(chance, color=plotting.MUTED, ls=":")
        ax.set(xlim=(-0.06, 1.06), ylim=(0, 1.05), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])

    kept = [p[2] for points in costs.values() for p in points if 2 * p[0] <= whole[0]
            and 2 * p[1] <= whole[1]]  # fmt: skip
    top = max(kept, default=0.0)
    words = (
        "Where both leaks are halved,",
        f"accuracy goes from {whole[2]:.2f} to {top:.2f} at best",
    )

    def draw(figure: Figure, phone: bool) -> None:
        if kept:
            plotting.headline(figure, ("\n" if phone else " ").join(words))
        shape = (len(costs), 2) if phone else (2, len(costs))
        axes = figure.subplots(*shape, sharex=True, sharey=True, squeeze=False)
        axes = axes if phone else axes.T
        for row, name in zip(axes, costs):
            for ax, measure in zip(row, measures):
                panel(ax, name, measure)
            row[0].set_title(name)
        for ax, measure in zip(axes[-1] if phone else axes[0], measures):
            ax.set_xlabel(measure)
        figure.supxlabel("leakage that is left (ideal: 0)", fontsize=9.5)
        figure.supylabel("accuracy, fresh digits (ideal: 1)", fontsize=9.5)

    alts = []
    for what, (k, _) in measures.items():
        half = {
            name: max([p[2] for p in points if p[k] <= whole[k] / 2], default=0.0)
            for name, points in costs.items()
        }
        best = max(half, key=half.get)
        alts.append(
            f"Accuracy against {what} along {len(costs)} defences. With at most half of it left, "
            f"{best} keeps the highest accuracy, {half[best]:.2f} of {whole[2]:.2f}; "
            + ", ".join(f"{k} {v:.2f}" if v else f"{k} never" for k, v in half.items() if k != best)
            + "."
        )
    return plotting.both(draw, (8.6, 4.3), (3.6, 7.5), " ".join(alts))


@plotting.styled
def knob(states: dict[str, tuple]) -> HTML:
    """The attacker's area against the auditor's error; name → (errors, areas), each (seeds,)."""
    along = [item for item in states.items() if item[0] not in ("coverage", "overlap")]
    low, *_, high = sorted(along, key=lambda item: np.mean(item[1][0]))
    corner = sum(np.mean(a) < 0.75 and np.mean(e) < 0.5 for e, a in states.values())
    line = [(np.mean(e), np.mean(a)) for name, (e, a) in states.items() if name not in COLOURS]

    places = {  # beside the marks, where there is room
        "λ = 0.1": ((0, 8), "center", "bottom"),
        "λ = 0.01": ((-9, -5), "right", "center"), "λ = 0.001": ((-9, -3), "right", "center"),
        "coverage": ((0, 8), "center", "bottom"), "overlap": ((0, 9), "center", "bottom"),
    }  # fmt: skip

    def draw(figure: Figure, phone: bool) -> None:
        ax = figure.subplots()
        ax.plot(*zip(*line), color=plotting.ENERGY, lw=1, alpha=0.5)
        for name, (error, area) in states.items():
            colour = COLOURS.get(name, plotting.ENERGY)
            ax.plot(error, area, MARKERS.get(name, "P"), color=colour, ms=5.5,
                    mfc=colour if name in COLOURS else plotting.PAPER)  # fmt: skip
            shift, side, edge = places.get(name, ((0, -8), "center", "top"))
            at = np.mean(error), (np.max if edge == "bottom" else np.mean)(area)
            ax.annotate(name, at, shift, textcoords="offset points", ha=side, va=edge)
        ax.axhline(0.5, color=plotting.MUTED, ls=":")
        ax.text(0.02, 0.508, "chance", transform=ax.get_yaxis_transform(), color=plotting.MUTED)
        ax.set(xlabel="the auditor’s reconstruction error (ideal: 0)", xscale="log",
               ylim=(0.45, 1.03), ylabel="the attacker’s area",
               title="" if corner else "No network here is both readable and closed")  # fmt: skip
        ax.margins(x=0.12)

    alt = (
        f"Along λ the attacker's area rises as the auditor's error falls: {high[0]}, error "
        f"{np.mean(high[1][0]):.2g}, area {np.mean(high[1][1]):.2f}; {low[0]}, error "
        f"{np.mean(low[1][0]):.2g}, area {np.mean(low[1][1]):.2f}. Networks that are readable for "
        f"the auditor and closed to the attacker: {corner or 'none'}."
    )
    return plotting.both(draw, (6.4, 3.6), (3.6, 3.4), alt)
