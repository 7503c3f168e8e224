"""The widget `Lab`: a network alive, its traits the same in Python and on screen."""

from collections.abc import Sequence
from typing import get_args
from urllib.parse import quote

import anywidget
import matplotlib
import numpy as np
import torch
import traitlets
from IPython.display import HTML
from ipywidgets import Widget
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor
from traitlets import Bool, Dict, Int, List, TraitError, Unicode

from protolib import data, hull, matching, model, plotting, training
from protolib.live.page import framed, open_tag
from protolib.live.scripts import CLASS, LIVE, SHARED, in_book, script
from protolib.live.tries import Try, listed
from protolib.losses import Attractor, Kernel
from protolib.masks import Mask
from protolib.model import Parameters

PRESETS: dict[str, dict] = SHARED["lab"]["presets"]
_START, _RANGES, _WORDS = (SHARED["lab"][name] for name in ("defaults", "ranges", "words"))
_WEIGHTS = ("slope", "bias", "readout")


class Number(traitlets.Float):
    """A finite number within one of the ranges that Python and the figure share."""

    def __init__(self, limits: str, default: float | None = None) -> None:
        self.low, self.high = _RANGES[limits]
        super().__init__(_START[limits] if default is None else default)

    def validate(self, obj, value):
        value = super().validate(obj, value)
        if not self.low <= value <= self.high:
            raise TraitError(
                f"{self.name} must be a number from {self.low} to {self.high}, got {value}"
            )
        return value


class Points(List):
    """A list of numbers, or in the plane of pairs, finite and within one of the shared ranges."""

    def __init__(self, limits: str, default=(), *, flat=False, count=_RANGES["size"]) -> None:
        self.limits, self.flat, self.count = _RANGES[limits], flat, count
        super().__init__(default_value=default)

    def validate(self, obj, value):
        value = super().validate(obj, value)
        if obj.busy and not value:  # to be drawn
            return value
        each = 1 if self.flat else obj.dims
        (low, high), (least, most) = self.limits, self.count
        if obj.busy and self.name == "prototypes":  # read from weights: as far out as they are
            low, high = -np.inf, np.inf
        points = value if each == 1 else [v for point in value for v in _pair(point)]
        real = all(isinstance(v, int | float) and not isinstance(v, bool) for v in points)
        if not real or not all(low <= v <= high for v in points) or not least <= len(value) <= most:
            raise TraitError(
                f"{self.name} must be a list of {least} to {most} "
                f"{'pairs' if each == 2 else 'numbers'} from {low} to {high}, "
                f"got {str(value)[:80]}"
            )
        if self.name in _WEIGHTS and not obj.busy and len(value) != len(obj.slope):
            raise TraitError(
                f"{self.name} must have an entry for each of {len(obj.slope)} units, got "
                f"{len(value)}; `load` or `prototypes` bring another number of units"
            )
        return [float(v) if each == 1 else [float(t) for t in v] for v in value]


def _pair(point) -> list:
    return list(point) if isinstance(point, list | tuple) and len(point) == 2 else [None]


