"""The figures of the chapter `attractors`: forces by rank, tails, the table, circles, and C10."""

from functools import partial

import numpy as np
import torch
from IPython.display import HTML
from jaxtyping import Float
from torch import Tensor

from protolib import claims, live, losses, plotting
from protolib.masks import MASKS

# How an attractor is drawn, and what it is called; a repulsion's panel by its title.
LOOK = {
    "none": (plotting.INK, "o", "-", "no attractor"),
    "coverage": (plotting.COVERAGE, "s", "-", "coverage"),
    "gaussian": ("#c27c00", "^", (0, (5, 1.5)), "Gaussian"),
    "imq": ("#2b8cc4", "D", (0, (5, 1.5)), "inverse multiquadric"),
    "energy": (plotting.ALL, "P", "-", "energy"),
    "transport": (plotting.MUTED, "", (0, (1, 1)), "transport"),
}
NAMES = {  # an attractor in a sentence
    "gaussian": "Gaussian kernel",
    "imq": "inverse multiquadric",
    "energy": "energy distance",
}
TITLES = {
    "gaussian": "Gaussian separation",
    "imq": "inverse multiquadric separation",
    "energy": "energy separation",
    "overlap": "overlap",
}


def _whole(p: Tensor, x: Tensor, kernel: str, tau: float) -> Tensor:
    """Separation with its matched attraction, by prototypes (nets, units, 1) and samples (N,)."""
    x = x[None, :, None].expand(len(p), -1, -1)
    form = {"kernel": kernel, "tau": tau}
    return losses.separation(p, **form) + losses.attraction(x, p, **form)


@plotting.styled
def ranks(samples: Float[Tensor, " samples"]) -> HTML:
    """The push of energy with energy on every rank; and three kernels' on the last one out.

    samples: sorted, in [−1, 1], as many as prototypes.
    """
    n, x = len(samples), samples.tolist()
    where = torch.linspace(-1.5, 1.5, 601, dtype=samples.dtype)
    left, ax = plotting.panel(4.2, 3.8)
    home = []
    for j in range(n):  # j others anywhere to the left, the rest to the right
        others = torch.tensor([-9.0] * j + [9.0] * (n - 1 - j), dtype=samples.dtype)
        energy = partial(_whole, x=samples, kernel="energy", tau=1.0)
        home.append(where[losses.field(energy, where, others) > 0].max().item())
        level, height = -1.2 * j, 0.55 / (4 / n)  # one line a rank, its push drawn upon it
        ax.axhline(level, color=plotting.FAINT, lw=0.8, zorder=0)
        ax.plot([x[j]] * 2, [level, 0.85], color=plotting.FAINT, lw=0.8, zorder=0)
        edges = torch.cat([where[[0, -1]], samples - 1e-9, samples + 1e-9]).sort().values
        steps = edges, level + height * losses.field(energy, edges, others)
        ax.fill_between(steps[0], level, steps[1], color=plotting.ALL, alpha=0.25, lw=0)
        ax.plot(*steps, color=plotting.ALL, lw=1.4)
        ax.plot(x[j], level, "o", color=plotting.INK, ms=5, zorder=3)
        ax.plot(x[j], 0.9, "o", color=plotting.INK, ms=5, clip_on=False)
    ax.set(xlim=(-1.5, 1.5), ylim=(-1.2 * n + 0.4, 0.9), xlabel="where it stands (dots: samples)",
           yticks=[-1.2 * j for j in range(n)], yticklabels=[f"rank {j + 1}" for j in range(n)],
           title="energy: up, pushed to the right\n")  # fmt: skip
    ax.tick_params(left=False)
    ax.spines["left"].set_visible(False)
    right, ax = plotting.panel(4.2, 3.8)
    ax.axhline(0, color=plotting.MUTED, lw=0.7)
    ax.axvline(x[0], color=plotting.FAINT, lw=0.8)
    where = torch.linspace(x[0] - 0.9, 3.2, 801, dtype=samples.dtype)
    reach = {}
    for name, kernel, tau, at, shift in (
        ("energy", "energy", 1.0, 2.3, -11), ("Gaussian, τ = 1", "gaussian", 1.0, 0.5, -9),
        ("Gaussian, τ = 0.1", "gaussian", 0.1, -1.0, -4),
    ):  # fmt: skip
        loss = partial(_whole, x=samples, kernel=kernel, tau=tau)
        force = losses.field(loss, where, samples[1:])
        colour, _, dash, _ = LOOK[kernel]
        ax.plot(where[::5], force[::5], color=colour, ls="-" if tau == 1 else dash)
        k = (where - at).abs().argmin().item()
        ax.annotate(name, (where[k].item(), force[k].item()), xytext=(7, shift), fontsize=8.5,
                    textcoords="offset points", color=colour)  # fmt: skip
        reach[name] = force[-1].abs().item() / force.abs().max().item()
    ax.plot(x[0], 0, "o", color=plotting.INK, ms=5, zorder=3)
    ax.annotate("its sample", (x[0], 0.02), xycoords=("data", "axes fraction"),
                xytext=(-4, 0), ha="right", textcoords="offset points", fontsize=8.5)  # fmt: skip
    ax.set(xlim=(x[0] - 0.9, 3.2), xlabel="where it stands",
           ylabel="← left \u2003 push \u2003 right →", title="all others at home\n")  # fmt: skip
    wrong = sum(abs(h - own) > 0.006 for h, own in zip(home, x))
    faded = [name for name, share in reach.items() if share < 0.01]
    alts = [
        f"{n} staircases, a rank each, going down from left to right by the same steps: "
        f"{n - wrong} of them pass from a push to the right to one to the left at the sample of "
        "their own rank.",
        "The push on the only prototype that is not at its sample. Four units from it energy's is "
        f"{reach['energy']:.0%} of what it is anywhere; less than a hundredth is left of "
        f"{' and '.join(faded) or 'none'}.",
    ]
    return plotting.show(left, right, alt=alts)


