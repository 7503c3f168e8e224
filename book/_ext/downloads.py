"""Begin every notebook that the book offers for download with what it needs to run."""

import json
from pathlib import Path

CELL = "how-to-run"


def words(text: str, url: str, branch: str) -> str:
    """The first cell of a notebook whose code cells are `text`."""
    lines = [
        "**To run this notebook** you need Python 3.11 or newer and the book's package, which "
        "brings JupyterLab:\n",
        "```sh",
        f'pip install "read-the-weights[notebook] @ git+{url}@{branch}"',
        "```\n",
    ]
    if "_data/" in text:
        place = "one level above" if "../_data/" in text else "beside"
        lines.append(
            f"It also reads the tables in [`book/_data`]({url}/tree/{branch}/book/_data): put that "
            f"folder {place} this notebook.\n"
        )
    if "../benchmarks/" in text:
        lines.append(
            "It also reads a file of the folder "
            f"[`benchmarks/results`]({url}/tree/{branch}/benchmarks/results): put that one level "
            "above this notebook.\n"
        )
    if ".protolib_cache" in text:
        lines.append(
            "It keeps finished runs in a folder `.protolib_cache`, one level above this notebook.\n"
        )
    lines.append(f"Or take the whole book: `git clone {url}`, then `make lab`.")
    return "\n".join(lines)


def introduce(notebook: dict, url: str, branch: str) -> bool:
    """Put the cell first, if it is not there; say whether anything changed."""
    cells = notebook["cells"]
    if cells and cells[0].get("id") == CELL:
        return False
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    source = words(code, url, branch)
    cells.insert(0, {"cell_type": "markdown", "id": CELL, "metadata": {}, "source": source})
    return True


def introduce_all(app, exception) -> None:
    if exception or app.builder.name != "html":
        return
    options = app.config.html_theme_options
    url, branch = options["repository_url"], options["repository_branch"]
    for path in sorted((Path(app.outdir) / "_sources").rglob("*.ipynb")):
        notebook = json.loads(path.read_text())
        if introduce(notebook, url, branch):
            path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n")


def setup(app) -> dict:
    app.connect("build-finished", introduce_all)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
