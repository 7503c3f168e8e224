"""The widget Lab: in Python, on a page, and with a notebook's figure; controls for Python.

What needs a page is shown in a real headless Chromium; skipped, with the reason, without one.
"""

import json
import math
import random
import typing

import numpy as np
import pytest
import torch
from helpers import take
from IPython.display import HTML
from traitlets import TraitError

from protolib import data, live, losses, model, training


def test_the_widget_starts_as_the_figure_does():
    lab = live.Lab(preset="separation above threshold", seed=3)
    x = data.uniform([3], 20, dtype=torch.float64)
    assert lab.samples == x.flatten().tolist()
    p = model.prototypes(model.initialise([3], 20, dtype=torch.float64))
    assert np.allclose(lab.prototypes, p.flatten())
    assert lab.config == training.TrainConfig(tau=1.0)
    assert lab.scores["r2"] < 1


def test_python_sets_prototypes_samples_and_seeds():
    lab = live.Lab()
    lab.prototypes = lab.samples
    assert lab.scores["error"] == pytest.approx(0, abs=1e-15)
    assert np.allclose(-np.array(lab.bias) / np.array(lab.slope), lab.samples)
    lab.seed = 4
    assert lab.samples == data.uniform([4], 10, dtype=torch.float64).flatten().tolist()
    lab.samples = [-1.0, 0.0, 1.0]
    assert lab.size == len(lab.prototypes) == 3
    lab.dims, lab.size = 2, 5
    assert np.shape(lab.prototypes) == np.shape(lab.samples) == (5, 2)


def test_python_trains_and_loads_what_was_trained():
    lab = live.Lab(preset="coverage", seed=1)
    lab.train(100)
    x = data.uniform([0, 1], 10, dtype=torch.float64)
    net = model.initialise([0, 1], 10, dtype=torch.float64)
    masks = torch.tensor([[0.0, 0, 0], [1.0, 0, 0]], dtype=torch.float64)
    config = training.TrainConfig(steps=100)
    trained = training.train(net, x, data.sine(x), masks, config).parameters
    p = model.prototypes(trained)
    assert np.allclose(lab.prototypes, p[1].flatten(), atol=1e-9)
    assert lab.step == 100
    other = live.Lab()
    other.load(trained, x, net=1)
    assert other.scores == pytest.approx(lab.scores)
    for before, after in zip(take(trained, [1]), other.parameters):
        assert torch.equal(before, after)
    with pytest.raises(ValueError, match="1 or 2 dimensions"):
        other.load(model.initialise([0], 4, 3), data.uniform([0], 4, 3))


def test_what_the_figure_reports_is_taken_as_it_is():
    lab, seen = live.Lab(), []
    lab.observe(lambda change: seen.append(change["new"]), "prototypes")
    lab.set_state({"seed": 7, "prototypes": [0.5] * 10, "step": 12, "scores": {"error": 9.0}})
    assert (lab.seed, lab.step, lab.scores) == (7, 12, {"error": 9.0})
    assert lab.prototypes == seen[-1] == [0.5] * 10
    assert lab.samples == data.uniform([0], 10, dtype=torch.float64).flatten().tolist()


@pytest.mark.parametrize(
    ("name", "value"),
    [("size", 1), ("size", 61), ("dims", 3), ("seed", -1), ("seed", 2**53), ("tau", 0.0), ("tau", math.nan), ("lam", math.inf),
     ("kernel", "box"), ("masks", [1.0]), ("masks", [0, math.nan, 0]), ("masks", [-1, 0, 0]), ("offset", math.inf),
     ("prototypes", ["a"]), ("prototypes", [[0.1, 0.2]] * 10), ("prototypes", [1.0]), ("prototypes", None), ("prototypes", []),
     ("samples", [0.1, math.nan]), ("samples", [0.0] * 61), ("samples", [11.0, 0.0]), ("samples", [True, False]),
     ("slope", [1.0, 2.0]), ("bias", [[1.0]] * 10), ("readout", "abc"), ("step", -1), ("speed", 0), ("zoom", 11)],
)  # fmt: skip
def test_a_value_that_is_refused_leaves_the_lab_alive_and_as_it_was(name, value):
    lab = live.Lab(preset="coverage")
    before = {trait: getattr(lab, trait) for trait in live.Lab.class_own_traits(sync=True)}
    with pytest.raises(TraitError):
        setattr(lab, name, value)
    assert before == {trait: getattr(lab, trait) for trait in before}
    lab.prototypes = lab.samples
    assert lab.scores["error"] < 1e-12
    lab.seed = 3
    assert lab.samples == data.uniform([3], 10, dtype=torch.float64).flatten().tolist()