@plotting.styled
def tails(reach, shares: dict[str, list[float]], limit: float) -> HTML:
    """Shares of cases in which a straggler is pushed away, against how far out it stands.

    shares: kernel → (reach,); limit: of cases in which another prototype stands beyond all samples.
    """
    figure, ax = plotting.panel(4.2, 2.8)
    ax.axhline(limit, color=plotting.MUTED, ls=":", lw=1.2)
    ax.annotate("another prototype beyond the last sample", (reach[0], limit), xytext=(0, 4),
                textcoords="offset points", fontsize=8.5, color=plotting.MUTED)  # fmt: skip
    for (kernel, values), height in zip(shares.items(), (-9, 9, -2)):
        colour, marker, dash, name = LOOK[kernel]
        ax.plot(reach, values, color=colour, ls=dash, marker=marker, clip_on=False)
        ax.annotate(name, (reach[-1], values[-1]), xytext=(7, height), va="center", fontsize=8.5,
                    textcoords="offset points", color=colour)  # fmt: skip
    ax.set(xscale="log", xticks=reach, xticklabels=[f"{t:g}" for t in reach],
           ylim=(-0.06, 1), yticks=[0, 0.5, 1], yticklabels=["0", "half", "all"],
           xlabel="where the straggler stands", ylabel="pushed away")  # fmt: skip
    ax.minorticks_off()
    words = [f"{LOOK[k][3]} in {v[0]:.0%} of cases at {reach[0]:g} and {v[-1]:.0%} at {reach[-1]:g}"
             for k, v in shares.items()]  # fmt: skip
    alt = f"Pushed away: {'; '.join(words)}. Another prototype stands beyond in {limit:.0%}."
    return plotting.show(figure, alt=alt)


