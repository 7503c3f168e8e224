"""Figures: one style, one colour a mask through the whole book, and a way to show them.

`plot_*(…, ax) -> ax` functions draw and return the axes. `panel` makes a figure in the book's
style, and `show` puts one or several of them on the page, with the text that a reader who cannot
see them needs, and a caption. What `show` returns is plain HTML with inline SVG: it looks the same
in a notebook and in the book, and there it follows the light or dark theme, because colours are
written as CSS variables (defined in `book/_assets/book.css`) with the values below as defaults.
"""

from protolib.plotting.marks import (
    plot_band,
    plot_by_size,
    plot_cells,
    plot_dots,
    plot_field,
    plot_fit,
    plot_images,
    plot_matching,
    plot_responses,
    plot_trajectories,
    rows_of_images,
    shade_hull,
    size_axis,
)
from protolib.plotting.page import both, broken, headline, label_lines, multiples, panel, show
from protolib.plotting.style import (
    ALL,
    COLOURS,
    COVERAGE,
    ENCODER,
    ENERGY,
    FAINT,
    FAMILY,
    GAUSSIAN,
    HULL,
    IMQ,
    INK,
    LINEAR,
    LOOKS,
    MUTED,
    OVERLAP,
    PAPER,
    PICK,
    SEPARATION,
    STYLE,
    VERDICT,
    Look,
    styled,
    use_style,
)
from protolib.plotting.svg import drawing, svg

__all__ = [
    "ALL", "COLOURS", "COVERAGE", "ENCODER", "ENERGY", "FAINT", "FAMILY", "GAUSSIAN", "HULL",
    "IMQ", "INK", "LINEAR", "LOOKS", "MUTED", "OVERLAP", "PAPER", "PICK", "SEPARATION", "STYLE",
    "VERDICT", "Look", "both", "broken", "drawing", "headline", "label_lines",
    "multiples", "panel", "plot_band", "plot_by_size", "plot_cells",
    "plot_dots", "plot_field", "plot_fit", "plot_images", "plot_matching", "plot_responses",
    "plot_trajectories", "rows_of_images", "shade_hull", "show", "size_axis", "styled", "svg",
    "use_style",
]  # fmt: skip
