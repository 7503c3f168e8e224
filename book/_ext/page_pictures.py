"""A picture for every chapter: on the cards of the first page, and where a link is previewed.

The pictures stand in `book/_assets/pictures`, photographed from the built pages by `make pictures`.
On the first page a list of nothing but links to chapters becomes cards: picture, title, the
question that the chapter opens with, its minutes and its claims, all read from the chapter. In the
head of every page stand its title and question, and its picture where the book knows its own
address (`html.baseurl` in `_config.yml`): previews want an absolute one.
"""

import re
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx import addnodes

PICTURES = Path(__file__).resolve().parents[1] / "_assets" / "pictures"
SIZE = (840, 441)
TARGET = re.compile(r"([\w-]+)(?:\.html)?$")


def question(doctree: nodes.document) -> str:
    asked = [
        quote for quote in doctree.findall(nodes.block_quote) if "question" in quote["classes"]
    ]
    return asked[0].astext() if asked else ""


def facts(doctree: nodes.document) -> str:
    """The minutes that a chapter takes, and its claims."""
    for paragraph in doctree.findall(nodes.paragraph):
        if "facts" in paragraph["classes"]:
            text = paragraph.astext()
            claims = re.search(r"Claims: ([^.]*)\.", text)
            return text.partition(".")[0] + (f" · {claims[1]}" if claims else "")
    return ""


def chapters(links: nodes.bullet_list) -> list[str]:
    """The pages that a list leads to, if it holds nothing but links to pages."""
    found = []
    for item in links:
        inside = item[0].children if len(item) == 1 else []
        link = inside[0] if len(inside) == 1 else None
        if not isinstance(link, nodes.reference) or not link.get("internal"):
            return []
        found.append(TARGET.search(link["refuri"])[1])
    return found


def card(slug: str, address: str, doctree: nodes.document, static: str) -> str:
    width, height = SIZE
    title = next(doctree.findall(nodes.title)).astext()
    picture = f'src="{static}/pictures/{slug}.png" alt="" width="{width}" height="{height}"'
    words = f'<p>{escape(question(doctree))}</p><p class="facts">{escape(facts(doctree))}</p>'
    return (
        f'<li><img {picture} loading="lazy" decoding="async">'
        f'<div><a href="{address}">{escape(title)}</a>{words}</div></li>'
    )


def deal(app, doctree: nodes.document, docname: str) -> None:
    if docname != app.config.root_doc or app.builder.format != "html":
        return
    folder = docname.rpartition("/")[0]
    static = "_static" if app.builder.name == "singlehtml" else "../_static"
    for links in list(doctree.findall(nodes.bullet_list)):
        if slugs := chapters(links):
            addresses = [link["refuri"] for link in links.findall(nodes.reference)]
            cards = "".join(
                card(slug, address, app.env.get_doctree(f"{folder}/{slug}"), static)
                for slug, address in zip(slugs, addresses, strict=True)
            )
            links.replace_self(nodes.raw("", f'<ul class="cards">{cards}</ul>', format="html"))


def note_dependencies(app, doctree: nodes.document) -> None:
    """The first page is stale when a chapter is."""
    if app.env.docname == app.config.root_doc:
        for link in doctree.findall(addnodes.pending_xref):
            page = Path(app.env.doc2path(app.env.docname)).parent / link["reftarget"]
            if page.suffix == ".md" and page.exists():
                app.env.note_dependency(str(page))


def tags(title: str, words: str, address: str = "", picture: str = "") -> str:
    """What a preview of a link reads."""
    found = {"og:type": "article", "og:site_name": "Read the Weights", "og:title": title}
    found |= {"og:description": words} if words else {}
    found |= {"og:url": address} if address else {}
    if picture:
        width, height = map(str, SIZE)
        found |= {"og:image": picture, "og:image:width": width, "og:image:height": height}
    lines = [f'<meta property="{name}" content="{escape(text)}" />' for name, text in found.items()]
    if words:
        lines.append(f'<meta name="description" content="{escape(words)}" />')
    card = "summary_large_image" if picture else "summary"
    return "\n".join([*lines, f'<meta name="twitter:card" content="{card}" />'])


def describe(app, pagename, templatename, context, doctree) -> None:
    if doctree is None or app.builder.name != "html":
        return
    base, slug = app.config.html_baseurl.rstrip("/"), pagename.rpartition("/")[2]
    picture = PICTURES / f"{slug}.png"
    context["metatags"] = context.get("metatags", "") + tags(
        nodes.unescape(re.sub(r"<[^>]+>", "", context.get("title", ""))),
        question(doctree),
        f"{base}/{pagename}.html" if base else "",
        f"{base}/_static/pictures/{picture.name}" if base and picture.exists() else "",
    )


def setup(app) -> dict:
    app.connect("doctree-read", note_dependencies)
    app.connect("doctree-resolved", deal)
    app.connect("html-page-context", describe)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