@plotting.styled
def circles(samples: Float[Tensor, " samples"], *flows) -> HTML:
    """Paths in the plane of slope and bias, a panel a flow.

    flows: (slope, bias) of one network, (frames, 1, units) and (frames, 1, units, 1). A prototype
    is the direction of the ray from the origin, p = −b/w; the hull is a wedge.
    """
    panels, alts = [], []
    for (slope, bias), title in zip(flows, ("separation alone", "with the matched attractor")):
        figure, ax = plotting.panel(4.2, 4.6)
        w, b = slope[:, 0], bias[:, 0, :, 0]
        radii, turn = (w**2 + b**2).sqrt(), np.linspace(-np.pi / 2, np.pi / 2, 61)
        size, few = 1.08 * radii.max().item(), len(w) // 100 + 1  # a hundred points are enough
        low, high = samples.min().item(), samples.max().item()
        ax.fill([0, 9, 9], [0, -9 * low, -9 * high], color=plotting.HULL, lw=0, zorder=0)
        for x in samples.tolist():
            ax.plot([0, 9], [0, -9 * x], color=plotting.FAINT, lw=0.8, zorder=0.5)
        for j in range(w.shape[1]):
            r = radii[0, j].item()
            ax.plot(r * np.cos(turn), r * np.sin(turn), color=plotting.FAINT, lw=0.7, zorder=0.5)
            ax.plot(w[::few, j], b[::few, j], color=plotting.INK, lw=1.8)
            ax.plot(w[0, j], b[0, j], "o", color=plotting.INK, mfc=plotting.PAPER, ms=5, zorder=3)
            ax.plot(w[-1, j], b[-1, j], "o", color=plotting.INK, ms=5, zorder=3)
        ax.axvline(0, color=plotting.MUTED, lw=0.8)
        ax.annotate("p = ±∞", (0, size), xytext=(4, -9), textcoords="offset points", fontsize=8.5,
                    color=plotting.MUTED)  # fmt: skip
        ax.annotate("shaded: hull; rays: samples", (0.97, 0.02), xycoords="axes fraction",
                    ha="right", fontsize=8.5, color=plotting.MUTED)  # fmt: skip
        ax.set(xlim=(-0.12 * size, size), ylim=(-size, size), aspect="equal", xlabel="slope w",
               ylabel="bias b", title=title)  # fmt: skip
        panels.append(figure)
        ends = -(b[-1] / w[-1])
        apart = (ends.sort().values - samples).abs().max().item()
        outside = int(((ends < low - 0.01) | (ends > high + 0.01)).sum())
        drift = (radii / radii[0] - 1).abs().max().item()
        alts.append(
            f"{title}: {w.shape[1]} paths, each on a circle around the origin (its radius changes "
            f"by less than {max(drift, 1e-6):.1g} of itself). At the end {outside} are outside "
            f"the hull; the sorted prototypes are at most {apart:.2g} from the sorted samples."
        )
    return plotting.show(*panels, alt=alts)


@plotting.styled
def pick(errors: dict[str, np.ndarray], chance: float) -> HTML:
    """Which attractor has the lowest error? errors: attractor → (seeds,), drawn on a log axis."""
    errors = {NAMES.get(attractor, attractor): values for attractor, values in errors.items()}
    figure, ax = plotting.panel(4.4, 2.2)
    for k, values in enumerate(errors.values()):
        plotting.plot_dots(values, [k] * len(values), ax=ax, colour=plotting.INK, size=4.0)
    ax.axvline(chance, color=plotting.MUTED, ls=":")
    ax.set(
        xscale="log", yticks=range(len(errors)), yticklabels=[*errors],
        xlabel="error (dotted: chance; ideal: 0)",
    )  # fmt: skip
    means = {name: np.mean(values) for name, values in errors.items()}
    best, worst = min(means, key=means.get), max(means, key=means.get)
    return live.predict_winner(
        "Separation with the Gaussian kernel at τ = 1 pushes fifty prototypes apart. Which "
        "attractor beside it gives the lowest reconstruction error?",
        errors,
        unit="reconstruction error, logarithmic",
        chance=chance,
        intervals={name: claims.median_interval(values) for name, values in errors.items()},
        log=True,
        still=figure,
        alt=f"Beside a Gaussian repulsion the mean error is lowest with the {best} "
        f"({means[best]:.2g}) and highest with the {worst} ({means[worst]:.2g}).",
    )


