import itertools
import json
import re
import warnings
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.text import Text

from protolib import matching, model, plotting, sweep
from protolib.masks import MASKS

with warnings.catch_warnings():  # its first compilation complains of a backslash in a docstring
    warnings.simplefilter("ignore")
    from colorspacious import cspace_convert


@pytest.fixture(autouse=True)
def _style():
    plotting.use_style()


def test_every_mask_has_a_look_of_its_own_that_does_not_need_colour():
    assert set(plotting.LOOKS) == set(MASKS)
    without_colour = [(look.marker, str(look.dash)) for look in plotting.LOOKS.values()]
    assert len(set(without_colour)) == 8
    singles = [plotting.LOOKS[m].colour for m in (*MASKS[:4], MASKS[7])]
    assert singles == ["#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7"]


def test_shown_figures_are_accessible_theme_aware_and_reproducible():
    def shown():
        figure, ax = plotting.panel()
        ax.plot([0, 1], [0.004, 0.005], color=plotting.COVERAGE)
        ax.set_title("a < b")
        return plotting.show(figure, alt='A "line"').data

    page = shown()
    assert 'role="img" aria-label="A &quot;line&quot;"' in page
    assert "var(--fig-coverage, #0072b2)" in page
    assert "0.005" in page or "0.0050" in page  # rounding of coordinates spares the labels
    assert not re.search(r'<g id="', page)
    assert page == shown()


def test_the_style_leaves_the_notebook_s_backend_alone():
    before = matplotlib.get_backend()
    plotting.use_style()
    assert matplotlib.get_backend() == before
    assert matplotlib.rcParams["svg.fonttype"] == "none"


def test_several_panels_need_a_text_each_or_one_for_all():
    figures = [plotting.panel()[0] for _ in range(2)]
    page = plotting.show(*figures, alt="Both.").data
    assert page.count('role="img"') == page.count('aria-hidden="true"') == 1
    with pytest.raises(ValueError, match="alternative text"):
        plotting.show(*figures, alt=["One."])
    with pytest.raises(ValueError, match="alternative text"):
        plotting.show(figures[0], alt=" ")


def test_figures_draw_what_the_data_say():
    x = torch.tensor([0.0, 1.0, 2.0])
    p = torch.tensor([2.1, 0.1, 1.1])
    pairs = matching.assign(p[None, :, None], x[None, :, None])[0]
    _, ax = plotting.panel()
    assert plotting.plot_matching(x, p, pairs, ax=ax) is ax
    links = [line.get_xdata().tolist() for line in ax.lines[:3]]
    assert links == [pytest.approx(link) for link in ([0, 0.1], [1, 1.1], [2, 2.1])]

    net = model.initialise([0], 4)
    _, ax = plotting.panel()
    plotting.plot_responses(net, ax=ax)
    marks = np.sort(ax.lines[-1].get_xdata())
    assert marks == pytest.approx(np.sort(model.prototypes(net)[0, :, 0].numpy()))


def test_medians_and_halves_by_size():
    rows = [(n, *m, s, v + s) for n, v in ((3, 1.0), (5, 2.0)) for m in MASKS[:2] for s in range(5)]
    table = pd.DataFrame(rows, columns=["n", *sweep.LOSSES, "seed", "reconstruction_error"])
    _, ax = plotting.panel()
    chance = pd.Series({3: 9.0, 5: 9.0})
    plotting.plot_by_size(table, "reconstruction_error", ax=ax, chance=chance, ideal=0.0)
    drawn = {line.get_label(): line.get_ydata() for line in ax.lines}
    assert list(drawn["baseline"]) == list(drawn["coverage"]) == [3.0, 4.0]
    assert list(drawn["chance"]) == [9.0, 9.0]
    assert drawn["ideal"][0] == 0
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (2.0, 5.0)


def test_dots_are_one_path():
    _, ax = plotting.panel()
    plotting.plot_dots([1, 2], [3, 4], ax=ax, colour=plotting.INK)
    assert len(ax.lines) == 1
    x, y = ax.lines[0].get_data()
    assert x[[0, 1, 3, 4]].tolist() == [1, 1, 2, 2]
    assert y[[0, 1, 3, 4]].tolist() == [3, 3, 4, 4]


def test_bands_leave_out_what_is_not_a_number():
    _, ax = plotting.panel()
    plotting.plot_band([1, 2], [[1.0, np.nan], [3.0, 5.0], [5.0, 7.0]], ax=ax, mask=MASKS[1])
    (line,) = ax.lines
    assert line.get_ydata().tolist() == [3.0, 6.0]
    assert line.get_marker() == plotting.LOOKS[MASKS[1]].marker


