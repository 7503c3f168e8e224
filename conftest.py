"""Collect the chapters: nbmake runs notebooks, and ours are Markdown files that jupytext reads.

A chapter that the build has run as it stands (its cells, the package below it, its data and the
versions, see `book/_ext/run_chapters.py`) is not run a second time. `BOOK_RUN=all` runs it anyway.
"""

import os
import sys
import types
from pathlib import Path

import jupytext
import nbformat
import nbmake.nb_run
import nbmake.pytest_items

os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the kernels: tiny arrays run slower on two
ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))


def _read(path, as_version=4, **options):
    if Path(path).suffix == ".md":
        return jupytext.read(path, as_version=as_version)
    return nbformat.read(path, as_version=as_version, **options)


nbmake.nb_run.nbformat = types.SimpleNamespace(**vars(nbformat) | {"read": _read})


class ChapterItem(nbmake.pytest_items.NotebookItem):
    def runtest(self):
        import run_chapters

        if os.environ.get("BOOK_RUN") == "all" or not run_chapters.was_run(Path(self.filename)):
            super().runtest()


class Chapter(nbmake.pytest_items.NotebookFile):
    def collect(self):
        yield ChapterItem.from_parent(self, filename=str(self.path))


def pytest_collect_file(parent, file_path):
    if file_path.suffix != ".md" or ROOT / "book" not in file_path.parents:
        return
    front = file_path.read_text(encoding="utf-8").partition("\n---\n")[0]
    if "\nkernelspec:" in front:
        return Chapter.from_parent(parent, path=file_path)
