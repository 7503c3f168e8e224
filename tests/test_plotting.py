import re

import matplotlib
import numpy as np
import pandas as pd
import pytest
import torch

from protolib import claims, matching, model, plotting, sweep
from protolib.masks import MASKS


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


def test_intervals_are_drawn_where_they_are():
    questions = [claims.Question(3, "a", 5, 0.5, 0.1, 0.9, "yes")]
    _, ax = plotting.panel()
    plotting.plot_contrasts(questions, ax=ax, mask=MASKS[1])
    assert ax.collections[0].get_segments()[0][:, 0].tolist() == [0.1, 0.9]


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
    assert sheet.shape == (5, 5)
    assert sheet[:2, :2].tolist() == images[0].reshape(2, 2).tolist()
    assert sheet[3:, :2].tolist() == images[2].reshape(2, 2).tolist()
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


def test_a_dot_is_a_line_of_no_length():
    figure, ax = plotting.panel(3.0, 2.0)
    plotting.plot_dots([1, 2], [1, 2], ax=ax, colour="#123456")
    (dots,) = re.findall(r'<path d="([^"]*)"[^>]*stroke: #123456', plotting.svg(figure))
    assert re.fullmatch(r"M[\d.]+ [\d.]+h0 M[\d.]+ [\d.]+h0", dots)
