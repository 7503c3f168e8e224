"""The book without a network: the zip, its search, and the PDF."""

import re
import zipfile
from pathlib import Path

import pack_offline
import print_book
import pytest

HTML = Path(__file__).resolve().parents[1] / "_build" / "html"
needs_build = pytest.mark.skipif(
    not (HTML / "index.html").exists(), reason="no built book: run `make book` first"
)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(pack_offline.pack(target=folder / "book.zip")) as archive:
        archive.extractall(folder)
    return folder / pack_offline.FOLDER


@needs_build
def test_the_zip_says_how_to_begin_and_is_small(unpacked):
    assert "Open index.html" in (unpacked / "README.txt").read_text()
    assert (unpacked.parent / "book.zip").stat().st_size < 10e6


@needs_build
@pytest.mark.browser
def test_the_zip_opens_and_leads_to_the_first_chapter(unpacked, watched):
    page, log = watched
    page.goto((unpacked / "index.html").as_uri())
    page.wait_for_url("**/book/index.html")
    page.locator(".prev-next-footer a.right-next").click()
    page.wait_for_url("**/book/model.html")
    page.wait_for_selector("mjx-container")
    assert not log.errors
    assert not log.requests


@needs_build
@pytest.mark.browser
def test_the_search_finds_words_and_shows_where(unpacked, watched):
    page, log = watched
    page.goto((unpacked / "book" / "model.html").as_uri())
    page.keyboard.press("Control+k")
    page.locator("input[type=search]:visible").first.fill("orphan")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=orphan")
    page.wait_for_selector("#search-results p.context")
    results = page.locator("#search-results li")
    assert results.count() >= 3
    excerpts = results.locator("p.context").all_inner_texts()
    assert any("orphan" in excerpt.lower() for excerpt in excerpts)
    assert not any("\\(" in excerpt for excerpt in excerpts)
    box = page.locator("form.bd-search:visible").first.evaluate(
        """form => parseFloat(getComputedStyle(form.querySelector("input")).paddingLeft)
          + form.querySelector("input").getBoundingClientRect().left
          - form.querySelector("i").getBoundingClientRect().right"""
    )
    assert box > 2  # the first letter stands beside the lens
    results.locator("a").first.click()
    page.wait_for_selector("article h1")
    assert not log.errors
    assert not log.requests


BOOK = """<!doctype html><html><head><title>Tiny</title></head><body><article><section>
<h1>A book</h1><p>First page, see <a href="model.html">the model</a>.</p>
<span id="document-book/model"></span><section><h2>The model</h2>
<details class="hide"><summary>Show code</summary><pre>left out</pre></details>
<details class="sd-dropdown"><summary>Answers</summary>forty-two</details></section>
<span id="document-book/notation"></span><section><h2>Words</h2>
<p><a href="book/index.html#the-model">back</a></p></section>
</section></article></body></html>"""


@pytest.mark.browser
def test_every_chapter_of_the_pdf_begins_on_a_page_of_its_own(chromium, tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "index.html").write_text(BOOK)
    target = tmp_path / "pdf" / "tiny.pdf"
    assert print_book.print_book(chromium, tmp_path, target) == 2
    pages = re.findall(rb"/Type\s*/Page\b", target.read_bytes())
    assert len(pages) == 4  # the title, the first page, two chapters


@pytest.mark.browser
def test_the_pdf_opens_answers_and_links_inside_itself(watched, tmp_path):
    page, _ = watched
    page.set_content(BOOK)
    page.emulate_media(media="print")
    page.evaluate(print_book.PREPARE, [print_book.STYLE, "A book", "Somebody", "somewhere"])
    assert page.locator(".title-page li").all_inner_texts() == ["The model", "Words"]
    assert [fold.get_attribute("open") for fold in page.locator("details").all()] == [None, ""]
    links = page.locator("section p a[href]")
    assert [link.get_attribute("href") for link in links.all()] == [
        "#document-book/model",
        "#the-model",
    ]
