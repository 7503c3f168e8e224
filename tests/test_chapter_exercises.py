"""Exercises of the chapters: every goal is tested, every exercise solved, every key in use."""

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

import jupytext
import pytest
from exercises import KINDS

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
SOLVED = sorted((BOOK / "solutions").glob("*.md"))
KEYS = tomllib.loads((BOOK / "solutions" / "keys.toml").read_text(encoding="utf-8"))
EXERCISE = re.compile(
    r"^(:{3,})\{exercise\} ([^\n]+)\n((?::\w+: [^\n]+\n)+)(.*?)^\1$", re.DOTALL | re.MULTILINE
)
CHECK = re.compile(r'^exercises\.check\("([a-z0-9-]+)"\)$')
ASSERT = re.compile(r'exercises\.check\(\s*"([a-z0-9-]+)",.*\)\.assert_right\(\)', re.DOTALL)
GOALS = re.compile(r"After this chapter you can\n\n((?:- .*\n(?:  .*\n)*)+)")
each_chapter = pytest.mark.parametrize("path", SOLVED, ids=[path.stem for path in SOLVED])


class Exercise(NamedTuple):
    """One exercise of a chapter, as its source says."""

    title: str
    options: dict[str, str]
    text: str

    @property
    def label(self) -> str:
        return self.options["label"]


def found(path: Path) -> list[Exercise]:
    text = path.read_text(encoding="utf-8")
    return [
        Exercise(title, dict(re.findall(r":(\w+): (.+)", options)), body)
        for _, title, options, body in EXERCISE.findall(text)
    ]


def goals(path: Path) -> int:
    listed = GOALS.search(path.read_text(encoding="utf-8"))
    return listed[1].count("\n- ") + 1 if listed else 0


def test_every_chapter_with_goals_has_exercises_and_solutions():
    chapters = {path.stem for path in BOOK.glob("*.md") if goals(path)}
    assert {path.stem for path in SOLVED} == chapters


def test_every_key_belongs_to_an_exercise():
    labels = [one.label for path in SOLVED for one in found(BOOK / path.name)]
    assert len(labels) == len(set(labels))
    assert set(KEYS) <= set(labels), set(KEYS) - set(labels)


@each_chapter
def test_every_goal_is_tested(path):
    exercises = found(BOOK / path.name)
    tested = {int(n) for one in exercises for n in one.options["objective"].split(",")}
    assert tested == set(range(1, goals(BOOK / path.name) + 1))


@each_chapter
def test_exercises_say_what_they_are(path):
    exercises = found(BOOK / path.name)
    text = (BOOK / path.name).read_text(encoding="utf-8")
    assert len(exercises) == text.count("{exercise}")
    for one in exercises:
        assert set(one.options) == {"label", "kind", "minutes", "objective"}, one.title
        assert one.label.startswith(f"{path.stem}-")
        assert one.options["kind"] in KINDS
    assert any(one.options["kind"] == "predict" for one in exercises)
    assert sum(int(one.options["minutes"]) for one in exercises) <= 45


@each_chapter
def test_what_can_be_checked_has_its_form_right_below(path):
    cells = jupytext.read(BOOK / path.name).cells
    forms = []
    for before, cell in zip(cells, cells[1:]):
        if cell.cell_type == "code" and (match := CHECK.match(cell.source)):
            assert before.source.rstrip().endswith(":::")
            assert found_in(before.source)[-1] == match[1]
            forms.append(match[1])
    assert forms == [one.label for one in found(BOOK / path.name) if one.label in KEYS]


def found_in(source: str) -> list[str]:
    return re.findall(r"^:label: (.+)$", source, re.MULTILINE)


@each_chapter
def test_every_exercise_has_one_solution_that_gives_the_students_answer(path):
    text = path.read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    solutions = dict(zip(parts[::2], parts[1::2]))
    labels = [one.label for one in found(BOOK / path.name)]
    assert list(solutions) == labels
    for label, solution in solutions.items():
        if label in KEYS:
            assert label in ASSERT.findall(solution), label


@each_chapter
def test_no_chapter_holds_an_answer(path):
    text = (BOOK / path.name).read_text(encoding="utf-8")
    assert "assert_right" not in text
    assert not re.search(r"\{dropdown\} Answers?|^:class: teacher", text, re.MULTILINE)
    for one in found(BOOK / path.name):
        if (say := KEYS.get(one.label, {}).get("right")) and len(say) > 20:
            assert say not in text, one.label
