"""What to try in the book's live figures: buttons that set a state, play, and say what to watch."""

import html
import json
from collections.abc import Sequence
from typing import NamedTuple


class Act(NamedTuple):
    """Settings, so many steps in so many seconds, and what to watch meanwhile."""

    set: dict
    steps: int = 2000
    seconds: float = 7.0
    say: str = ""


class Try(NamedTuple):
    """A button: its label, what to watch, and what it does: settings, or several acts."""

    label: str
    watch: str
    does: dict | Sequence[Act]

    @property
    def acts(self) -> tuple[Act, ...]:
        """The acts, each with something to say."""
        acts = (Act(self.does),) if isinstance(self.does, dict) else self.does
        return tuple(act._replace(say=act.say or self.watch) for act in acts)


HOT = {"preset": "separation above threshold"}
MATCHED = {"masks": [1, 1, 0], "kernel": "energy", "attractor": "energy"}
STORY = (
    Act({"preset": "baseline", "size": 12, "seed": 1}, 600, 3.5,
        "1 Fit alone: the curve is soon right, but the triangles miss their dots."),
    Act({"masks": [0, 1, 0], "tau": 1, "zoom": 3}, 500, 3.5,
        "2 Separation, on a scale too wide for the room: the triangles scatter."),
    Act({**MATCHED, "zoom": 1}, 1600, 5,
        "3 An attractor of the same kernel (energy): each triangle comes to a dot of its own. "
        "Drag a dot."),
)  # fmt: skip

