"""The claims ledger on a page: verdicts claim by claim, and the intervals behind them."""

import html
import math
import re
from collections.abc import Mapping, Sequence

import pandas as pd
from IPython.display import HTML

from protolib.claims import Question, Verdict
from protolib.claims.sentences import Sentence

# A verdict by its shape, in one hue: the style sheet gives it, and the attributes in a notebook.
# As a point it stands alone; in a row of many verdicts its height is that of the shape (`_bar`).
RING = '<circle cx="6" cy="6" r="5"/>'
SHAPES = {
    "holds": f'{RING}<circle class="full" cx="6" cy="6" r="5" fill="#1f4a57"/>',
    "partly": f'{RING}<path class="full" d="M6 1a5 5 0 0 0 0 10z" fill="#1f4a57"/>',
    "fails": f'{RING}<path d="M2.5 9.5l7-7"/>',
    "undecided": '<path d="M2 6h8"/>',
}
MEANINGS = {
    "holds": "every question is answered yes",
    "partly": "some are",
    "fails": "none is, and one is answered no",
    "undecided": "all are open",
}
NOT_ASKED = '<td><span class="visually-hidden">not asked</span></td>'
HEIGHTS = {"holds": 12, "partly": 6, "undecided": 1.5}
PAPERS = {"C": "From latent space to training data", "S": "From superposition to sparse codes"}
TITLES = {
    "alba2026": PAPERS["C"],
    "klindt2025": PAPERS["S"],
    "oneill2024": "Compute optimal inference and provable amortisation gap in sparse autoencoders",
}
KINDS = {
    "abstract": "the abstract",
    "summary": "public summaries",
    "limit": "limits",
    "future work": "future work",
}


def matrix(
    columns: Mapping[str, Sequence[Verdict]], *, universes: pd.DataFrame | None = None
) -> HTML:
    """Claims, a row each, against what they were judged on; papers one below the other.

    A verdict that is another one after the correction for many questions is followed by that.

    Parameters
    ----------
    columns
        {name: `claims.ledger(table)`}; a ledger may lack claims that another one has
    universes
        how often a claim got each verdict under other choices, (verdicts, claims)
    """
    found = {name: {one.claim.id: one for one in ledger} for name, ledger in columns.items()}
    claims = {id: one.claim for ledger in found.values() for id, one in ledger.items()}
    heads = [*columns] + ([] if universes is None else ["other choices"])
    parts, paper = [], ""
    for id, claim in claims.items():
        if PAPERS[id[0]] != paper:
            paper = PAPERS[id[0]]
            parts.append(
                f'<tr class="paper"><th scope="rowgroup" colspan="{len(heads) + 1}">'
                f"<cite>{paper}</cite></th></tr>"
            )
        cells = [_cell(ledger.get(id)) for ledger in found.values()]
        if universes is not None:
            cells.append(_bar(universes[id]) if id in universes else NOT_ASKED)
        parts.append(
            f'<tr><th scope="row"><a href="claims.html#{id.lower()}">{id}</a> '
            f'<a class="chapter" href="{claim.chapters[0]}.html">'
            f"{_text(claim.sentence)}</a></th>{''.join(cells)}</tr>"
        )
    columns = "".join(f'<th scope="col">{head}</th>' for head in ["claim", *heads])
    key = "; ".join(f"{_word(word)}: {meaning}" for word, meaning in MEANINGS.items())
    return HTML(
        f'<table class="matrix"><thead><tr>{columns}</tr></thead><tbody>{"".join(parts)}</tbody>'
        f'</table><p class="key">{key}; in brackets: corrected for '
        "the number of questions.</p>"
    )


