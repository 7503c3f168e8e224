"""Format and lint the code cells of the chapters with ruff, eighty columns wide.

`python tests/format_chapters.py` rewrites them, `--check` only says which would change.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUFF = Path(sys.executable).with_name("ruff")
CELL = re.compile(
    r"(?<=```\{code-cell\} ipython3\n)((?::\w+:[^\n]*\n)*\n*)(.*?)(?=\n```)", re.DOTALL
)
COMMON = ["--config", str(ROOT / "pyproject.toml"), "--config", "line-length = 80", "--quiet"]
# a cell may end in an expression, and its lines may be as long as the formatter leaves them
IGNORED = ["--extend-ignore", "B018,E402,E501,I001,PT018", "--no-cache"]


def name_of(chapter: Path) -> str:
    return "-".join(chapter.relative_to(ROOT / "book").with_suffix("").parts)


def main() -> int:
    check, status = "--check" in sys.argv, 0
    with tempfile.TemporaryDirectory() as name:
        whole, parts = Path(name) / "chapters", Path(name) / "cells"
        whole.mkdir()
        parts.mkdir()
        chapters = {
            path: path.read_text()
            for path in sorted((ROOT / "book").rglob("*.md"))
            if path.parent.name != "homework"
        }  # which is for another tool
        for chapter, text in chapters.items():
            cells = [match[2] + "\n" for match in CELL.finditer(text)]
            (whole / f"{name_of(chapter)}.py").write_text("\n".join(cells))
            for number, cell in enumerate(cells):
                (parts / f"{name_of(chapter)}-{number}.py").write_text(cell)
        status |= subprocess.run([RUFF, "check", *COMMON, *IGNORED, whole]).returncode
        subprocess.run([RUFF, "format", *COMMON, parts], check=True)
        for chapter, text in chapters.items():
            files = (parts / f"{name_of(chapter)}-{number}.py" for number in range(1000))
            new = CELL.sub(lambda m, files=files: m[1] + next(files).read_text().rstrip(), text)
            if new != text:
                print(f"{'would format' if check else 'formatted'} {chapter.relative_to(ROOT)}")
                status |= check
                if not check:
                    chapter.write_text(new)
    return status


if __name__ == "__main__":
    sys.exit(main())
