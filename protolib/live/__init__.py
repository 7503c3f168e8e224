"""The network alive: in the book's pages without Python, in a notebook driven from Python.

Three JavaScript files hold the one implementation. `engine.js` is the model, its losses,
closed-form gradients, Adam and NumPy's generator, in float64, tested to agree with this package to
1e-9; `lab.js` is the figure `<prototype-lab>`; `figures.js` holds the smaller ones. The book's
pages load them as they are. In a notebook `Lab` shows the same figure, and its traits follow it
both ways.

`protolib.live.sparse` adds, with `sparse.js`, two figures of sparse codes.

`show`, `phase_map`, `digits_viewer`, `predict_winner` and `predict_places` put live figures on a
page, each with a still that is seen in print and where scripts are off. `controls` is for what only
Python can compute: sliders in a notebook, and on a page one saved result that says so.
"""

import base64
import html
import json
import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import get_args

import anywidget
import ipywidgets
import matplotlib
import numpy as np
import torch
import traitlets
from IPython.display import HTML
from ipywidgets import Widget
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor
from traitlets import Bool, Dict, Int, List, Unicode
from traitlets import Float as FloatTrait

from protolib import data, hull, matching, model, plotting, training
from protolib.losses import Attractor, Kernel
from protolib.masks import Mask
from protolib.model import Parameters

FOLDER = Path(__file__).parent
LIVE, FIGURES = ("engine.js", "lab.js"), ("figures.js",)

PRESETS = {
    "baseline": {},
    "coverage": {"masks": [1, 0, 0]},
    "overlap expels": {"masks": [0, 0, 1], "zoom": 3.0},
    "separation below threshold": {"masks": [0, 1, 0], "size": 20, "tau": 1e-4},
    "separation above threshold": {"masks": [0, 1, 0], "size": 20, "tau": 1.0, "zoom": 3.0},
    "repulsion with its attractor": {
        "masks": [1, 1, 0], "size": 20, "kernel": "energy", "attractor": "energy",
    },
}  # fmt: skip

AT_REST = "What you see is a still. The live figure needs a screen and scripts."

# How a notebook's model and the figure talk: only what changed, and nothing is sent back.
BRIDGE = """
const NAMES = %s;
export default {
  render({ model, el }) {
    const lab = document.createElement("prototype-lab"), last = {};
    const note = (name, value) => { last[name] = JSON.stringify(value); };
    let ready = false, waiting = null, given = null;
    lab.id = model.get("name");
    el.append(lab);
    const all = {};
    for (const name of NAMES) all[name] = model.get(name);
    lab.set(all);
    for (const name of NAMES) note(name, lab.state[name]);
    const push = () => {
      waiting = null;
      const state = lab.state, touched = NAMES.concat("scores").filter(
        (name) => JSON.stringify(state[name]) !== last[name]);
      for (const name of touched) { note(name, state[name]); model.set(name, state[name]); }
      if (touched.length) model.save_changes();
    };
    lab.addEventListener("labchange", () => { waiting ??= setTimeout(push, 200); });
    const pulls = NAMES.map((name) => {
      const pull = () => {
        const value = model.get(name);
        if (JSON.stringify(value) === last[name]) return;
        note(name, value);
        if (!given) {
          given = {};
          queueMicrotask(() => { const change = given; given = null; lab.set(change); });
        }
        given[name] = value;
      };
      model.on(`change:${name}`, pull);
      return () => model.off(`change:${name}`, pull);
    });
    push();
    return () => { clearTimeout(waiting); pulls.forEach((off) => off()); lab.remove(); };
  },
};
"""


