"""The command line: `python -m protolib grid` runs trainings, `claims` judges a table of them.

`multiverse` makes the table of the chapter on robustness anew, `measure` those of other chapters.
`grade` trains again what students hand in as links of the live lab.
"""

import argparse
import os
import sys
from pathlib import Path

import pandas as pd

from protolib import claims, grade, measurements, multiverse, sweep
from protolib.claims import further, measured
from protolib.claims import sparse as sparse_claims
from protolib.masks import parse_mask
from protolib.sweep.grid import check_numbers
from protolib.training import TrainConfig

CACHE = ".protolib_cache"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m protolib",
        description="Run the paper's grid of trainings, and judge its claims on the table.",
    )
    commands = parser.add_subparsers(dest="command", required=True)

    grid = commands.add_parser(
        "grid",
        help="train a grid of networks and write one row a run",
        description="Train a grid of networks and write one row a run. The defaults are the "
        "paper's 480 runs. Finished chunks are cached, so an interrupted run resumes.",
    )
    plan, config = sweep.Grid(), TrainConfig()
    number = {"type": int, "nargs": "+", "metavar": "K"}
    grid.add_argument("--sizes", **number, default=plan.sizes, help="numbers of samples N")
    grid.add_argument("--seeds", **number, default=plan.seeds, help="seeds, default 0 … 9")
    grid.add_argument(
        "--masks",
        nargs="+",
        metavar="MASK",
        default=None,
        help="masks by name: baseline, coverage, coverage+overlap, …, all; default: all eight",
    )
    grid.add_argument("--steps", type=int, default=config.steps)
    grid.add_argument("--lr", type=float, default=config.learning_rate, help="learning rate")
    grid.add_argument("--optimiser", choices=["adam", "sgd"], default=config.optimiser)
    grid.add_argument("--lam", type=float, default=config.lam, help="λ, the losses' coefficient")
    grid.add_argument("--tau", type=float, default=config.tau, help="τ, separation's temperature")
    grid.add_argument("--out", default="grid.csv", help="the table to write; default grid.csv")
    grid.add_argument("--workers", type=int, default=None, help="default: one per processor")
    grid.add_argument("--cache", default=CACHE, help=f"folder of finished chunks; default {CACHE}")
    grid.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")

    grid.add_argument(
        "--evidence",
        action="store_true",
        help="add the runs that C8 and C10 need; all is trained as the claims ask, so only sizes "
        "and seeds may be chosen",
    )

    every = commands.add_parser(
        "multiverse",
        help="make the table of the chapter on robustness (about half an hour on two cores)",
        description="Run all universes.",
    )
    every.add_argument(
        "--out",
        default="book/_data/multiverse.csv.gz",
        help="the table to write; default book/_data/multiverse.csv.gz",
    )
    every.add_argument("--workers", type=int, default=None, help="default: one per processor")
    every.add_argument("--cache", default=CACHE, help=f"folder of finished chunks; default {CACHE}")
    every.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")

    taken = commands.add_parser(
        "measure",
        help="take a chapter's measurements anew, and judge the claims that rest on them",
        description="Take all measurements behind a chapter's table, and judge its claims on them.",
    )
    taken.add_argument("name", choices=[*measurements.MODULES], help="what to measure")
    taken.add_argument(
        "--out",
        default=None,
        help="the table to write; default NAME.csv.gz here (the book's own is in book/_data)",
    )
    taken.add_argument("--seeds", **number, default=None, help="default: those of the book")

    ledger = commands.add_parser(
        "claims", help="judge the claims that a table speaks of", description=claims.__doc__
    )
    ledger.formatter_class = argparse.RawDescriptionHelpFormatter
    ledger.add_argument("table", help="a CSV file written by `grid` or `measure`")
    ledger.add_argument("--details", action="store_true", help="also print every interval")
    ledger.add_argument(
        "--beside",
        default=None,
        metavar="TABLE",
        help="put the verdicts beside those on another table, such as book/_data/ledger.csv.gz",
    )

    handed = commands.add_parser(
        "grade",
        help="train links of the live lab again, and say who met the challenge",
        description="Train links of the live lab again, and say who met the challenge.",
        epilog="Challenges: " + ", ".join(grade.CHALLENGES),
    )
    handed.add_argument("file", help="a CSV or text file with a name and a link on every line")
    handed.add_argument("--challenge", default=None, help="default: the one that each link names")
    handed.add_argument("--out", default=None, help="the table to write; default FILE-graded.csv")
    return parser


def _check_writable(path: Path) -> None:
    """Find out before the work, not after it, that the table cannot be written."""
    place = path.resolve()  # where a link points to
    if place.is_dir():
        raise ValueError(f"cannot write {path}: it is a folder")
    if place.exists() and not place.is_file():
        raise ValueError(f"cannot write {path}: it is no ordinary file")
    if not place.parent.is_dir():
        raise ValueError(f"cannot write {path}: there is no folder {path.parent}")
    if not os.access(place if place.exists() else place.parent, os.W_OK):
        raise ValueError(f"cannot write {path}: permission denied")


