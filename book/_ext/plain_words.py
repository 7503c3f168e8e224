"""Give some plain pieces of Markdown the look they mean, so that a notebook needs no directive.

A chapter is read in JupyterLab too, which shows a directive as raw text. So in the sources

- the quotation right after the title is the *question* of the chapter,
- the paragraph that begins with a number of minutes holds its *facts*,
- a paragraph in italics right after a cell is the *caption* of what the cell shows,
- a quotation that begins in bold is a *note* on the paragraph before it, beside it where there is
  room,

and this extension gives them their classes (and the caption its upright letters). Two kinds of
cells are folded behind a quiet mark: imports, and the code of a computed sentence (`remove-input`);
on the book's first page all are.
"""

import ast
import re
from pathlib import Path

from docutils import nodes

CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(?::[^\n]*\n)*(.*?)^```", re.DOTALL | re.MULTILINE)
MINUTES = re.compile(r"\d+ minutes\.")


def _after_cell(node: nodes.Node) -> bool:
    place = node.parent.index(node)
    return place > 0 and node.parent[place - 1].get("nb_element") == "cell_code"


def _is_note(paragraph: nodes.paragraph) -> bool:
    quoted = isinstance(paragraph.parent, nodes.block_quote) and paragraph.parent[0] is paragraph
    words = [child for child in paragraph if child.astext()]
    return quoted and bool(words) and isinstance(words[0], nodes.strong)


def set_beside(note: nodes.block_quote) -> None:
    """A note stands beside the paragraph before it, or below where there is no room."""
    note["classes"].append("note")
    above = note.parent[note.parent.index(note) - 1]
    both = nodes.container(classes=["noted"])
    above.replace_self(both)
    note.parent.remove(note)
    both.extend([above, note])


def dress(app, doctree: nodes.document) -> None:
    for section in list(doctree.findall(nodes.section))[:1]:
        if len(section) > 1 and isinstance(section[1], nodes.block_quote):
            section[1]["classes"].append("question")
    for paragraph in list(doctree.findall(nodes.paragraph)):
        alone = len(paragraph) == 1 and isinstance(paragraph[0], nodes.emphasis)
        if alone and isinstance(paragraph.parent, nodes.section) and _after_cell(paragraph):
            paragraph["classes"].append("caption")
            words = paragraph[0].children
            paragraph.clear()
            paragraph += words
        elif _is_note(paragraph):
            set_beside(paragraph.parent)
        elif MINUTES.match(paragraph.astext()):
            paragraph["classes"].append("facts")


def _imports_only(code: str) -> bool:
    try:
        return all(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.parse(code).body)
    except SyntaxError:  # a line for the notebook alone
        return False


def fold(app, doctree: nodes.document) -> None:
    cells = [c for c in doctree.findall(nodes.container) if c.get("nb_element") == "cell_code"]
    if not cells:
        return
    sources = CELL.findall(Path(app.env.doc2path(app.env.docname)).read_text(encoding="utf-8"))
    for cell, code in zip(cells, sources, strict=True):
        tags, imports = cell["cell_metadata"].get("tags", []), _imports_only(code)
        if "remove-input" in tags and not imports:
            shown = nodes.literal_block(code.strip(), code.strip(), language="ipython3")
            folded = {"nb_element": "cell_code_source", "classes": ["cell_input"]}
            cell.insert(0, nodes.container("", shown, **folded))
            cell["classes"].append("sentence")
        elif app.env.docname == app.config.root_doc and not imports:
            cell["classes"].append("picture")
        elif not imports or "remove-input" in tags:
            continue
        word = "imports" if imports else "code"
        cell.attributes |= {"hide_mode": "input", "prompt_show": word, "prompt_hide": word}


def setup(app) -> dict:
    app.connect("doctree-read", dress)
    app.connect("doctree-read", fold)
    return {
        "version": "4",
        "env_version": 4,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
