"""Three editions from one source: what stands in a solution leaves no trace in the students'."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import course
import pack_offline
import pytest

ROOT = Path(__file__).resolve().parents[1]
PLANTED = "a marmot stands in the solution", "a marmot in its code", "a marmot for the teacher"
FRONT = """---
jupytext:
  text_representation:
    format_name: myst
kernelspec:
  display_name: Python 3
  name: python3
---

"""
CHAPTER = """# A chapter

After this chapter you can

- find the marmot.

## Exercises

::::{exercise} Where is it?
:label: mini-marmot
:kind: recall
:minutes: 1
:objective: 1

Look for it.

:::{hint}
:class: dropdown
Whistle.
:::
::::
"""
SOLUTION = f"""# Solutions

## mini-marmot

{PLANTED[0]}, see [](../mini.md).

```{{code-cell}} ipython3
print("{PLANTED[1]}")
```

:::{{admonition}} For the teacher
:class: teacher
{PLANTED[2]}
:::
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A book of one chapter with the real book's settings and extensions."""
    folder = tmp_path_factory.mktemp("small")
    shutil.copytree(ROOT / "book" / "_ext", folder / "book" / "_ext")
    shutil.copytree(ROOT / "book" / "_assets", folder / "book" / "_assets")
    shutil.copytree(ROOT / "protolib", folder / "protolib")
    for name in ("_config.yml", "book/references.bib"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: book/mini\n")
    (folder / "book" / "mini.md").write_text(FRONT + CHAPTER)
    (folder / "book" / "solutions").mkdir()
    (folder / "book" / "solutions" / "mini.md").write_text(FRONT + SOLUTION)
    return folder


def build(folder, edition, builder="html"):
    out = folder / "out" / edition
    command = [sys.executable, "-c", course.BUILD, "build", ".", "--path-output", str(out)]
    environment = os.environ | {"EDITION": edition, "PYTHONPATH": str(folder)}
    done = subprocess.run([*command, "--builder", builder], cwd=folder, env=environment,
                          capture_output=True, text=True, timeout=300)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return out / "_build" / builder


def found(folder):
    """Which planted strings stand in any file, of any kind, below a folder."""
    held = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert any(b"Look for it" in text for text in held)
    return [words for words in PLANTED if any(words.encode() in text for text in held)]


def test_the_students_edition_holds_no_trace_of_a_solution(small, tmp_path):
    pages = build(small, "students")
    assert found(pages) == []
    assert not list(pages.rglob("*solutions*"))
    assert "Whistle" in (pages / "book" / "mini.html").read_text()
    with zipfile.ZipFile(pack_offline.pack(pages, tmp_path / "book.zip")) as archive:
        archive.extractall(tmp_path / "unpacked")
    assert found(tmp_path / "unpacked") == []
    assert found(build(small, "students", "singlehtml")) == []


@pytest.mark.parametrize(("edition", "seen"), [("readers", PLANTED[:2]), ("instructors", PLANTED)])
def test_the_others_have_each_solution_folded_under_its_exercise(small, edition, seen):
    pages = build(small, edition)
    assert found(pages) == [*seen]
    assert not list(pages.rglob("*solutions*"))  # no page of their own
    page = (pages / "book" / "mini.html").read_text()
    box = page.index('id="mini-marmot"')
    folded = page.index('<details class="solution">', box)
    assert box < page.index("Whistle") < folded < page.index(PLANTED[0])
    sources = [path.read_bytes() for path in (pages / "_sources").rglob("*") if path.is_file()]
    assert not any(words.encode() in text for words in PLANTED for text in sources)
