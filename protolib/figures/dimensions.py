"""The figures of the chapter `dimensions`: units and paths in the plane, images in weights."""

import numpy as np
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.spatial import ConvexHull

from protolib import live, plotting
from protolib.masks import mask_name

COLOURS = {mask_name(mask): look.colour for mask, look in plotting.LOOKS.items()}
COLOURS["energy"] = plotting.ENERGY
MARKERS = {"baseline": "o", "coverage": "s", "energy": "P"}


@plotting.styled
def units(grid, ridge, bump, top, ends) -> HTML:
    """Contours of two responses, each (points, points) over grid × grid, and where they peak.

    top: (2,), the bump's top; ends: (2, 2), two points of the line that is the ridge's top.
    """

    def draw(figure: Figure, phone: bool) -> None:
        axes = figure.subplots(1, 2, sharex=True, sharey=True)
        for ax, values in zip(axes, (ridge, bump)):
            levels = [0.1, 0.3, 0.5, 0.7, 0.9]
            ax.contour(
                grid[::2],
                grid[::2],
                values[::2, ::2],
                levels=levels,
                colors=[plotting.MUTED],
                linewidths=0.9,
            )
            ax.set(xlim=(grid[0], grid[-1]), ylim=(grid[0], grid[-1]), aspect="equal",
                   xticks=[-1, 0, 1], yticks=[-1, 0, 1])  # fmt: skip
        axes[0].plot(*np.transpose(ends), color=plotting.INK, lw=2)
        axes[1].plot(*top, "v", color=plotting.INK, ms=8)
        short = ("A ridge:\na line of tops", "A bump:\none top")
        long = (
            "An ordinary unit is a ridge: a line of tops",
            "An isotropic one is a bump: one top",
        )
        for ax, title in zip(axes, short if phone else long):
            ax.set_title(title, fontsize=9.5)

    words = (
        "Contours of a ridge: parallel lines; it answers most on a whole line. "
        "Contours of a bump: circles around one point, the prototype."
    )
    return plotting.both(draw, (6.8, 3.2), (3.6, 2.3), words)


