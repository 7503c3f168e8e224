"""Build the slides, `book/teach/slides.md`, from the book as it stands: `python tools/slides.py`.

Needs `make book` (or `python tools/course.py`) before, and `pip install -r requirements-teach.txt`.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def build(out: Path) -> Path:
    """Make the slides; returns their first page.

    Raises
    ------
    RuntimeError
        if sphinx-revealjs is missing, or a chapter that a slide quotes has not been run.
    """
    try:
        import sphinx_revealjs  # noqa: F401
    except ImportError:
        raise RuntimeError("slides need pip install -r requirements-teach.txt") from None
    words = ["-b", "revealjs", "-E", "-q", "-W", "-c", str(ROOT / "tools" / "slides")]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *words, str(ROOT / "book" / "teach"), str(out)],
        env=os.environ | {"PROTOLIB_BOOK": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    first = out / "index.html"
    first.write_text('<!DOCTYPE html>\n<meta charset="utf-8">\n<title>Slides</title>\n'
                     '<meta http-equiv="refresh" content="0; url=slides.html">\n')  # fmt: skip
    return first


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "course" / "slides")
    try:
        print(build(parser.parse_args().out))
    except RuntimeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