def test_what_a_lab_cannot_start_from_is_refused():
    with pytest.raises(ValueError, match="preset must be one of"):
        live.Lab(preset="none")
    with pytest.raises(TraitError, match="must come together"):
        live.Lab(slope=[1.0, 1.0])
    with pytest.raises(TraitError, match="must be a list of 2 to 60 numbers"):
        live.Lab(samples=[[0.1, 0.2], [0.3, 0.4]])
    assert live.Lab(samples=[[0.1, 0.2], [0.3, 0.4]], dims=2).size == 2


def test_sixty_samples_and_units_are_loaded_and_not_one_more():
    lab = live.Lab()
    lab.load(model.initialise([0], 60), data.uniform([0], 60))
    assert (lab.size, len(lab.prototypes)) == (60, 60)
    before = lab.query
    for samples, units in ((61, 10), (10, 61), (1, 10), (10, 1)):
        with pytest.raises(ValueError, match="2 to 60 samples and as many units"):
            lab.load(model.initialise([0], units), data.uniform([0], samples))
    far = model.initialise([0], 5)._replace(offset=torch.tensor([math.nan]))
    with pytest.raises(TraitError, match="offset must be a number"):
        lab.load(far, data.uniform([0], 5))
    assert lab.query == before
    assert len(lab.parameters.slope[0]) == 60


def _labs(count=40):
    """Labs in all sorts of states."""
    draw, start = random.Random(0), live.SHARED["lab"]

    def anywhere(name):
        low, high = start["ranges"][name]
        return draw.choice(
            [low, high, 10 ** draw.uniform(math.log10(max(low, 1e-9)), math.log10(high))]
        )

    yield live.Lab(masks=[0.5, 0.0, 0.0], seed=1234567, learning_rate=0.003, softness=0.2)
    yield live.Lab(preset="separation above threshold", tau=0.3, size=7)
    yield live.Lab(samples=[0.1, -0.25, 1 / 3], seed=2**53 - 1)
    for _ in range(count):
        dims, size, units = draw.choice([1, 2]), draw.randint(2, 60), draw.randint(2, 60)
        traits = {
            name: anywhere(name)
            for name in ("lam", "tau", "softness", "learning_rate", "speed", "zoom") if draw.random() < 0.5
        }  # fmt: skip
        lab = live.Lab(
            dims=dims, size=size, seed=draw.randrange(2**53), attractor=draw.choice(start["attractors"]),
            kernel=draw.choice(start["kernels"]), curves=draw.random() < 0.5, links=draw.random() < 0.5,
            masks=[draw.choice([0.0, 1.0, 0.25, 12.0, draw.uniform(0, 2)]) for _ in range(3)], forces=draw.random() < 0.5,
            **{name: float(min(max(value, start["ranges"][name][0]), start["ranges"][name][1])) for name, value in traits.items()},
        )  # fmt: skip
        if draw.random() < 0.3:
            lab.samples = data.uniform([7], size, dims, dtype=torch.float64)[0].squeeze(-1).tolist()
        if draw.random() < 0.3:
            lab.load(model.initialise([5], units, dims), data.uniform([6], size, dims))
            lab.step = draw.choice([0, 17, 12345])
        if draw.random() < 0.2:
            lab.offset = draw.uniform(-1, 1)
        yield lab


def test_the_page_shows_the_state_that_the_lab_holds(live_page):
    """From Python to the tag to the page, to the last digit; and from the page's link to the page."""
    labs = list(_labs())
    body = "".join(
        f"{lab.tag(id=f'lab{k}', hidden=True)}</prototype-lab>" for k, lab in enumerate(labs)
    )
    page, log = live_page(body)
    names = [
        name for name in live.Lab.class_own_traits(sync=True)
        if name not in ("scores", "name", "tries", "playing", "prototypes")
    ]  # fmt: skip
    for k, lab in enumerate(labs):
        script = (
            "id => { const { state, query } = document.getElementById(id); return [state, query]; }"
        )
        state, query = page.evaluate(script, f"lab{k}")
        for name in names:
            assert state[name] == getattr(lab, name), (k, name, lab.query)
        assert np.allclose(state["prototypes"], lab.prototypes, rtol=1e-12)
        back = """query => { const lab = new protolib.LabState(), refused = lab.open(query);
          return [refused, lab.plain, lab.query]; }"""
        refused, again, its = page.evaluate(back, query)
        assert refused == []
        assert its == query
        assert again == {name: state[name] for name in again}
    assert not log.errors


