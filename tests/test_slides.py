"""The slides: fifteen, with notes that say what to do; their figures are the chapters' own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "book" / "teach" / "slides.md").read_text(encoding="utf-8")
SLIDES = re.split(r"^#{1,2} ", TEXT, flags=re.MULTILINE)[1:]
QUOTED = re.findall(r"^```\{from\} (\S+) (\S+)$", TEXT, re.MULTILINE)


def test_fifteen_slides_fill_a_lecture_of_fifty_minutes():
    assert len(SLIDES) == 15
    minutes = []
    for slide in SLIDES:
        notes = re.search(r":::\{revealjs-notes\}\n(\d+) minutes?\. (.+?)\n:::", slide, re.DOTALL)
        assert notes, slide
        assert len(notes[2].split()) > 20, slide
        minutes.append(int(notes[1]))
    assert 45 <= sum(minutes) <= 50


@pytest.mark.parametrize(("chapter", "call"), QUOTED)
def test_what_a_slide_quotes_stands_in_its_chapter(chapter, call):
    cells = jupytext.read(ROOT / "book" / f"{chapter}.md").cells
    shown = [c for c in cells if c.cell_type == "code" and re.search(rf"\b{call}\(", c.source)]
    assert shown


def test_most_slides_show_and_five_of_them_are_live():
    assert len(QUOTED) == 13
    assert sum(call == "live.show" for _, call in QUOTED) == 5


@pytest.fixture(scope="module")
def deck(tmp_path_factory):
    pytest.importorskip("sphinx_revealjs")
    import run_chapters

    stale = [name for name, _ in QUOTED if not run_chapters.was_run(ROOT / "book" / f"{name}.md")]
    if stale:
        pytest.skip(f"not run as they stand: {', '.join(sorted(set(stale)))}; make book first")
    out = tmp_path_factory.mktemp("slides")
    command = [sys.executable, str(ROOT / "tools" / "slides.py"), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, timeout=120)
    assert done.returncode == 0, done.stderr
    return out / "slides.html"


def test_the_deck_holds_every_figure_and_the_notes(deck):
    page = deck.read_text()
    assert page.count('class="notes"') == len(SLIDES)
    assert len(re.findall(r"<h[12]>", page)) == len(SLIDES)
    assert page.count("<prototype-lab") == 5
    assert page.count("<digits-viewer") == 1
    assert not re.search("<prototype-lab[^>]* autoplay", page)  # the class predicts first


@pytest.mark.browser
def test_the_deck_works_from_the_disk_and_fits_a_projector(deck, chromium):
    page = chromium.new_page(viewport={"width": 1280, "height": 720})
    asked, wrong = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    for number in range(len(SLIDES)):
        page.goto(f"{deck.as_uri()}#/{number}")
        page.reload()
        page.wait_for_function("() => window.Reveal?.isReady()")
        title = page.locator("section.present :is(h1, h2)").first
        title.wait_for()
        assert page.evaluate("""() => {
          const slide = document.querySelector("section.present");
          return Math.max(...[...slide.querySelectorAll("svg, canvas, p, h2, table")]
            .filter((one) => one.checkVisibility())
            .map((one) => one.getBoundingClientRect().right));
        }""") <= 1281, number  # fmt: skip
    page.close()
    assert not wrong
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
