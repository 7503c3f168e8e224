"""The figures of the chapter `attractors`: a prediction, the table of forces, and C10."""

import numpy as np
from IPython.display import HTML

from protolib import claims, live, plotting
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
TITLES = {
    "gaussian": "Gaussian separation",
    "imq": "inverse multiquadric separation",
    "energy": "energy separation",
    "overlap": "overlap",
}


@plotting.styled
def pick(errors: dict[str, np.ndarray], chance: float) -> HTML:
    """Which attractor has the lowest error? errors: name → (seeds,), drawn on a log axis."""
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
    """C10's questions: each repulsion alone, and with its attractor, against the baseline."""
    panels, alts = [], []
    for name in claims.REPULSIONS:
        figure, ax = plotting.panel(3.6, 3.0)
        alone = MASKS[3] if name == "overlap" else MASKS[2]
        parts = {}
        for words, mask, offset in (
            ("alone", alone, -0.12),
            ("with its attractor", MASKS[7], 0.12),
        ):
            suffix = "" if words == "alone" else f" {words}"
            own = [q for q in questions if q.contrast == f"{name}{suffix} − baseline"]
            plotting.plot_contrasts(own, ax=ax, mask=mask, offset=offset, label=words)
            parts[words] = own
        ax.set_xscale("symlog", linthresh=0.1)
        ax.set(
            title=name, xlabel="← better \u2003 error − baseline's \u2003 worse →",
            xticks=[-0.1, 0, 0.1, 1, 10, 100, 1000],
            xticklabels=["−.1", "0", ".1", "1", "10", "100", "1000"],
        )  # fmt: skip
        figure.legend(loc="outside lower center", ncols=2)
        panels.append(figure)
        worse = [str(q.n) for q in parts["alone"] if q.low > 0]
        better = [str(q.n) for q in parts["with its attractor"] if q.high < 0]
        alts.append(
            f"{name}: alone it is worse than the baseline at N = {', '.join(worse) or 'none'}; "
            f"with its attractor better at N = {', '.join(better) or 'none'}."
        )
    return plotting.show(*panels, alt=alts)
