"""Export the quiz bank and the two tests of `book/teach`: for Canvas, for Moodle, and to read.

    python tools/quiz.py              into _build/teach: .txt (text2qti), .zip (QTI), .xml (Moodle)
    python tools/quiz.py --pages      the pages in book/teach/answers, written anew

The zip needs the package text2qti; without it the command says so, and writes the rest.
"""

import argparse
import hashlib
import html
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parents[1]
TEACH = ROOT / "book" / "teach"
ANSWERS = TEACH / "answers"
KINDS = ("choice", "number")
FIELDS = {"id", "chapter", "objective", "ask", "right", "because", "say", "wrong"}
OPTIONAL = {"kind", "form", "pair"}
FORMULA = re.compile(r"\$([^$]+)\$")


class QuizError(ValueError):
    """An item that cannot be exported; the message names it."""


def read(path: Path) -> dict:
    """A file of items, checked: title, items, and the misconceptions that tag wrong answers."""
    quiz = tomllib.loads(path.read_text(encoding="utf-8"))
    seen = set()
    for item in quiz["item"]:
        name = item.get("id", "without an id")
        missing, unknown = FIELDS - item.keys(), item.keys() - FIELDS - OPTIONAL
        if missing or unknown:
            raise QuizError(f"{name}: missing {sorted(missing)}, unknown {sorted(unknown)}")
        if name in seen or not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)+", name):
            raise QuizError(f"{name}: an id is small letters and hyphens, and its own")
        seen.add(name)
        if item.setdefault("kind", "choice") not in KINDS:
            raise QuizError(f"{name}: kind must be one of {KINDS}, got {item['kind']!r}")
        answers = [item["right"], *(wrong["answer"] for wrong in item["wrong"])]
        if len(set(answers)) < len(answers) or len(answers) < 3:
            raise QuizError(f"{name}: at least three answers, no two alike, got {answers}")
        for wrong in item["wrong"]:
            if wrong.keys() != {"answer", "of", "say"} or not wrong["say"]:
                raise QuizError(f"{name}: a wrong answer has answer, of, say; got {wrong}")
        for text in texts(item):
            if text.count("$") % 2:
                raise QuizError(f"{name}: a formula is not closed in {text!r}")
        if item["kind"] == "number":
            for answer in answers:
                number(answer)
    return quiz


def texts(item: dict) -> list[str]:
    """All that a student may read of an item."""
    wrong = [text for one in item["wrong"] for text in (one["answer"], one["say"])]
    return [item["ask"], item["right"], item["say"], *wrong]


def number(answer: str) -> float:
    """The last number in an answer; a minus sign may be a real one.

    >>> number("s = −0.2: all stay")
    -0.2
    """
    found = re.findall(r"[-−]?\d+(?:\.\d+)?", answer)
    if not found:
        raise QuizError(f"expected a number in {answer!r}")
    return float(found[-1].replace("−", "-"))


def tolerance(answer: str) -> float:
    """How far a typed number may be off: one unit of its last digit; whole numbers must be right.

    >>> tolerance("0.56"), tolerance("480")
    (0.01, 0)
    """
    decimals = answer.partition(".")[2]
    return 10.0 ** -len(decimals) if decimals else 0


def options(item: dict) -> list[tuple[str, str, bool]]:
    """(answer, feedback, right) in the order shown: numbers by size, others by a fixed shuffle."""
    every = [(item["right"], item["say"], True)]
    every += [(wrong["answer"], wrong["say"], False) for wrong in item["wrong"]]
    pure = [re.fullmatch(r"[−\d.]+", answer) for answer, *_ in every]
    if all(pure):
        return sorted(every, key=lambda one: number(one[0]))
    return sorted(every, key=lambda one: hashlib.sha256((item["id"] + one[0]).encode()).digest())


# ------------------------------------------------------------------------------ text2qti


def to_text(quiz: dict, items: list[dict], title: str) -> str:
    """The text from which text2qti makes a QTI zip."""
    lines = [f"Quiz title: {title}", "shuffle answers: true", ""]
    for k, item in enumerate(items, 1):
        lines += [f"Title: {item['id']}", "Points: 1", f"{k}. {one_line(item['ask'])}"]
        lines.append(f"... {one_line(item['say'])}")
        if item["kind"] == "number":
            off = tolerance(item["right"])
            lines.append(f"= {number(item['right']):g}" + (f" +- {off:g}" if off else ""))
        else:
            for letter, (answer, say, right) in zip("abcdefgh", options(item)):
                lines.append(f"{'*' if right else ''}{letter}) {one_line(answer)}")
                if not right:  # what is said of the right one is said to everybody
                    lines.append(f"... {one_line(say)}")
            if quiz.get("blank"):
                lines.append(f"{'abcdefgh'[len(options(item))]}) {quiz['blank']}")
        lines.append("")
    return "\n".join(lines)