def test_sheets_of_images_keep_every_pixel():
    figure, ax = plotting.panel()
    images = np.arange(3 * 4).reshape(3, 4) / 12
    plotting.plot_images(images, ax=ax, columns=2)
    sheet = ax.images[0].get_array()
    assert sheet.shape == (5, 5, 4)
    assert not sheet[..., :3].any()  # ink alone, more or less of it
    assert sheet[:2, :2, 3].tolist() == images[0].reshape(2, 2).tolist()
    assert sheet[3:, :2, 3].tolist() == images[2].reshape(2, 2).tolist()
    assert "data:image/png;base64" in plotting.svg(figure)


def test_a_mark_says_its_look_once():
    """Where it is defined; where it is used stands only its place."""
    figure, ax = plotting.panel(3.0, 2.0)
    ax.plot([1, 2, 3], [1, 2, 3], "s", color="#123456", mfc="#abcdef")
    drawn = plotting.svg(figure)
    (defined,) = re.findall(
        r'<path id="(\w+)"[^>]*style="fill: #abcdef; stroke: #123456[^"]*"', drawn
    )
    uses = re.findall(rf'<use xlink:href="#{defined}"[^>]*>', drawn)
    assert len(uses) == 3
    assert all("style" not in use for use in uses)


def test_lines_are_short_and_curves_are_kept():
    figure, ax = plotting.panel(3.0, 2.0)
    ax.plot([1, 2, 3], [1, 3, 2], color="#123456")
    ax.plot([1], [2], "o", color="#654321")
    drawn = plotting.svg(figure)
    (line,) = re.findall(r'<path d="([^"]*)"[^>]*stroke: #123456', drawn)
    assert re.fullmatch(r"M( -?[\d.]+){6}", line)
    assert re.search(r'<path id="\w+" d="M [^"]* C [^"]*z"', drawn)  # a round mark
    assert "<g>" not in drawn
    assert drawn.count("<g") == drawn.count("</g>")


def test_lines_of_one_look_are_one_unless_they_let_through():
    figure, ax = plotting.panel(3.0, 2.0)
    for height in (0.2, 0.4):
        ax.axhline(height, color="#123456")
    for height in (0.6, 0.8):
        ax.axhline(height, color="#654321", alpha=0.5)
    ax.set_yscale("log")
    drawn = plotting.svg(figure)
    (lines,) = re.findall(r'<path d="([^"]*)"[^>]*stroke: #123456', drawn)
    assert lines.count("M") == 2
    assert len(re.findall(r"stroke: #654321", drawn)) == 2
    assert 'style="fill: none"' not in drawn


def test_a_dot_is_a_line_of_no_length():
    figure, ax = plotting.panel(3.0, 2.0)
    plotting.plot_dots([1, 2], [1, 2], ax=ax, colour="#123456")
    (dots,) = re.findall(r'<path d="([^"]*)"[^>]*stroke: #123456', plotting.svg(figure))
    assert re.fullmatch(r"M[\d.]+ [\d.]+h0 M[\d.]+ [\d.]+h0", dots)


# ------------------------------------------------------------------ colours

THEMES = json.loads((Path(plotting.__file__).parents[1] / "shared.json").read_text())["colours"]
# what stands in one figure; elsewhere a colour need only be another to an eye that sees all
TOGETHER = {
    "losses": ("ink", "muted", "coverage", "separation", "overlap", "all"),
    "kernels": ("ink", "muted", "coverage", "energy", "gaussian", "imq"),
    "a pick": ("ink", "muted", "coverage", "separation", "overlap", "pick"),
    "verdicts": ("ink", "muted", "verdict"),
    "encoders": ("ink", "muted", "encoder", "linear"),
}
MARKS = {name for family in TOGETHER.values() for name in family}


def rgb(colour):
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255


def contrast(one, other):
    """WCAG 2: relative luminances, (lighter + 0.05) / (darker + 0.05)."""

    def luminance(colour):
        c = rgb(colour)
        return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ (
            0.2126, 0.7152, 0.0722
        )  # fmt: skip

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def as_seen(colour, vision):
    """CAM02-UCS coordinates for a full deficiency after Machado and others (2009)."""
    if vision == "all":
        return cspace_convert(rgb(colour), "sRGB1", "CAM02-UCS")
    space = {"name": "sRGB1+CVD", "cvd_type": vision, "severity": 100}
    seen = np.clip(cspace_convert(rgb(colour), space, "sRGB1"), 0, 1)
    return cspace_convert(seen, "sRGB1", "CAM02-UCS")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("vision", ["all", "deuteranomaly", "protanomaly", "tritanomaly"])