def sentences(told: Sequence[Sentence], found: Sequence[Verdict]) -> HTML:
    """Every sentence of the sources, with the chapters, rows and verdicts that answer it.

    told: `claims.sentences.sentences()`; found: verdicts on all claims that these name.
    """
    by_id = {verdict.claim.id: verdict for verdict in found}
    parts, group = [], None
    for one in told:
        if (one.source, one.kind) != group:
            group = one.source, one.kind
            words = f"<cite>{TITLES[one.source]}</cite>: {KINDS[one.kind]}"
            head = f'<th scope="rowgroup" colspan="3">{words}</th>'
            parts.append(f'<tr class="paper">{head}</tr>')
        claims = [by_id[id].claim for id in one.claims]
        slugs = dict.fromkeys(claim.chapters[0] for claim in claims)
        links = ", ".join(f'<a href="{slug}.html">{slug}</a>' for slug in slugs)
        rows = "<br>".join(
            f'<a href="claims.html#{id.lower()}">{id}</a> {_word(by_id[id].verdict)}'
            f"{_corrected(by_id[id]).replace('corrected: ', '')}"
            for id in one.claims
        )
        parts.append(
            f'<tr><th scope="row">{_text(one.words)}</th><td>{links}</td><td>{rows}</td></tr>'
        )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("sentence", "chapter", "verdict"))
    return HTML(
        f'<table class="matrix sentences"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(parts)}</tbody></table>"
    )


def verdicts(
    *ledgers: tuple[str, Sequence[Verdict]], rules: bool = False, links: bool = False
) -> HTML:
    """Verdicts, claim by claim.

    Parameters
    ----------
    ledgers
        pairs of what it was computed from and `claims.ledger(table)`, all of the same claims
    rules
        also say what was estimated and how it is judged
    links
        also link the chapters of every claim, and name the tests that check its rule
    """
    items = []
    for same in zip(*(found for _, found in ledgers), strict=True):
        claim = same[0].claim
        badges = "".join(_badge(name, verdict) for (name, _), verdict in zip(ledgers, same))
        words = [f'<span class="id">{claim.id}</span>{_text(claim.sentence)}']
        if rules:
            words.append(_small(
                f"<em>Estimated:</em> {_emphasised(claim.estimand)} "
                f"<em>Rule:</em> {_emphasised(claim.rule)}"
            ))  # fmt: skip
        if links:
            chapters = ", ".join(f'<a href="{slug}.html">{slug}</a>' for slug in claim.chapters)
            tests = ", ".join(f"<code>{test.partition('::')[2]}</code>" for test in claim.tests)
            words.append(_small(f"<em>Chapters:</em> {chapters}. <em>Tests:</em> {tests}."))
        items.append(
            f'<li id="{claim.id.lower()}"><div>{"<br>".join(words)}</div>'
            f'<div class="found">{badges}</div></li>'
        )
    return HTML(f'<ul class="ledger" style="list-style:none;padding-left:0">{"".join(items)}</ul>')


def revisions(found: Sequence[Verdict]) -> HTML:
    """Every rule that was changed: the old one, its verdicts, why it had to go, and what is now.

    found: `claims.ledger(table)` of the seeds whose verdict is the new one.
    """
    items = []
    for one in found:
        for old in one.claim.revised:
            said = "; ".join(f"{name}: {_word(verdict)}" for name, verdict in old.verdicts)
            items.append(
                f'<li><span class="id">{one.claim.id}</span><em>Until {old.date}:</em> '
                f"{_text(old.rule)} It said, {said}.<br>"
                f"{_small(f'<em>Why not:</em> {_emphasised(old.reason)}')}<br>"
                f"<em>Now:</em> {_word(one.verdict)}{_corrected(one)}.</li>"
            )
    return HTML(f'<ul class="ledger" style="list-style:none;padding-left:0">{"".join(items)}</ul>')


def evidence(found: Sequence[Verdict], *, size: str = "N", folded: bool = False) -> HTML:
    """Every question behind the verdicts, a row each, in a small table for each contrast.

    In brackets stands the corrected answer, where it is another one. Contrasts of the form "world:
    what" share a table for each world. `size` says what is counted; verdicts
    without questions are left out. Where they are `folded`, a claim's tables open at a click.
    """
    parts = []
    for claim, verdict, questions, _ in found:
        if questions:
            groups = {}
            for question in questions:
                name, _, what = question.contrast.partition(": ")
                groups.setdefault(name, []).append((what, question))
            tables = "".join(_table(name, rows, size) for name, rows in groups.items())
            words = f"<strong>{claim.id}</strong> {_word(verdict)}"
            tables = f'<div class="evidence">{tables}</div>'
            if folded:
                words += f" {_small(_tally(questions))}"
                parts.append(f"<details><summary>{words}</summary>{tables}</details>")
            else:
                parts.append(f"<p>{words}. {_emphasised(claim.estimand)}</p>{tables}")
    return HTML("".join(parts))