def one_line(text: str) -> str:
    return " ".join(text.split())


def to_zip(text: Path) -> bool:
    """Run text2qti on an exported text; False if it is not installed."""
    if find_spec("text2qti") is None:
        return False
    call = "from text2qti.cmdline import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", call, text.name], cwd=text.parent, capture_output=True, text=True
    )
    if done.returncode or not text.with_suffix(".zip").exists():
        raise QuizError(f"text2qti did not take {text.name}: {done.stdout}{done.stderr}")
    return True


# ------------------------------------------------------------------------------ Moodle


def to_moodle(quiz: dict, items: list[dict], title: str) -> str:
    """Moodle's XML: a category for each chapter, fractions, feedback, tags."""
    root, chapter = ET.Element("quiz"), None
    for item in items:
        if item["chapter"] != chapter:
            chapter = item["chapter"]
            question = ET.SubElement(root, "question", type="category")
            path = f"$course$/top/{title.replace('/', '//')}/{chapter}"
            _text(ET.SubElement(question, "category"), path)
        multiple = item["kind"] == "choice"
        question = ET.SubElement(root, "question", type="multichoice" if multiple else "numerical")
        _text(ET.SubElement(question, "name"), item["id"])
        _html(question, "questiontext", item["ask"])
        _html(question, "generalfeedback", item["say"])
        parts = {"defaultgrade": "1", "penalty": "0.3333333", "hidden": "0", "idnumber": item["id"]}
        if multiple:
            parts |= {"single": "true", "shuffleanswers": "true", "answernumbering": "abc"}
        for name, value in parts.items():
            ET.SubElement(question, name).text = value
        for answer, say, right in options(item):
            fraction = "100" if right else "0"
            if multiple:
                one = _html(question, "answer", answer, fraction=fraction)
            else:
                one = ET.SubElement(
                    question, "answer", fraction=fraction, format="moodle_auto_format"
                )
                ET.SubElement(one, "text").text = f"{number(answer):g}"
                ET.SubElement(one, "tolerance").text = f"{tolerance(item['right']) / 2:g}"
            if not right:  # what is said of the right one is said to everybody
                _html(one, "feedback", say)
        if multiple and quiz.get("blank"):
            _html(question, "answer", quiz["blank"], fraction="0")
        tags = ET.SubElement(question, "tags")
        for tag in sorted({f"objective {item['objective']}", *(w["of"] for w in item["wrong"])}):
            _text(ET.SubElement(tags, "tag"), tag)
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _text(parent: ET.Element, text: str) -> None:
    ET.SubElement(parent, "text").text = text


def _html(parent: ET.Element, name: str, text: str, **attributes: str) -> ET.Element:
    part = ET.SubElement(parent, name, format="html", **attributes)
    _text(part, to_html(text))
    return part


def to_html(text: str) -> str:
    """Markdown's emphasis and dollars as Moodle shows them: <em>, and formulas in \\( \\)."""
    pieces = []
    for k, piece in enumerate(FORMULA.split(one_line(text))):
        escaped = html.escape(piece, quote=False)
        emphasis = re.sub(r"\*([^*]+)\*", r"<em>\1</em>", escaped)
        pieces.append(f"\\({escaped}\\)" if k % 2 else emphasis)
    return "".join(pieces)


# ------------------------------------------------------------------------------ pages


NOTE = "<!-- written by `python tools/quiz.py --pages`; edit the .toml, not this page -->"


