"""Give three plain pieces of Markdown the look they mean, so that a notebook needs no directive.

A chapter is read in JupyterLab too, which shows a directive as raw text. So in the sources

- the quotation right after the title is the *question* of the chapter,
- the paragraph that begins with a number of minutes holds its *facts*,
- a paragraph in italics right after a cell is the *caption* of what the cell shows,

and this extension gives them their classes (and the caption its upright letters).
"""

import re

from docutils import nodes

MINUTES = re.compile(r"\d+ minutes\.")


def _after_cell(node: nodes.Node) -> bool:
    place = node.parent.index(node)
    return place > 0 and node.parent[place - 1].get("nb_element") == "cell_code"


def dress(app, doctree: nodes.document) -> None:
    for section in list(doctree.findall(nodes.section))[:1]:
        if len(section) > 1 and isinstance(section[1], nodes.block_quote):
            section[1]["classes"].append("question")
    for paragraph in doctree.findall(nodes.paragraph):
        alone = len(paragraph) == 1 and isinstance(paragraph[0], nodes.emphasis)
        if alone and isinstance(paragraph.parent, nodes.section) and _after_cell(paragraph):
            paragraph["classes"].append("caption")
            words = paragraph[0].children
            paragraph.clear()
            paragraph += words
        elif MINUTES.match(paragraph.astext()):
            paragraph["classes"].append("facts")


def setup(app) -> dict:
    app.connect("doctree-read", dress)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
