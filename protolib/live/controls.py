"""Controls for what only Python can compute: sliders in a notebook, a saved result on a page."""

from collections.abc import Callable, Sequence

import ipywidgets
from IPython.display import HTML
from ipywidgets import Widget

from protolib.live.scripts import in_book


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

    Raises
    ------
    ValueError
        if a default is not among its options.

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
