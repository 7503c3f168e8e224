"""The book at a glance: every first screen and every figure, in both themes, on a desk and a phone.

Needs a built book and Chromium. Pictures go to `_build/contact-sheet`, with one page that shows
them side by side, `index.html`.
"""

import html
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from browser import NoBrowser, open_browser  # noqa: E402

PAGES = ROOT / "_build" / "html" / "book"
TARGET = ROOT / "_build" / "contact-sheet"
WIDTHS = {"desk": (1440, 900), "phone": (390, 844)}
THEMES = ("light", "dark")
READY = """async () => {
  await document.fonts.ready;
  document.querySelectorAll("img").forEach(image => { image.loading = "eager"; });
  await new Promise(done => setTimeout(done, 600));
}"""
OVERLAID = """.bd-header, .bd-header-article, .pst-skip-link, .skip-link, #pst-back-to-top {
  display: none !important; }"""
STYLE = """body{font:15px/1.4 sans-serif;margin:1rem;background:#888}h2{margin:1.5rem 0 .3rem}
div{display:flex;flex-wrap:wrap;gap:.5rem;align-items:flex-start}img{max-height:420px;max-width:32%}"""


def photograph(browser, page_file: Path, width: str, theme: str) -> list[Path]:
    """The first screen of a page and each of its figures, as pictures in `TARGET`."""
    size = dict(zip(("width", "height"), WIDTHS[width]))
    page = browser.new_page(viewport=size, color_scheme=theme, reduced_motion="reduce")
    page.goto(page_file.as_uri())
    page.evaluate(READY)
    stem = TARGET / f"{page_file.stem}-{width}-{theme}"
    pictures = [stem.with_name(f"{stem.name}-00.png")]
    page.screenshot(path=pictures[0])
    page.add_style_tag(content=OVERLAID)  # or it would stand across tall figures
    for k, figure in enumerate(page.locator("article figure.fig").all(), start=1):
        box = figure.bounding_box()
        if box and box["height"] > 8:
            pictures.append(stem.with_name(f"{stem.name}-{k:02}.png"))
            figure.screenshot(path=pictures[-1])
    page.close()
    return pictures


def contact_sheet(browser, pages: list[Path]) -> int:
    """Photograph the pages and write the sheet; says how many pictures there are."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for old in TARGET.glob("*.png"):
        old.unlink()
    parts, count = [f"<!doctype html><title>Contact sheet</title><style>{STYLE}</style>"], 0
    for page_file in pages:
        for width in WIDTHS:
            sets = [photograph(browser, page_file, width, theme) for theme in THEMES]
            parts.append(f"<h2>{html.escape(page_file.stem)}, {width}</h2>")
            for pictures in sets:
                shown = "".join(f'<img src="{p.name}" alt="{p.stem}">' for p in pictures)
                parts.append(f"<div>{shown}</div>")
                count += len(pictures)
    (TARGET / "index.html").write_text("\n".join(parts), encoding="utf-8")
    return count


if __name__ == "__main__":
    begin = time.monotonic()
    wanted = [PAGES / f"{name}.html" for name in sys.argv[1:]] or sorted(PAGES.glob("*.html"))
    if not wanted or not all(path.exists() for path in wanted):
        sys.exit("no such built page: `make book` first, and name pages as `index` or `model`")
    try:
        with open_browser() as browser:
            count = contact_sheet(browser, wanted)
    except NoBrowser as reason:
        sys.exit(str(reason))
    where = (TARGET / "index.html").relative_to(ROOT)
    print(f"{where}: {count} pictures, {time.monotonic() - begin:.0f} s")
