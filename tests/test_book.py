"""The chapters' sources, always; the built pages, when a build exists (`make book`)."""

import ast
import json
import re
from pathlib import Path
from urllib.parse import unquote, urldefrag

import downloads
import glossary_titles
import jupytext
import nbformat
import page_pictures
import page_scripts
import pytest
import yaml
from bs4 import BeautifulSoup
from nbclient import NotebookClient
from PIL import Image
from test_chapter_exercises import EXERCISE

from protolib import claims, plotting

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = sorted((ROOT / "book").glob("*.md"))
HTML = ROOT / "_build" / "html"
PAGES = sorted(HTML.glob("book/**/*.html")) if (HTML / "index.html").exists() else []
needs_build = pytest.mark.skipif(not PAGES, reason="no built book: run `make book` first")
NAMES = [page.relative_to(HTML / "book").with_suffix("").as_posix() for page in PAGES]
each_page = pytest.mark.parametrize("page", PAGES, ids=NAMES)


def _soup(page):
    return BeautifulSoup(page.read_text(), "html.parser")


# ------------------------------------------------------------------------------ sources


def _prose(chapter):
    """The Markdown cells, without mathematics, code, links' targets and citations."""
    cells = jupytext.read(chapter).cells
    text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    text = EXERCISE.sub(" ", text)  # what a question gives is no result
    text = re.sub(r"```.*?```", " ", text, flags=re.DOTALL)
    text = re.sub(
        r"\$\$.*?\$\$|\$[^$]*\$|`[^`]*`|\{[^}]*\}|\]\([^)]*\)", " ", text, flags=re.DOTALL
    )
    return re.sub(r"arXiv:\S+", " ", text)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=[c.stem for c in CHAPTERS])
def test_prose_types_no_measured_number(chapter):
    """Decimals and percentages are results, and results are computed. Settings are listed here."""
    settings = {"0.01", "1.5", "4.0", "95%"}  # learning rate, slope, CC BY 4.0, intervals
    quoted = {"universality": {"0.80", "30%"}}  # two papers' own numbers, which it compares
    found = set(re.findall(r"\d+\.\d+|\d+\s?%", _prose(chapter)))
    assert found <= settings | quoted.get(chapter.stem, set())


@pytest.mark.parametrize("chapter", CHAPTERS, ids=[c.stem for c in CHAPTERS])
def test_cells_are_short(chapter):
    """At most about twenty visible lines; what is folded may be longer."""
    for cell in jupytext.read(chapter).cells:
        hidden = {"hide-input", "remove-input"} & set(cell.metadata.get("tags", []))
        if cell.cell_type == "code" and not hidden:
            assert len(cell.source.splitlines()) <= 25, cell.source[:80]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=[c.stem for c in CHAPTERS])
def test_what_a_cell_makes_is_shown(chapter):
    """A notebook shows only a cell's last expression: a figure or sentence before it is lost."""
    for cell in jupytext.read(chapter).cells:
        if cell.cell_type == "code":
            *earlier, _ = ast.parse(cell.source).body
            lost = [node for node in earlier if isinstance(node, ast.Expr)]
            shows = re.compile(
                r"^(Markdown|HTML|(plotting|live)\.(show|\w*map|\w*view|\w*plane|predict)\w*)\("
            )
            assert not [n for n in lost if shows.match(ast.unparse(n))], cell.source


def _listed():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    return [toc["root"], *(c["file"] for part in toc["parts"] for c in part["chapters"])]


def test_every_chapter_is_in_the_table_of_contents_once():
    teaching = {name for name in _listed() if name.startswith("book/teach/")}
    assert sorted(set(_listed()) - teaching) == sorted(f"book/{c.stem}" for c in CHAPTERS)
    assert len(_listed()) == len(set(_listed()))
    assert not [name for name in teaching if "answers" in name]


def test_the_repository_s_address_stands_in_one_place():
    url = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    for chapter in CHAPTERS:
        assert url not in chapter.read_text()


def test_nothing_tells_a_reader_to_install_a_strangers_package():
    """On the package index `protolib` is somebody else's; ours is `read-the-weights`."""
    for path in [*CHAPTERS, *ROOT.glob("*.*"), *ROOT.glob("book/_ext/*.py")]:
        if path.suffix in {".md", ".py", ".toml", ".txt"}:
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"install\s+[^\n`]*\bprotolib\b", text), path