def number(value: float, digits: int = 3) -> str:
    """With a real minus sign, and never a negative zero.

    >>> number(-0.0004), number(-0.0314), number(-math.inf)
    ('0.000', '−0.031', '−∞')
    """
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.{digits}f}"
    return text.replace("-", "−" if float(text) else "")


def _table(name: str, rows: Sequence[tuple[str, Question]], size: str) -> str:
    named = any(what for what, _ in rows)
    head = [*(["what"] if named else []), size, "value", "95% interval", "answer"]
    lines = []
    for what, q in rows:
        interval = f"{number(q.low)} to {number(q.high)}"
        answer = q.answer if q.corrected in ("", q.answer) else f"{q.answer} ({q.corrected})"
        row = [html.escape(what), q.n, number(q.estimate), interval, answer]
        first, *others = row if named else row[1:]
        cells = "".join(f"<td>{cell}</td>" for cell in others)
        lines.append(f'<tr><th scope="row">{first}</th>{cells}</tr>')
    return (
        f"<table{' class=named' if named else ''}><caption>{html.escape(name)}</caption><thead><tr>"
        + "".join(f'<th scope="col">{word}</th>' for word in head)
        + f"</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )


def _badge(name: str, found: Verdict) -> str:
    words = f"{name}: {_word(found.verdict)}{_corrected(found)} {_small(_tally(found.questions))}"
    return f"<div>{words}</div>"


def _tally(questions: Sequence[Question]) -> str:
    answers = [question.answer for question in questions]
    counts = {word: answers.count(word) for word in ("yes", "no", "open")}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def _word(verdict: str) -> str:
    kind = verdict if verdict in SHAPES else "undecided"
    look = 'viewBox="0 0 12 12" width="12" height="12" fill="none" stroke="#1f4a57"'
    drawn = f'<svg aria-hidden="true" {look} stroke-width="1.5">{SHAPES[kind]}</svg>'
    return f'<span class="verdict verdict-{kind}">{drawn}<span> {verdict}</span></span>'


def _corrected(found: Verdict) -> str:
    """The verdict after the correction for many questions, where it is another one."""
    if found.corrected in ("", found.verdict):
        return ""
    return f' <span class="corrected">(corrected: {_word(found.corrected)})</span>'


def _cell(found: Verdict | None) -> str:
    if found is None:
        return NOT_ASKED
    return f"<td>{_word(found.verdict)}{_corrected(found).replace('corrected: ', '')}</td>"


def _bar(counts: pd.Series) -> str:
    """A row of verdicts: full, half and no height, and empty where the claim fails."""
    total, x, drawn, words = counts.sum(), 0.0, [], []
    for verdict in ("holds", "partly", "undecided", "fails"):
        if count := int(counts.get(verdict, 0)):
            wide = 96 * count / total
            words.append(f"{verdict} in {count}")
            if verdict == "fails":
                box = f'x="{x + 0.75:.1f}" y="0.75" width="{max(wide - 1.5, 0.5):.1f}"'
                look = 'height="10.5" fill="none" stroke="#1f4a57" stroke-width="1.5"'
                drawn.append(f"<rect {box} {look}/>")
            else:
                high = HEIGHTS[verdict]
                box = f'x="{x:.1f}" y="{12 - high}" width="{wide:.1f}" height="{high}"'
                drawn.append(f'<rect class="full" {box} fill="#1f4a57"/>')
            x += wide
    said = f"of {total:.0f}: {', '.join(words)}"
    return (
        f'<td title="{said}"><svg class="bar" aria-hidden="true" viewBox="0 0 96 12" width="96" '
        f'height="12">{"".join(drawn)}</svg><span class="visually-hidden">{said}</span></td>'
    )


def _text(words: str) -> str:
    return html.escape(words.replace("'", "’"))


def _emphasised(text: str) -> str:
    return re.sub(r"\*(.+?)\*", r"<em>\1</em>", _text(text))


def _small(text: str) -> str:
    return f'<span class="tally">{text}</span>'
