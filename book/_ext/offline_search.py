"""Let the search page show its excerpts when the book is opened from a disk.

Sphinx's index of words is a script and works anywhere, but the excerpts come from pages that the
search page fetches, and browsers refuse that for `file://`. This writes the pages' texts into one
script, which only the search page loads. An excerpt cannot show TeX: formulas are written plainly.
"""

import json
import re
from html import unescape
from pathlib import Path

ARTICLE = re.compile(r"<article[^>]*>(.*)</article>", re.DOTALL)
UNREAD = re.compile(r'<(script|style|svg)\b.*?</\1>|<a class="headerlink".*?</a>', re.DOTALL)
TAG = re.compile(r"<[^>]+>")


FORMULA = re.compile(r"\\\((.*?)\\\)|\\\[(.*?)\\\]|\\begin\{(\w+\*?)\}.*?\\end\{\3\}", re.DOTALL)
SIGNS = {
    "cdot": "·", "cdots": "…", "dots": "…", "ldots": "…", "to": "→", "infty": "∞", "mid": "|",
    "top": "ᵀ", "odot": "⊙", "partial": "∂", "quad": " ", "qquad": " ", "frac": " ", "tfrac": " ",
    "lVert": "‖", "rVert": "‖", "Vert": "‖", "lvert": "|", "rvert": "|", "langle": "⟨",
    "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "neq": "≠", "dot": "˙", "sqrt": "√",
}  # fmt: skip


def sign(command: re.Match) -> str:
    r"""A command of TeX as a letter (`\tau` is τ, as it is for HTML), as a name, or nothing."""
    name = command[1]
    if name in SIGNS:
        return SIGNS[name]
    letter = unescape(f"&{name};")
    if not letter.startswith("&"):
        return letter
    return name if name in ("log", "exp", "min", "max", "sin", "cos", "arg", "tanh") else ""


def plain(formula: str) -> str:
    r"""A formula as one can type it: `\hat f(p_j) \leq \tfrac{1}{2}` is f(p_j) ≤ 1/2."""
    formula = re.sub(r"\\t?frac\{([^{}]*)\}\{([^{}]*)\}", r"\1/\2", formula)
    formula = re.sub(r"\\([A-Za-z]+)", sign, formula)
    return " ".join(re.sub(r"\\.|[{}$&]", " ", formula).split())


def text(page: str) -> str:
    """What a page says, without its drawings and scripts."""
    article = ARTICLE.search(page)
    words = TAG.sub(" ", UNREAD.sub(" ", article[1])) if article else ""
    words = FORMULA.sub(lambda found: plain(found[1] or found[2] or ""), unescape(words))
    return " ".join(words.split())


def add_scripts(app, pagename, templatename, context, doctree) -> None:
    if pagename == "search":
        app.add_js_file("search-texts.js", defer="defer")
        app.add_js_file("search.js", defer="defer")


def write_texts(app, exception) -> None:
    if exception or app.builder.name != "html":
        return
    folder = Path(app.outdir)
    pages = {name: folder / f"{name}.html" for name in sorted(app.env.found_docs)}
    texts = {name: text(page.read_text()) for name, page in pages.items() if page.exists()}
    script = f"window.PAGE_TEXTS = {json.dumps(texts, ensure_ascii=False)};\n"
    (folder / "_static" / "search-texts.js").write_text(script)


def setup(app) -> dict:
    app.connect("html-page-context", add_scripts)
    app.connect("build-finished", write_texts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
