"""Mend what the theme writes: for readers who listen or have no mouse, and for light pages.

Sphinx, its extensions and the theme each add a little to every page, and nobody looks at the sum:
three `viewport`s, eleven scripts that hold up the first paint, labels that hide what a button
says. Here the finished page is put right, as text, before it is written. `tests/test_access.py`
looks at the result in a browser.
"""

import re
from html import unescape

from offline_search import plain
from sphinx.jinja2glue import BuiltinTemplateLoader

VIEWPORT = re.compile(r'\s*<meta name="viewport"[^>]*>')
SYNCHRONOUS = re.compile(r"<script(?=[^>]*\bsrc=)(?![^>]*\b(?:defer|async)\b)")
SEARCH = re.compile(
    r'\s*<script[^>]*src="[^"]*\b(?:searchtools|language_data|searchindex)\.js[^>]*></script>'
)
ICONS = re.compile(r'\s*<script[^>]*src="[^"]*\bfontawesome\.js[^>]*></script>')  # a font has them
SHEET = re.compile(r'\s*<link rel="stylesheet"[^>]*href="([^"]*)book\.css')
PRELOAD = """<script>
    if (location.protocol !== "file:") document.head.append(Object.assign(
      document.createElement("link"), {rel: "preload", as: "font", type: "font/woff2",
        crossOrigin: "", href: "%s"}));  // the letters of the text, asked for before the style
  </script>
  """
DRAWING = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
ID = re.compile(r'\sid="([^"]*)"')
LOADED = re.compile(r"\s*<script[^>]*\bsrc=[^>]*></script>")
MATH = re.compile(r'(<span class="math notranslate nohighlight")>(\\\(.*?\\\))</span>', re.DOTALL)
SMALL = re.compile(r"[_^](\{[^{}]*\}|\S)")
TABLE = re.compile(r'(?<!-table-container">)<table\b.*?</table>', re.DOTALL)

# code and formulas, which keep their hyphens; a tag, of which only what is read aloud is text
KEPT = r'<(?:pre|code|script|style)\b.*?</(?:pre|code|script|style)>|<dt class="sig.*?</dt>'
KEPT += r'|<(?P<math>span|div) class="math\b.*?</(?P=math)>|<!--.*?-->'
HYPHEN = re.compile(r"(?<![\w.\-−])-(?=\.?\d)")
WORDS = re.compile(rf"(?P<kept>{KEPT})|(?P<tag><[^>]*>)|(?P<text>[^<]+)", re.DOTALL)
ALOUD = re.compile(r'\b(?:aria-label|alt|title|content)="[^"]*"')

MENDS = (  # what stands there, what shall
    # a label that leaves out what the button says
    (r'(<button class="btn search-button-field[^>]*?) aria-label="[^"]*"', r"\1"),
    (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    # the same mark open and shut, and no words in bold
    (
        r'<p class="collapsed admonition-title">([^<]*)</p>\s*'
        r'<p class="expanded admonition-title">[^<]*</p>',
        r'<span class="fold">\1</span>',
    ),
    # logo, search and contents belong to no landmark
    (r'(<div id="pst-primary-sidebar")(?= class)', r'\1 role="navigation" aria-label="The book"'),
    # the heading of nothing: the corner above a column of headings
    (r"<th\b([^>]*)>(?:\s|&nbsp;|&#160;|<p>\s*</p>)*</th>", r"<td\1></td>"),
    # the same name for every proposition and proof, and nothing leads there
    (r'(<section class="\w+-content") id="proof-content"', r"\1"),
    (r'(<div class="proof admonition") id="proof"', r"\1"),
    # a script that folds the index, before the script that it speaks to
    (r"<script>\s*DOCUMENTATION_OPTIONS\.COLLAPSE_INDEX[^<]*</script>", ""),
    # an old role, and no child of a list
    (r' role="doc-biblioentry"', ' role="listitem"'),
)


def light_head(head: str, search: bool) -> str:
    """One viewport, the typeface first, no script that waits, the search index on its page."""
    first = VIEWPORT.search(head)
    if first:
        head = head[: first.end()] + VIEWPORT.sub("", head[first.end() :])
    head = ICONS.sub("", head)
    if not search:
        head = SEARCH.sub("", head)
    head = SYNCHRONOUS.sub("<script defer", head)
    sheet = SHEET.search(head)
    if sheet and "weights-sans" not in head:
        first = head.index("<link")
        head = head[:first] + PRELOAD % f"{sheet[1]}fonts/weights-sans-regular.woff2" + head[first:]
    seen = set()

    def once(script: re.Match) -> str:
        again = script[0].strip() in seen
        seen.add(script[0].strip())
        return "" if again else script[0]

    return LOADED.sub(once, head)


# Of a formula as MathJax sets it, in em of the text around it (least squares over the book): wide
# letters and capitals, thin signs, relations and operations with their spaces, all others; and of
# every sign above or below the line.
WIDTHS = ((r"[mwA-Z∑∫√]", 1.02), (r"[ijlt.,;:|!'1()\[\]]", 0.41),
          (r"[=<>≤≥∈→≈∼≪≫←⊂≠∝]|(?<=[\w)\]|'])[-−+·×]", 1.39), (r".", 0.56))  # fmt: skip
RAISED = 0.39


def reserve(formula: re.Match) -> str:
    """Say how wide a formula in a sentence will be, about, so that lines break as they will."""
    tex = unescape(formula[2][2:-2])
    large, small = (
        plain(part).replace(" ", "") for part in (SMALL.sub("", tex), "".join(SMALL.findall(tex)))
    )
    width = RAISED * len(small)
    for signs, each in WIDTHS:
        large, count = re.subn(signs, "", large)
        width += each * count
    return f'{formula[1]} style="--em:{width:.3g}">{formula[2]}</span>'


def unique_ids(page: str) -> str:
    """Drawings use names for their parts that come again in the next drawing: number those."""
    seen, count = set(ID.findall(DRAWING.sub("", page))), 0

    def number(drawing: re.Match) -> str:
        nonlocal count
        text, names = drawing[0], set(ID.findall(drawing[0]))
        again = names & seen
        seen.update(names)
        if again:
            count += 1
            words = "|".join(map(re.escape, sorted(again, key=len, reverse=True)))
            text = re.sub(rf'((?:\sid="|href="#|url\(#))({words})(?=["\)])', rf"\1\2-{count}", text)
        return text

    return DRAWING.sub(number, page)


def minus(page: str) -> str:
    """A minus sign before every number that a reader sees or hears, but not in code."""

    def signed(found: re.Match) -> str:
        if found["text"]:
            return HYPHEN.sub("−", found[0])
        return (
            ALOUD.sub(lambda words: HYPHEN.sub("−", words[0]), found[0])
            if found["tag"]
            else found[0]
        )

    return WORDS.sub(signed, page)


def mend(page: str, search: bool = False) -> str:
    """A finished page, put right; a page that is right already stays as it is."""
    head, end, body = page.partition("</head>")
    page = light_head(head, search) + end + body
    for pattern, replacement in MENDS:
        page = re.sub(pattern, replacement, page)
    page = TABLE.sub(r'<div class="pst-scrollable-table-container">\g<0></div>', page)
    return unique_ids(MATH.sub(reserve, minus(page)))


class Pages(BuiltinTemplateLoader):
    """Sphinx's templates, with every finished page mended: the setting `template_bridge`."""

    def render(self, template: str, context: dict) -> str:
        page = super().render(template, context)
        return mend(page, context.get("pagename") == "search") if "</html>" in page else page


def setup(app) -> dict:
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
