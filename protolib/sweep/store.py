"""Tables on disk, whole or not at all, under a checksum; and the store of finished chunks."""

import gzip
import hashlib
import io
import json
import os
import secrets
import tempfile
import warnings
import zlib
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from protolib.experiment import COLUMNS, Chunk
from protolib.fingerprint import fingerprint

SCHEMA = 2
_ADVICE = "Nothing was changed. Write a table with `python -m protolib grid --out FILE`."


class TableError(ValueError):
    """A file is not a table that this version of the package can read; the message says why."""


def write_table(table: pd.DataFrame, path: str | os.PathLike) -> None:
    """Write a table as CSV, whole or not at all.

    The first line names the schema and holds a checksum of the rest; `pandas.read_csv(path,
    comment="#")` reads the file too. Floats are written so that they come back bit for bit. The
    file is written under another name and then moved into place, so a crash leaves the old one.

    Raises
    ------
    TableError
        if columns are missing.
    OSError
        if the file cannot be written, or the path is a folder, a device or a pipe.
    """
    _require_columns(table, "the table")
    write_sealed(table[[*COLUMNS]].to_csv(index=False, lineterminator="\n"), path, "table", SCHEMA)


def read_table(path: str | os.PathLike) -> pd.DataFrame:
    """Read a table that `write_table` wrote.

    Raises
    ------
    TableError
        if the file is foreign, of another schema, cut short or changed; what to do about
        it stands in the message.
    FileNotFoundError
        if there is no such file.
    """
    body = read_sealed(path, "table", SCHEMA, _ADVICE)
    table = pd.read_csv(io.StringIO(body), dtype=str)  # as text, so that floats come back exactly
    _require_columns(table, str(path))
    return table.astype(COLUMNS)


def write_sealed(body: str, path: str | os.PathLike, kind: str, schema: int) -> None:
    """Write a text under a line that names its kind and schema and holds its checksum.

    A name that ends in .gz is compressed. The file is moved into place when it is complete; where
    the name is a link, into the place of what it points to.

    Raises
    ------
    OSError
        if the file cannot be written, or the path is a folder, a device or a pipe.
    """
    checksum = hashlib.sha256(body.encode()).hexdigest()
    content = f"# protolib {kind}, schema {schema}, sha256 {checksum}\n{body}".encode()
    path = Path(path).resolve()
    if path.exists() and not path.is_file():
        raise OSError(f"cannot write {path}: it is no ordinary file")
    if path.suffix == ".gz":
        content = gzip.compress(content, mtime=0)  # no time stamp: the same text, the same file
    path.parent.mkdir(parents=True, exist_ok=True)
    # a name of its own, and made as any new file is: `tempfile` would shut others out from reading
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")
    try:
        with open(partial, "xb") as file:
            file.write(content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def sealed_kind(path: str | os.PathLike) -> str | None:
    """What a file that `write_sealed` wrote says it is ("table", "sparse", …); else None.

    Raises
    ------
    OSError
        if there is no such file, or it cannot be read.
    """
    try:
        words = _text(Path(path)).partition("\n")[0].replace(",", "").split()
    except _NO_TEXT:
        return None
    return words[2] if words[:2] == ["#", "protolib"] and len(words) == 7 else None


_NO_TEXT = (UnicodeDecodeError, EOFError, gzip.BadGzipFile, zlib.error)


def _text(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()


def read_sealed(path: str | os.PathLike, kind: str, schema: int, advice: str) -> str:
    """The text that `write_sealed` wrote.

    Raises
    ------
    TableError
        if the file is foreign, of another schema, or changed; the message ends with `advice`.
    OSError
        if there is no such file, or it cannot be read.
    """
    path = Path(path)
    try:
        text = _text(path)
    except _NO_TEXT:
        packed = "gzipped " if path.suffix == ".gz" else ""
        raise TableError(f"{path} is not a {packed}text file. {advice}") from None
    head, _, body = text.partition("\n")
    words = head.replace(",", "").split()
    if words[:4] != ["#", "protolib", kind, "schema"] or len(words) != 7:
        raise TableError(
            f"{path} was not written by protolib: its first line is not a header. {advice}"
        )
    if words[4] != str(schema):
        raise TableError(
            f"{path} has {kind} schema {words[4]}, this version reads schema {schema}. {advice}"
        )
    if hashlib.sha256(body.encode()).hexdigest() != words[6]:
        raise TableError(f"{path} is damaged: its contents do not match its checksum. {advice}")
    return body


def _require_columns(table: pd.DataFrame, what: str) -> None:
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise TableError(f"{what} lacks the columns {', '.join(missing)}.")


# ------------------------------------------------------------------------------ finished chunks


def chunk_paths(chunks: Iterable[Chunk], cache: str | os.PathLike) -> dict[Chunk, Path]:
    """Where each chunk is stored: under a hash of its configuration and of all it depends on."""
    code = fingerprint("protolib.experiment")
    return {chunk: _chunk_path(chunk, cache, code) for chunk in chunks}


def _chunk_path(chunk: Chunk, cache: str | os.PathLike, code: str) -> Path:
    settings = asdict(chunk.config), asdict(chunk.setting)
    key = json.dumps([SCHEMA, code, *chunk[:3], *settings])
    return Path(cache) / f"chunk-{hashlib.sha256(key.encode()).hexdigest()[:32]}.csv"


def load_chunks(paths: dict[Chunk, Path]) -> dict[Chunk, pd.DataFrame]:
    """The chunks that are stored. One that cannot be read counts as missing, with a warning."""
    found = {}
    for chunk, path in paths.items():
        try:
            found[chunk] = read_table(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (TableError, OSError) as error:
            reason = str(error).removesuffix(f" {_ADVICE}")
            warnings.warn(f"a stored chunk is trained again: {reason}", stacklevel=4)
    return found


def save_chunk(table: pd.DataFrame, path: Path) -> None:
    """Store a finished chunk, unless something that is no file stands in its place."""
    if path.is_file() or not path.exists():
        write_table(table, path)


def check_store(cache: str | os.PathLike) -> None:
    """Find out before the work, not after it, that nothing can be stored there.

    Raises
    ------
    OSError
        if the folder cannot be made, or written to.
    """
    try:
        Path(cache).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=cache):
            pass
    except OSError as error:
        reason = error.strerror or error
        raise type(error)(f"cannot store finished chunks in {cache}: {reason}") from None
