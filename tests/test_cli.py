import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from protolib import multiverse, sweep
from protolib.__main__ import main
from protolib.masks import MASKS, mask_name, parse_mask

DATA = Path(__file__).parents[1] / "book" / "_data"

TINY = ["grid", "--sizes", "3", "--seeds", "0", "1", "--steps", "5", "--workers", "1"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_grid_then_claims(folder, capsys):
    assert main([*TINY, "--out", "t.csv"]) == 0
    table = sweep.read_table("t.csv")
    assert len(table) == 16
    assert main(["claims", "t.csv", "--details"]) == 0
    printed = capsys.readouterr().out
    for line in ["C1 ", "C10 ", "not tested here", "coverage − baseline"]:
        assert line in printed


def test_masks_by_name_and_no_cache(folder):
    assert main([*TINY, "--masks", "baseline", "coverage+overlap", "all", "--no-cache"]) == 0
    table = sweep.read_table("grid.csv")
    assert {mask for mask, _ in sweep.by_mask(table)} == {(0, 0, 0), (1, 0, 1), (1, 1, 1)}
    assert not (folder / ".protolib_cache").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--sizes", "-3"], "sizes must be whole numbers ≥ 1, got -3"),
        (["--seeds", "-1"], "seeds must be whole numbers ≥ 0"),
        (["--tau", "0"], "tau must be a finite number > 0, got 0.0"),
        (["--tau", "nan"], "tau"),
        (["--lam", "-1"], "lam must be"),
        (["--steps", "-1"], "steps must be ≥ 0"),
        (["--workers", "0"], "workers must be ≥ 1"),
        (["--masks", "covrage"], "unknown mask 'covrage'"),
        (["--out", "no/such/folder/t.csv"], "there is no folder no/such/folder"),
        (["--out", "."], "it is a folder"),
        (["--sizes", "three"], "invalid int value"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(folder, capsys, arguments, words):
    (folder / "t.csv").write_text("precious")
    try:
        status = main([*TINY, "--out", "t.csv", *arguments])
    except SystemExit as stop:  # argparse's own
        status = stop.code
    printed = capsys.readouterr().err
    assert status == 2
    assert words in printed
    assert "Traceback" not in printed
    assert (folder / "t.csv").read_text() == "precious"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        ("a,b\n1,2\n", "was not written by protolib"),
        (f"# protolib table, schema {sweep.SCHEMA}, sha256 0\n", "is damaged"),
    ],
)
def test_claims_refuses_what_it_cannot_read(folder, capsys, content, words):
    if content is not None:
        (folder / "t.csv").write_text(content)
    assert main(["claims", "t.csv"]) == 2
    printed = capsys.readouterr().err
    assert words in printed
    assert len(printed.strip().splitlines()) == 1


def test_claims_names_missing_columns(folder, capsys, monkeypatch):
    monkeypatch.setattr(sweep.store, "COLUMNS", {"n": "int64", "seed": "int64"})
    sweep.write_table(pd.DataFrame({"n": [3], "seed": [0]}), "t.csv")
    assert main(["claims", "t.csv"]) == 2
    assert "lacks the columns coverage" in capsys.readouterr().err


def test_evidence_adds_what_c8_and_c10_need(folder, capsys):
    sizes = ["--sizes", "3", "--seeds", "0", "1", "2"]
    assert main(["grid", *sizes, "--evidence", "--out", "t.csv", "--workers", "1"]) == 0
    table = sweep.read_table(folder / "t.csv")
    assert len(table) == 3 * (8 + 9)
    capsys.readouterr()
    assert main(["claims", "t.csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if "not tested here" in line] == ["C6"]  # N = 100


def test_the_multiverse_command_writes_a_table_that_can_be_judged(folder, monkeypatch, capsys):
    few = multiverse.universes()[:1]
    monkeypatch.setattr(multiverse, "universes", lambda: few)
    real = multiverse.run
    monkeypatch.setattr(multiverse, "run", lambda **kw: real(sizes=(3,), seeds=(0, 1, 2), **kw))
    assert main(["multiverse", "--out", "m.csv.gz", "--workers", "1", "--no-cache"]) == 0
    table = multiverse.read(folder / "m.csv.gz")
    assert len(table) == 3 * 9
    assert set(multiverse.answers(table).claim) >= {"C1", "C4", "C8", "C9"}
    assert main(["multiverse", "--out", "nowhere/m.csv.gz"]) == 2
    assert "there is no folder nowhere" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "saved"),
    [
        (["grid", "--out", "a.csv"], True),
        (["grid", "--no-cache"], False),
        (["measure", "sparse"], False),
    ],
)
def test_ctrl_c_is_one_sentence_and_status_130(folder, monkeypatch, capsys, command, saved):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("protolib.__main__._" + command[0], interrupted)
    assert main(command) == 130
    said = capsys.readouterr().err
    assert said.startswith("interrupted.")
    assert ("goes on from there" in said) == saved


def test_masks_are_understood_as_they_are_printed():
    for mask in MASKS:
        assert parse_mask(mask_name(mask)) == mask
    assert parse_mask("coverage+overlap") == parse_mask(" coverage +  overlap ") == (1, 0, 1)
    assert parse_mask("all") == (1, 1, 1)
    for name in ("", "+", "coverage overlap", "all+coverage", "baseline + coverage"):
        with pytest.raises(ValueError, match="unknown mask"):
            parse_mask(name)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seeds", str(10**30)], f"seeds must be at most {2**62}"),
        (["--evidence", "--masks", "baseline"], "choose sizes and seeds, but neither masks"),
        (["--evidence"], "nor how to train"),  # TINY sets its own steps
        (["--out", "/dev/null"], "it is no ordinary file"),
        (["--cache", "t.csv/cache"], "cannot store finished chunks in t.csv/cache"),
    ],
)
def test_more_bad_input_is_one_sentence(folder, capsys, monkeypatch, arguments, words):
    (folder / "t.csv").write_text("precious", encoding="utf-8")
    monkeypatch.setattr(sweep.runner, "run_chunk", None)  # would fail if called
    assert main([*TINY, "--out", "t.csv", *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said.splitlines()[-1]
    assert "Traceback" not in said
    assert (folder / "t.csv").read_text(encoding="utf-8") == "precious"


def test_claims_says_what_to_do_with_the_multiverse(folder, capsys):
    assert main(["claims", str(DATA / "multiverse.csv.gz")]) == 2
    assert "holds many universes" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_an_old_console_cannot_stop_the_words(encoding):
    """λ, τ and − cannot be written there; the command goes on."""
    code = (
        "from protolib.__main__ import main\n"
        f"main(['claims', {str(DATA / 'sparse.csv.gz')!r}, '--details'])\n"
        "main(['grid', '--help'])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=DATA.parents[1],
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert b"S4" in run.stdout
    assert b"--lam" in run.stdout


def test_claims_puts_your_table_beside_the_books(folder, capsys):
    assert main([*TINY, "--out", "mine.csv"]) == 0
    assert main(["claims", "mine.csv", "--beside", str(DATA / "ledger.csv.gz")]) == 0
    said = capsys.readouterr().out.split("yours, beside")[1]
    (row,) = [line for line in said.splitlines() if line.split()[:1] == ["C4"]]
    same, against, questions = map(int, row.split()[-3:])
    assert 0 <= same + against <= questions
    assert questions > 0
    assert main(["claims", "mine.csv", "--beside", str(DATA / "sparse.csv.gz")]) == 2
    assert "no claim in common" in capsys.readouterr().err