def test_every_narrative_chapter_follows_the_pattern():
    for name in (
        "model",
        "reconstruction",
        "coverage",
        "separation",
        "overlap",
        "experiment",
        "expulsion",
        "packing",
        "attractors",
        "robustness",
        "dimensions",
        "privacy",
        "identifiability",
        "sparse-codes",
        "scores",
        "bridge",
    ):
        text = (ROOT / "book" / f"{name}.md").read_text()
        for part in ("\n> ", "After this chapter you can", "minutes. You need",
                     "## What would change our mind", "## In short", "## Exercises",
                     "**Sources.**"):  # fmt: skip
            assert part in text, (name, part)


def _narrative():
    """The chapters that tell something: all but the first page and the back matter."""
    return [Path(name).stem for name in _listed()[1:] if _prose_opens(name)]


def _prose_opens(name):
    return "\nAfter this chapter you can" in (ROOT / f"{name}.md").read_text()


def test_every_chapter_has_a_picture_of_its_own():
    """840 × 441 pixels, light, and no picture of a chapter that is no more."""
    pictures = {path.stem: path for path in page_pictures.PICTURES.glob("*.png")}
    assert set(pictures) == {"index", *_narrative()}
    for path in pictures.values():
        with Image.open(path) as picture:
            assert picture.size == page_pictures.SIZE
        assert path.stat().st_size <= 20_000
    assert sum(path.stat().st_size for path in pictures.values()) < 300_000


def test_a_preview_has_a_picture_only_where_the_book_knows_its_address():
    shown = page_pictures.tags("A & B", "Why?", "https://x.org/a.html", "https://x.org/a.png")
    assert '<meta property="og:image" content="https://x.org/a.png" />' in shown
    assert 'content="A &amp; B"' in shown
    assert "summary_large_image" in shown
    assert "og:image" not in page_pictures.tags("A", "Why?")


def test_the_first_way_to_read_takes_ten_minutes():
    """Three with the lab; else 220 words a minute, and twenty seconds a picture."""
    index = (ROOT / "book" / "index.md").read_text()
    opening, table = re.split(r"\n## What we found\n|\n## Three ways to read\n", index)[:2]
    model = (ROOT / "book" / "model.md").read_text()
    until = re.split(r"(?<=\n)(?=```\{code-cell\}[^`]*figures\.model)", model)[:3]
    text = "\n".join([opening, table, *until])
    pictures = len(re.findall(r"figures\.\w+\.\w+\(", text)) + 1  # and the next of `model`
    prose = re.sub(r"^```.*?^```|^---.*?^---", " ", text, flags=re.DOTALL | re.MULTILINE)
    words = len(prose.split()) + sum(len(claim.sentence.split()) + 3 for claim in claims.CLAIMS)
    assert 8 <= 3 + words / 220 + pictures / 3 <= 10


# ------------------------------------------------------------------------------ built pages


@needs_build
def test_cards_lead_to_every_chapter_with_its_question():
    cards = _soup(HTML / "book" / "index.html").select("ul.cards > li")
    assert [card.a["href"] for card in cards] == [f"{name}.html" for name in _narrative()]
    for card in cards:
        chapter = _soup(HTML / "book" / card.a["href"])
        question = chapter.select_one(".question").get_text()
        assert card.p.get_text().split() == question.split()
        assert (card.img["width"], card.img["height"]) == ("840", "441")
        assert (HTML / "book" / card.img["src"]).resolve().exists()


@needs_build
def test_every_chapter_was_built():
    assert {p.stem for p in PAGES} >= {c.stem for c in CHAPTERS}


@each_page
def test_every_picture_has_a_text_and_a_caption(page):
    soup = _soup(page)
    for image in soup.find("article").find_all("img"):
        alt = image.get("alt", "")
        assert alt.strip() or image.find_parent(class_="cards"), image  # beside its chapter's title
        assert "_images/" not in alt, image
    for figure in soup.select("figure.fig"):
        caption = figure.find_parent("div", class_="cell").find_next_sibling()
        assert "caption" in caption.get("class", []), figure
        assert len(caption.get_text(strip=True)) > 40
        drawings = figure.find_all("svg")
        described = [s for s in drawings if s.get("role") == "img"]
        assert described
        for drawing in drawings:
            if drawing in described:
                assert len(drawing["aria-label"]) > 30
            else:
                assert drawing["aria-hidden"] == "true"


