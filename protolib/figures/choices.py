"""The figure of `choices`: the effect of each loss when one choice is changed."""

import numpy as np
from IPython.display import HTML
from matplotlib.ticker import FixedFormatter, FixedLocator

from protolib import plotting
from protolib.masks import Mask, mask_name


@plotting.styled
def effects(found: dict) -> HTML:
    """What each loss changes of the error, a panel a loss and a row a setting.

    found: {mask: {setting: `claims.Interval`}}, the same settings for every mask.
    """
    settings = [*next(iter(found.values()))]
    tables = {mask: np.array([*own.values()])[:, :3] for mask, own in found.items()}
    mild = np.concatenate([own for mask, own in tables.items() if not mask.overlap])
    reach = 1.1 * mild.min(), 1.1 * max(mild.max(), 0.01)

    def draw(figure, phone: bool) -> None:
        shape = (len(tables), 1) if phone else (1, len(tables))
        axes = figure.subplots(*shape, squeeze=False, sharey=True)
        for ax, (mask, intervals) in zip(axes.flat, tables.items()):
            look, rows = plotting.LOOKS[mask], np.arange(len(settings))
            ax.axvline(0, color=plotting.MUTED, lw=0.8)
            ax.hlines(rows, intervals[:, 1], intervals[:, 2], color=look.colour, lw=1.6)
            ax.plot(intervals[:, 0], rows, ls="none", marker=look.marker, color=look.colour,
                    mfc=look.fill, ms=5)  # fmt: skip
            title = _found(mask, intervals)
            ax.set_title(plotting.broken(title, 2.0))
            ax.set_xscale("symlog", linthresh=0.1, linscale=0.5 if mask.overlap else 1.5)
            ax.xaxis.set_major_locator(FixedLocator([-0.1, 0, 0.1, 1, 10]))
            ax.xaxis.set_major_formatter(FixedFormatter(["−0.1", "0", "0.1", "1", "10"]))
            ax.set(yticks=rows, yticklabels=settings, ylim=(len(settings) - 0.5, -0.5),
                   xlim=(-0.05, None) if mask.overlap else reach)  # fmt: skip
            if phone:
                ax.tick_params(labelleft=True)
        for ax in axes.flat[-1:] if phone else axes.flat[1:2]:
            ax.set_xlabel("error − baseline's; left of 0 it helps")

    words = " ".join(_count(mask, intervals) for mask, intervals in tables.items())
    return plotting.both(draw, (8.4, 4.4), (3.65, 10.2), words)


def _answers(intervals: np.ndarray) -> dict[str, int]:
    low, high = intervals[:, 1], intervals[:, 2]
    return {"helps": int((high < 0).sum()), "harms": int((low > 0).sum())}


def _found(mask: Mask, intervals: np.ndarray) -> str:
    counts = {verb: count for verb, count in _answers(intervals).items() if count}
    first, *rest = [f"{verb} in {count}" for verb, count in counts.items()] or ["acts in none"]
    words = ", ".join([f"{first} of {len(intervals)}", *rest])
    return f"{mask_name(mask).capitalize()} {words}"


def _count(mask: Mask, intervals: np.ndarray) -> str:
    helps, harms = _answers(intervals).values()
    return (
        f"Change of the error by {mask_name(mask)} alone in {len(intervals)} settings: it helps in "
        f"{helps}, harms in {harms}, the rest is open."
    )
