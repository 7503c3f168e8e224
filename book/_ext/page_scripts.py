r"""Load on a page what it uses, and nothing else.

- MathJax, on pages that show mathematics. Sphinx decides by the page's own equations; it does not
  see those in a cell's output, such as the `\(…\)` in a figure's caption. This looks at the page.
- Thebe, nowhere: Jupyter Book adds it, twice, whether it is used or not, and it calls other hosts.
- The scripts of live figures (`protolib/live/js`) and of exercises, on pages that hold one: classic
  deferred scripts, as a notebook's widget uses them; modules would not load from a folder on disk.
- Buttons for copying where there is code, tabs and toggles where a page has some.
- `book.js` everywhere: light paper for print, a keyboard's way into what scrolls, mathematics piece
  by piece.

And nothing is put into the book that no page loads: source maps, fonts for browsers of long ago,
translations, icons as a script; of the icons' fonts only the icons that a page shows.
"""

import os
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

CODE = re.compile(r"<(pre|code|script|svg)\b.*?</\1>", re.DOTALL)
MATHEMATICS = re.compile(r'class="math\b|\\\(|\\\[')
WIDGET = "application/vnd.jupyter.widget-view+json"  # its labels may hold mathematics


def has_mathematics(body: str) -> bool:
    return WIDGET in body or bool(MATHEMATICS.search(CODE.sub("", body)))


def decide(app, pagename, templatename, context, doctree) -> None:
    mathematics = app.env.get_domain("math").data["has_equations"]
    mathematics[pagename] = has_mathematics(context.get("body", ""))


def write_live_scripts(app) -> None:
    from protolib import live

    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    for name, (sources, _) in live.BUNDLES.items():
        (static / name).write_text(live.script(*sources), encoding="utf-8")


def add_live_scripts(app, pagename, templatename, context, doctree) -> None:
    from protolib import live

    for name, (_, tags) in live.BUNDLES.items():
        if any(re.search(f"<{tag}", context.get("body", "")) for tag in tags):
            app.add_js_file(name, loading_method="defer")


NEEDED = {  # a part of a file's name, and what is on a page that uses it
    "thebe": re.compile(r"(?!)"),  # nothing
    "documentation_options.pagename": re.compile(r"(?!)"),  # for a switch of versions
    "documentation_options.search_as_you_type": re.compile(r"(?!)"),  # off
    "copybutton": re.compile(r'class="highlight'),
    "clipboard": re.compile(r'class="highlight'),
    "design-tabs": re.compile(r'class="sd-tab'),
    "toggle": re.compile(r'class="(?:[^"]* )?(?:toggle|admonition[^"]* dropdown)[ "]'),
    "proof.css": re.compile(r'class="proof'),
}


def drop_unused(app, pagename, templatename, context, doctree) -> None:
    """What this page does not use, and MathJax where only a page below it has equations."""
    body = context.get("body", "")
    unused = [name for name, sign in NEEDED.items() if not sign.search(body)]
    unused += [] if has_mathematics(body) else ["mathjax"]
    for key in ("script_files", "css_files"):
        files = context.get(key, [])
        files[:] = [file for file in files if not any(name in _text(file) for name in unused)]


def _text(file) -> str:
    attributes = getattr(file, "attributes", {})
    return f"{getattr(file, 'filename', None) or file} {attributes.get('body') or ''}".lower()


FIRST_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url={first}"></head>
<body><p><a href="{first}">{title}</a></p></body>
</html>
"""
ICON = re.compile(r"\bfa-([a-z0-9-]+)")
FONT = re.compile(r'url\(([^)]*/(fa-[a-z]+-\d+))\.woff2\) format\("woff2"\),url\([^;}]*\)')
RULE = re.compile(r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}')
SOURCE_MAP = re.compile(r"\s*(?://|/\*)# sourceMappingURL=\S+(?: ?\*/)?\s*$")
UNUSED = ("**/*.map", "locales", "*webpack-macros.html", "scripts/fontawesome.js", "readme.svg",
          "*thebe*")  # fmt: skip


def subset_icons(static: Path, names: set[str]) -> None:
    """Leave in the fonts of icons those of `names`: 3 KB of 300."""
    from fontTools import subset

    sheet = static / "styles" / "pydata-sphinx-theme.css"
    if not sheet.exists() or not FONT.search(text := sheet.read_text()):
        return
    used = [rule for rule in RULE.findall(text) if names & set(ICON.findall(rule[0]))]
    wanted = sorted(int(point, 16) for _, point in used)
    options = subset.Options(flavor="woff", layout_features=[], notdef_outline=True)
    for _, name in set(FONT.findall(text)):
        folder = static / "vendor" / "fontawesome" / "webfonts"
        with subset.load_font(str(folder / f"{name}.ttf"), options) as font:
            cutter = subset.Subsetter(options)
            cutter.populate(unicodes=wanted)
            cutter.subset(font)
            subset.save_font(font, str(folder / f"{name}.woff"), options)
        for suffix in ("ttf", "woff2"):
            (folder / f"{name}.{suffix}").unlink()
    text = RULE.sub(lambda rule: rule[0] if names & set(ICON.findall(rule[1])) else "", text)
    sheet.write_text(FONT.sub(r'url(\1.woff) format("woff")', text))


def write_first_page(app, exception) -> None:
    """The folder's own index leads to the book's first page."""
    first = f"{app.config.root_doc}.html"
    if exception is None and app.builder.name == "html" and first != "index.html":
        title = app.config.html_title or app.config.project
        (Path(app.outdir) / "index.html").write_text(FIRST_PAGE.format(title=title, first=first))


def drop_unused_files(app, exception) -> None:
    if exception is not None or app.builder.name not in ("html", "singlehtml"):
        return
    static = Path(app.outdir) / "_static"
    for pattern in UNUSED:
        for path in static.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shown = {"xmark"}  # the theme's scripts add one
    for page in Path(app.outdir).rglob("*.html"):
        shown |= set(ICON.findall(page.read_text()))
    subset_icons(static, shown)
    for path in (*static.rglob("*.css"), *static.rglob("*.js")):
        text = path.read_text()
        if (short := SOURCE_MAP.sub("\n", text)) != text:
            path.write_text(short)


def setup(app) -> dict:
    os.environ["PROTOLIB_BOOK"] = "1"  # live figures go on the page themselves, not as widgets
    app.connect("builder-inited", write_live_scripts)
    app.add_js_file("book.js", loading_method="defer", priority=100)  # before MathJax
    app.connect("html-page-context", add_live_scripts, priority=600)  # after the keys of exercises
    app.connect("html-page-context", decide, priority=100)  # before MathJax's own
    app.connect("html-page-context", drop_unused, priority=900)  # after everybody's
    app.connect("build-finished", drop_unused_files)
    app.connect("build-finished", write_first_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