@each_page
def test_no_page_asks_another_host_for_anything(page):
    soup = _soup(page)
    asked = [
        tag.get("src") or tag.get("href")
        for tag in soup.find_all(["script", "img", "iframe", "link", "source", "video", "audio"])
        if not set(tag.get("rel") or []) & {"canonical", "author", "license", "next", "prev"}
    ]
    assert not [url for url in asked if url and re.match(r"(https?:)?//", url)]
    inline = " ".join(
        script.get_text() for script in soup.find_all("script") if not script.get("src")
    )
    assert not re.search(r"import\(['\"]https?:|@import url\(['\"]?https?:", inline)


@each_page
def test_a_page_loads_the_scripts_it_uses_and_no_other(page):
    """MathJax is one megabyte, the widget manager more than three, and Thebe calls other hosts."""
    text = page.read_text()
    scripts = [tag["src"].split("?")[0] for tag in _soup(page).find_all("script", src=True)]
    mathematics = any(script.endswith("tex-chtml.js") for script in scripts)
    assert mathematics == page_scripts.has_mathematics(text)
    assert "widget-state+json" not in text, "a saved widget cannot answer: see live.controls"
    assert "thebe" not in " ".join(scripts)
    assert "THEBE_JS_URL" not in text


def test_mathematics_is_seen_in_text_and_captions_but_not_in_code():
    assert page_scripts.has_mathematics('<span class="math notranslate">\\(N\\)</span>')
    assert page_scripts.has_mathematics("<figcaption>as <em>large</em> as \\(-b/w\\)</figcaption>")
    assert not page_scripts.has_mathematics("<pre>re.compile(r'\\(')</pre> <p>and no more</p>")


@needs_build
def test_the_first_page_is_light_with_everything_it_loads():
    page = HTML / "book" / "index.html"
    soup, total = _soup(page), len(page.read_bytes())
    for tag in soup.find_all(["script", "link", "img"]):
        if set(tag.get("rel") or []) & {"next", "prev", "search", "index", "author"}:
            continue
        path = (tag.get("src") or tag.get("href") or "").split("?")[0]
        if path and "://" not in path and not path.startswith("data:"):
            total += (page.parent / unquote(path)).stat().st_size
    assert total <= 3 * 1000**2


@needs_build
def test_stylesheets_and_fonts_are_local():
    for sheet in HTML.rglob("*.css"):
        text = sheet.read_text(errors="ignore")
        assert not re.search(r"url\(\s*['\"]?(https?:)?//|@import\s+['\"]https?:", text), sheet


def test_the_page_wears_the_typeface_and_the_colours_of_the_figures():
    """Three files, light, with their licence; the style sheet has the colours of the figures."""
    folder = ROOT / "book" / "_assets"
    sheet = (folder / "book.css").read_text()
    faces = re.findall(r"url\((fonts/[\w-]+\.woff2)\)", sheet)
    assert len(faces) == 3
    assert sum((folder / face).stat().st_size for face in faces) < 100_000
    assert (folder / "fonts" / "OFL.txt").exists()
    assert f'font-family: "{plotting.FAMILY}"' in sheet
    shared = json.loads((ROOT / "protolib" / "shared.json").read_text())
    for theme, colours in shared["colours"].items():
        block = re.search(rf'html\[data-theme="{theme}"\] \{{(.*?)\}}', sheet, re.DOTALL)[1]
        assert dict(re.findall(r"--fig-(\w+): (#\w{6});", block)) == {
            name: colour for name, colour in colours.items() if name != "paper"
        }


@each_page
def test_every_number_has_a_minus_sign(page):
    article = _soup(page).find("article")
    heard = [tag.get(name, "") for tag in article.find_all(True) for name in ("aria-label", "alt")]
    for code in article.select("pre, code, script, style, .math, dt.sig"):
        code.extract()
    for words in [*article.find_all(string=True), *heard]:
        assert not re.search(r"(?<![\w.\-−])-\.?\d", words), words