def _grid(options: argparse.Namespace) -> None:
    masks = sweep.MASKS if options.masks is None else tuple(map(parse_mask, options.masks))
    grid = sweep.Grid(
        tuple(options.sizes),
        tuple(options.seeds),
        masks,
        TrainConfig(options.steps, options.lr, options.optimiser, options.lam, options.tau),
    )
    if options.evidence and (options.masks, grid.config) != (None, TrainConfig()):
        raise ValueError(
            "--evidence trains what the claims ask for: choose sizes and seeds, but neither masks "
            "nor how to train"
        )
    out = Path(options.out)
    _check_writable(out)
    cache = None if options.no_cache else options.cache
    grids = claims.grids(grid.seeds, grid.sizes) if options.evidence else [grid]
    tables = sweep.run_many(grids, workers=options.workers, cache=cache, progress=True)
    table = pd.concat(tables, ignore_index=True)
    sweep.write_table(table, out)
    print(f"{len(table)} runs in {out}; judge them with: python -m protolib claims {out}")


def _multiverse(options: argparse.Namespace) -> None:
    out = Path(options.out)
    _check_writable(out)
    cache = None if options.no_cache else options.cache
    table = multiverse.run(workers=options.workers, cache=cache, progress=True)
    multiverse.write(table, out)
    print(f"{len(table)} runs in {out}; `protolib.multiverse.answers` judges each universe")


def _measure(options: argparse.Namespace) -> None:
    out = Path(options.out or f"{options.name}.csv.gz")
    _check_writable(out)
    module = measurements.module(options.name)
    seeds = module.SEEDS if options.seeds is None else options.seeds
    check_numbers("seeds", seeds, 0)
    table = module.measure(seeds)
    _judged(table)  # what cannot be judged must not replace what can
    measurements.write(table, out)
    _print_verdicts(_judged(measurements.read(out)), details=False)
    print(f"{len(table)} measurements in {out}")


def _judged(table: pd.DataFrame) -> list[claims.Verdict]:
    """The claims that a table of measurements speaks of, on fresh seeds where it has them."""
    fresh = table[table["seed"] >= measurements.FRESH]
    every = [*sparse_claims.CLAIMS, *further.CLAIMS]
    found = measured.ledger(every, fresh if len(fresh) else table)
    return [verdict for verdict in found if verdict.questions]


def _claims(options: argparse.Namespace) -> None:
    verdicts = _verdicts(options.table)
    _print_verdicts(verdicts, details=options.details)
    if options.beside is not None:
        table = claims.beside(verdicts, _verdicts(options.beside, fresh=True))
        if table.empty:
            raise ValueError(f"{options.table} and {options.beside} have no claim in common")
        print(f"\nyours, beside {options.beside}:\n{table.to_string(index=False)}")


def _verdicts(table: str, *, fresh: bool = False) -> list[claims.Verdict]:
    """The verdicts on a table of either kind; fresh: on the seeds that no rule has seen."""
    kind = sweep.store.sealed_kind(table)
    if kind == "multiverse":
        raise ValueError(f"{table} holds many universes; `protolib.multiverse.answers` judges each")
    if kind == measurements.KIND:
        return _judged(measurements.read(table))
    found = sweep.read_table(table)
    unseen = found[found["seed"] >= measurements.FRESH]
    return claims.ledger(unseen if fresh and len(unseen) else found)


def _grade(options: argparse.Namespace) -> None:
    file = Path(options.file)
    out = Path(options.out or file.with_name(f"{file.stem}-graded.csv"))
    if out.resolve() == file.resolve():
        raise ValueError(f"cannot write {out}: it is the file of links")
    _check_writable(out)

    def tell(row: dict) -> None:
        best = f", {row['measured']} {row['value']:.4g}" if row["measured"] else ""
        why = f": {row['why not']}" if row["why not"] else ""
        print(f"{row['name'] or '(no name)'}: {row['challenge']} {row['met']}{best}{why}")

    table = grade.grade(file, challenge=options.challenge, progress=tell)
    out.write_text(grade.to_csv(table), encoding="utf-8-sig")  # so that spreadsheets read λ
    print(f"{len(table)} lines in {out}")


def _print_verdicts(verdicts: list[claims.Verdict], *, details: bool) -> None:
    for verdict in verdicts:
        claim, answers = verdict.claim, [question.answer for question in verdict.questions]
        tally = ", ".join(f"{answers.count(a)} {a}" for a in ("yes", "no", "open") if a in answers)
        if verdict.corrected != verdict.verdict:
            tally += f"; corrected: {verdict.corrected}"
        print(
            f"{claim.id:>3}  {verdict.verdict:<15}  {claim.sentence}"
            + (f" [{tally}]" * bool(tally))
        )
        if details and verdict.questions:
            print(claims.evidence(verdict).to_string(index=False, float_format="%.4g"), "\n")


def main(arguments: list[str] | None = None) -> int:
    """Run a command. Returns 0, or 2 after a sentence about a bad input, or 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):  # where λ cannot be written, write ? and go on
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    options = _parser().parse_args(arguments)
    try:
        commands = {
            "grid": _grid,
            "multiverse": _multiverse,
            "measure": _measure,
            "claims": _claims,
            "grade": _grade,
        }
        commands[options.command](options)
    except KeyboardInterrupt:
        saved = not getattr(options, "no_cache", True)  # some commands keep nothing
        hint = " Finished chunks are saved; the same command goes on from there." if saved else ""
        print(f"interrupted.{hint}", file=sys.stderr)
        return 130
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
