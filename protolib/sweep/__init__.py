"""Grids of runs: sizes × masks × seeds, trained in fixed chunks, gathered in one tidy table.

A chunk is what is trained together in one stack. Its make-up is a function of the network's size
and the training configuration alone: which masks and which block of seeds. It does not depend on
how many workers there are or on what else the grid asks for. A chunk is always trained whole, and
rows nobody asked for are dropped; so a row of the table is the same to the last bit on one worker
or two, in a large grid or a small one, resumed or not (on one machine and one version of torch).
"""

from protolib.experiment import COLUMNS, KEYS, Chunk, Setting, measure, run_chunk
from protolib.masks import LOSSES, MASKS, Mask, by_mask, mask_name
from protolib.sweep.chance_levels import chance, chance_medians
from protolib.sweep.grid import Grid, chunks
from protolib.sweep.runner import run, run_many
from protolib.sweep.store import (
    SCHEMA,
    TableError,
    read_sealed,
    read_table,
    write_sealed,
    write_table,
)
from protolib.sweep.stored import stored

__all__ = [
    "COLUMNS", "KEYS", "LOSSES", "MASKS", "SCHEMA", "Chunk", "Grid", "Mask", "Setting",
    "TableError", "by_mask", "chance", "chance_medians", "chunks", "mask_name", "measure",
    "read_sealed", "read_table", "run", "run_chunk", "run_many", "stored", "write_sealed",
    "write_table",
]  # fmt: skip