def test_colours_of_one_figure_are_told_apart_by_every_eye(theme, vision):
    seen = {name: as_seen(colour, vision) for name, colour in THEMES[theme].items()}
    for family in TOGETHER.values():
        for one, other in itertools.combinations(family, 2):
            assert np.linalg.norm(seen[one] - seen[other]) > 10, (one, other)


@pytest.mark.parametrize("theme", THEMES)
def test_no_colour_means_two_things_and_all_are_seen_on_paper(theme):
    colours = THEMES[theme]
    seen = {name: as_seen(colours[name], "all") for name in MARKS}
    for one, other in itertools.combinations(MARKS, 2):
        assert np.linalg.norm(seen[one] - seen[other]) > 12, (one, other)
    assert set(colours) - MARKS == {"faint", "hull", "paper"}
    for name in MARKS:
        for ground in ("paper", "hull") if name in ("ink", "muted") else ("paper",):
            least = 4.5 if name in ("ink", "muted") else 3
            assert contrast(colours[name], colours[ground]) >= least, (name, ground)


def test_the_lights_of_contrast_are_those_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


# ------------------------------------------------------------------ labels and lay-outs


def names_beside(values, labels):
    figure, ax = plotting.panel(4.0, 2.0)
    for value, label in zip(values, labels):
        ax.plot([0, 1], [0, value], label=label)
    ax.plot([0, 1], [0, 0.5])  # without a label
    ax.axhline(0.1, color=plotting.MUTED, label="chance")
    ax.set_ylim(0, 1)
    plotting.label_lines(ax)
    figure.draw_without_rendering()
    boxes = {text.get_text(): Text.get_window_extent(text) for text in ax.texts}
    return ax, boxes


def test_labels_stand_beside_their_lines_in_order_and_never_on_each_other():
    values = [0.9, 0.52, 0.5, 0.51, 0.505]
    ax, boxes = names_beside(values, "abcde")
    assert sorted(boxes, key=lambda name: boxes[name].y0) == ["chance", *"cedba"]
    ordered = sorted(boxes.values(), key=lambda box: box.y0)
    centres = [(box.y0 + box.y1) / 2 for box in ordered]
    assert np.diff(centres).min() >= 9 / 72 * ax.figure.dpi  # a line of text apart
    assert all(box.x0 > ax.bbox.x1 for box in ordered)  # outside the data
    alone = (boxes["a"].y0 + boxes["a"].y1) / 2
    assert alone == pytest.approx(ax.transData.transform((1, 0.9))[1], abs=2)


def test_labels_that_would_leave_the_axes_are_brought_back():
    ax, boxes = names_beside([1.0, 1.0, 1.0, 1.0], "abcd")
    tops = [(box.y0 + box.y1) / 2 for box in boxes.values()]
    assert max(tops) <= ax.bbox.y1 + 2
    assert len(boxes) == 5


def test_a_phone_has_its_own_drawing_and_both_are_described_once():
    wide, narrow = (plotting.panel(width)[0] for width in (8.0, 3.6))
    page = plotting.show(wide, phone=[narrow], alt="Both.").data
    desk, phone = page.split('class="fig-panels fig-phone"')
    assert "fig-desk" in desk
    assert "display:none" not in desk
    assert "display:none" in phone
    assert 'aria-label="Both."' in phone
    several = plotting.show(*[plotting.panel(3.0)[0] for _ in range(2)], phone=[narrow],
                            alt=["One.", "Two."]).data  # fmt: skip
    assert 'aria-label="One. Two."' in several.split("fig-phone")[1]


def test_small_multiples_number_their_axes_once():
    drawn = []

    def draw(ax, k):
        drawn.append(k)
        ax.plot([0, 1], [0, k])

    page = plotting.multiples(
        draw, 6, columns=3, size=(2.0, 1.5), labels=("time", "height"), alt="Six."
    ).data
    assert drawn == [*range(6), *range(6)]
    desk, phone = page.split("fig-phone")
    assert desk.count(">time<") == phone.count(">time<") == desk.count(">height<") == 1
    assert desk.count(">0.5<") == 3  # below each column
    assert phone.count(">0.5<") == 2


def test_every_letter_of_a_figure_is_in_the_typeface(caplog):
    figure, ax = plotting.panel()
    ax.set_title("λ, τ, σ̂: −0.5 ≤ x → ∞ √N ● ○ ▲ “q” ü ů ½ ²")
    ax.set_xlabel(r"$\tau^{-1}$ and $\mathbf{\lambda}_j$")
    text = plotting.svg(figure)  # a missing glyph is a warning, and so an error
    assert "−0.5" in text
    assert "font-family" not in text
    assert not caplog.records  # no font is looked for in vain
