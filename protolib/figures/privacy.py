"""The figures of the chapter `privacy`: images in weights, membership tests, defences, the knob."""

import numpy as np
import torch
from IPython.display import HTML

from protolib import model, plotting, privacy
from protolib.masks import MASKS

LOOKS = {
    "baseline": plotting.LOOKS[MASKS[0]],
    "coverage": plotting.LOOKS[MASKS[1]],
    "overlap": plotting.LOOKS[MASKS[3]],
    "energy": plotting.LOOKS[MASKS[7]],
}
Curves = dict[str, dict[str, tuple[np.ndarray, np.ndarray]]]


@plotting.styled
def sheets(rows: dict[str, np.ndarray]) -> HTML:
    """Rows of images, each (images, pixels) in [0, 1]; the first row is what the others hold."""
    figure, ax = plotting.panel(4.6, 2.1)
    truth, *found = rows.values()
    plotting.plot_images(np.clip([*rows.values()], 0, 1).reshape(-1, truth.shape[1]), ax=ax,
                         columns=len(truth))  # fmt: skip
    tile = round(truth.shape[1] ** 0.5) + 1
    for k, name in enumerate(rows):
        ax.text(-3, tile * (k + 0.45), name, ha="right", va="center")
    gaps = [np.linalg.norm(own - truth, axis=-1).mean() for own in found]
    names = [*rows][1:]
    alt = (
        f"{len(truth)} training digits and the prototypes matched to them. Nearest to the digits "
        f"are those of {names[int(np.argmin(gaps))]}, farthest those of "
        f"{names[int(np.argmax(gaps))]}; mean distances "
        + ", ".join(f"{name} {gap:.2g}" for name, gap in zip(names, gaps))
        + "."
    )
    return plotting.show(figure, alt=alt)


def _area(members, others, places) -> float:
    """How well the distance to the nearest place, on a line, ranks members before others."""
    scores = [
        torch.cat([-privacy.nearest(t[None], p[None, :, None].to(t)) for t, p in zip(side, places)])
        for side in (members, others)
    ]
    return privacy.area(*scores)


@plotting.styled
def crossings(lines: dict[int, tuple], law, anywhere) -> HTML:
    """The error of fits on a line, and where it vanishes: N → (networks, samples, crossings).

    The first network of each size is drawn; the area judges, in all of them, samples against the
    points `anywhere` (nets, points, 1) by their distance to the nearest crossing, and to the
    nearest prototype.
    """
    panels, alts = [], []
    for n, (nets, samples, met) in lines.items():
        read = _area(samples, anywhere, model.prototypes(nets)[..., 0])
        found = _area(samples, anywhere, met)
        figure, ax = plotting.panel(3.5, 2.6)
        x = torch.linspace(-1, 1, 801)[:, None]
        first = model.Parameters(*(t[:1] for t in nets))
        error = (model.predict(first, x[None]) - law(x[None]))[0].numpy()
        ax.axhline(0, color=plotting.MUTED, lw=0.8)
        ax.plot(x[:, 0], error, color=plotting.INK, lw=1.2)
        ax.plot(met[0], 0 * met[0], "o", ms=9, mfc="none", color=plotting.OVERLAP, label="zeros")
        ax.plot(samples[0, :, 0], 0 * samples[0, :, 0], "o", ms=3.5, color=plotting.COVERAGE,
                label="samples")  # fmt: skip
        top = 1.3 * np.abs(error[np.abs(x[:, 0].numpy()) < 0.9]).max()
        ax.set(title=f"N = {n}: area {found:.2f} (chance ½)", xlabel="input x",
               ylabel="f(x) − sin(πx)", ylim=(-top, top))  # fmt: skip
        figure.legend(loc="outside lower center", ncols=2)
        panels.append(figure)
        alts.append(
            f"The error of a fit to {n} samples has {len(met[0])} zeros. Ranked by the distance to "
            f"the nearest zero, samples come before random points with area {found:.2f}, by the "
            f"nearest prototype {read:.2f}; chance is one half."
        )
    return plotting.show(*panels, alt=alts)