TRIES: dict[str, tuple[Try, ...]] = {
    "index": (
        Try("Play the story", "Twelve seconds: fit, scatter, and return.", STORY),
        Try("Fit alone", "The fit is soon perfect; the error is no better than chance. Drag a dot: "
            "the curve follows.", {"preset": "baseline", "size": 12, "seed": 1}),
        Try("Scatter, then coverage", "The paper's attractor: a dot pulls its nearest triangle "
            "only. Most of those outside stay there.",
            (Act({**HOT, "seed": 0}, 800, 2), Act({"masks": [1, 0, 0]}, 2000, 6))),
        Try("Scatter, then energy", "Every triangle that left comes back, nearly each to a dot of "
            "its own. Now drag a dot.",
            (Act({**HOT, "seed": 0}, 800, 2), Act({**MATCHED, "zoom": 1}, 2000, 6))),
    ),
    "coverage": (
        Try("Who is pulled?", "Only triangles with a blue arrow are nearest to some dot. The "
            "others are orphans.", (Act({"preset": "coverage", "size": 8, "seed": 2}, 4, 0.5),)),
        Try("Give an orphan a home", "When it rests, drag a triangle without a blue arrow next to "
            "a dot: it takes over, and another may become an orphan.",
            (Act({"preset": "coverage", "size": 8, "seed": 2}, 1000, 4),)),
        Try("Off, then on", "Fit alone first, then coverage: it pushes nobody out of the shaded "
            "hull, and fetches only who is nearest to a dot.",
            (Act({"preset": "baseline", "size": 8, "seed": 2}, 1000, 3),
             Act({"masks": [1, 0, 0]}, 1500, 5))),
    ),
    "separation": (
        Try("Below the threshold", "Next to nothing happens. A few leave all the same.",
            {"preset": "separation below threshold"}),
        Try("The fit alone", "Nearly as many leave without separation: it was mostly the fit.",
            {"preset": "separation below threshold", "masks": [0, 0, 0]}),
        Try("Cross it by τ", "τ passes the bar under its slider: the outermost triangles set off.",
            (Act({"preset": "separation below threshold", "zoom": 3}, 800, 2),
             Act({"tau": 0.1}, 2000, 6))),
        Try("And go back", "Below the bar again they stop, and nobody fetches them: arms that "
            "short touch nobody.",
            (Act({**HOT, "tau": 0.1}, 1500, 3), Act({"tau": 0.0001}, 1500, 5))),
        Try("Cross it by N", "The same τ, three times the crowd: now more leave.",
            (Act({"preset": "separation below threshold", "tau": 0.002}, 1500, 3),
             Act({"preset": "separation below threshold", "tau": 0.002, "size": 60}, 1500, 6))),
    ),
    "overlap": (
        Try("Overlap alone", "Responses become narrow, or their units leave the shaded hull; the "
            "fit stays good.", {"preset": "overlap expels", "seed": 3}),
        Try("Bring one back", "When it rests, drag a triangle from outside into the hull: it "
            "leaves again, or its response becomes narrow.",
            (Act({"preset": "overlap expels", "seed": 3}, 2000, 3),)),
        Try("Then switch it off", "Nobody has a reason to go on, and nobody one to return.",
            (Act({"preset": "overlap expels", "seed": 3}, 1500, 3),
             Act({"masks": [0, 0, 0]}, 1500, 5))),
    ),
    "expulsion": (
        Try("Watch them leave", "The fit is there early; expulsion goes on underneath it.",
            {"preset": "overlap expels", "size": 40, "forces": True}),
        Try("Who is pushed where?", "It rests: outside the hull the green arrows point outwards, "
            "and none back.",
            (Act({"preset": "overlap expels", "size": 40, "forces": True}, 1000, 3),)),
        Try("Then switch it off", "Nobody comes home.",
            (Act({"preset": "overlap expels", "size": 40, "forces": True}, 1500, 3),
             Act({"masks": [0, 0, 0]}, 1500, 5))),
    ),
    "envelope": (
        Try("Raise τ", "τ passes the bar under its slider, and the outermost triangles set off. "
            "Read s beside it.",
            (Act({"preset": "separation below threshold", "seed": 1, "zoom": 3}, 800, 2),
             Act({"tau": 0.003}, 1200, 3), Act({"tau": 0.1}, 1500, 4))),
        Try("Twice the crowd", "N = 40: they set off at a lower τ than twenty did.",
            (Act({"preset": "separation below threshold", "seed": 1, "size": 40, "zoom": 3}, 800,
                 2),
             Act({"tau": 0.003}, 1200, 3), Act({"tau": 0.1}, 1500, 4))),
    ),
    "map": (
        Try("Left of the outline", "Little but what the fit expels; the lab below trains it.",
            {"size": 30, "tau": 1e-4}),
        Try("Right of it", "The same crowd, arms that overlap: the rim sets off.",
            {"size": 30, "tau": 1.0}),
        Try("A smaller crowd, hotter", "Along the outline a small crowd needs a higher τ.",
            {"size": 10, "tau": 0.03}),
    ),
    "packing": (
        Try("N = 20, τ = 0.002", "The small crowd keeps to about the share that the fit alone "
            "expels.", {"preset": "separation below threshold", "tau": 0.002}),
        Try("N = 60, same τ", "Of the large one clearly more leave.",
            {"preset": "separation below threshold", "tau": 0.002, "size": 60}),
        Try("Ten times λ", "Those that leave get farther; the onset moves a little.",
            {"preset": "separation below threshold", "tau": 0.01, "lam": 1.0, "zoom": 3}),
    ),
    "attractors": (
        Try("Expel them", "Most leave. The buttons beside this one begin here.",
            (Act(HOT, 1000, 4),)),
        Try("Gaussian against Gaussian", "Those near the rim come back; farther out than a few √τ "
            "nobody feels a pull.",
            (Act(HOT, 1000, 2), Act({"masks": [1, 1, 0], "attractor": "gaussian"}, 2000, 7))),
        Try("A longer tail", "The inverse multiquadric, k(d) = 1/√(1 + d²/τ), pulls everybody, "
            "but kernels that differ do not add up to a square: some rest outside.",
            (Act(HOT, 1000, 2), Act({"masks": [1, 1, 0], "attractor": "imq"}, 2000, 7))),
        Try("Energy against energy", "Nearly each finds a sample of its own. This page explains "
            "why.", (Act(HOT, 1000, 2), Act(MATCHED, 2000, 7))),
    ),
    "coefficients": (
        Try("Nominal", "λ of coverage 0.1, as in the paper: some triangles find a dot, some "
            "never do.", {"preset": "coverage", "size": 20, "seed": 3}),
        Try("A thousandfold", "λ of coverage 100: those that own a dot sit on it. The others "
            "still feel nothing.", {"preset": "coverage", "size": 20, "seed": 3,
                                    "masks": [1000, 0, 0]}),
        Try("Balance it against separation?", "λ 100 against 0.1 at τ = 1: the owners hold, the "
            "others leave, where no coefficient reaches them.",
            {"preset": "separation above threshold", "seed": 3, "masks": [1000, 1, 0]}),
        Try("A matched pair", "Energy against energy, both λ 0.1, untuned. Then move one of the "
            "two sliders under More: the balance is narrow.",
            {"preset": "repulsion with its attractor", "seed": 3}),
    ),
    "plane lab": (
        Try("Separation alone", "Above its threshold it nearly empties the hull.",
            {**HOT, "dims": 2, "size": 30}),
        Try("Then coverage", "It fetches only those that are nearest to some sample.",
            (Act({**HOT, "dims": 2, "size": 30}, 1500, 3), Act({"masks": [1, 0, 0]}, 2000, 6))),
        Try("Then a matched attractor", "Nearly everyone goes to a sample. Then drag one: its "
            "prototype follows.",
            (Act({**HOT, "dims": 2, "size": 30}, 1500, 3), Act({**MATCHED, "zoom": 1}, 2500, 8))),
    ),
    "digits": (
        Try("Energy", "Noise turns into digits; the accuracy is there before the images are.",
            {"name": "energy"}),
        Try("Coverage", "Owners become exact, orphans stay blurred.", {"name": "coverage"}),
        Try("Baseline", "No structural loss at all, and a few digits can be guessed already.",
            {"name": "baseline"}),
    ),
    "live": (
        Try("Drag a point", "By pointer, finger, or two clicks; by keyboard with the arrow keys, "
            "where Page Up and Page Down choose another.",
            (Act({**HOT, "seed": 3}, 400, 2),)),
        Try("Take the run with you", "When it rests, open More and copy it as Python: the same "
            "run, to the digits shown.", {**HOT, "seed": 3}),
    ),
    "plane": (
        Try("One feature", "Both name it.", {"preset": "one feature: both are right"}),
        Try("The same, stronger", "The layer's threshold, right for the small value, lets the "
            "neighbours through. FISTA still names one: its thresholds act on what is left of y.",
            {"preset": "one strong feature: its neighbours answer the layer"}),
        Try("Two neighbours", "FISTA's first step is a layer too, and names too many; the "
            "following steps take back what others have explained.",
            {"preset": "two neighbours: interference fools the layer"}),
        Try("Three in the plane", "FISTA is wrong as well, though at its minimum (its KKT "
            "residual, by how much it misses what every minimum meets, is nearly zero): in two "
            "units three are too many for anybody who sees only y.",
            {"preset": "three in the plane: even FISTA cannot know"}),
    ),
}  # fmt: skip


