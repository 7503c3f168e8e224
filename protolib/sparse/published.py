"""Numbers that the second paper's companions published, each with the file it stands in.

Facts from public repositories, read there: O'Neill et al. (arXiv:2411.13117), five initialisations
in one data world, means; where a repository holds several runs of one experiment, all of them.
Pacela et al. (arXiv:2603.28744), three seeds, each.
"""

from typing import NamedTuple

ONEILL = "charlieoneill11/sparse-inference: experiments/results/"
PACELA = "shrutij01/compositional-sparse-ood: results/exp_frozen_decoder.json"
KNOWN = (ONEILL + "fixed_D_flops_reconstruction.json", "41b4c28")
AGAIN = (ONEILL + "fixed_Z_flops_reconstruction.json", "02b2109")
EARLY = (ONEILL + "fixed_D_flops_reconstruction.json", "de56674")
UNKNOWN = (ONEILL + "unknown_Z_D_flops_reconstruction.json", "9b1952f")
UNKNOWN_AGAIN = (ONEILL + "unknown_Z_D_flops_reconstruction.json", "4ace0b7")

THEIR_PATH = {100: 0.50438, 300: 0.54966, 500: 0.60322}  # MCC by step, the run `AGAIN`

# klindtlab/linear-probe-nullspace (b8a0a4b): camera_ready/audit/results/sim_definitions.csv, five
# seeds, means: R² of the latents from the units, and of the units from the latents
PREDICTIVITY = {
    "random weights": (1.000, 0.213),
    "trained": (1.000, 0.784),
    "trained, with weight decay": (1.000, 0.994),
}


class Published(NamedTuple):
    """A setting, its size, a score of what, the numbers, and where they stand (file, commit)."""

    world: str
    n: int
    score: str
    of: str
    values: tuple[float, ...]
    source: tuple[str, str]


_SMALL = {  # (world, score, of): {where: value}
    ("known", "MCC", "SAE"): {KNOWN: 0.609, AGAIN: 0.690, EARLY: 0.733},
    ("known", "MCC", "MLP-32"): {KNOWN: 0.780, AGAIN: 0.812},
    ("known", "MCC", "MLP-256"): {KNOWN: 0.818},
    ("known", "MCC", "per-sample optimisation"): {KNOWN: 0.967, AGAIN: 0.969},
    ("unknown", "MCC", "SAE"): {UNKNOWN: 0.566, UNKNOWN_AGAIN: 0.568},
    ("unknown", "MCC", "optimisation on the SAE's dictionary"): {
        UNKNOWN: 0.583,
        UNKNOWN_AGAIN: 0.574,
    },
    ("unknown", "MCC", "sparse coding"): {UNKNOWN: 0.691, UNKNOWN_AGAIN: 0.686},
    ("unknown", "MCC", "MLP-256"): {UNKNOWN: 0.643, UNKNOWN_AGAIN: 0.606},
    ("unknown", "MCC of atoms", "SAE"): {UNKNOWN: 0.745, UNKNOWN_AGAIN: 0.759},
    ("unknown", "MCC of atoms", "sparse coding"): {UNKNOWN: 0.837, UNKNOWN_AGAIN: 0.832},
    ("unknown", "MCC of atoms", "MLP-256"): {UNKNOWN: 0.851, UNKNOWN_AGAIN: 0.832},
}
_HALVES = {  # seeds 0, 1, 2
    (50, "linear probe"): (0.744, 0.735, 0.774),
    (50, "SAE"): (0.555, 0.524, 0.568),
    (50, "TopK"): (0.632, 0.520, 0.657),
    (50, "FISTA on TopK's dictionary"): (0.656, 0.565, 0.688),
    (50, "dictionary learning"): (0.974, 0.861, 0.916),
    (50, "true dictionary"): (0.978, 0.966, 0.970),
    (100, "linear probe"): (0.431, 0.383, 0.410),
    (100, "SAE"): (0.428, 0.397, 0.414),
    (100, "TopK"): (0.700, 0.749, 0.665),
    (100, "FISTA on TopK's dictionary"): (0.868, 0.888, 0.840),
    (100, "dictionary learning"): (0.979, 0.944, 0.913),
    (100, "true dictionary"): (0.986, 0.983, 0.988),
    (5000, "TopK"): (0.344, 0.345, 0.343),
    (5000, "FISTA on TopK's dictionary"): (0.256, 0.256, 0.254),
    (5000, "true dictionary"): (0.992, 0.992, 0.992),
}

THEIRS = (
    *(
        Published(world, 16, score, of, (value,), where)
        for (world, score, of), runs in _SMALL.items()
        for where, value in runs.items()
    ),
    *(
        Published("halves", n, "MCC, as theirs", of, values, (PACELA, "b00bed3"))
        for (n, of), values in _HALVES.items()
    ),
)


def theirs(world: str, n: int, score: str) -> dict[str, list[float]]:
    """All published numbers of one score in one setting, {of: [...]}.

    >>> theirs("known", 16, "MCC")["SAE"]
    [0.609, 0.69, 0.733]
    """
    found: dict[str, list[float]] = {}
    for one in THEIRS:
        if (one.world, one.n, one.score) == (world, n, score):
            found.setdefault(one.of, []).extend(one.values)
    return found