class Lab(anywidget.AnyWidget):
    """One living network on a line or in the plane, its traits the same in Python and on screen.

    Set any of them and the figure follows; drag or train in the figure and they follow. With no
    figure shown, everything but the training works the same (`train` trains in Python).

    Traits, all of which can be read, set, and observed:

    - `size`, `seed`, `dims`: N samples and as many units (2 to 60), drawn as `data.uniform` and
      `model.initialise` draw them; dims 1 or 2. Changing one of them starts anew.
    - `masks`, `lam`, `tau`, `attractor`, `kernel`, `softness`, `learning_rate`: as in
      `training.TrainConfig`; masks are three numbers.
    - `samples`, `prototypes`: lists of 2 to 60, on a line of numbers, in the plane of pairs.
      Setting prototypes moves biases.
    - `slope`, `bias`, `readout`, `offset`: the weights of one network, as lists; each can be set,
      but another number of units comes with `load` or with `prototypes`.
    - `step`, the steps done; `playing`, whether the figure trains on its own; `speed`, its steps a
      frame.
    - `zoom`, `curves`, `links`, `forces`: what is shown.
    - `scores`: error, chance_error, specialization, chance_specialization, expelled, farthest
      (outside the hull), r2.
    - `name`: the figure's id on the page; `tries`: its buttons, as `show` sets them.

    Parameters
    ----------
    preset
        one of `PRESETS`, under which the other keywords, any of the traits, are applied

    Raises
    ------
    traitlets.TraitError
        if a value is none of those allowed; the lab stays as it was.

    Examples
    --------
    >>> lab = Lab(preset="separation above threshold", seed=3)
    >>> lab.train(500)
    >>> lab.scores["expelled"] > 0.3, len(lab.prototypes)
    (True, 20)
    """

    _esm = script(*LIVE, *CLASS, "bridge.js")

    dims = Int(1, min=1, max=2).tag(sync=True)
    size = Int(_START["size"], min=_RANGES["size"][0], max=_RANGES["size"][1]).tag(sync=True)
    seed = Int(0, min=0, max=_RANGES["seed"][1]).tag(sync=True)
    masks = Points("masks", [0.0, 0.0, 0.0], flat=True, count=(3, 3)).tag(sync=True)
    lam = Number("lam").tag(sync=True)
    tau = Number("tau").tag(sync=True)
    attractor = traitlets.Enum(get_args(Attractor), _START["attractor"]).tag(sync=True)
    kernel = traitlets.Enum(get_args(Kernel), _START["kernel"]).tag(sync=True)
    softness = Number("softness").tag(sync=True)
    learning_rate = Number("learning_rate").tag(sync=True)
    samples = Points("samples").tag(sync=True)
    slope = Points("weights", flat=True).tag(sync=True)
    bias = Points("weights").tag(sync=True)
    readout = Points("weights", flat=True).tag(sync=True)
    offset = Number("weights", 0.0).tag(sync=True)
    prototypes = Points("prototypes").tag(sync=True)
    step = Int(0, min=0, max=_RANGES["step"][1]).tag(sync=True)
    playing = Bool(False).tag(sync=True)
    speed = Number("speed").tag(sync=True)
    zoom = Number("zoom").tag(sync=True)
    curves = Bool(_START["curves"]).tag(sync=True)
    links = Bool(_START["links"]).tag(sync=True)
    forces = Bool(_START["forces"]).tag(sync=True)
    scores = Dict().tag(sync=True)
    name = Unicode().tag(sync=True)
    tries = Unicode().tag(sync=True)

    def __init__(self, preset: str | None = None, **traits) -> None:
        if preset is not None and preset not in PRESETS:
            raise ValueError(f"preset must be one of {list(PRESETS)}, got {preset!r}")
        weights = [name for name in _WEIGHTS if name in traits]
        if weights and len({len(traits.get(name, ())) for name in _WEIGHTS}) > 1:
            raise TraitError(
                f"slope, bias and readout must come together, of one length, got {weights}"
            )
        self.busy = True  # no consequences until everything is set
        self.preset = preset
        super().__init__(**{"dims": 1, **PRESETS.get(preset, {}), **traits})
        if "samples" not in traits:
            self._draw_samples()
        if "slope" not in traits:
            self._draw_start(len(self.prototypes) or len(self.samples))
        if self.prototypes:
            self._move()
        self._read()
        self.busy = False

    def open(self) -> None:
        """Tell the front end of this widget, unless there is none (while the book is built)."""
        if not in_book():
            super().open()

    def set_state(self, sync_data: dict) -> None:
        """What the figure reports is taken as it is: it has already drawn the consequences."""
        before, self.busy = self.busy, True
        try:
            super().set_state(
                {k: sync_data[k] for k in sorted(sync_data, key=lambda k: k != "dims")}
            )
        finally:
            self.busy = before

    # ------------------------------------------------------------ the network in Python

    @property
    def parameters(self) -> Parameters:
        """The weights as a stack of one network, float64."""
        units = len(self.slope)
        w, b, v, c = (
            torch.tensor(value, dtype=torch.float64)[None]
            for value in (self.slope, self.bias, self.readout, self.offset)
        )
        return Parameters(w, b.reshape(1, units, self.dims), v, c)

    @property
    def inputs(self) -> Float[Tensor, "1 samples dims"]:
        """The samples as a stack of one network, float64."""
        return torch.tensor(self.samples, dtype=torch.float64).reshape(1, -1, self.dims)

    @property
    def config(self) -> training.TrainConfig:
        """How the figure trains, for `training.train`."""
        names = ("lam", "tau", "attractor", "kernel", "softness", "learning_rate")
        return training.TrainConfig(**{name: getattr(self, name) for name in names})

    def load(
        self, parameters: Parameters, inputs: Float[Tensor, "nets samples dims"], net: int = 0
    ):
        """Show one network of a trained stack, and the samples it was trained on.

        Raises
        ------
        ValueError
            for more than two dimensions, or fewer than 2 or more than 60 samples or units
        traitlets.TraitError
            for samples outside [−10, 10], or weights that are not finite; nothing changes then
        """
        (low, high), dims = _RANGES["size"], inputs.shape[-1]
        units, samples = parameters.slope.shape[-1], inputs.shape[-2]
        if dims > 2 or not (low <= units <= high and low <= samples <= high):
            raise ValueError(
                f"a lab shows 1 or 2 dimensions, {low} to {high} samples and as many units, "
                f"got {dims}, {samples} and {units}"
            )
        w, b, v, c = (tensor[net].detach().double() for tensor in parameters)
        if v.ndim > 1:
            raise ValueError("a lab shows networks with one output, without an axis for it")
        x = inputs[net].detach().double()
        self._apply(
            dims=dims, samples=_points(x), slope=w.tolist(), bias=_points(b),
            readout=v.tolist(), offset=c.item(), step=0, playing=False,
        )  # fmt: skip

    def train(self, steps: int = 2000) -> None:
        """Train from here with `training.train`, in Python, and show the result.

        Adam starts with a clean memory, as in the figure after its weights were set.
        """
        x = self.inputs
        masks = torch.tensor([self.masks], dtype=torch.float64)
        trained = training.train(
            self.parameters, x, data.sine(x), masks, _with_steps(self.config, steps)
        )
        done = self.step + steps
        self.load(trained.parameters, x)
        self.step = done

    def reset(self) -> None:
        """Back to the start of this seed."""
        self._apply(samples=[], slope=[], step=0)

    def _apply(self, **traits) -> None:
        """Set traits together, then what follows from them."""
        self.busy = True
        try:
            with self.hold_sync(), self.hold_trait_notifications():
                for name, value in traits.items():
                    setattr(self, name, value)
                if not self.samples:
                    self._draw_samples()
                if not self.slope:
                    self._draw_start(len(self.samples))
                self._read()
        finally:
            self.busy = False

    def _draw_samples(self) -> None:
        drawn = data.uniform([self.seed], self.size, self.dims, dtype=torch.float64)
        self.samples = _points(drawn[0])

    def _draw_start(self, units: int) -> None:
        start = model.initialise([self.seed], units, self.dims, dtype=torch.float64)
        self.slope, self.bias = start.slope[0].tolist(), _points(start.bias[0])
        self.readout, self.offset = start.readout[0].tolist(), start.offset.item()

    def _move(self) -> None:
        """Biases so that the prototypes are where the trait says."""
        p = torch.tensor(self.prototypes, dtype=torch.float64).reshape(-1, self.dims)
        self.bias = _points(-model.safe_slope(self.parameters.slope)[0, :, None] * p)

    def _read(self) -> None:
        """Prototypes and scores from the weights."""
        net, x = self.parameters, self.inputs
        p = model.prototypes(net)
        null = matching.chance_prototypes(x.expand(200, -1, -1), p.shape[1], seed=0)
        every = x.expand(200, -1, -1)
        self.size = x.shape[1]
        self.prototypes = _points(p[0])
        self.scores = {
            "error": matching.reconstruction_error(p, x).item(),
            "chance_error": matching.reconstruction_error(null, every).mean().item(),
            "specialization": matching.specialization_ratio(p, x).item(),
            "chance_specialization": matching.specialization_ratio(null, every).mean().item(),
            "expelled": hull.expelled_share(p, x).item(),
            "farthest": hull.hull_distance(p, x).max().item(),
            "r2": matching.fit_r2(model.predict(net, x), data.sine(x)).item(),
        }

    @traitlets.observe("size", "seed", "dims")
    def _start_anew(self, change) -> None:
        if not self.busy:
            self._apply(samples=[], slope=[], step=0)

    @traitlets.observe("samples", "slope", "bias", "readout", "offset", "prototypes")
    def _follow(self, change) -> None:
        if self.busy:
            return
        fresh = {}
        if change["name"] == "samples" and len(self.samples) != self.size:
            fresh = {"slope": []}
        if change["name"] == "prototypes":
            self.busy = True
            if len(self.prototypes) != len(self.slope):
                self._draw_start(len(self.prototypes))
            self._move()
        self._apply(**fresh)

    # ------------------------------------------------------------ on the page

    @property
    def query(self) -> str:
        """The state as a link and a tag hold it: what differs from the nominal state."""
        drawn, state = Lab(dims=self.dims, size=self.size, seed=self.seed), {}
        for name in _WORDS.keys() & _START.keys():
            if getattr(self, name) != _START[name]:
                state[name] = getattr(self, name)
        if self.samples != drawn.samples:
            state["samples"] = self.samples
        if any(getattr(self, name) != getattr(drawn, name) for name in (*_WEIGHTS, "offset")):
            state |= {name: getattr(self, name) for name in (*_WEIGHTS, "offset")}
            if self.step:
                state["step"] = self.step
        return "&".join(
            f"{word}={quote(_text(state[name]))}" for name, word in _WORDS.items() if name in state
        )

    def tag(self, **attributes: str | bool) -> str:
        """The figure's opening tag; its attribute `state` is what a link to this state holds."""
        query = {"state": self.query} if self.query else {}
        return open_tag("prototype-lab", {**query, **attributes})

    def still(self, steps: int = 2000) -> tuple[Figure, str]:
        """Where this network is after so many steps, trained in Python: a figure and its text."""
        after = Lab(**{name: getattr(self, name) for name in _SETTINGS})
        after.load(self.parameters, self.inputs)
        after.train(steps)
        x, p, score = after.inputs[0], model.prototypes(after.parameters)[0], after.scores
        colour = plotting.LOOKS[Mask(*(int(m > 0) for m in self.masks))].colour
        ((i, j),) = matching.assign(p[None], x[None])
        figure, ax = plotting.panel(5.0, 2.2 if self.dims == 1 else 3.4)
        reach = 1.25 * self.zoom
        if self.dims == 1:
            plotting.shade_hull(ax, x.min().item(), x.max().item(), label=False)
            plotting.plot_matching(x[:, 0], p[:, 0], (i, j), ax=ax, colour=colour)
            ax.set(xlim=(-1.04 * reach, 1.04 * reach))
        else:
            for a, b in zip(x[i], p[j]):
                ax.plot(*np.stack([a, b]).T, color=plotting.FAINT, lw=1)
            ax.plot(*x.T, "o", color=plotting.INK, ms=5)
            ax.plot(*p.T, "v", color=colour, ms=6)
            ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        title = f"step {after.step}: error {score['error']:.2g}, chance {score['chance_error']:.2g}"
        ax.set_title(title)
        out = round(score["expelled"] * len(p))
        return figure, (
            f"A live figure, here as a still: {len(x)} samples joined to the prototypes of a "
            f"network trained for {after.step} steps; reconstruction error {score['error']:.2g}, "
            f"by chance {score['chance_error']:.2g}; {out} of {len(p)} prototypes outside the hull."
        )


