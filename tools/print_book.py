"""Print the book, built as one page by `jupyter-book build . --builder singlehtml`, to a PDF.

Code that only draws (folded on the page) and the package's reference are left out; answers to the
exercises are opened; a live figure shows what it shows at rest.
"""

import sys
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from browser import NoBrowser, open_browser, watch  # noqa: E402

SINGLE = ROOT / "_build" / "singlehtml"
TARGET = ROOT / "_build" / "pdf" / "read-the-weights.pdf"

# Beyond what `book.css` says of paper: one chapter after the other, a title page, no chrome.
STYLE = """
@page { size: A4; margin: 18mm 17mm 20mm; }
.bd-header, .bd-header-article, .bd-sidebar-primary, .bd-sidebar-secondary, .bd-footer,
.bd-footer-content, .prev-next-footer, .headerlink, .copybtn, .pst-skip-link, .skip-link
  { display: none !important; }
.bd-page-width, .bd-content { max-width: none !important; width: 100% !important;
  padding: 0 !important; }
span[id^="document-"] + section { break-before: page; counter-reset: figure; }
details.sd-dropdown, img, mjx-container { break-inside: avoid; }
h1:has(+ .title-page) { display: none !important; }
.title-page { break-after: page; }
.title-page .title { font-size: 3rem; font-weight: 600; margin: 14vh 0 1rem; }
.title-page ol { line-height: 1.7; margin-top: 2rem; }
"""

PREPARE = """async ([style, title, author, address]) => {
  await window.MathJax?.startup?.promise;
  document.head.append(Object.assign(document.createElement("style"), {textContent: style}));
  for (const fold of document.querySelectorAll("details:not(.hide)")) fold.open = true;
  for (const image of document.images) image.loading = "eager";
  for (const reference of document.querySelectorAll("span[id^='document-book/api']")) {
    reference.nextElementSibling?.remove(); // the package is read on a screen
    reference.remove();
  }
  const chapters = [...document.querySelectorAll("span[id^='document-']")];
  const titles = chapters.map(chapter => {
    const heading = chapter.nextElementSibling?.querySelector("h1, h2")?.cloneNode(true);
    heading?.querySelector(".headerlink")?.remove();
    return [chapter.id, heading?.textContent ?? ""];
  });
  for (const table of document.querySelectorAll("article table")) {  // wider than the page
    table.style.width = "max-content";
    const width = table.offsetWidth;
    table.style.width = "";
    const page = 660;
    if (table.closest(".cell_output") && width > page) table.style.zoom = page / width;
  }
  const names = new Set(titles.map(([id]) => id));
  for (const link of document.querySelectorAll("a[href]")) {
    const [page, anchor] = link.getAttribute("href").split("#");
    const id = "document-book/" + page.replace(/^book\\//, "").replace(/\\.html$/, "");
    if (page === "book/index.html" && anchor) link.setAttribute("href", "#" + anchor);
    else if (page && names.has(id)) link.setAttribute("href", "#" + (anchor || id));
  }
  const front = Object.assign(document.createElement("div"), {className: "title-page"});
  const line = (className, textContent) => front.append(
    Object.assign(document.createElement("p"), {className, textContent}));
  line("title", title);
  line("", author);
  line("", address);
  const list = document.createElement("ol");
  for (const [id, title] of titles) {
    const item = document.createElement("li");
    item.append(Object.assign(document.createElement("a"), {href: "#" + id, textContent: title}));
    list.append(item);
  }
  front.append(list);
  document.querySelector("article h1").after(front);
  await document.fonts.ready;
  return titles.length;
}"""

FOOTER = (
    '<div style="width:100%;font:8px sans-serif;color:#555;text-align:center">'
    '<span class="pageNumber"></span></div>'
)


def print_book(browser, single: Path = SINGLE, target: Path = TARGET) -> int:
    """Print, and say how many chapters there were."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text())
    # its links to styles and scripts are relative to the folder above it
    page_file = single / "book.html"
    page_file.write_text((single / "book" / "index.html").read_text())
    target.parent.mkdir(parents=True, exist_ok=True)
    page = browser.new_page(viewport={"width": 900, "height": 1200}, color_scheme="light")
    page.emulate_media(media="print", color_scheme="light")
    log = watch(page)
    page.goto(page_file.as_uri(), timeout=120_000)
    words = [STYLE, settings["title"], settings["author"], settings["repository"]["url"]]
    chapters = page.evaluate(PREPARE, words)
    page.pdf(
        path=target,
        prefer_css_page_size=True,
        display_header_footer=True,
        header_template="<span></span>",
        footer_template=FOOTER,
        print_background=True,
        outline=True,
        tagged=True,
    )
    page.close()
    for complaint in (*log.errors, *log.requests):
        if "searchindex.js" not in complaint:  # one page has no index to search
            print("warning:", complaint, file=sys.stderr)
    return chapters


if __name__ == "__main__":
    begin = time.monotonic()
    try:
        with open_browser() as browser:
            chapters = print_book(browser)
    except NoBrowser as reason:
        sys.exit(str(reason))
    print(
        f"{TARGET.relative_to(ROOT)}: {chapters} chapters, {TARGET.stat().st_size / 1e6:.1f} MB, "
        f"{time.monotonic() - begin:.0f} s"
    )