def quiz_page(quiz: dict) -> str:
    """The bank with its keys, to read, chapter by chapter."""
    lines = ["# The quiz bank, with keys", "", NOTE, ""]
    count = len(quiz["item"])
    lines += [f"{count} items; the right answer is bold, and after each wrong one stands what it "
              "comes from. `python tools/quiz.py` exports them to Canvas (and others that read "
              "QTI) and to Moodle.", ""]  # fmt: skip
    chapter = None
    for item in quiz["item"]:
        if item["chapter"] != chapter:
            chapter = item["chapter"]
            lines += [f"## {chapter}", "", f"[](../../{chapter}.md)", ""]
        lines += keyed(item)
    lines += ["## What wrong answers come from", "", "| tag | |", "|---|---|"]
    lines += [f"| `{tag}` | {said} |" for tag, said in quiz["misconceptions"].items()]
    return "\n".join(lines) + "\n"


def keyed(item: dict) -> list[str]:
    tags = {wrong["answer"]: wrong["of"] for wrong in item["wrong"]}
    lines = [f"**{item['id']}** (objective {item['objective']}). {one_line(item['ask'])}", ""]
    for answer, say, right in options(item):
        shown, tag = (f"**{answer}**", "") if right else (answer, f" (`{tags[answer]}`)")
        lines.append(f"- {shown}{tag}: {one_line(say)}")
    return [*lines, ""]


def form_page(tests: dict, form: str, name: str) -> str:
    """One form of the test, to print and hand out: no keys."""
    lines = [f"# {name}", "", NOTE, ""]
    lines += [
        f"*{tests['rules']}*",
        "",
        "Code: \\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_",
        "",
        one_line(tests["intro"]),
        "",
    ]
    for k, item in enumerate(of_form(tests, form), 1):
        lines += [f"**{k}.** {one_line(item['ask'])}", ""]
        lines += [f"- ☐ {answer}" for answer, *_ in options(item)]
        lines += [f"- ☐ {tests['blank']}", ""]
    return "\n".join(lines)


def key_table(tests: dict) -> str:
    """The right answers, pair by pair."""
    lines = ["| | what both test | objective | A | B |", "|---|---|---|---|---|"]
    for k, (a, b) in enumerate(zip(of_form(tests, "A"), of_form(tests, "B")), 1):
        goal = f"{a['chapter']}, {a['objective']}"
        lines.append(f"| {k} | {a['pair']} | {goal} | {a['right']} | {b['right']} |")
    return "\n".join(lines)


def of_form(tests: dict, form: str) -> list[dict]:
    return [item for item in tests["item"] if item["form"] == form]


START, END = "<!-- keys: written by tools/quiz.py -->", "<!-- end of keys -->"


def pages() -> dict[Path, str]:
    """Every page that is made of items, and its text."""
    quiz, tests = read(TEACH / "quiz.toml"), read(ANSWERS / "tests.toml")
    scoring = (ANSWERS / "scoring.md").read_text(encoding="utf-8")
    before, rest = scoring.split(START)
    after = rest.split(END)[1]
    return {
        ANSWERS / "quiz.md": quiz_page(quiz),
        ANSWERS / "test-a.md": form_page(tests, "A", "Ten questions, form A"),
        ANSWERS / "test-b.md": form_page(tests, "B", "Ten questions, form B"),
        ANSWERS / "scoring.md": f"{before}{START}\n\n{key_table(tests)}\n\n{END}{after}",
    }


def export(out: Path) -> list[Path]:
    """Write every export; the zips only where text2qti is installed."""
    quiz, tests = read(TEACH / "quiz.toml"), read(ANSWERS / "tests.toml")
    sets = {"quiz": (quiz, quiz["item"], quiz["title"])}
    for form in "AB":
        title = f"{tests['title']}, form {form}"
        sets[f"test-{form.lower()}"] = (tests, of_form(tests, form), title)
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, made in sets.items():
        text, moodle = out / f"{name}.txt", out / f"{name}-moodle.xml"
        text.write_text(to_text(*made), encoding="utf-8")
        moodle.write_text(to_moodle(*made), encoding="utf-8")
        written += [text, moodle]
        if to_zip(text):
            written.append(text.with_suffix(".zip"))
    return written


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "teach", help="a folder")
    parser.add_argument("--pages", action="store_true", help="write the pages in the book instead")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.pages:
            for path, text in pages().items():
                path.write_text(text, encoding="utf-8")
                print(path.relative_to(ROOT))
            return 0
        for path in export(chosen.out):
            print(path)
    except QuizError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if find_spec("text2qti") is None:
        print("No QTI zip: it needs text2qti. `python -m pip install text2qti`, then again; the "
              ".txt are its input, and Moodle's .xml need nothing.", file=sys.stderr)  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