def test_defaults_and_forms_are_those_of_the_package():
    start = live.SHARED["lab"]
    config = training.TrainConfig()
    for name in ("lam", "tau", "attractor", "kernel", "softness", "learning_rate"):
        assert start["defaults"][name] == getattr(config, name)
    assert start["nominal_steps"] == config.steps
    assert tuple(start["attractors"]) == typing.get_args(losses.Attractor)
    assert tuple(start["kernels"]) == typing.get_args(losses.Kernel)
    assert set(start["words"]) >= set(start["defaults"])


def test_a_widget_leaves_no_trace_in_the_book_and_its_tag_holds_its_settings(
    live_page, monkeypatch
):
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    lab = live.Lab(preset="separation above threshold", seed=2, forces=True)
    assert lab.comm is None
    shown = live.show(lab, name="lab")
    assert 'role="img"' in shown.data
    page, log = live_page(shown.data)
    state = page.evaluate("() => lab.state")
    for name in ("seed", "size", "tau", "forces", "zoom", "samples"):
        assert state[name] == getattr(lab, name)
    assert not log.errors


def test_the_bridge_carries_changes_both_ways(live_page):
    """The widget's module with a stand-in for the notebook's model."""
    page, log = live_page('<div id="here"></div>')
    own = live.Lab(preset="coverage")
    assert live.show(own, name="own", tries=live.TRIES["coverage"]) is own  # no book: the widget
    state = {name: getattr(own, name) for name in live.Lab.class_own_traits(sync=True)}
    module = live.Lab._esm.replace("export default", "globalThis.module =")
    page.add_script_tag(content=module)
    page.evaluate(
        """state => {
          const listeners = {}, sent = [];
          globalThis.model = {
            get: (name) => state[name] ?? "", sent,
            set: (name, value) => { state[name] = value; sent.push(name); },
            save_changes: () => {},
            on: (event, f) => { (listeners[event] ??= []).push(f); },
            off: (event, f) => { listeners[event] = listeners[event].filter(g => g !== f); },
            tell: (name, value) => { state[name] = value; (listeners[`change:${name}`] ?? []).forEach(f => f()); },
          };
          const el = document.createElement("div"); // JupyterLab shows it only after rendering
          globalThis.leave = module.render({ model, el });
          document.getElementById("here").append(el);
          globalThis.lab = document.querySelector("prototype-lab");
        }""",
        json.loads(json.dumps(state)),
    )
    assert page.evaluate("() => lab.state.masks") == [1, 0, 0]
    labels = [one.label for one in live.TRIES["coverage"]]
    assert page.locator("prototype-lab .tries button").all_inner_texts() == labels
    page.evaluate("() => { model.tell('tau', 0.5); model.tell('masks', [0, 1, 0]); }")
    page.wait_for_function("() => lab.state.tau === 0.5 && lab.state.masks[1] === 1")
    page.evaluate("() => { model.sent.length = 0; lab.advance(40); }")
    page.wait_for_function("() => model.sent.includes('prototypes') && model.get('step') === 40")
    assert page.evaluate("() => model.get('prototypes')") == page.evaluate("() => lab.prototypes")
    assert "tau" not in page.evaluate("() => model.sent")
    page.evaluate("() => { model.tell('prototypes', lab.samples); }")
    page.wait_for_function("() => lab.state.scores.error < 1e-12")
    page.evaluate("() => leave()")
    assert page.locator("prototype-lab").count() == 0
    assert not log.errors


# ------------------------------------------------------------------------------ controls for Python


def _power(base, exponent):
    return HTML(f"<p>{base} {exponent}</p>")


def test_controls_call_the_function_again_with_every_choice():
    calls = []

    def act(**choice):
        calls.append(choice)
        return HTML(f"<p>{sorted(choice.items())}</p>")

    shown = live.controls(act, N=([3, 10, 30], 10), mask=(["baseline", "coverage"], "coverage"))
    bar, result = shown.children
    number, menu = bar.children
    assert (number.value, menu.value) == (10, "coverage")
    assert result.value == "<p>[('N', 10), ('mask', 'coverage')]</p>"
    number.value, menu.value = 30, "baseline"
    assert result.value == "<p>[('N', 30), ('mask', 'baseline')]</p>"
    assert calls[1:] == [{"N": 30, "mask": "coverage"}, {"N": 30, "mask": "baseline"}]


def test_controls_on_a_page_are_a_saved_result_that_says_so(monkeypatch):
    monkeypatch.setenv("PROTOLIB_BOOK", "1")
    shown = live.controls(_power, base=([1, 2], 2), exponent=([3, 4], 4))
    assert shown.data.startswith("<p>2 4</p>")
    assert "A saved result, for base = 2, exponent = 4" in shown.data
    assert "<input" not in shown.data
    with pytest.raises(ValueError, match="default of base must be one of"):
        live.controls(_power, base=([1, 2], 3))
