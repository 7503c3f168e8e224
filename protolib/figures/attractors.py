"""The figures of the chapter `attractors`: forces by rank, tails, the table, circles, and C10."""

from functools import partial

import numpy as np
import torch
from IPython.display import HTML
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from torch import Tensor

from protolib import claims, live, losses, plotting
from protolib.masks import MASKS

# How an attractor is drawn, and what it is called; a repulsion's panel by its title.
LOOK = {
    "none": (plotting.INK, "o", (0, (1.5, 1.5)), "no attractor"),
    "coverage": (plotting.COVERAGE, "s", "-", "coverage"),
    "gaussian": (plotting.GAUSSIAN, "^", "-", "Gaussian"),
    "imq": (plotting.IMQ, "D", "-", "inverse multiquadric"),
    "energy": (plotting.ENERGY, "P", "-", "energy"),
    "transport": (plotting.MUTED, "v", "-", "transport"),
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
ROWS = {"gaussian": "Gaussian", "imq": "multiquadric", "energy": "energy", "overlap": "overlap"}
BREAK = {False: " ", True: "\n"}  # where a title turns on a phone


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
    wide = torch.linspace(x[0] - 0.9, 3.2, 801, dtype=samples.dtype)
    edges = torch.cat([where[[0, -1]], samples - 1e-9, samples + 1e-9]).sort().values
    height = 0.55 / (4 / n)  # one line a rank, its push drawn upon it
    home, steps = [], []
    for j in range(n):  # j others anywhere to the left, the rest to the right
        others = torch.tensor([-9.0] * j + [9.0] * (n - 1 - j), dtype=samples.dtype)
        energy = partial(_whole, x=samples, kernel="energy", tau=1.0)
        home.append(where[losses.field(energy, where, others) > 0].max().item())
        steps.append(-1.2 * j + height * losses.field(energy, edges, others))
    pushes = {}
    for name, kernel, tau in (
        ("energy", "energy", 1.0), ("Gaussian, τ = 1", "gaussian", 1.0),
        ("Gaussian, τ = 0.1", "gaussian", 0.1),
    ):  # fmt: skip
        loss = partial(_whole, x=samples, kernel=kernel, tau=tau)
        pushes[name] = kernel, tau, losses.field(loss, wide, samples[1:])
    reach = {k: f[-1].abs().item() / f.abs().max().item() for k, (*_, f) in pushes.items()}

    def stairs(ax: Axes) -> None:
        for j in range(n):
            level = -1.2 * j
            ax.axhline(level, color=plotting.FAINT, lw=0.8, zorder=0)
            ax.plot([x[j]] * 2, [level, 0.85], color=plotting.FAINT, lw=0.8, zorder=0)
            ax.fill_between(edges, level, steps[j], color=plotting.ENERGY, alpha=0.25, lw=0)
            ax.plot(edges, steps[j], color=plotting.ENERGY, lw=1.4)
            ax.plot(x[j], level, "o", color=plotting.INK, ms=5, zorder=3)
            ax.plot(x[j], 0.9, "o", color=plotting.INK, ms=5, clip_on=False)
        ax.set(xlim=(-1.5, 1.5), ylim=(-1.2 * n + 0.4, 0.9), xlabel="where it stands",
               yticks=[-1.2 * j for j in range(n)],
               yticklabels=[f"rank {j + 1}" for j in range(n)])  # fmt: skip
        ax.set_title("Each rank is pushed to its own sample", pad=14)
        ax.tick_params(left=False)
        ax.spines["left"].set_visible(False)

    def fading(ax: Axes) -> None:
        ax.axhline(0, color=plotting.MUTED, lw=0.7)
        ax.axvline(x[0], color=plotting.FAINT, lw=0.8)
        for name, (kernel, tau, force) in pushes.items():
            colour, _, dash, _ = LOOK[kernel]
            ax.plot(wide[::5], force[::5], color=colour, ls=dash if tau == 1 else (0, (5, 1.5)),
                    label=name)  # fmt: skip
        ax.plot(x[0], 0, "o", color=plotting.INK, ms=5, zorder=3)
        ax.set(xlim=(x[0] - 0.9, 3.2), xlabel="where it stands",
               ylabel="← left \u2003 push \u2003 right →")  # fmt: skip
        ax.set_title("Far out, energy’s push does not fade", pad=14)
        ax.text(x[0] + 0.08, ax.get_ylim()[1], "its sample", va="top")
        plotting.label_lines(ax)

    def draw(figure: Figure, phone: bool) -> None:
        left, right = figure.subplots(2 if phone else 1, 1 if phone else 2)
        stairs(left)
        fading(right)

    wrong = sum(abs(h - own) > 0.006 for h, own in zip(home, x))
    faded = [name for name, share in reach.items() if share < 0.01]
    alt = (
        f"{n} staircases, a rank each, going down from left to right by the same steps: "
        f"{n - wrong} of them pass from a push to the right to one to the left at the sample of "
        "their own rank. "
        "The push on the only prototype that is not at its sample. Four units from it energy's is "
        f"{reach['energy']:.0%} of what it is anywhere; less than a hundredth is left of "
        f"{' and '.join(faded) or 'none'}."
    )
    return plotting.both(draw, (8.6, 3.7), (3.6, 6.8), alt)


@plotting.styled
def tails(reach, shares: dict[str, list[float]], limit: float) -> HTML:
    """Shares of cases in which a straggler is pushed away, against how far out it stands.

    shares: kernel → (reach,); limit: of cases in which another prototype stands beyond all samples.
    """

    def draw(figure: Figure, phone: bool) -> None:
        ax = figure.subplots()
        ax.axhline(limit, color=plotting.MUTED, ls=":", lw=1.2)
        ax.text(reach[0], limit + 0.03, "another prototype beyond the last sample",
                color=plotting.MUTED)  # fmt: skip
        for kernel, values in shares.items():
            colour, marker, dash, name = LOOK[kernel]
            ax.plot(reach, values, color=colour, ls=dash, marker=marker, clip_on=False,
                    label=ROWS[kernel] if phone else name)  # fmt: skip
        ax.set(xscale="log", xticks=reach, xticklabels=[f"{t:g}" for t in reach],
               ylim=(-0.06, 1), yticks=[0, 0.5, 1], yticklabels=["0", "half", "all"],
               xlabel="where the straggler stands", ylabel="cases pushed away",
               title=f"Only the Gaussian sends stragglers{BREAK[phone]}farther away"
               if lost == ["gaussian"] else "Who sends stragglers away")  # fmt: skip
        ax.minorticks_off()
        plotting.label_lines(ax)

    lost = [kernel for kernel, values in shares.items() if values[-1] > 0.05]
    words = [f"{LOOK[k][3]} in {v[0]:.0%} of cases at {reach[0]:g} and {v[-1]:.0%} at {reach[-1]:g}"
             for k, v in shares.items()]  # fmt: skip
    alt = f"Pushed away: {'; '.join(words)}. Another prototype stands beyond in {limit:.0%}."
    return plotting.both(draw, (6.4, 2.9), (3.6, 3.0), alt)


@plotting.styled
def circles(samples: Float[Tensor, " samples"], *flows) -> HTML:
    """Paths in the plane of slope and bias, a panel a flow.

    flows: (slope, bias) of one network, (frames, 1, units) and (frames, 1, units, 1). A prototype
    is the direction of the ray from the origin, p = −b/w; the hull is a wedge.
    """
    low, high = samples.min().item(), samples.max().item()
    radii = [(slope[:, 0] ** 2 + bias[:, 0, :, 0] ** 2).sqrt() for slope, bias in flows]
    size = 1.08 * max(r.max().item() for r in radii)
    turn = np.linspace(-np.pi / 2, np.pi / 2, 25)

    def panel(ax: Axes, w: Tensor, b: Tensor, title: str) -> None:
        few = len(w) // 40 + 1  # forty points are enough
        ax.fill([0, 9, 9], [0, -9 * low, -9 * high], color=plotting.HULL, lw=0, zorder=0)
        for x in samples.tolist():
            ax.plot([0, 9], [0, -9 * x], color=plotting.FAINT, lw=0.8, zorder=0.5)
        for j in range(w.shape[1]):
            r = (w[0, j] ** 2 + b[0, j] ** 2).sqrt().item()
            ax.plot(r * np.cos(turn), r * np.sin(turn), color=plotting.FAINT, lw=0.7, zorder=0.5)
            path = [*range(0, len(w), few), len(w) - 1]
            ax.plot(w[path, j], b[path, j], color=plotting.IMQ, lw=1.8)
            ax.plot(w[0, j], b[0, j], "o", color=plotting.INK, mfc=plotting.PAPER, ms=5, zorder=3)
            ax.plot(w[-1, j], b[-1, j], "o", color=plotting.INK, ms=5, zorder=3)
        ax.axvline(0, color=plotting.MUTED, lw=0.8)
        ax.text(0.04 * size, 0.99 * size, "p = ±∞", va="top", color=plotting.MUTED)
        ax.set(xlim=(-0.12 * size, size), ylim=(-size, size), aspect="equal", xlabel="slope w",
               title=title)  # fmt: skip

    alts, titles = [], []
    for (slope, bias), r, title in zip(flows, radii, ("separation alone", "with its attractor")):
        ends = -(bias[-1, 0, :, 0] / slope[-1, 0])
        apart = (ends.sort().values - samples).abs().max().item()
        outside = int(((ends < low - 0.01) | (ends > high + 0.01)).sum())
        drift = (r / r[0] - 1).abs().max().item()
        where = "turns each to a sample" if apart < 0.01 else f"turns {outside} of {len(ends)} out"
        titles.append(("Its attractor " if titles else "Separation alone ") + where)
        alts.append(
            f"{title}: {slope.shape[2]} paths, each on a circle around the origin (its radius "
            f"changes by less than {max(drift, 1e-6):.1g} of itself). At the end {outside} are "
            f"outside the hull; the sorted prototypes are at most {apart:.2g} from the sorted "
            "samples."
        )
    figures = []
    for (slope, bias), title in zip(flows, titles):
        figure, ax = plotting.panel(3.5, 4.4)
        panel(ax, slope[:, 0], bias[:, 0, :, 0], title)
        ax.set_ylabel("bias b")
        figures.append(figure)
    return plotting.show(*figures, alt=alts)


@plotting.styled
def pick(errors: dict[str, np.ndarray], chance: float) -> HTML:
    """Which attractor has the lowest error? errors: attractor → (seeds,), drawn on a log axis."""
    colours = {NAMES.get(attractor, attractor): LOOK[attractor][0] for attractor in errors}
    errors = {NAMES.get(attractor, attractor): values for attractor, values in errors.items()}
    figure, ax = plotting.panel(4.2, 2.2)
    for k, (name, values) in enumerate(errors.items()):
        plotting.plot_dots(values, [k] * len(values), ax=ax, colour=colours[name], size=4.0)
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
    names = [attractor for attractor in LOOK if attractor != "none"]

    def panel(ax: Axes, repulsion: str, attractor: str) -> None:
        if attractor == repulsion:
            ax.set_facecolor(to_rgba(plotting.FAINT, 0.4))
        ax.axhline(chance, color=plotting.MUTED, ls=":", lw=1.2)
        ax.axhline(reference, color=plotting.MUTED, lw=0.8)
        bare = np.median(errors[repulsion, "none"], axis=0)
        ax.plot(taus, bare, color=plotting.MUTED, lw=2.5, alpha=0.4)
        colour, marker, dash, name = LOOK[attractor]
        plotting.plot_band(taus, errors[repulsion, attractor], ax=ax, colour=colour, marker=marker,
                           dash=dash, label=name)  # fmt: skip
        ax.lines[-1].set_markersize(3.5)
        ax.set(xscale="log", yscale="log", ylim=(1e-3, 3e3), xticks=[1e-3, 0.1, 10],
               yticks=[1e-2, 1, 1e2])  # fmt: skip
        ax.minorticks_off()

    def draw(figure: Figure, phone: bool) -> None:
        across, down = ([*TITLES], names) if phone else (names, [*TITLES])
        axes = figure.subplots(len(down), len(across), sharex=True, sharey=True)
        for (row, column), ax in np.ndenumerate(axes):
            pair = (across[column], down[row]) if phone else (down[row], across[column])
            panel(ax, *pair)
            ax.tick_params(left=column == 0, bottom=row == len(down) - 1)
        heads = [ROWS[k].replace("multi", "multi-\n") if phone else LOOK[k][3] for k in across]
        sides = [LOOK[k][3].replace(" ", "\n") if phone else ROWS[k] for k in down]
        for ax, name in zip(axes[0], heads):
            ax.set_title(name, fontsize=9.5)
        for ax, name in zip(axes[:, 0], sides):
            ax.set_ylabel(name, fontweight=600)
        for level, name in () if phone else ((chance, "chance"), (reference, "transport alone")):
            axes[0, -1].text(1.05, level, name, transform=axes[0, -1].get_yaxis_transform(),
                             va="center", color=plotting.MUTED)  # fmt: skip
        if phone:
            axes[0, 0].set(xticks=[1e-3, 10], xticklabels=["10⁻³", "10"])
        else:
            axes[0, 1].text(0.04, 0.95, "no attractor", transform=axes[0, 1].transAxes, va="top",
                            color=plotting.MUTED)  # fmt: skip
        if all(worst[kernel] <= 2 * chance for kernel in ("gaussian", "imq", "energy")):
            plotting.headline(figure, f"Matched (shaded), no median error exceeds{BREAK[phone]}"
                              "twice chance")  # fmt: skip
        figure.supxlabel("temperature τ", fontsize=9.5)
        figure.supylabel("reconstruction error, by repulsion" if not phone else
                         "reconstruction error, by attractor", fontsize=9.5)  # fmt: skip

    alts, worst = [], {}
    for repulsion, title in TITLES.items():
        most = {a: np.median(errors[repulsion, a], axis=0).max() for a in LOOK}
        worst[repulsion] = most.get(repulsion)
        bounded = [LOOK[a][3] for a in LOOK if most[a] <= 2 * chance]
        lost = max(most, key=most.get)
        alts.append(
            f"{title}: at every τ the median error stays below twice chance with "
            f"{', '.join(bounded) or 'none'}; largest with {LOOK[lost][3]}, {most[lost]:.3g}."
        )
    return plotting.both(draw, (8.6, 5.2), (3.6, 6.2), " ".join(alts))


@plotting.styled
def compensation(questions: list[claims.Question]) -> HTML:
    """C10's questions against the baseline: repulsions at the nominal τ, alone; three separations
    at a large one, alone, with their own attractor, and with coverage."""
    ways = {
        "alone": ("", MASKS[2], plotting.SEPARATION),
        "with coverage": (" with coverage", MASKS[4], plotting.COVERAGE),
        "with its attractor": (" with its attractor", MASKS[7], None),
    }
    own = dict(zip(claims.REPULSIONS, (plotting.GAUSSIAN, plotting.IMQ, plotting.ENERGY)))
    large = {
        (name, way): (f"{name}{words}", mask, colour or own[name])
        for name in claims.REPULSIONS
        for way, (words, mask, colour) in ways.items()
    }
    cool = {
        ("nominal τ", "separation alone"): ("separation", MASKS[2], plotting.SEPARATION),
        ("nominal τ", "overlap alone"): ("overlap", MASKS[3], plotting.OVERLAP),
    }
    found = {
        key: [q for q in questions if q.contrast == f"{contrast} − baseline"]
        for key, (contrast, *_) in (cool | large).items()
    }

    def panel(ax: Axes, key: tuple[str, str]) -> None:
        _, mask, colour = (cool | large)[key]
        marker, asked = plotting.LOOKS[mask].marker, found[key]
        rows = range(len(asked))
        ax.axvline(0, color=plotting.MUTED, lw=0.8)
        ax.hlines(rows, [q.low for q in asked], [q.high for q in asked], color=colour, lw=1.6)
        ax.plot([q.estimate for q in asked], rows, marker, color=colour, ms=4.5, label=key[1])
        ax.set(yticks=rows, yticklabels=[q.n for q in asked], ylim=(len(asked) - 0.5, -0.5))
        ax.set_xscale("symlog", linthresh=0.1)
        ax.set(xlim=(-3, 3e3), xticks=[-0.1, 0, 0.1, 1, 10, 100, 1000],
               xticklabels=["", "0", "", "1", "", "100", ""])  # fmt: skip
        ax.minorticks_off()

    def draw(figure: Figure, phone: bool) -> None:
        cells = [*large] if phone else []
        if phone:
            cells += [*cool, None]
        else:
            first = [*cool, None]
            for k, name in enumerate(claims.REPULSIONS):
                cells += [first[k], *((name, way) for way in ways)]
        axes = figure.subplots(-(-len(cells) // len(_columns(phone))), len(_columns(phone)),
                               sharex=True, sharey=True)  # fmt: skip
        for ax, key in zip(axes.flat, cells):
            if key is None:
                ax.set_axis_off()
                continue
            panel(ax, key)
            ax.tick_params(left=False, bottom=False)
            name, way = key
            short = name.replace("inverse ", "").replace(" separation", "")
            if phone and way == "alone":
                ax.set_ylabel(f"N, {short}")
            ax.set_title(f"{short}, alone" if way == "alone" and not phone else way, fontsize=9.5)
        for ax in axes[:, 0]:
            ax.set_ylabel(ax.get_ylabel() or "N")
        if not phone:  # under and beside the empty place
            axes[2, 1].tick_params(labelleft=True)
            axes[2, 1].set_ylabel("N")
            axes[1, 0].tick_params(labelbottom=True)
        figure.supxlabel("← better \u2003 error − baseline’s \u2003 worse →", fontsize=9.5)
        plotting.headline(figure, ("\n" if phone else " ").join(told))

    alts = []
    for name in ("nominal τ", *claims.REPULSIONS):
        said = []
        for (of, way), asked in found.items():
            if of == name:
                worse = [str(q.n) for q in asked if q.low > 0]
                better = [str(q.n) for q in asked if q.high < 0]
                said.append(
                    f"{way}, worse than the baseline at N = {', '.join(worse) or 'none'}, better "
                    f"at N = {', '.join(better) or 'none'}"
                )
        alts.append(f"{name}: {'; '.join(said)}.")
    worse, beside, better = (
        sum(hit(q) for name in claims.REPULSIONS for q in found[name, way])
        for way, hit in zip(ways, (lambda q: q.low > 0, lambda q: q.low > 0, lambda q: q.high < 0))
    )
    count = sum(len(found[name, "alone"]) for name in claims.REPULSIONS)
    told = (f"At τ = 1, worse: alone in {worse} of {count},", f"with coverage in {beside};",
            f"better: with its own attractor in {better}")  # fmt: skip
    return plotting.both(draw, (8.6, 4.6), (3.6, 6.3), " ".join(alts))


def _columns(phone: bool) -> range:
    return range(3 if phone else 4)
