"""Print what is handed out, A4: the lab sheet and both tests (two pages each), and the quiz's
questions for the projector (16:9), one a page, without keys.

    python tools/sheets.py        into _build/teach (or the folder that follows)

Straight from the Markdown, without a build of the book; needs a Chromium.
"""

import re
import sys
from pathlib import Path

import quiz
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from browser import NoBrowser, open_browser  # noqa: E402

TEACH = ROOT / "book" / "teach"
MATHJAX = ROOT / "book" / "_assets" / "vendor" / "mathjax" / "tex-chtml.js"
SHEETS = {
    "lab-sheet": TEACH / "lab-sheet.md",
    "test-a": TEACH / "answers" / "test-a.md",
    "test-b": TEACH / "answers" / "test-b.md",
}
STYLE = """
@page { size: A4; margin: 13mm 15mm; }
body { font: 10.4pt/1.5 "Source Sans 3", Arial, "DejaVu Sans", sans-serif; color: #000; }
h1 { font-size: 15pt; margin: 0 0 2mm; } p { margin: 0 0 1.6mm; }
h2 { font-size: 11.5pt; margin: 4mm 0 1mm; padding-top: 1.5mm; border-top: .4pt solid #888; }
h2 small { float: right; font-weight: 400; color: #444; }
h2, .keep { break-inside: avoid; break-after: avoid; }
ul { list-style: none; margin: 0 0 2.6mm; padding-left: 4mm; break-inside: avoid; }
p:has(+ ul) { break-after: avoid; }
table { border-collapse: collapse; width: 100%; margin: 1mm 0 2mm; }
td, th { border: .4pt solid #888; height: 6mm; min-width: 16mm; font-weight: 400; }
td, th { text-align: center; }
a { color: #000; } body.lab h2:nth-of-type(4) { break-before: page; border: 0; }
body.lab { font-size: 10.9pt; } body.lab p { line-height: 1.65; margin-bottom: 1.8mm; }
body.cards { font-size: 29pt; line-height: 1.35; } body.cards { page: wide; }
@page wide { size: 320mm 180mm; margin: 12mm 16mm; } /* as the projector's 16:9 */
.cards h1 { font-size: 12pt; font-weight: 400; color: #555; }
.cards h1:not(:first-of-type) { break-before: page; }
.cards ol { margin: 8mm 0 0; padding-left: 14mm; } .cards li { margin-bottom: 4mm; }
.line { display: block; height: 7.5mm; border-bottom: .4pt solid #888; }
"""


def page(source: str, *, kind: str) -> str:
    """A whole HTML page of one Markdown text; formulas are left to MathJax."""
    formulas: list[str] = []

    def keep(found: re.Match) -> str:
        formulas.append(found[1])
        return f"\x02{len(formulas) - 1}\x03"

    body = MarkdownIt("commonmark").enable("table").render(re.sub(r"\$([^$]+)\$", keep, source))
    body = re.sub("\x02(\\d+)\x03", lambda found: f"\\({formulas[int(found[1])]}\\)", body)
    body = re.sub(r"_{14,}", '<span class="line"></span>', body)  # a line to write on
    script = f'<script src="{MATHJAX.as_uri()}"></script>' if formulas else ""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><style>{STYLE}</style>{script}'
        f'<body class="{kind}">{body}</body></html>'
    )


def print_sheet(browser, source: Path, target: Path) -> int:
    """Print one Markdown file, and say how many pages it has."""
    kind = "lab" if source.stem == "lab-sheet" else "test"
    return print_source(browser, source.read_text(encoding="utf-8"), target, kind=kind)


def cards(bank: dict) -> str:
    """The questions of the bank as Markdown, without keys: a heading and numbered answers each."""
    lines = [""]
    for k, item in enumerate(bank["item"], 1):
        lines += [f"# {k} · {item['id']}", "", quiz.one_line(item["ask"]), ""]
        if item["kind"] == "choice":
            lines += [f"{n}. {answer}" for n, (answer, *_) in enumerate(quiz.options(item), 1)]
        lines.append("")
    return "\n".join(lines)


def print_source(browser, source: str, target: Path, *, kind: str) -> int:
    """Print a Markdown text to a PDF, and say how many pages it has."""
    target.parent.mkdir(parents=True, exist_ok=True)
    whole = target.with_suffix(".html")
    whole.write_text(page(source, kind=kind), encoding="utf-8")
    sheet = browser.new_page()
    sheet.goto(whole.as_uri())
    sheet.evaluate("async () => { await window.MathJax?.startup?.promise; }")
    sheet.pdf(path=target, prefer_css_page_size=True)
    sheet.close()
    whole.unlink()
    return len(re.findall(rb"/Type\s*/Page\b", target.read_bytes()))


if __name__ == "__main__":
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "_build" / "teach"
    try:
        with open_browser() as chromium:
            for name, source in SHEETS.items():
                count = print_sheet(chromium, source, out / f"{name}.pdf")
                print(f"{out / name}.pdf: {count} pages")
            bank = cards(quiz.read(TEACH / "quiz.toml"))
            count = print_source(chromium, bank, out / "questions.pdf", kind="cards")
            print(f"{out / 'questions'}.pdf: {count} pages")
    except NoBrowser as reason:
        sys.exit(str(reason))
