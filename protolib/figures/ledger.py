"""The claims ledger on a page: verdicts claim by claim, and the intervals behind them."""

import html
import math
import re
from collections.abc import Sequence

from IPython.display import HTML

from protolib.claims import Question, Verdict

# Small tables side by side where there is room, one below the other on a telephone; in colours of
# the page, so that it looks the same in a notebook.
EVIDENCE = """<style>
.evidence { display: grid; gap: .2rem 1rem; align-items: start; margin: .3rem 0 1.2rem;
  grid-template-columns: repeat(auto-fill, minmax(min(18.5rem, 100%), 1fr)) }
.evidence table { display: table !important; width: auto; justify-self: start;
  margin: 0 0 .5rem; border: 0; border-collapse: collapse;
  break-inside: avoid; font-size: .78rem; line-height: 1.35;
  font-variant-numeric: tabular-nums }
.evidence table.named { grid-column: 1 / -1 }
.evidence caption { caption-side: top; text-align: left; padding: .2rem 0; color: inherit;
  font-weight: 600 }
.evidence th, .evidence td { padding: 0 .3rem !important; text-align: right !important;
  white-space: nowrap; vertical-align: top; border: 0; background: none; color: inherit }
.evidence th { font-weight: 400 }
.evidence :is(th, td):last-child { text-align: left !important; white-space: normal }
.evidence .named :is(th, td):first-child { text-align: left !important; white-space: normal }
@media (max-width: 576px) {
  .evidence .named :is(th, td):nth-last-child(2) { white-space: normal } }
</style>"""


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
        words = [f'<span class="id">{claim.id}</span>{html.escape(claim.sentence)}']
        if rules:
            words.append(_small(
                f"<em>Estimated:</em> {_emphasised(claim.estimand)} "
                f"<em>Rule:</em> {_emphasised(claim.rule)}"
            ))  # fmt: skip
        if links:
            chapters = ", ".join(f'<a href="{slug}.html">{slug}</a>' for slug in claim.chapters)
            tests = ", ".join(f"<code>{test.partition('::')[2]}</code>" for test in claim.tests)
            words.append(_small(f"<em>Chapters:</em> {chapters}. <em>Tests:</em> {tests}."))
        badges = (_badge(name, verdict) for (name, _), verdict in zip(ledgers, same))
        words.append(" &nbsp; ".join(badges))
        items.append(f'<li id="{claim.id.lower()}">{"<br>".join(words)}</li>')
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
                f"{html.escape(old.rule)} It said, {said}.<br>"
                f"{_small(f'<em>Why not:</em> {_emphasised(old.reason)}')}<br>"
                f"<em>Now:</em> {_word(one.verdict)}, corrected: {_word(one.corrected)}.</li>"
            )
    return HTML(f'<ul class="ledger" style="list-style:none;padding-left:0">{"".join(items)}</ul>')


def evidence(found: Sequence[Verdict], *, size: str = "N") -> HTML:
    """Every question behind the verdicts, a row each, in a small table for each contrast.

    In brackets stands the corrected answer, where it is another one. Contrasts of the form "world:
    what" share a table for each world. `size` says what is counted; verdicts
    without questions are left out.
    """
    parts = [EVIDENCE]
    for claim, verdict, questions, _ in found:
        if questions:
            groups = {}
            for question in questions:
                name, _, what = question.contrast.partition(": ")
                groups.setdefault(name, []).append((what, question))
            tables = "".join(_table(name, rows, size) for name, rows in groups.items())
            words = f"<strong>{claim.id} {verdict}.</strong> {_emphasised(claim.estimand)}"
            parts.append(f'<p>{words}</p><div class="evidence">{tables}</div>')
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
    answers = [question.answer for question in found.questions]
    counts = {word: answers.count(word) for word in ("yes", "no", "open")}
    tally = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    if found.corrected not in ("", found.verdict):
        tally += f"; corrected: {found.corrected}"
    words = f"{_small(f'{name}:')} {_word(found.verdict)} {_small(tally)}"
    return f'<span style="display:inline-block">{words}</span>'


def _word(verdict: str) -> str:
    kind = verdict if verdict in ("holds", "partly", "fails") else "none"
    return f'<span class="verdict verdict-{kind}">{verdict}</span>'


def _emphasised(text: str) -> str:
    return re.sub(r"\*(.+?)\*", r"<em>\1</em>", html.escape(text))


def _small(text: str) -> str:
    return f'<span class="tally">{text}</span>'
