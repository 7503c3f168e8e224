"""Give every link to the glossary the first sentence of its definition as its title.

Browsers show it on hovering, screen readers can say it, and it needs no script. (sphinx-tippy does
more, but its scripts break widgets; sphinx-hoverxref is no longer kept.)
"""

import re

from docutils import nodes
from sphinx import addnodes

GLOSSARY = "book/notation"


def first_sentence(definition: str) -> str:
    return re.split(r"(?<=[.;:])\s", " ".join(definition.split()), maxsplit=1)[0].rstrip(";:")


def sentences(glossary: nodes.document) -> dict[str, str]:
    """From the anchor of every term to the first sentence about it."""
    found = {}
    for item in glossary.findall(nodes.definition_list_item):
        for definition in item.findall(nodes.definition):
            sentence = first_sentence(definition.astext())
            for term in item.findall(nodes.term):
                found |= {anchor: sentence for anchor in term["ids"]}
    return found


def note_dependency(app, doctree) -> None:
    """A page that links to the glossary is stale when the glossary changes."""
    if any(link["reftype"] == "term" for link in doctree.findall(addnodes.pending_xref)):
        app.env.note_dependency(str(app.env.doc2path(GLOSSARY)))


def add_titles(app, doctree, docname) -> None:
    links = [link for link in doctree.findall(nodes.reference) if _anchor(link)]
    if links:
        known = sentences(app.env.get_doctree(GLOSSARY))
        for link in links:
            link["reftitle"] = known.get(_anchor(link), "")


def _anchor(link: nodes.reference) -> str:
    anchor = link.get("refid") or link.get("refuri", "").rpartition("#")[2]
    return anchor if link.get("internal") and anchor.startswith("term-") else ""


def setup(app) -> dict:
    app.connect("doctree-read", note_dependency)
    app.connect("doctree-resolved", add_titles)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