@plotting.styled
def membership(curves: Curves, areas: dict[str, dict[str, float]]) -> HTML:
    """Membership curves: form → attack → (false, true positives), and the areas under them."""
    panels, alts = [], []
    attacks = [*next(iter(curves.values()))]
    for how in attacks:
        figure, ax = plotting.panel(3.5, 3.5)
        for form, look in LOOKS.items():
            false, true = curves[form][how]
            keep = np.unique(np.linspace(0, len(false) - 1, 150).astype(int))
            ax.plot(false[keep], true[keep], color=look.colour, marker=look.marker, markevery=25,
                    ms=4, label=f"{form}: {areas[form][how]:.2f}")  # fmt: skip
        diagonal = np.geomspace(1e-3, 1, 60)
        ax.plot(diagonal, diagonal, ":", color=plotting.MUTED, label="chance: 0.50")
        ax.set(
            xscale="log", xlim=(1e-3, 1), ylim=(0, 1.02), title=f"by the {how}",
            xlabel="false positives (ideal: 0)", ylabel="true positives (ideal: 1)",
        )  # fmt: skip
        figure.legend(loc="outside lower center", ncols=3, columnspacing=0.8, handlelength=1.4,
                      title="area")  # fmt: skip
        panels.append(figure)
        order = sorted(areas, key=lambda form: -areas[form][how])
        alts.append(
            f"Membership by the {how}: {order[0]} is the easiest to attack (area "
            f"{areas[order[0]][how]:.3f}), {order[-1]} the hardest ({areas[order[-1]][how]:.3f}); "
            "chance is one half."
        )
    return plotting.show(*panels, alt=alts)


@plotting.styled
def defences(whole, costs: dict[str, list], others: dict[str, tuple]) -> HTML:
    """Use against leakage while damage grows.

    Each report is (recognised, members found, accuracy): `whole` without damage, `costs` of each
    defence at growing levels, `others` of the undamaged networks.
    """
    panels, alts = [], []
    names = ("recognised", "members found, at 1% false")
    colours = (plotting.COVERAGE, plotting.SEPARATION, plotting.OVERLAP, plotting.ALL)
    for k, what in enumerate(names):
        figure, ax = plotting.panel(3.6, 3.6)
        for (name, points), colour, mark in zip(costs.items(), colours, "osD^"):
            line = np.array([whole, *points])
            ax.plot(line[:, k], line[:, 2], mark + "-", color=colour, ms=5, lw=1, label=name)
        own = np.array([*others.values()])
        ax.plot(own[:, k], own[:, 2], "*", color=plotting.INK, ms=9, mfc="none",
                label="other networks")  # fmt: skip
        ax.axhline(0.1, color=plotting.MUTED, ls=":", label="chance")
        ax.axvline((1 / 5, 0.01)[k], color=plotting.MUTED, ls=":")
        ax.set(
            xlabel=f"{what} (ideal: 0)", ylabel="accuracy, fresh digits (ideal: 1)",
            xlim=(-0.04, 1.04), ylim=(0, 1.02),
        )  # fmt: skip
        figure.legend(loc="outside lower center", ncols=2, columnspacing=1)
        panels.append(figure)
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
    return plotting.show(*panels, alt=alts)


@plotting.styled
def knob(states: dict[str, tuple]) -> HTML:
    """The attacker's area against the auditor's error; name → (errors, areas), each (seeds,)."""
    figure, ax = plotting.panel(4.4, 3.7)
    marks = iter("os^DPX")
    for name, (error, area) in states.items():
        if name in LOOKS:
            ax.plot(error, area, LOOKS[name].marker, color=LOOKS[name].colour, ms=5, label=name)
        else:
            ax.plot(error, area, next(marks), color=plotting.ALL, ms=6, mfc="none", mew=1.3,
                    label=name)  # fmt: skip
    ax.axhline(0.5, color=plotting.MUTED, ls=":", label="chance")
    ax.set(
        xlabel="the auditor's reconstruction error (ideal: 0)", xscale="log", ylim=(0.45, 1.02),
        ylabel="the attacker's area (chance: ½)",
    )  # fmt: skip
    figure.legend(loc="outside lower center", ncols=4, columnspacing=1, handletextpad=0.3)
    along = [item for item in states.items() if item[0] not in ("coverage", "overlap")]
    low, *_, high = sorted(along, key=lambda item: np.mean(item[1][0]))
    corner = sum(np.mean(a) < 0.75 and np.mean(e) < 0.5 for e, a in states.values())
    alt = (
        f"Along λ the attacker's area rises as the auditor's error falls: {high[0]}, error "
        f"{np.mean(high[1][0]):.2g}, area {np.mean(high[1][1]):.2f}; {low[0]}, error "
        f"{np.mean(low[1][0]):.2g}, area {np.mean(low[1][1]):.2f}. Networks that are readable for "
        f"the auditor and closed to the attacker: {corner or 'none'}."
    )
    return plotting.show(figure, alt=alt)