_SETTINGS = (
    "dims", "masks", "lam", "tau", "attractor", "kernel", "softness", "learning_rate", "zoom",
)  # fmt: skip


def _with_steps(config: training.TrainConfig, steps: int) -> training.TrainConfig:
    return training.TrainConfig(**{**vars(config), "steps": steps})


def _points(values: Tensor) -> list:
    """(points, dims) as a list: of numbers on a line, of pairs in the plane."""
    return values[:, 0].tolist() if values.shape[-1] == 1 else values.tolist()


def _text(value) -> str:
    """A trait as a link holds it: numbers to their last digit, lists with `_` between."""
    if isinstance(value, list):
        flat = [v for part in value for v in (part if isinstance(part, list) else [part])]
        digits = len(flat) == 3 and all(v in range(10) for v in flat)
        return ("" if digits else "_").join(str(int(v)) if digits else repr(v) for v in flat)
    return str(int(value)) if isinstance(value, bool) else str(value)


def show(
    lab: Lab, *, name: str, tries: Sequence[Try] = (), autoplay: bool = False
) -> HTML | Widget:
    """A lab on a page: in the book the figure itself, in a notebook the widget.

    Parameters
    ----------
    name
        the figure's id on the page; links to a state of it begin with `#name:`
    tries
        buttons below the figure that set a state, play, and say what to watch
    autoplay
        whether it plays the first of them once, as soon as it is seen, where motion is welcome; it
        stops at the first touch. Without any it trains on its own.
    """
    lab.name, lab.tries = name, listed(tries)
    if not in_book():
        return lab
    with matplotlib.rc_context(plotting.STYLE):  # whatever the page has set so far
        figure, alt = lab.still()
        still = plotting.drawing(figure, alt)
    tag = lab.tag(id=name, linked=True, autoplay=autoplay or lab.playing)
    return framed(f"{tag}{still}{lab.tries}</prototype-lab>")
