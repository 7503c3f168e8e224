"""Put the built book into a zip that needs no network and no server: `make offline`."""

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
TARGET = ROOT / "_build" / "read-the-weights-offline.zip"
FOLDER = "read-the-weights"
LEFT_OUT = {".buildinfo", ".doctrees", ".nojekyll"}

README = """Read the Weights, to be read without a network
===============================================

Open index.html in a browser. Everything works from the disk: figures, mathematics, the live
figures and the search. Nothing is installed, and no page asks another host for anything.

What needs a network: the links to other places, and the rocket, which opens a chapter on Binder.
The notebooks behind the download buttons say in their first cell what they need to run.

Code: MIT. Text and figures: CC BY 4.0. Licences of what the pages load are beside it in _static.
"""


def pack(html: Path = HTML, target: Path = TARGET) -> Path:
    """Write the zip; the same book gives the same bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    files = {f"{FOLDER}/README.txt": README.encode()}
    for path in sorted(html.rglob("*")):
        inside = path.relative_to(html)
        if path.is_file() and not LEFT_OUT & set(inside.parts) and path.suffix != ".map":
            files[f"{FOLDER}/{inside.as_posix()}"] = path.read_bytes()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)  # dated 1980, so that only the content counts
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, content)
    return target


if __name__ == "__main__":
    if not (HTML / "index.html").exists():
        sys.exit("no built book: run `make book` first")
    target = pack()
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1e6:.1f} MB")
