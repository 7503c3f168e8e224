"""Every built page in a browser, from a folder on disk with the network off: one visit a mode.

A visit loads the page once and asks all that can be asked of it: whether it is quiet, fits the
screen and stands still, whether its live figures run, and what axe-core finds. What is the same at
every width and in both themes (names, roles, structure) axe looks at on the desk only. Continuous
integration and `make browser` visit every page in both modes, `make test` each chapter in one.
"""

import os
import re
from collections import Counter
from pathlib import Path

import browser
import pytest
from axe_playwright_python.sync_playwright import Axe
from test_book import HTML, PAGES, needs_build

pytestmark = [needs_build, pytest.mark.browser]

MODES = {"desk": (1440, 900, "light"), "phone": (390, 844, "dark")}
OTHERS = [HTML / f"{name}.html" for name in ("search", "genindex", "prf-prf", "py-modindex")]
EVERY = [*PAGES, *(path for path in OTHERS if path.exists())]
EVERYTHING = bool(os.environ.get("CI") or os.environ.get("BOOK_BROWSER") == "all")
VISITS = [
    (path, mode)
    for place, path in enumerate(EVERY)
    for turn, mode in enumerate(MODES)
    if EVERYTHING or (turn == place % 2 and path not in OTHERS)
]
BY_LOOK = ["color-contrast", "scrollable-region-focusable", "label-content-name-mismatch",
           "button-name", "link-name", "region"]  # fmt: skip
# A drawing is one picture with one text, and thousands of nodes that axe would measure; so are the
# signatures of the reference, a hundred of one kind, of which it sees the first few.
EMPTY = """() => {
  document.querySelectorAll("svg[role=img], svg[aria-hidden]").forEach(
    drawing => drawing.replaceChildren());
  [...document.querySelectorAll("dl.py")].slice(8).forEach(entry => entry.remove()); }"""

WATCH = """() => { globalThis.shifts = [];
  new PerformanceObserver(list => { for (const entry of list.getEntries())
    if (!entry.hadRecentInput) shifts.push({ value: entry.value, time: entry.startTime,
      what: entry.sources.map(({node}) =>
        `${node?.nodeName} ${node?.textContent?.trim().slice(0, 40)}`) });
  }).observe({ type: "layout-shift", buffered: true }); }"""

