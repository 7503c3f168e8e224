"""Every drawing of the built book: labels large enough, nothing on top of anything, nothing cut."""

import geometry
import numpy as np
import pytest
from test_book import PAGES, needs_build

BOX = [2, 2, 8, 6]


def test_a_mark_beneath_a_text_is_seen_and_flat_paper_or_a_faint_edge_is_not():
    paper = np.full((10, 10, 3), 255, dtype=np.uint8)
    assert not geometry.on_marks(paper, BOX)
    hull = paper.copy()
    hull[:, 5:] = (0xF3, 0xE9, 0xCF)
    assert not geometry.on_marks(hull, BOX)
    assert not geometry.on_marks(paper // 3, BOX)  # white words on a dark field
    mark = paper.copy()
    mark[4, 4] = 0
    assert geometry.on_marks(mark, BOX)
    outside = paper.copy()
    outside[8:] = 0
    assert not geometry.on_marks(outside, BOX)


def test_what_differs_as_a_mark_is_seen_and_as_a_guide_is_not():
    """Either side of SEEN and of SHARE."""
    for value, seen in ((255 - 54, False), (255 - 55, True)):
        paper = np.full((10, 10, 3), 255, dtype=np.uint8)
        paper[4, 4, 0] = value  # one channel is enough
        assert geometry.on_marks(paper, BOX) == seen
    for width, seen in ((199, True), (200, False)):  # one pixel of so many
        paper = np.full((1, width, 3), 255, dtype=np.uint8)
        paper[0, 9] = 0
        assert geometry.on_marks(paper, [0, 0, width, 1]) == seen


@pytest.mark.browser
def test_each_fault_is_found_on_a_page_made_to_have_it(chromium, tmp_path):
    def page(body, box="0 0 300 100"):
        file = tmp_path / "page.html"
        file.write_text(
            f'<article><figure class="fig" style="margin:0"><svg viewBox="{box}" width="300" '
            f'style="overflow:visible">{body}</svg></figure></article>'
        )
        return geometry.visit(chromium, file, "phone")

    def text(x, y, words, size=12):
        return f'<text x="{x}" y="{y}" style="font-size:{size}px">{words}</text>'

    fine = text(10, 30, "one") + text(100, 30, "two")
    assert page(fine) == []
    assert page(fine.replace("12px", "8.9px")) == [
        "figure 1, “one”: 8.9 px", "figure 1, “two”: 8.9 px"
    ]  # fmt: skip
    assert page(fine, "0 0 600 200")[0] == "figure 1, “one”: 6.0 px"
    assert page(text(10, 30, "one") + text(15, 32, "two")) == ["figure 1, “two”: on “one”"]
    assert page('<circle cx="20" cy="26" r="3"/>' + text(10, 30, "one")) == [
        "figure 1, “one”: on marks"
    ]
    assert page(text(360, 30, "long enough")) == ["figure 1, “long enough”: cut off"]


@needs_build
@pytest.mark.browser
@pytest.mark.parametrize("width", geometry.WIDTHS)
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_drawings_are_legible(chromium, path, width):
    assert geometry.visit(chromium, path, width) == []
