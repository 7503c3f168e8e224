"""Train the runs of some chapters anew, and write the tables that their pages read.

    python tools/make_tables.py packing attractors expulsion

Runs the chapters' cells with PROTOLIB_MAKE_TABLES=1: see `protolib.sweep.stored`.
"""

import os
import sys
from pathlib import Path

import jupytext
from nbclient import NotebookClient

BOOK = Path(__file__).resolve().parents[1] / "book"


def main(names: list[str]) -> None:
    os.environ |= {"PROTOLIB_MAKE_TABLES": "1", "OMP_NUM_THREADS": "1"}
    for name in names:
        (BOOK / "_data" / f"{name}.csv.gz").unlink(missing_ok=True)
        resources = {"metadata": {"path": str(BOOK)}}
        chapter = jupytext.read(BOOK / f"{name}.md")
        NotebookClient(chapter, timeout=3600, resources=resources).execute()
        print(f"book/_data/{name}.csv.gz is made anew")


if __name__ == "__main__":
    main(sys.argv[1:])