SCROLL = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {
    scrollTo(0, y);
    await new Promise(requestAnimationFrame);
  }
  scrollTo(0, 0);
  await new Promise(done => setTimeout(done, 100));
}"""

PICTURES = """() => Math.min(...[...document.querySelectorAll(
  "figure.fig, article svg[role=img], article figure, .ledger")].map(
    one => one.getBoundingClientRect()).filter(
      box => box.height > 40).map(box => box.top + scrollY))"""

LINES = """() => [...document.querySelectorAll("article section > p:not([class])")].filter(
    paragraph => !paragraph.querySelector("mjx-container, .math, code")).flatMap(paragraph => {
  const signs = new Map(), range = document.createRange();
  const texts = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    for (let k = 0; k < texts.currentNode.length; k += 1) {
      range.setStart(texts.currentNode, k);
      range.setEnd(texts.currentNode, k + 1);
      const line = Math.round(range.getBoundingClientRect().bottom / 9);
      signs.set(line, (signs.get(line) ?? 0) + 1);
    }
  }
  return [...signs.values()].slice(0, -1);
})"""

RUNS = """lab => new Promise((done, fail) => {
  const before = lab.step;
  const look = () => lab.step > before + 5 ? done() : requestAnimationFrame(look);
  setTimeout(() => fail(new Error("it stands still")), 10000);
  lab.play();
  look();
}).then(() => lab.pause())"""

PAINTED = """lab => { const c = lab.shadowRoot.querySelector("canvas");
  return new Set(c.getContext("2d").getImageData(0, 0, c.width, c.height).data).size; }"""


def layout_shift(shifts: list[dict]) -> float:
    """Cumulative layout shift: the largest sum within five seconds without a pause of one.

    >>> layout_shift([{"value": 0.1, "time": 0}, {"value": 0.1, "time": 900}])
    0.2
    >>> layout_shift([{"value": 0.1, "time": 0}, {"value": 0.1, "time": 2000}])
    0.1
    """
    largest = total = 0.0
    first = last = float("-inf")
    for shift in shifts:
        if shift["time"] - last > 1000 or shift["time"] - first > 5000:
            total, first = 0.0, shift["time"]
        total, last = total + shift["value"], shift["time"]
        largest = max(largest, total)
    return largest


def violations(page, mode: str) -> list[str]:
    """What axe-core finds, one line a node."""
    page.evaluate(EMPTY)
    options = {"resultTypes": ["violations"], "iframes": False, "preload": False}
    if mode == "desk":
        options["rules"] = {"label-content-name-mismatch": {"enabled": True}}
    else:
        options["runOnly"] = BY_LOOK
    found = Axe().run(page, options=options).response["violations"]
    return [f"{rule['id']}: {node['html'][:150]}" for rule in found for node in rule["nodes"]]


@pytest.fixture(scope="module")
def contexts(chromium):
    """One browser context a mode, for all pages of this module."""
    opened = {}
    for mode, (width, height, theme) in MODES.items():
        opened[mode] = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, offline=True
        )
        opened[mode].add_init_script(f"({WATCH})()")
    yield opened
    for context in opened.values():
        context.close()


@pytest.mark.parametrize(("path", "mode"), VISITS, ids=[f"{p.stem}-{m}" for p, m in VISITS])
def test_a_page_is_quiet_and_still_fits_runs_and_is_open_to_all(contexts, path, mode):
    width, height, theme = MODES[mode]
    page = contexts[mode].new_page()
    log = browser.watch(page)
    page.goto(path.as_uri())
    page.evaluate("() => globalThis.MathJax?.startup?.promise")
    assert page.evaluate("() => document.documentElement.dataset.theme") == theme
    page.evaluate(SCROLL)
    shifts = page.evaluate("() => shifts")
    assert layout_shift(shifts) < 0.1, sorted(shifts, key=lambda s: -s["value"])[:3]
    if page.locator(".question").count() and mode == "desk":
        assert page.evaluate(PICTURES) < 1.5 * height, "no picture on the first screen and a half"
    lines = page.evaluate(LINES) if mode == "desk" else []
    if len(lines) > 20:  # a mean of fewer wobbles
        assert 65 <= sum(lines) / len(lines) <= 72, "characters in a full line of text"
    for lab in page.locator("prototype-lab").all():
        lab.scroll_into_view_if_needed()
        lab.evaluate(RUNS)
        assert lab.evaluate(PAINTED) > 20
    for figure in page.locator("superposition-plane, transition-map").all():
        figure.scroll_into_view_if_needed()
        assert any(figure.evaluate("figure => figure.state.found"))
    assert not violations(page, mode)
    if mode == "phone":
        page.set_viewport_size({"width": 320, "height": height})
        width = 320
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert not log.errors
    assert not log.requests
    page.close()


def test_what_is_wide_is_reached_by_keyboard_and_fits_on_paper(contexts):
    page = contexts["phone"].new_page()
    page.goto((HTML / "book" / "claims.html").as_uri())
    page.evaluate(SCROLL)
    wide = ".pst-scrollable-table-container[role=group]"
    for table in page.locator(wide).all():
        assert table.get_attribute("tabindex") == "0"
        assert table.get_attribute("aria-label")
    page.set_viewport_size({"width": 700, "height": 900})  # A4 within its margins
    page.emulate_media(media="print")
    cut = page.evaluate("""() => [...document.querySelectorAll("article table")].map(
      table => table.getBoundingClientRect().right).filter(right => right > innerWidth + 1)""")
    assert not cut
    page.close()


def test_paper_is_light_when_the_screen_is_dark(contexts):
    page = contexts["phone"].new_page()
    page.goto((HTML / "book" / "model.html").as_uri())
    dark = page.evaluate("() => getComputedStyle(document.body).color")
    page.emulate_media(media="print")
    page.wait_for_function("() => document.documentElement.dataset.theme === 'light'")
    colours = page.evaluate("""() => ["p", "pre", "article svg text", "h1"].map(
      name => getComputedStyle(document.querySelector(name)))
      .map(style => [style.color, style.fill])""")
    for colour, _ in colours:
        assert max(map(int, re.findall(r"\d+", colour)[:3])) < 110, colours
    page.emulate_media(media="screen")
    page.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
    assert page.evaluate("() => getComputedStyle(document.body).color") == dark
    page.close()


# ------------------------------------------------------------------------------ without a browser


def _head(text: str) -> str:
    return text.partition("</head>")[0]


@pytest.mark.parametrize("path", EVERY, ids=[p.stem for p in EVERY])
def test_a_page_s_head_is_light_and_its_names_are_its_own(path):
    text = path.read_text()
    assert text.count('<meta name="viewport"') == 1
    scripts = re.findall(r"<script[^>]*\bsrc=[^>]*>", text)
    assert all(re.search(r"\b(defer|async)\b", script) for script in scripts), scripts
    assert len(scripts) == len(set(scripts))
    assert any("searchindex.js" in script for script in scripts) == (path.stem == "search")
    names = Counter(re.findall(r'\sid="([^"]*)"', text))
    assert not [name for name, count in names.items() if count > 1]
    used = set(re.findall(r'(?:url\(|xlink:href=")#([^")]+)', text))
    assert used <= set(names)


def test_the_first_address_has_a_title_and_a_language():
    text = (HTML / "index.html").read_text()
    assert '<html lang="en">' in text
    assert "<title>Read the Weights</title>" in text
    assert 'url=book/index.html"' in text


def test_nothing_is_shipped_that_no_page_loads():
    files = [path.relative_to(HTML) for path in (HTML / "_static").rglob("*")]
    assert not [path for path in files if path.suffix in (".map", ".ttf")]
    fonts = [path for path in files if "fontawesome" in path.parts and path.suffix == ".woff"]
    assert fonts
    assert sum((HTML / path).stat().st_size for path in fonts) < 20_000
    for sheet in (HTML / "_static").rglob("*.css"):
        for url in re.findall(r"url\(([^)]+)\)", sheet.read_text()):
            url = url.strip("\"'").split("?")[0]
            if not url.startswith(("data:", "#")):
                assert (sheet.parent / Path(url)).exists(), (sheet.name, url)
