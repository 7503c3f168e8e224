"""Sphinx's settings for the slides: reveal.js from sphinx-revealjs, everything from the disk.

A slide takes its figures from the chapters as run: `{from} coverage figures.coverage.push`
is what that cell of `book/coverage.md` shows, so a slide and its chapter cannot differ.
"""

import re
import sys
from pathlib import Path

from docutils import nodes
from jupyter_cache import get_cache
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "book" / "_ext")]

import page_scripts  # noqa: E402
import run_chapters  # noqa: E402

from protolib import live  # noqa: E402

project = "Read the Weights"
author = "The Read the Weights authors"
language = "en"
root_doc = "slides"
include_patterns = ["slides.md"]
extensions = ["myst_parser", "sphinx_revealjs", "sphinx.ext.mathjax"]
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath", "smartquotes", "attrs_inline"]
mathjax_path = "vendor/mathjax/tex-chtml.js"
mathjax3_config = {"options": {"enableMenu": False}}
html_title = revealjs_title = project
revealjs_static_path = [str(ROOT / "book" / "_assets"), str(ROOT / "tools" / "slides" / "assets")]
revealjs_css_files = ["revealjs/dist/theme/white.css", "book.css", "slides.css"]
revealjs_js_files = [*live.BUNDLES, "slides.js"]
revealjs_script_conf = """
{hash: true, disableLayout: false, width: 1280, height: 720, margin: 0.02, center: false,
 transition: "none", controlsTutorial: false, slideNumber: "c/t", pdfSeparateFragments: false}
"""
revealjs_script_plugins = [
    {"name": "RevealNotes", "src": "revealjs/plugin/notes/notes.js"},
]


def executed(chapter: str):
    """The notebook of a chapter, with what its cells showed when the book was built."""
    found = run_chapters.read(chapter, ROOT / "book" / f"{chapter}.md")
    cache = get_cache(ROOT / "_build" / run_chapters.CACHE)
    if found is None or not run_chapters.is_fresh(cache, found):
        raise ValueError(f"{chapter} has not been run as it stands: make book first")
    _, notebook = cache.merge_match_into_notebook(found.notebook)
    return notebook


def shown(chapter: str, call: str) -> str:
    """The HTML that the first cell with this call shows."""
    for cell in executed(chapter).cells:
        if cell.cell_type == "code" and re.search(rf"\b{re.escape(call)}\(", cell.source):
            for output in cell.outputs:
                if "text/html" in output.get("data", {}):
                    return "".join(output["data"]["text/html"])
    raise ValueError(f"no cell of {chapter} shows what {call} makes")


class From(SphinxDirective):
    """`{from} chapter call`: what that cell of the chapter shows; a lab waits for *Play*."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        chapter, call = self.arguments
        self.env.note_dependency(str(ROOT / "book" / f"{chapter}.md"))
        figure = re.sub(r"(<prototype-lab[^>]*) autoplay(=\"\")?", r"\1", shown(chapter, call))
        return [nodes.raw("", figure, format="html")]


def setup(app) -> None:
    app.add_directive("from", From)
    app.connect("builder-inited", page_scripts.write_live_scripts)