@each_page
def test_internal_links_lead_somewhere(page):
    soup, anchors = _soup(page), {}
    for link in soup.find_all("a", href=True):
        if re.match(r"[a-z]+:", link["href"]) or link["href"].startswith("//"):
            continue
        path, fragment = urldefrag(link["href"])
        target = (page.parent / unquote(path)).resolve() if path else page
        assert target.exists(), link["href"]
        if fragment and target.suffix == ".html":
            if target not in anchors:
                found = _soup(target)
                anchors[target] = {t["id"] for t in found.find_all(id=True)}
            name = unquote(fragment).split(":")[0]  # a live figure's name, before its state
            known = anchors[target] | {"main-content"}
            assert unquote(fragment) in known or name in known, link["href"]


@each_page
def test_pages_are_light(page):
    """At most 400 KB of a page's own: its HTML and its pictures."""
    own = len(page.read_bytes())
    for image in _soup(page).find("article").find_all("img"):
        path = (page.parent / image["src"]).resolve()
        own += path.stat().st_size if path.exists() else 0
    assert own <= 400 * 1024


@each_page
def test_no_cell_complained(page):
    soup = _soup(page)
    assert not soup.select(".output.stderr, .output.traceback, div.stderr")
    assert "nan" not in soup.find("article").get_text().lower().split()


@needs_build
def test_the_experiment_shows_its_480_runs():
    text = _soup(HTML / "book" / "experiment.html").get_text()
    assert "That was 480 networks" in text
    for seeds in ("seeds 0 to 9:", "seeds 10 to 49:"):
        assert text.count(seeds) == 10  # claims


@needs_build
def test_launch_buttons_open_the_notebook_and_the_download_is_one():
    soup = _soup(HTML / "book" / "experiment.html")
    binder = [a["href"] for a in soup.find_all("a", href=True) if "mybinder.org" in a["href"]]
    assert binder
    assert all("lab/tree/book/experiment.md" in url for url in binder)
    downloads = [a["href"] for a in soup.find_all("a", href=True) if a["href"].endswith(".ipynb")]
    assert downloads
    assert (HTML / "book" / downloads[0]).resolve().exists()


DOWNLOADS = sorted((HTML / "_sources" / "book").glob("*.ipynb")) if PAGES else []


@pytest.mark.parametrize("path", DOWNLOADS, ids=[p.stem for p in DOWNLOADS])
def test_a_download_is_the_chapter_and_says_first_what_it_needs(path):
    repository = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    first, *rest = notebook.cells
    assert f'pip install "read-the-weights[notebook] @ git+{repository["url"]}@' in first.source
    chapter = jupytext.read(ROOT / "book" / f"{path.stem}.md")
    assert [c.source for c in rest] == [c.source for c in chapter.cells]
    code = "".join(c.source for c in rest)
    assert ("book/_data" in first.source) == ("_data/" in code)
    assert ("benchmarks/results" in first.source) == ("../benchmarks/results" in code)
    assert not downloads.introduce(notebook, repository["url"], "main")  # once is enough


@needs_build
def test_a_download_runs_by_itself(tmp_path):
    notebook = nbformat.read(HTML / "_sources" / "book" / "model.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": tmp_path}}).execute()


@needs_build
def test_words_of_the_glossary_say_what_they_mean():
    found = {}
    for page in PAGES:
        for word in _soup(page).select("article a:has(> .std-term)"):
            title = word.get("title", "")
            assert len(title.split()) >= 4, word
            assert not re.search(r"[$\\\\]", title), word  # no bare TeX
            found.setdefault(page.stem, []).append(word)
    assert {"model", "reconstruction", "coverage", "separation", "overlap"} <= set(found)


def test_the_first_sentence_of_a_definition():
    first = glossary_titles.first_sentence
    assert first("A force. Coverage is one.") == "A force."
    assert first("What it says: holds,\nfails") == "What it says"


@each_page
def test_chapters_lead_to_the_next_and_code_can_be_copied(page):
    soup, order = _soup(page), [HTML / f"{name}.html" for name in _listed()]
    if page not in order:
        return
    place = order.index(page)
    for selector, neighbours in (
        ("a.left-prev", order[:place][-1:]),
        ("a.right-next", order[place + 1 :][:1]),
    ):
        found = soup.select(f".prev-next-footer {selector}")
        links = [(page.parent / a["href"]).resolve() for a in found]
        assert links == neighbours
    scripts = " ".join(tag["src"] for tag in soup.find_all("script", src=True))
    for script in ("copybutton.js", "clipboard.min.js"):
        assert (script in scripts) == bool(soup.select("div.highlight pre"))
