r"""Load on a page what it uses, and nothing else.

- MathJax, on pages that show mathematics. Sphinx decides by the page's own equations; it does not
  see those in a cell's output, such as the `\(…\)` in a figure's caption. This looks at the page.
- Thebe, nowhere: Jupyter Book adds it, twice, whether it is used or not, and it calls other hosts.
- The live figures' scripts, `protolib.live.BUNDLES`, on pages that hold one. They are what a
  notebook's widget uses, as classic deferred scripts: modules would not load from a folder on disk.
- Icons as a font, which the theme's style sheet has already, not also as 1.5 MB of script.
"""

import os
import re
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
        if any(f"<{tag}" in context.get("body", "") for tag in tags):
            app.add_js_file(name, loading_method="defer")


def drop_unused(app, pagename, templatename, context, doctree) -> None:
    """Thebe, and MathJax where only a page below this one in the contents has equations."""
    unused = ["thebe"] if has_mathematics(context.get("body", "")) else ["thebe", "mathjax"]
    for key in ("script_files", "css_files"):
        files = context.get(key, [])
        files[:] = [file for file in files if not any(name in _text(file) for name in unused)]


def _text(file) -> str:
    attributes = getattr(file, "attributes", {})
    return f"{getattr(file, 'filename', None) or file} {attributes.get('body') or ''}".lower()


def drop_icons_script(app, exception) -> None:
    script = Path(app.outdir) / "_static" / "scripts" / "fontawesome.js"
    if exception is None and script.exists():
        script.write_text("// The icons come from the font that the style sheet names.\n")
        script.with_name("fontawesome.js.map").unlink(missing_ok=True)


def setup(app) -> dict:
    os.environ["PROTOLIB_BOOK"] = "1"  # live figures go on the page themselves, not as widgets
    app.connect("builder-inited", write_live_scripts)
    app.connect("html-page-context", add_live_scripts)
    app.connect("html-page-context", decide, priority=100)  # before MathJax's own
    app.connect("html-page-context", drop_unused, priority=900)  # after everybody's
    app.connect("build-finished", drop_icons_script)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