def edge(cells: Sequence[Sequence[float | int]], both: bool) -> tuple[Try, ...]:
    """Of a transition map: the highest and the lowest cell of a middle column, and its sign."""
    columns = sorted({k for k, *_ in cells})
    k = 5 if 5 in columns else columns[len(columns) // 2]
    heights = sorted(m for j, m, *_ in cells if j == k)
    sign = (
        (
            Try(
                "Know the sign",
                "The whole column moves down: knowing that z ≥ 0 is worth units.",
                {"k": k, "m": heights[len(heights) // 2], "signs": 1},
            ),
        )
        if both
        else ()
    )
    return (
        Try(f"Far above the line, M = {heights[-1]}", "The code found falls onto the true one when "
            "λ reaches zero.", {"k": k, "m": heights[-1], "signs": 0, "seed": 0}),
        Try(f"Far below it, M = {heights[0]}", "The solver comes to rest at another code, with a "
            "smaller ‖z‖₁. It did not fail: the truth is no longer the smallest.",
            {"k": k, "m": heights[0], "signs": 0, "seed": 0}),
        *sign,
    )  # fmt: skip


def listed(tries: Sequence[Try]) -> str:
    """As a list for readers without scripts and in print, from which the buttons are made."""

    def acts(one: Try) -> str:
        return html.escape(json.dumps([a._asdict() for a in one.acts], ensure_ascii=False))

    items = "".join(
        f'<li data-acts="{acts(one)}"><b>{html.escape(one.label)}</b>: '
        f"{html.escape(one.watch)}</li>"
        for one in tries
    )
    return f'<ol class="tries">{items}</ol>' if tries else ""