@cache
def script(*names: str) -> str:
    """The files' JavaScript, one after the other, without indentation and comment lines.

    >>> "prototype-lab" in script("engine.js", "lab.js")
    True
    """
    lines = [line.strip() for name in names for line in (FOLDER / name).read_text().splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def in_book() -> bool:
    """Whether the book is being built: then a page gets the figure itself, not a widget."""
    return os.environ.get("PROTOLIB_BOOK") == "1"


# What a figure on screen and its object in Python share, both ways; scores only come back.
_TRAITS = (
    "dims", "size", "seed", "masks", "lam", "tau", "attractor", "kernel", "softness",
    "learning_rate", "samples", "slope", "bias", "readout", "offset", "prototypes", "step",
    "playing", "speed", "zoom", "curves", "links", "forces",
)  # fmt: skip


class Lab(anywidget.AnyWidget):
    """One living network on a line or in the plane, its traits the same in Python and on screen.

    Set any of them and the figure follows; drag or train in the figure and they follow. With no
    figure shown, everything but the training works the same (`train` trains in Python).

    Traits, all of which can be read, set, and observed:

    - `size`, `seed`, `dims`: N samples and as many units (2 to 60), drawn as `data.uniform` and
      `model.initialise` draw them; dims 1 or 2. Changing one of them starts anew.
    - `masks`, `lam`, `tau`, `attractor`, `kernel`, `softness`, `learning_rate`: as in
      `training.TrainConfig`; masks are three numbers.
    - `samples`, `prototypes`: lists, on a line of numbers, in the plane of pairs. Setting
      prototypes moves biases.
    - `slope`, `bias`, `readout`, `offset`: the weights of one network, as lists.
    - `step`, the steps done; `playing`, whether the figure trains on its own; `speed`, its steps a
      frame.
    - `zoom`, `curves`, `links`, `forces`: what is shown.
    - `scores`: error, chance_error, specialization, chance_specialization, expelled, farthest
      (outside the hull), r2.
    - `name`: the figure's id on the page.

    Parameters
    ----------
    preset
        one of `PRESETS`, under which the other keywords, any of the traits, are applied

    Raises
    ------
    traitlets.TraitError
        if a value is none of those allowed.

    Examples
    --------
    >>> lab = Lab(preset="separation above threshold", seed=3)
    >>> lab.train(500)
    >>> lab.scores["expelled"] > 0.3, len(lab.prototypes)
    (True, 20)
    """

    _esm = script(*LIVE) + BRIDGE % json.dumps(_TRAITS)

    dims = Int(1, min=1, max=2).tag(sync=True)
    size = Int(10, min=2, max=60).tag(sync=True)
    seed = Int(0, min=0).tag(sync=True)
    masks = List(FloatTrait(), [0.0, 0.0, 0.0], minlen=3, maxlen=3).tag(sync=True)
    lam = FloatTrait(0.1, min=0).tag(sync=True)
    tau = FloatTrait(1e-3, min=1e-8).tag(sync=True)
    attractor = traitlets.Enum(get_args(Attractor), "coverage").tag(sync=True)
    kernel = traitlets.Enum(get_args(Kernel), "gaussian").tag(sync=True)
    softness = FloatTrait(1e-2, min=1e-6).tag(sync=True)
    learning_rate = FloatTrait(1e-2, min=1e-6).tag(sync=True)
    samples = List().tag(sync=True)
    slope = List().tag(sync=True)
    bias = List().tag(sync=True)
    readout = List().tag(sync=True)
    offset = FloatTrait(0.0).tag(sync=True)
    prototypes = List().tag(sync=True)
    step = Int(0).tag(sync=True)
    playing = Bool(False).tag(sync=True)
    speed = FloatTrait(2.0, min=1, max=100).tag(sync=True)
    zoom = FloatTrait(1.0, min=1, max=10).tag(sync=True)
    curves = Bool(True).tag(sync=True)
    links = Bool(True).tag(sync=True)
    forces = Bool(False).tag(sync=True)
    scores = Dict().tag(sync=True)
    name = Unicode().tag(sync=True)

    def __init__(self, preset: str | None = None, **traits) -> None:
        if preset is not None and preset not in PRESETS:
            raise ValueError(f"preset must be one of {list(PRESETS)}, got {preset!r}")
        self._busy = True  # no consequences until everything is set
        self.preset = preset
        super().__init__(**{**PRESETS.get(preset, {}), **traits})
        if "samples" not in traits:
            self._draw_samples()
        if "slope" not in traits:
            self._draw_start(len(self.prototypes) or len(self.samples))
        if self.prototypes:
            self._move()
        self._read()
        self._busy = False

    def open(self) -> None:
        """Tell the front end of this widget, unless there is none (while the book is built)."""
        if not in_book():
            super().open()

    def set_state(self, sync_data: dict) -> None:
        """What the figure reports is taken as it is: it has already drawn the consequences."""
        before, self._busy = self._busy, True
        try:
            super().set_state(sync_data)
        finally:
            self._busy = before

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
        """Show one network of a trained stack, and the samples it was trained on."""
        dims = inputs.shape[-1]
        if dims not in (1, 2) or parameters.slope.shape[-1] > 200:
            raise ValueError(f"a lab shows 1 or 2 dimensions and at most 200 units, got {dims} "
                             f"and {parameters.slope.shape[-1]}")  # fmt: skip
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
        self._busy = True
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
            self._busy = False

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
        if not self._busy:
            self._apply(samples=[], slope=[], step=0)

    @traitlets.observe("samples", "slope", "bias", "readout", "offset", "prototypes")
    def _follow(self, change) -> None:
        if self._busy:
            return
        fresh = {}
        if change["name"] == "samples" and len(self.samples) != self.size:
            fresh = {"slope": []}
        if change["name"] == "prototypes":
            self._busy = True
            if len(self.prototypes) != len(self.slope):
                self._draw_start(len(self.prototypes))
            self._move()
        elif len(self.bias) != len(self.slope) or len(self.readout) != len(self.slope):
            return  # between two of several weights: wait for the rest
        self._apply(**fresh)

    # ------------------------------------------------------------ on the page

    def tag(self, **attributes: str | bool) -> str:
        """The figure's opening tag, with what it shows first as attributes."""
        named = {"preset": self.preset} if self.preset else {}
        for name in ("dims", "size", "seed", "lam", "tau", "attractor", "kernel", "speed", "zoom"):
            if getattr(self, name) != self.traits()[name].default_value:
                named["n" if name == "size" else name] = (
                    f"{getattr(self, name):g}"
                    if not (isinstance(getattr(self, name), str))
                    else getattr(self, name)
                )
        named["masks"] = "".join(f"{m:g}" for m in self.masks)
        for name in ("curves", "links", "forces"):
            if getattr(self, name) != self.traits()[name].default_value:
                named[name] = str(int(getattr(self, name)))
        return _open_tag("prototype-lab", {**named, **attributes})

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


# ------------------------------------------------------------------------------ on the page


def _open_tag(name: str, attributes: dict) -> str:
    words = [
        key if value is True else f'{key}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value is not False
    ]
    return f"<{name} {' '.join(words)}>"


def _figure(inside: str, caption: str, tries: Sequence[str]) -> HTML:
    items = "".join(f"<li>{plotting.inline(step)}</li>" for step in tries)
    listed = f'<p class="try">Try this:</p><ol>{items}</ol>' if items else ""
    listed += f'<p class="at-rest">{AT_REST}</p><noscript><p>{AT_REST}</p></noscript>'
    return HTML(
        f'<figure class="fig fig-live">{inside}<figcaption class="tex2jax_process mathjax_process">'
        f"{plotting.inline(caption)}{listed}</figcaption></figure>"
    )


def show(
    lab: Lab, *, name: str, caption: str, tries: Sequence[str], autoplay: bool = False
) -> HTML | Widget:
    """A lab with its caption: in the book the figure itself, in a notebook the widget.

    Parameters
    ----------
    name
        the figure's id on the page; links to a state of it begin with `#name:`
    caption
        what it shows. May hold *emphasis*, and TeX between dollar signs.
    tries
        what to try, step by step, and what it should show
    """
    if in_book():
        with matplotlib.rc_context(plotting.STYLE):  # whatever the page has set so far
            figure, alt = lab.still()
            still = plotting.drawing(figure, alt)
        tag = lab.tag(id=name, linked=True, autoplay=autoplay)
        return _figure(f"{tag}{still}</prototype-lab>", caption, tries)
    lab.name = name
    words = _figure("", caption, tries).data
    return ipywidgets.VBox([lab, ipywidgets.HTML(words)])


def controls(act: Callable[..., HTML], **choices: tuple[Sequence, object]) -> HTML | Widget:
    """A figure that Python computes, with controls where there is a Python to compute it.

    In a notebook every keyword becomes a slider or a menu, and each choice calls `act` again. On a
    page of the book stands what `act` makes of the defaults, with a line that says how to make it
    live; nothing there pretends to be alive.

    Parameters
    ----------
    act
        a function of the keywords that returns a figure, as `plotting.show` does
    choices
        for each keyword its options and which of them comes first; underscores in its name are
        shown as blanks

    Examples
    --------
    >>> figure = controls(lambda power: HTML(f"<p>{2**power}</p>"), power=([1, 2, 3], 2))
    >>> slider, result = figure.children[0].children[0], figure.children[1]
    >>> slider.value = 3
    >>> result.value
    '<p>8</p>'
    """
    first = {name: default for name, (_, default) in choices.items()}
    for name, (options, default) in choices.items():
        if default not in options:
            raise ValueError(f"the default of {name} must be one of {options}, got {default!r}")
    if in_book():
        said = ", ".join(f"{name.replace('_', ' ')} = {value}" for name, value in first.items())
        return HTML(
            f'{act(**first).data}<p class="alive">A saved result, for {said}. In a notebook this '
            "figure has controls: open this chapter with the rocket at the top of the page, or "
            "download it with the arrow.</p>"
        )
    numbers = {
        name: all(isinstance(option, int | float) for option in options)
        for name, (options, _) in choices.items()
    }
    widgets = {
        name: (ipywidgets.SelectionSlider if numbers[name] else ipywidgets.Dropdown)(
            options=list(options), value=default, description=name.replace("_", " "),
            style={"description_width": "initial"},
            **({"continuous_update": False} if numbers[name] else {}),
        )
        for name, (options, default) in choices.items()
    }  # fmt: skip
    result = ipywidgets.HTML(act(**first).data)

    def again(change) -> None:
        result.value = act(**{name: widget.value for name, widget in widgets.items()}).data

    for widget in widgets.values():
        widget.observe(again, "value")
    return ipywidgets.VBox([ipywidgets.HBox(list(widgets.values())), result])


def element(
    name: str,
    still: Figure,
    alt: str,
    attributes: dict,
    caption: str,
    tries: Sequence[str],
    *,
    scripts: Sequence[str] = (*LIVE, *FIGURES),
) -> HTML:
    """A custom element with its still inside, its caption, and in a notebook its scripts."""
    tag = _open_tag(name, attributes)
    body = f"{tag}{plotting.drawing(still, alt)}</{name}>"
    if not in_book():  # a notebook has no page around it to bring the script
        body += f"<script>{script(*scripts)}</script>"
    return _figure(body, caption, tries)


def phase_map(
    taus: Sequence[float],
    sizes: Sequence[int],
    share: Float[np.ndarray, "sizes taus seeds"],
    *,
    lab: str,
    length: float,
    still: Figure,
    alt: str,
    caption: str,
    tries: Sequence[str],
    settings: dict | None = None,
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
    """
    content = {
        "taus": list(taus), "sizes": list(sizes), "share": np.round(share.mean(-1), 3).tolist(),
        "spread": np.round(share.std(-1, ddof=1), 3).tolist(), "seeds": share.shape[-1],
        "length": length, "settings": {"masks": [0, 1, 0], "zoom": 3, **(settings or {})},
    }  # fmt: skip
    return element(
        "phase-map", still, alt, {"for": lab, "data": json.dumps(content)}, caption, tries
    )


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
    still: Figure,
    alt: str,
    caption: str,
    tries: Sequence[str],
) -> HTML:
    """Prototypes as images under a slider of training time and a switch of attractor.

    Parameters
    ----------
    sets
        for each attractor `{"frames": (steps, images, 64), "error": (steps,), "accuracy":
        (steps,)}`, the images in the order of `truth`
    others
        the error of other digits as prototypes, for scale
    """
    content = {
        "steps": list(map(int, steps)), "count": len(truth), "columns": columns,
        "truth": pack(truth), "others": others,
        "sets": {
            name: {
                "frames": pack(own["frames"]),
                **{key: np.round(own[key], 4).tolist() for key in ("error", "accuracy")},
            }
            for name, own in sets.items()
        },
    }  # fmt: skip
    return element("digits-viewer", still, alt, {"data": json.dumps(content)}, caption, tries)


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
    caption: str,
    tries: Sequence[str] = (),
) -> HTML:
    """The reader picks the option with the lowest score, then sees how often it was the lowest.

    Parameters
    ----------
    scores
        of each option in every seed; lower is better
    intervals
        (mean, low, high) of each option
    log
        whether the scores are drawn on a logarithmic axis
    """
    table = np.stack([np.asarray(values) for values in scores.values()])
    wins = np.bincount(table.argmin(0), minlength=len(table))
    options = [
        {"name": name, "mean": mean, "low": low, "high": high, "wins": int(won)}
        for (name, (mean, low, high)), won in zip(intervals.items(), wins)
    ]
    content = {
        "question": question, "unit": unit, "options": options, "seeds": table.shape[1],
        "chance": chance, "log": log,
    }  # fmt: skip
    attributes = {"kind": "pick", "data": json.dumps(content)}
    return element("predict-reveal", still, alt, attributes, caption, tries)


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
    caption: str,
    tries: Sequence[str] = (),
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
    return element("predict-reveal", still, alt, attributes, caption, tries)
