"""Collect the chapters: nbmake runs notebooks, and ours are Markdown files that jupytext reads."""

import os
import types
from pathlib import Path

import jupytext
import nbformat
import nbmake.nb_run
import nbmake.pytest_items

os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the kernels: tiny arrays run slower on two
BOOK = Path(__file__).parent / "book"


def _read(path, as_version=4, **options):
    if Path(path).suffix == ".md":
        return jupytext.read(path, as_version=as_version)
    return nbformat.read(path, as_version=as_version, **options)


nbmake.nb_run.nbformat = types.SimpleNamespace(**vars(nbformat) | {"read": _read})


def pytest_collect_file(parent, file_path):
    chapter = file_path.suffix == ".md" and BOOK in file_path.parents
    if chapter and "kernelspec" in jupytext.read(file_path).metadata:
        return nbmake.pytest_items.NotebookFile.from_parent(parent, path=file_path)
