"""The figure of `choices`: the effect of each loss when one choice is changed."""

import numpy as np
from IPython.display import HTML
from matplotlib.ticker import FixedFormatter, FixedLocator

from protolib import plotting
from protolib.masks import mask_name


@plotting.styled
def effects(found: dict) -> HTML:
    """What each loss changes of the error, a row a setting; those with overlap on the right.

    found: {mask: {setting: `claims.Interval`}}, the same settings for every mask.
    """
    figures, words = [], []
    for active in (0, 1):
        chosen = [mask for mask in found if mask.overlap == active]
        figure, ax = plotting.panel(3.9, 5.0)
        told = []
        for mask, offset in zip(chosen, np.linspace(-0.15, 0.15, len(chosen))):
            look, intervals = plotting.LOOKS[mask], np.array([*found[mask].values()])
            rows = np.arange(len(intervals)) + (offset if len(chosen) > 1 else 0)
            ax.hlines(rows, intervals[:, 1], intervals[:, 2], color=look.colour, lw=1.6)
            ax.plot(intervals[:, 0], rows, ls="none", marker=look.marker, color=look.colour,
                    mfc=look.fill, ms=5, label=mask_name(mask))  # fmt: skip
            told.append(_count(mask, intervals))
        ax.axvline(0, color=plotting.MUTED, lw=0.8)
        ax.set(yticks=range(len(intervals)), yticklabels=[*found[mask]],
               ylim=(len(intervals) - 0.5, -0.5), xlabel="error − baseline's")  # fmt: skip
        ax.set_xscale("symlog", linthresh=0.1, linscale=0.5 if active else 1.5)
        ax.xaxis.set_major_locator(FixedLocator([-0.1, 0, 0.1, 1, 10]))
        ax.xaxis.set_major_formatter(FixedFormatter(["−0.1", "0", "0.1", "1", "10"]))
        if active:
            ax.set_xlim(left=-0.05)
        figure.legend(loc="outside upper right", ncols=2)
        figures.append(figure)
        words.append(" ".join(told))
    return plotting.show(*figures, alt=words)


def _count(mask, intervals: np.ndarray) -> str:
    low, high = intervals[:, 1], intervals[:, 2]
    return (
        f"Change of the error by {mask_name(mask)} alone in {len(intervals)} settings: it helps in "
        f"{(high < 0).sum()}, harms in {(low > 0).sum()}, the rest is open."
    )
