"""Smaller live figures: a phase map, a viewer of digits, predictions before results.

Each takes its numbers from the page's own run, and has a still that is seen in print and where
scripts are off.
"""

import base64
import json
from collections.abc import Sequence

import numpy as np
from IPython.display import HTML
from jaxtyping import Float
from matplotlib.figure import Figure

from protolib.live.page import element
from protolib.live.tries import Try


def phase_map(
    taus: Sequence[float],
    sizes: Sequence[int],
    share: Float[np.ndarray, "sizes taus seeds"],
    *,
    lab: str,
    length: float,
    still: Figure,
    alt: str,
    settings: dict | None = None,
    tries: Sequence[Try] = (),
) -> HTML:
    """A map of the expelled share whose cells load their configuration into a lab.

    Parameters
    ----------
    share
        measured by the page, in [0, 1]
    lab
        the name (id) of the lab that a cell is loaded into
    length
        L, the width of the hull, for the threshold N√τ/L = ½ … 1
    settings
        what else the lab should be set to
    tries
        buttons that choose a cell, by its `size` and `tau`
    """
    content = {
        "taus": list(taus), "sizes": list(sizes), "share": np.round(share.mean(-1), 3).tolist(),
        "spread": np.round(share.std(-1, ddof=1), 3).tolist(), "seeds": share.shape[-1],
        "length": length, "settings": {"masks": [0, 1, 0], "zoom": 3, **(settings or {})},
    }  # fmt: skip
    attributes = {"for": lab, "data": json.dumps(content)}
    return element("phase-map", still, alt, attributes, tries=tries)


def pack(images: Float[np.ndarray, "*frames images 64"]) -> str:
    """Images in [0, 1] as text: sixteen grey levels, two pixels a byte, base64.

    >>> unpack(pack(np.array([[0.0, 1.0] * 32]))).shape
    (1, 64)
    """
    levels = np.clip(np.round(np.asarray(images) * 15), 0, 15).astype(np.uint8).reshape(-1, 2)
    return base64.b64encode((levels[:, 0] << 4 | levels[:, 1]).tobytes()).decode()


def unpack(text: str) -> Float[np.ndarray, "images 64"]:
    """The inverse of `pack`, up to half a grey level."""
    packed = np.frombuffer(base64.b64decode(text), np.uint8)
    return np.stack([packed >> 4, packed & 15], axis=-1).reshape(-1, 64) / 15


def digits_viewer(
    steps: Sequence[int],
    truth: Float[np.ndarray, "images 64"],
    sets: dict[str, dict],
    *,
    others: float,
    columns: int = 6,
    phone: int | None = None,
    autoplay: bool = False,
    tries: Sequence[Try] = (),
    still: Figure,
    alt: str,
) -> HTML:
    """Images read from the weights under a slider of training time, beside the training images.

    Parameters
    ----------
    sets
        for each attractor `{"frames": (steps, images, 64), "error": (steps,), "accuracy":
        (steps,)}`, the images in the order of `truth`
    others
        the error of other digits as prototypes, for scale
    columns, phone
        of the sheets, where there is room and where there is little
    autoplay
        whether it plays once when first seen, where motion is welcome
    tries
        buttons that choose an attractor, by its `name`, and play
    """
    content = {
        "steps": list(map(int, steps)), "count": len(truth), "columns": columns,
        "phone": phone or columns,
        "truth": pack(truth), "others": others,
        "sets": {
            name: {
                "frames": pack(own["frames"]),
                **{key: np.round(own[key], 4).tolist() for key in ("error", "accuracy")},
            }
            for name, own in sets.items()
        },
    }  # fmt: skip
    attributes = {"autoplay": autoplay, "data": json.dumps(content)}
    return element("digits-viewer", still, alt, attributes, tries=tries)


def predict_winner(
    question: str,
    scores: dict[str, Float[np.ndarray, " seeds"]],
    *,
    unit: str,
    chance: float | None = None,
    intervals: dict[str, Sequence[float]],
    log: bool = False,
    still: Figure,
    alt: str,
) -> HTML:
    """The reader picks the option with the lowest score, then sees how often it was the lowest.

    Parameters
    ----------
    scores
        of each option in every seed; lower is better
    intervals
        (median, low, high, …) of each option
    log
        whether the scores are drawn on a logarithmic axis
    """
    table = np.stack([np.asarray(values) for values in scores.values()])
    wins = np.bincount(table.argmin(0), minlength=len(table))
    options = [
        {"name": name, "median": median, "low": low, "high": high, "wins": int(won)}
        for (name, (median, low, high, *_)), won in zip(intervals.items(), wins)
    ]
    content = {
        "question": question, "unit": unit, "options": options, "seeds": table.shape[1],
        "chance": chance, "log": log,
    }  # fmt: skip
    attributes = {"kind": "pick", "data": json.dumps(content)}
    return element("predict-reveal", still, alt, attributes)


def predict_places(
    question: str,
    samples: Sequence[float],
    start: Sequence[float],
    ends: Float[np.ndarray, "seeds units"],
    *,
    reach: float,
    colour: str = "ink",
    still: Figure,
    alt: str,
) -> HTML:
    """The reader drags prototypes to where training will take them, then sees where it did.

    Parameters
    ----------
    start
        where the markers stand at first
    ends
        where the prototypes of each seed's run ended
    reach
        the picture shows [−reach, reach]
    """
    content = {
        "question": question, "samples": np.round(samples, 4).tolist(),
        "start": np.round(start, 4).tolist(), "ends": np.round(ends, 3).tolist(),
        "reach": reach, "colour": colour,
    }  # fmt: skip
    attributes = {"kind": "place", "data": json.dumps(content)}
    return element("predict-reveal", still, alt, attributes)
