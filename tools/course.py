"""Make everything a course needs: `python tools/course.py`, then look into `_build/course`.

    students/        the book without answers, to be opened from the disk; also as a zip
    instructors/     the book with answers, notes for the teacher, and the answers of teach/
    notebooks.zip    the chapters as notebooks, without answers
    slides/          fifteen slides with the live figures in them
    quiz/            the quiz bank for Canvas (QTI), Moodle (XML), and to read
    sheets/          what is printed: lab sheet, tests, questions for the projector (needs Chromium)
    homework/        the homework, its weights and its grader, if you give a salt

`--salt WORDS` names your class: it makes the homework's weights, so keep it to yourself. `--only
students quiz` makes parts, `--pdf` also prints the students' edition (needs Chromium). Works where
there is no make. `pip install -r requirements-teach.txt` brings what the parts need.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import pack_offline  # noqa: E402
import yaml  # noqa: E402

TEACHING = "Teaching"  # the part of the table of contents that editions differ in
FOR_STUDENTS = ("book/teach/lab-sheet", "book/teach/hand-in")
BUILD = "from jupyter_book.cli.main import main; main()"


def contents(name: str) -> str:
    """The table of contents of one edition, from the book's own."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    (part,) = [part for part in toc["parts"] if part["caption"] == TEACHING]
    if name == "students":
        part["caption"] = "The course"
        part["chapters"] = [{"file": page} for page in FOR_STUDENTS]
    elif name == "instructors":
        answers = sorted((ROOT / "book" / "teach" / "answers").glob("*.md"))
        part["chapters"] += [{"file": f"book/teach/answers/{page.stem}"} for page in answers]
    return yaml.safe_dump(toc, sort_keys=False, allow_unicode=True)


def book(name: str, out: Path, *, builder: str = "html") -> Path:
    """Build one edition; returns the folder of its pages."""
    place = out / name
    shutil.rmtree(place / "_build" / builder, ignore_errors=True)
    environment = os.environ | {
        "EDITION": name,
        "BOOK_CACHE": str(ROOT / "_build" / ".jupyter_cache"),  # what `make book` has run
    }
    place.mkdir(parents=True, exist_ok=True)
    toc = place / "_toc.yml"
    toc.write_text(contents(name), encoding="utf-8")
    words = ["build", ".", "--toc", str(toc), "--path-output", str(place)]
    words += ["--builder", builder, "--quiet"]
    subprocess.run([sys.executable, "-c", BUILD, *words], cwd=ROOT, env=environment, check=True)
    return place / "_build" / builder


def students(out: Path) -> list[Path]:
    """The book without answers, as a folder and a zip, and its notebooks."""
    pages = book("students", out)
    target = pack_offline.pack(pages, out / "read-the-weights-students.zip")
    notebooks = out / "notebooks.zip"
    with zipfile.ZipFile(notebooks, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((pages / "_sources").rglob("*.ipynb")):
            archive.write(path, path.relative_to(pages / "_sources" / "book").as_posix())
    return [pages / "index.html", target, notebooks]


def instructors(out: Path) -> list[Path]:
    """The book with answers and the teacher's notes, as a folder and a zip."""
    pages = book("instructors", out)
    target = pack_offline.pack(pages, out / "read-the-weights-instructors.zip")
    return [pages / "index.html", target]


def students_pdf(out: Path) -> list[Path]:
    """The students' edition on paper."""
    import print_book

    single, target = book("students", out, builder="singlehtml"), out / "students.pdf"
    with print_book.open_browser() as browser:
        print_book.print_book(browser, single, target)
    return [target]


def tool(name: str, *words: str) -> None:
    subprocess.run([sys.executable, str(ROOT / "tools" / name), *words], cwd=ROOT, check=True)


def slides(out: Path) -> list[Path]:
    tool("slides.py", "--out", str(out / "slides"))
    return [out / "slides" / "index.html"]


def quiz(out: Path) -> list[Path]:
    tool("quiz.py", "--out", str(out / "quiz"))
    return sorted((out / "quiz").iterdir())


def sheets(out: Path) -> list[Path]:
    """The lab sheet, both tests, and the questions for the projector, as PDFs."""
    tool("sheets.py", str(out / "sheets"))
    return sorted((out / "sheets").iterdir())


def homework(out: Path, salt: str) -> list[Path]:
    tool("homework.py", salt, "--out", str(out / "homework"))
    return sorted((out / "homework").iterdir())


PARTS: dict[str, Callable[[Path], list[Path]]] = {
    "students": students,
    "instructors": instructors,
    "slides": slides,
    "quiz": quiz,
    "sheets": sheets,
}


def main(arguments: list[str] | None = None) -> int:
    """Make the parts one after the other; returns how many failed."""
    description, _, _ = __doc__.partition("\n")
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--salt", help="make the homework, with weights that only this salt gives")
    parser.add_argument("--only", nargs="+", choices=[*PARTS], default=[*PARTS], metavar="PART")
    parser.add_argument("--pdf", action="store_true", help="also print the students' edition")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "course")
    options = parser.parse_args(arguments)
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    parts = {name: PARTS[name] for name in options.only}
    if options.pdf:
        parts["pdf"] = students_pdf
    if options.salt:
        parts["homework"] = lambda out: homework(out, options.salt)
    failed = 0
    for name, make in parts.items():
        started = time.perf_counter()
        try:
            made = make(out)
        except (subprocess.CalledProcessError, OSError, RuntimeError) as error:
            print(f"{name}: failed ({error})", file=sys.stderr)
            failed += 1
            continue
        print(f"{name}: {time.perf_counter() - started:.0f} s")
        for path in made:
            print(f"    {os.path.relpath(path)}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
