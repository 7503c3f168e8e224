"""The claims ledger on a page: verdicts claim by claim, and the intervals behind them."""

import html
import itertools
import math
from collections.abc import Iterable, Sequence

from IPython.display import HTML

from protolib.claims import Question, Verdict

# Small tables side by side where there is room, one below the other on a telephone; in colours of
# the page, so that it looks the same in a notebook.
EVIDENCE = """<style>
.evidence { display: flex; flex-wrap: wrap; gap: .2rem 1.6rem; margin: .3rem 0 1.2rem }
.evidence table { display: table !important; width: auto; margin: 0 0 .5rem; border: 0;
  border-collapse: collapse; break-inside: avoid; font-size: .8rem; line-height: 1.35;
  font-variant-numeric: tabular-nums; }
.evidence caption { caption-side: top; text-align: left; padding: .2rem 0; max-width: 16rem;
  color: inherit; font-weight: 600 }
.evidence th, .evidence td { padding: 0 .35rem !important; text-align: right !important;
  white-space: nowrap; border: 0; background: none; color: inherit }
.evidence th { font-weight: 400 } .evidence :is(th, td):last-child { text-align: left !important }
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
                f"<em>Estimated:</em> {html.escape(claim.estimand)} "
                f"<em>Rule:</em> {html.escape(claim.rule)}"
            ))  # fmt: skip
        if links:
            chapters = ", ".join(f'<a href="{slug}.html">{slug}</a>' for slug in claim.chapters)
            tests = ", ".join(f"<code>{test.partition('::')[2]}</code>" for test in claim.tests)
            words.append(_small(f"<em>Chapters:</em> {chapters}. <em>Tests:</em> {tests}."))
        badges = (_badge(name, verdict) for (name, _), verdict in zip(ledgers, same))
        words.append(" &nbsp; ".join(badges))
        items.append(f'<li id="{claim.id.lower()}">{"<br>".join(words)}</li>')
    return HTML(f'<ul class="ledger" style="list-style:none;padding-left:0">{"".join(items)}</ul>')


def evidence(found: Sequence[Verdict], *, size: str = "N") -> HTML:
    """Every question behind the verdicts: a small table for each contrast, a row for each `size`.

    Verdicts without questions are left out.
    """
    parts = [EVIDENCE]
    for claim, verdict, questions in found:
        if questions:
            parts.append(f"<p><strong>{claim.id} {verdict}.</strong> {html.escape(claim.estimand)}")
            ordered = sorted(questions, key=lambda question: _first(question, questions))
            groups = itertools.groupby(ordered, key=lambda question: question.contrast)
            tables = "".join(_table(contrast, rows, size) for contrast, rows in groups)
            parts.append(f'</p><div class="evidence">{tables}</div>')
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


def _first(question: Question, questions: Sequence[Question]) -> int:
    """Where its contrast comes first."""
    return next(k for k, other in enumerate(questions) if other.contrast == question.contrast)


def _table(contrast: str, rows: Iterable[Question], size: str) -> str:
    cells = "".join(
        f'<tr><th scope="row">{row.n}</th><td>{number(row.estimate)}</td>'
        f"<td>{number(row.low)} to {number(row.high)}</td><td>{row.answer}</td></tr>"
        for row in rows
    )
    names = (size, "mean", "95% interval", "answer")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    caption = f"<caption>{html.escape(contrast)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table>"


def _badge(name: str, found: Verdict) -> str:
    answers = [question.answer for question in found.questions]
    counts = {word: answers.count(word) for word in ("yes", "no", "open")}
    tally = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    kind = found.verdict if found.verdict in ("holds", "partly", "fails") else "none"
    badge = f'<span class="verdict verdict-{kind}">{found.verdict}</span>'
    return f'<span class="tally">{name}:</span> {badge} <span class="tally">{tally}</span>'


def _small(text: str) -> str:
    return f'<span class="tally">{text}</span>'