@plotting.styled
def paths(samples, tracks: dict[str, np.ndarray]) -> HTML:
    """Prototype paths in the plane: samples (samples, 2); name → (frames, units, 2).

    The last one is drawn large.
    """
    corners = samples[ConvexHull(samples).vertices]
    met, alts = {}, []
    for name, track in tracks.items():
        gaps = np.linalg.norm(track[-1][:, None] - samples, axis=-1)
        met[name] = int((gaps.min(0) < 0.05).sum())
        lost = int((np.abs(track[-1]) > 2).any(-1).sum())
        alts.append(
            f"{name}: {met[name]} of {len(samples)} samples have a prototype on them in the end; "
            f"{lost} prototypes left the picture."
        )
    *small, large = tracks

    def panel(ax: Axes, name: str, big: bool, phone: bool) -> None:
        track, colour = tracks[name], COLOURS[name]
        ax.fill(*corners.T, color=plotting.HULL, lw=0)
        gap = np.full((1, *track.shape[1:]), np.nan)
        joined = np.concatenate([track, gap]).transpose(1, 0, 2).reshape(-1, 2)
        ax.plot(*joined.T, color=colour, lw=0.7, alpha=0.7)
        ax.plot(*track[-1].T, "v", color=colour, ms=6 if big else 3)
        plotting.plot_dots(*samples.T, ax=ax, colour=plotting.INK, size=3.5 if big else 2.0)
        ax.lines[-1].set(zorder=3, alpha=1)
        ax.set(xlim=(-2, 2), ylim=(-2, 2), aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
        words = f"{name}: {met[name]} of {len(samples)} met"
        if not big:
            words = f"{name}\n{met[name]} met".replace(" + ", " +\n" if phone else " + ")
        ax.set_title(words, fontsize=10.5 if big else 9)

    def draw(figure: Figure, phone: bool) -> None:
        if phone:
            top, below = figure.subfigures(2, 1, height_ratios=[1, 1.25 * len(small) / 8])
            axes = below.subplots(-(-len(small) // 3), 3, sharex=True, sharey=True, squeeze=False)
        else:
            below, top = figure.subfigures(1, 2, width_ratios=[4, 2.3])
            axes = below.subplots(-(-len(small) // 4), 4, sharex=True, sharey=True, squeeze=False)
        panel(top.subplots(), large, True, phone)
        for ax in axes.flat[len(small) :]:
            ax.set_axis_off()
        for ax, name in zip(axes.flat, small):
            panel(ax, name, False, phone)
            ax.set(xticks=[], yticks=[])

    return plotting.both(draw, (8.6, 3.3), (3.6, 8.0), " ".join(alts))


@plotting.styled
def sheets(truth, found: dict[str, np.ndarray], errors: dict[str, float]) -> HTML:
    """Training images (images, pixels), and what was read out of the weights of each network."""
    rows = {"training digits": truth}
    rows |= {f"−b/w, {name}: error {errors[name]:.2g}": images for name, images in found.items()}
    words = [f"The truth: {len(truth)} of the training digits."]
    for name, images in found.items():
        gap = np.linalg.norm(images - truth, axis=-1)
        same = int((gap < 0.2).sum())
        words.append(
            f"Prototypes matched to them, {name}: {same} of {len(truth)} are the training "
            f"images to the eye, the farthest is {gap.max():.2g} away."
        )
    return plotting.both(
        lambda figure, phone: plotting.rows_of_images(figure, rows, 10 if phone else len(truth)),
        (8.6, 0.72 * len(rows)), (3.6, 0.66 * len(rows)), " ".join(words),
    )  # fmt: skip


@plotting.styled
def journey(steps, truth, sets: dict[str, dict], others: float) -> HTML:
    """The live viewer of `live.digits_viewer`, with the energy network's last frame as a still."""
    last = sets["energy"]
    figure, ax = plotting.panel(4.2, 1.2)
    plotting.plot_images(last["frames"][-1], ax=ax, columns=9)
    ax.set_title(f"Read out of the weights at step {steps[-1]:,}, energy")
    alt = (
        f"{len(truth)} digits read out of the weights after {steps[-1]} steps with the energy "
        f"attractor: error {last['error'][-1]:.2g}, where other digits have {others:.2g}."
    )
    tries = live.TRIES["digits"]
    return live.digits_viewer(steps, truth, sets, others=others, tries=tries, still=figure, alt=alt)


@plotting.styled
def growth(dims, curves: dict[str, tuple], chance: tuple) -> HTML:
    """Error and specialization against D: form → two arrays (seeds, dims); chance: two (dims,)."""
    labels = ("error / neighbour distance (ideal: 0)", "specialization ratio (ideal: 1)")
    best, alts = [], []
    for k, label in enumerate(labels):
        ends = {form: np.median(values[k], axis=0)[-1] for form, values in curves.items()}
        best.append((min, max)[k](ends, key=ends.get))
        alts.append(
            f"{label.partition(' (')[0]} against D: at {dims[-1]} dimensions {best[k]} is best, "
            f"with {ends[best[k]]:.2g}, where chance has {chance[k][-1]:.2g}."
        )
    middle = [{form: np.median(v[k], axis=0) for form, v in curves.items()} for k in (0, 1)]
    first = (middle[0][best[0]] <= np.minimum.reduce([*middle[0].values()])).all()
    nearly = middle[1][best[1]].min() > 0.95
    titles = (
        f"{best[0].capitalize()} {'stays' if first else 'ends'} closest",
        f"and {best[1]} {'gives nearly each its own' if nearly else 'ends most specialized'}",
    )

    def draw(figure: Figure, phone: bool) -> None:
        axes = figure.subplots(2 if phone else 1, 1 if phone else 2, sharex=True)
        for k, (ax, scale) in enumerate(zip(axes, ("log", "linear"))):
            for form, values in curves.items():
                plotting.plot_band(dims, values[k], ax=ax, colour=COLOURS[form],
                                   marker=MARKERS[form], label=form)  # fmt: skip
            ax.plot(dims, chance[k], ":", color=plotting.MUTED, label="chance")
            ax.set(xscale="log", yscale=scale, ylabel=labels[k], xticks=dims, xticklabels=dims,
                   title=titles[k])  # fmt: skip
            ax.minorticks_off()
        axes[-1].set_xlabel("dimensions D")
        axes[0].set_xlabel("" if phone else "dimensions D")
        plotting.label_lines(*axes)

    return plotting.both(draw, (8.6, 3.3), (3.6, 5.8), " ".join(alts))
