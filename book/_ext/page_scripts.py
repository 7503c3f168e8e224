r"""Load on a page what it uses, and nothing else.

- MathJax, on pages that show mathematics. Sphinx decides by the page's own equations; it does not
  see those in a cell's output, such as the `\(…\)` in a figure's caption. This looks at the page.
- Thebe, nowhere: Jupyter Book adds it, twice, whether it is used or not, and it calls other hosts.
- Icons as a font, which the theme's style sheet has already, not also as 1.5 MB of script.
"""

import re
from pathlib import Path

CODE = re.compile(r"<(pre|code|script|svg)\b.*?</\1>", re.DOTALL)
MATHEMATICS = re.compile(r'class="math\b|\\\(|\\\[')
WIDGET = "application/vnd.jupyter.widget-view+json"  # its labels may hold mathematics


def has_mathematics(body: str) -> bool:
    return WIDGET in body or bool(MATHEMATICS.search(CODE.sub("", body)))


def decide(app, pagename, templatename, context, doctree) -> None:
    mathematics = app.env.get_domain("math").data["has_equations"]
    mathematics[pagename] = has_mathematics(context.get("body", ""))


def drop_thebe(app, pagename, templatename, context, doctree) -> None:
    for key in ("script_files", "css_files"):
        files = context.get(key, [])
        files[:] = [file for file in files if "thebe" not in _text(file)]


def _text(file) -> str:
    attributes = getattr(file, "attributes", {})
    return f"{getattr(file, 'filename', None) or file} {attributes.get('body') or ''}".lower()


def drop_icons_script(app, exception) -> None:
    script = Path(app.outdir) / "_static" / "scripts" / "fontawesome.js"
    if exception is None and script.exists():
        script.write_text("// The icons come from the font that the style sheet names.\n")
        script.with_name("fontawesome.js.map").unlink(missing_ok=True)


def setup(app) -> dict:
    app.connect("html-page-context", decide, priority=100)  # before MathJax's own
    app.connect("html-page-context", drop_thebe, priority=900)  # after everybody's
    app.connect("build-finished", drop_icons_script)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
