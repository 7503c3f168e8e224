"""What is measured for chapters, and the claims that rest on it."""

import re
from pathlib import Path

import pandas as pd
import pytest
import torch

from protolib import measurements
from protolib.claims import further, paper, sentences, sparse

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
    assert len(sentences.unanswered(further.shipped(BOOK / "_data"))) == sum(
        not {*one.claims} <= {*asked} for one in sentences.sentences()
    )


def test_the_shipped_tables_are_read_without_the_seeds_that_rules_have_seen(tmp_path):
    made = measurements.rows("w", 3, "MCC", [9, 10], {"a": torch.tensor([0.25, 0.5])})
    table = pd.DataFrame(made, columns=measurements.COLUMNS)
    measurements.write(table, tmp_path / "limits.csv.gz")
    (tmp_path / "foreign.csv").write_text("not ours")
    (found,) = measurements.shipped(tmp_path).values()
    assert found["seed"].tolist() == [10]
