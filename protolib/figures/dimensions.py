"""The figures of the chapter `dimensions`: units and paths in the plane, images in weights."""

import numpy as np
from IPython.display import HTML
from scipy.spatial import ConvexHull

from protolib import live, plotting
from protolib.masks import MASKS, mask_name

LOOKS = {mask_name(mask): look for mask, look in plotting.LOOKS.items()}
LOOKS["energy"] = plotting.LOOKS[MASKS[7]]


@plotting.styled
def units(grid, ridge, bump, top, ends) -> HTML:
    """Contours of two responses, each (points, points) over grid × grid, and where they peak.

    top: (2,), the bump's top; ends: (2, 2), two points of the line that is the ridge's top.
    """
    panels = []
    for values, title in (
        (ridge, "an ordinary unit: a ridge"),
        (bump, "an isotropic unit: a bump"),
    ):
        figure, ax = plotting.panel(2.9, 2.7)
        levels = [0.1, 0.3, 0.5, 0.7, 0.9]
        ax.contour(grid, grid, values, levels=levels, colors=[plotting.MUTED], linewidths=0.9)
        if values is ridge:
            ax.plot(*np.transpose(ends), color=plotting.INK, lw=2)
        else:
            ax.plot(*top, "v", color=plotting.INK, ms=8)
        reach = (grid[0], grid[-1])
        ax.set(xlim=reach, ylim=reach, title=title, aspect="equal")
        panels.append(figure)
    alts = [
        "Contours of a ridge: parallel lines; it answers most on a whole line.",
        "Contours of a bump: circles around one point, the prototype.",
    ]
    return plotting.show(*panels, alt=alts)


@plotting.styled
def paths(samples, tracks: dict[str, np.ndarray]) -> HTML:
    """Prototype paths in the plane: samples (samples, 2); name → (frames, units, 2)."""
    corners = samples[ConvexHull(samples).vertices]
    panels, alts = [], []
    for name, track in tracks.items():
        figure, ax = plotting.panel(2.6, 2.6)
        ax.fill(*corners.T, color=plotting.HULL, lw=0)
        gap = np.full((1, *track.shape[1:]), np.nan)
        joined = np.concatenate([track, gap]).transpose(1, 0, 2).reshape(-1, 2)
        colour = LOOKS[name].colour
        ax.plot(*joined.T, color=colour, lw=0.7, alpha=0.7)
        ax.plot(*track[-1].T, "v", color=colour, ms=4)
        ax.plot(*samples.T, "o", color=plotting.INK, ms=2.5)
        ax.set(xlim=(-2, 2), ylim=(-2, 2), aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1],
               title=name)  # fmt: skip
        panels.append(figure)
        gaps = np.linalg.norm(track[-1][:, None] - samples, axis=-1)
        met = int((gaps.min(0) < 0.05).sum())
        lost = int((np.abs(track[-1]) > 2).any(-1).sum())
        alts.append(
            f"{name}: {met} of {len(samples)} samples have a prototype on them in the end; {lost} "
            "prototypes left the picture."
        )
    return plotting.show(*panels, alt=alts)


@plotting.styled
def sheets(truth, found: dict[str, np.ndarray], errors: dict[str, float]) -> HTML:
    """Training images (images, pixels), and what was read out of the weights of each network."""
    panels, alts = [], []
    for name, images in {"training digits": truth, **found}.items():
        figure, ax = plotting.panel(3.5, 1.25)
        plotting.plot_images(np.clip(images, 0, 1), ax=ax)
        words = f"−b/w, {name}: error {errors[name]:.2g}" if name in found else name
        ax.set_title(words)
        panels.append(figure)
        if name in found:
            gap = np.linalg.norm(images - truth, axis=-1)
            same = int((gap < 0.2).sum())
            alts.append(
                f"Prototypes matched to them, {name}: {same} of {len(truth)} are the training "
                f"images to the eye, the farthest is {gap.max():.2g} away."
            )
        else:
            alts.append(f"The truth: {len(truth)} of the training digits.")
    return plotting.show(*panels, alt=alts)


@plotting.styled
def journey(steps, truth, sets: dict[str, dict], others: float) -> HTML:
    """The live viewer of `live.digits_viewer`, with the energy network's last frame as a still."""
    last = sets["energy"]
    figure, ax = plotting.panel(5.0, 1.3)
    plotting.plot_images(last["frames"][-1], ax=ax, columns=9)
    ax.set_title(f"read out of the weights, energy attractor, step {steps[-1]}")
    alt = (
        f"{len(truth)} digits read out of the weights after {steps[-1]} steps with the energy "
        f"attractor: error {last['error'][-1]:.2g}, where other digits have {others:.2g}."
    )
    tries = live.TRIES["digits"]
    return live.digits_viewer(steps, truth, sets, others=others, tries=tries, still=figure, alt=alt)


@plotting.styled
def growth(dims, curves: dict[str, tuple], chance: tuple) -> HTML:
    """Error and specialization against D: form → two arrays (seeds, dims); chance: two (dims,)."""
    panels, alts = [], []
    labels = ("error / neighbour distance (ideal: 0)", "specialization ratio (ideal: 1)")
    for k, (label, scale) in enumerate(zip(labels, ("log", "linear"))):
        figure, ax = plotting.panel(3.5, 3.2)
        for form, values in curves.items():
            look = LOOKS[form]
            plotting.plot_band(dims, values[k], ax=ax, colour=look.colour, marker=look.marker,
                               label=form)  # fmt: skip
        ax.plot(dims, chance[k], ":", color=plotting.MUTED, label="chance")
        ax.set(xscale="log", yscale=scale, xlabel="dimensions D", ylabel=label, xticks=dims,
               xticklabels=dims)  # fmt: skip
        ax.minorticks_off()
        figure.legend(loc="outside lower center", ncols=4, columnspacing=1)
        panels.append(figure)
        ends = {form: np.median(values[k], axis=0)[-1] for form, values in curves.items()}
        best = (min, max)[k](ends, key=ends.get)
        alts.append(
            f"{label.partition(' (')[0]} against D: at {dims[-1]} dimensions {best} is best, with "
            f"{ends[best]:.2g}, where chance has {chance[k][-1]:.2g}."
        )
    return plotting.show(*panels, alt=alts)
