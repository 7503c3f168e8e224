"""What is measured for chapters, and the claims that rest on it."""

import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
import torch

from protolib import measurements
from protolib.claims import further, measured, paper, sentences, sparse

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "book"
CLAIMS = (*sparse.CLAIMS, *further.CLAIMS)
LETTERED = re.compile(r"\b[GS]\d\b")


def test_rows_need_a_value_for_every_seed():
    made = measurements.rows("w", 3, "MCC", [7, 8], {"a": torch.tensor([0.25, 0.5])})
    assert made == [("w", 3, "MCC", "a", 7, 0.25), ("w", 3, "MCC", "a", 8, 0.5)]
    with pytest.raises(ValueError, match="shorter"):
        measurements.rows("w", 3, "MCC", [7, 8], {"a": torch.tensor([0.25])})


@pytest.mark.parametrize("name", measurements.MODULES)
def test_the_book_ships_what_it_measures(name):
    """Every measurement once for every seed of its module."""
    (path,) = (BOOK / "_data").glob(f"{name}.csv.gz")
    table, module = measurements.read(path), measurements.module(name)
    assert callable(module.measure)
    assert not table.duplicated(measurements.COLUMNS[:-1]).any()
    assert set(table.seed) == {*module.SEEDS}
    (made,) = re.findall(r"for name in (.*); do", (ROOT / "Makefile").read_text())
    assert name in made.split()


@pytest.mark.parametrize("claim", CLAIMS, ids=[claim.id for claim in CLAIMS])
def test_every_claim_names_the_chapters_that_examine_it_and_a_test_that_exists(claim):
    assert all((claim.sentence, claim.estimand, claim.rule, claim.chapters, claim.tests))
    for slug in claim.chapters:
        text = (BOOK / f"{slug}.md").read_text()
        assert re.search(rf"\b{claim.id}\b", text), slug
    for test in claim.tests:
        file, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / "tests" / file).read_text(), test


def test_nobody_speaks_of_a_claim_unknown_and_heads_say_what_the_ledger_says():
    known = [claim.id for claim in CLAIMS]
    assert len({*known}) == len(known)
    for chapter in BOOK.glob("*.md"):
        text = chapter.read_text()
        assert {*LETTERED.findall(text)} <= {*known}, chapter
        listed = {c.id for c in CLAIMS if chapter.stem in c.chapters}
        head = re.search(r"^\d+ minutes\. (?:.+\n)*?.*Claims: (.*)$", text, re.MULTILINE)
        assert {*LETTERED.findall(head[1] if head else "")} == listed, chapter


def test_every_further_claim_is_answered_by_one_table_that_the_book_ships():
    """By one alone, so that worlds of the same name do not mix; and every sentence has its row."""
    asked = [
        found.claim.id
        for table in measurements.shipped(BOOK / "_data").values()
        for found in further.ledger(table)
        if found.questions
    ]
    assert sorted(asked) == [claim.id for claim in further.CLAIMS]
    told = {id for sentence in sentences.sentences() for id in sentence.claims}
    assert told == {claim.id for claim in (*paper.CLAIMS, *CLAIMS)}
    by = {id: one.source for one in sentences.sentences() for id in one.claims}
    assert [by[id] for id in ("C1", "S1", "S3", "S4")] == [
        sentences.FIRST, sentences.SECOND, sentences.COMPANION, sentences.SECOND
    ]  # fmt: skip
    assert sentences.unanswered(further.shipped(BOOK / "_data")) == [
        one for one in sentences.sentences() if not {*one.claims} <= {*asked}
    ]


