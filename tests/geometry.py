"""What must not happen in a drawing: small labels, text on text, text on marks, text cut off.

    python tests/geometry.py _build/html/book/model.html

prints what is found on a page, at both widths. Text lies on marks where the picture without its
text is not of one colour beneath it; guides as faint as the hull's edge are allowed.
"""

import io
import sys
from pathlib import Path

import numpy as np
from browser import NoBrowser, open_browser
from PIL import Image

WIDTHS = {"desk": (1440, 900), "phone": (390, 844)}
LEAST = 9.0  # CSS pixels of a label
SEEN = 54  # of 255: a mark differs by more from what is around it; a guide does not
SHARE = 0.005  # of the pixels beneath a text may do so: the touch of a tick

FIGURES = "article figure.fig:not(.fig-live)"
TEXTS = """figure => {
  const cell = (figure.closest(".cell_output") ?? figure).getBoundingClientRect();
  const own = figure.getBoundingClientRect(), found = [];
  for (const svg of figure.querySelectorAll("svg")) {
    if (!svg.getClientRects().length) continue;
    const scale = svg.getScreenCTM().a;
    for (const text of svg.querySelectorAll("text")) {
      const box = text.getBoundingClientRect(), words = text.textContent.trim();
      if (!words || !box.width) continue;
      const spans = [...text.querySelectorAll("tspan")], parts = spans.length ? spans : [text];
      const size = Math.max(...parts.map(part => parseFloat(getComputedStyle(part).fontSize)));
      const [a, b] = [text.getCTM().a, text.getCTM().b].map(Math.abs);
      const inset = parts[0] === text ? .22 : .42; // a formula's box has room for what it lacks
      const [dx, dy] = b > a ? [inset * box.width, 1] : [1, inset * box.height];
      found.push({
        words, size: size * scale, cut: box.left < cell.left - 1 || box.right > cell.right + 1,
        box: [box.left + dx - own.left, box.top + dy - own.top,
          box.right - dx - own.left, box.bottom - dy - own.top],
      });
    }
  }
  return found; }"""
WITHOUT = """figure.fig svg text { visibility: hidden !important; }
  .bd-header, .bd-header-article, .pst-skip-link, .skip-link, #pst-back-to-top {
    display: none !important; }"""


def overlap(one: list[float], other: list[float]) -> bool:
    """Whether two boxes (left, top, right, bottom) have an area in common.

    >>> overlap([0, 0, 2, 2], [1, 1, 3, 3]), overlap([0, 0, 2, 2], [2, 0, 3, 3])
    (True, False)
    """
    across = min(one[2], other[2]) - max(one[0], other[0])
    return across > 0 and min(one[3], other[3]) - max(one[1], other[1]) > 0


def on_marks(picture: np.ndarray, box: list[float]) -> bool:
    """Whether the picture (height, width, 3) is not of one colour within the box."""
    left, top, right, bottom = (max(round(edge), 0) for edge in box)
    under = picture[top:bottom, left:right].reshape(-1, 3).astype(int)
    if not len(under):
        return False
    apart = np.abs(under - np.median(under, axis=0)).max(1)
    return bool((apart > SEEN).mean() > SHARE)


def faults(page) -> list[str]:
    """What is wrong with the drawings of a page that is open, at its present width."""
    page.evaluate("document.fonts.ready")
    page.add_style_tag(content=WITHOUT)
    found = []
    for number, figure in enumerate(page.locator(FIGURES).all(), start=1):
        texts = figure.evaluate(TEXTS)
        if not texts:
            continue
        picture = np.asarray(Image.open(io.BytesIO(figure.screenshot())).convert("RGB"))
        for k, text in enumerate(texts):
            name = f"figure {number}, “{text['words']}”"
            if text["size"] < LEAST - 0.05:
                found.append(f"{name}: {text['size']:.1f} px")
            if text["cut"]:
                found.append(f"{name}: cut off")
            if on_marks(picture, text["box"]):
                found.append(f"{name}: on marks")
            found += [
                f"{name}: on “{other['words']}”"
                for other in texts[:k]
                if overlap(text["box"], other["box"])
            ]
    return found


OPEN = "() => document.querySelectorAll('details.solution').forEach((one) => { one.open = true; })"


def visit(browser, path: Path, width: str) -> list[str]:
    """Open a built page, and look at its drawings."""
    size = dict(zip(("width", "height"), WIDTHS[width]))
    page = browser.new_page(viewport=size, color_scheme="light", reduced_motion="reduce")
    page.goto(path.resolve().as_uri())
    page.evaluate(OPEN)
    try:
        return faults(page)
    finally:
        page.close()


if __name__ == "__main__":
    try:
        with open_browser() as browser:
            for name in sys.argv[1:]:
                for width in WIDTHS:
                    for fault in visit(browser, Path(name), width):
                        print(f"{Path(name).stem}, {width}: {fault}")
    except NoBrowser as reason:
        sys.exit(str(reason))