@plotting.styled
def temperatures(taus, errors: dict, chance: float, reference: float) -> HTML:
    """Errors against τ, a panel a repulsion.

    errors: (repulsion, attractor) → (seeds, taus); chance and reference (transport alone) are
    drawn as levels.
    """
    panels, alts = [], []
    for repulsion, title in TITLES.items():
        figure, ax = plotting.panel(3.6, 3.7)
        for attractor, (colour, marker, dash, name) in LOOK.items():
            plotting.plot_band(taus, errors[repulsion, attractor], ax=ax, colour=colour,
                               marker=marker, dash=dash, label=name)  # fmt: skip
        for level, name, style in (
            (chance, "chance", {"ls": ":", "lw": 1.2}),
            (reference, "transport\nalone", {"lw": 0.8}),
        ):
            ax.axhline(level, color=plotting.MUTED, **style)
            ax.annotate(name, (1, level), xycoords=("axes fraction", "data"), xytext=(3, 0),
                        textcoords="offset points", va="center", fontsize=8,
                        color=plotting.MUTED)  # fmt: skip
        ax.set(xscale="log", yscale="log", ylim=(1e-3, 3e3), title=title, xlabel="τ",
               ylabel="error (ideal: 0)")  # fmt: skip
        figure.legend(loc="outside lower center", ncols=2, columnspacing=1)
        panels.append(figure)
        worst = {a: np.median(errors[repulsion, a], axis=0).max() for a in LOOK}
        bounded = [LOOK[a][3] for a in LOOK if worst[a] <= 2 * chance]
        lost = max(worst, key=worst.get)
        alts.append(
            f"{title}: at every τ the median error stays below twice chance with "
            f"{', '.join(bounded) or 'none'}; largest with {LOOK[lost][3]}, {worst[lost]:.3g}."
        )
    return plotting.show(*panels, alt=alts)


@plotting.styled
def compensation(questions: list[claims.Question]) -> HTML:
    """C10's questions against the baseline: repulsions at the nominal τ, alone; three separations
    at a large one, alone, with their own attractor, and with coverage."""
    at = {name: [] for name in ("at the nominal τ", *claims.REPULSIONS)}
    at["at the nominal τ"] = [
        ("separation", "separation", MASKS[2]), ("overlap", "overlap", MASKS[3])
    ]  # fmt: skip
    for name in claims.REPULSIONS:
        at[name] = [
            ("alone", name, MASKS[2]),
            ("with coverage", f"{name} with coverage", MASKS[4]),
            ("with its attractor", f"{name} with its attractor", MASKS[7]),
        ]
    panels, alts = [], []
    for name, rows in at.items():
        figure, ax = plotting.panel(3.6, 3.0)
        said = []
        for (words, contrast, mask), offset in zip(rows, (-0.2, 0.0, 0.2)):
            own = [q for q in questions if q.contrast == f"{contrast} − baseline"]
            plotting.plot_contrasts(own, ax=ax, mask=mask, offset=offset, label=words)
            worse = [str(q.n) for q in own if q.low > 0]
            better = [str(q.n) for q in own if q.high < 0]
            said.append(
                f"{words}, worse than the baseline at N = {', '.join(worse) or 'none'}, better at "
                f"N = {', '.join(better) or 'none'}"
            )
        ax.set_xscale("symlog", linthresh=0.1)
        ax.set(
            title=name, xlabel="← better \u2003 error − baseline's \u2003 worse →",
            xticks=[-0.1, 0, 0.1, 1, 10, 100, 1000],
            xticklabels=["−.1", "0", ".1", "1", "10", "100", "1000"],
        )  # fmt: skip
        figure.legend(loc="outside lower center", ncols=3, columnspacing=1.0, handletextpad=0.3)
        panels.append(figure)
        alts.append(f"{name}: {'; '.join(said)}.")
    return plotting.show(*panels, alt=alts)