# of every claim: how many questions (worlds · sizes), the interval, what is asked
RULES = """
S1 3 mean: [R²; reverse R²], trained − [raw input; untrained] > 0
S1 3 mean: [R²; reverse R²], trained > 0.95
S1 3 mean: MCC, trained − random rotation < 0.05
S2 4 mean: MCC, sparse inference − linear read-out > 0
S2 4 mean: MCC, sparse inference > 0.95
S2 2 mean: MCC, learned dictionary − linear read-out > 0
S3 2 mean: MCC, sparse inference − [SAE; one layer, taught] > 0
S3 2 mean: MCC, sparse inference on that dictionary − SAE with its own dictionary > 0
S4 2 mean: [MCC; R²; DCI: D; MIG], 6 units > 0.05
S4 1 mean: [MCC; R²; DCI: D; MIG], 200 units > 0.05
S4 1 mean: MCC, empty − honest > 0
S4 1 mean: MCC above chance, honest − empty > 0
G1 15 median: log₁₀ test error in the hull, [coverage; energy] − baseline < 0
G1 15 median: log₁₀ test error in the hull, on the samples, widths learnt − random, widths learnt < 0
G1 9 mean: rank correlation, reconstruction error > 0
G1 2 mean: accuracy, [coverage; energy] − baseline > 0
G2 15 median: agreement [in the hull; beyond], read > 0.9
G2 15 median: agreement in the hull, read − random places > 0
G2 2 mean: agreement on [fresh digits; their negatives], read > 0.9
G2 2 mean: agreement on fresh digits, read − other digits > 0
G3 5 median: error, [optimised; separation kept; overlap kept] − nominal < 0
G3 5 median: error, optimised, dead units relocated − optimised < 0
G4 3 mean: share shown, [coverage; energy] > 0.9
G4 3 mean: accuracy, fresh, [coverage; energy] − baseline > -0.02
G5 4 mean: named by [features; pixels], trained > 0.9
G5 4 mean: accuracy, fresh, trained − raw pixels > -0.02
G6 18 median: error, coverage − baseline < 0
G6 18 median: error, overlap − baseline > 0
G6 18 mean: share outside, overlap − baseline > 0
S5 3 mean: reverse R², trained − [raw input; untrained] > 0
S5 3 mean: reverse R², trained > 0.95
S5 3 mean: MCC, chain − [raw input; untrained; shuffled labels; units; ICA; SAE] > 0
S5 3 mean: MCC, chain > 0.95
S6 3 mean: rank correlation, lasso and [|cos|; across] < 0
S6 3 mean: [|cos|; across], [ReLU; TopK] autoencoder − dictionary learning < 0
S7 1 mean: [ink; slant; width], trained > 0
S7 1 mean: [ink; slant; width], trained − [raw pixels; untrained] > 0
S7 1 mean: lasso, trained, saved > 0
S7 1 mean: lasso, trained, saved − untrained, saved > 0
S8 3 mean: beyond nine tenths, [wide encoder; LISTA; layer + FISTA; few FISTA] > 0
S8 2 mean: beyond nine tenths, FISTA on TopK's dictionary > 0
S9 3 mean: fall, [linear probe; SAE; TopK; FISTA on TopK's dictionary] > 0.05
S9 3 mean: fall, [dictionary learning; true dictionary] > 0.05
S9 1 mean: fall, [layer of the true dictionary; LISTA] > 0.05
"""  # noqa: E501


def _spelled(line):
    """Every reading of a line: one of each [a; b]."""
    head, bracket, rest = line.partition("[")
    if not bracket:
        return [line]
    choices, _, tail = rest.partition("]")
    return [head + one + end for one in choices.split("; ") for end in _spelled(tail)]


def test_the_rules_are_those_that_were_written_down(monkeypatch):
    """Which contrast, by which interval, on which side of which level: none may move."""
    asked, ask = Counter(), measured.question

    def noted(n, words, values, interval, rule):
        kind, what = interval.__name__.partition("_")[0], words.partition(": ")[2]
        asked[claim.id, f"{kind}: {what} {'<>'[rule.above]} {rule.level:g}"] += 1
        return ask(n, words, values, interval, rule)

    monkeypatch.setattr(measured, "question", noted)
    for claim in CLAIMS:
        for table in measurements.shipped(BOOK / "_data").values():
            claim.ask(table)
    written = {}
    for line in RULES.strip().splitlines():
        id, count, rule = line.split(" ", 2)
        written |= {(id, one): int(count) for one in _spelled(rule)}
    assert asked == written


def test_the_shipped_tables_are_read_without_the_seeds_that_rules_have_seen(tmp_path):
    made = measurements.rows("w", 3, "MCC", [9, 10], {"a": torch.tensor([0.25, 0.5])})
    table = pd.DataFrame(made, columns=measurements.COLUMNS)
    measurements.write(table, tmp_path / "limits.csv.gz")
    (tmp_path / "foreign.csv").write_text("not ours")
    (found,) = measurements.shipped(tmp_path).values()
    assert found["seed"].tolist() == [10]
