"""Let the search page show its excerpts when the book is opened from a disk.

Sphinx's index of words is a script and works anywhere, but the excerpts come from pages that the
search page fetches, and browsers refuse that for `file://`. This writes the pages' texts into one
script, which only the search page loads.
"""

import json
import re
from html import unescape
from pathlib import Path

ARTICLE = re.compile(r"<article[^>]*>(.*)</article>", re.DOTALL)
UNREAD = re.compile(r'<(script|style|svg)\b.*?</\1>|<a class="headerlink".*?</a>', re.DOTALL)
TAG = re.compile(r"<[^>]+>")


def text(page: str) -> str:
    """What a page says, without its drawings and scripts."""
    article = ARTICLE.search(page)
    words = TAG.sub(" ", UNREAD.sub(" ", article[1])) if article else ""
    return " ".join(unescape(words).split())


def add_scripts(app, pagename, templatename, context, doctree) -> None:
    if pagename == "search":
        app.add_js_file("search-texts.js", defer="defer")
        app.add_js_file("search.js", defer="defer")


def write_texts(app, exception) -> None:
    if exception or app.builder.name != "html":
        return
    folder = Path(app.outdir)
    texts = {
        name: text((folder / f"{name}.html").read_text()) for name in sorted(app.env.found_docs)
    }
    script = f"window.PAGE_TEXTS = {json.dumps(texts, ensure_ascii=False)};\n"
    (folder / "_static" / "search-texts.js").write_text(script)


def setup(app) -> dict:
    app.connect("html-page-context", add_scripts)
    app.connect("build-finished", write_texts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
