"""The figures of the chapter on separation."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from IPython.display import HTML
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from protolib import claims, plotting

VERDICTS = {"yes": "helps", "no": "harms", "open": "open"}


@plotting.styled
def fields(
    positions: Float[Tensor, " points"], pushes: dict[float, Tensor], others: Tensor
) -> HTML:
    """The push (points,) on one prototype by its place, a panel for each temperature τ."""
    words = []
    low, high = others.min().item(), others.max().item()
    gap = (high - low) / (len(others) - 1)
    right, inside = positions > high, (positions > low) & (positions < high)
    for tau, push in pushes.items():
        strongest = push.abs().max()
        felt = (push[right] > 0.05 * strongest).double().mean()
        turns = int((push[inside].sign().diff() != 0).sum())
        words.append(
            f"τ = {tau:g}: between the others the push changes its direction at {turns} places; "
            f"to the right of them it points outwards and is felt on {felt:.0%} of the way shown."
        )

    def sheet(size: tuple[float, float], rows: int) -> Figure:
        figure = Figure(figsize=size)
        axes = figure.subplots(rows, len(pushes) // rows, sharex=True, squeeze=False)
        for ax, (tau, push) in zip(axes.flat, pushes.items()):
            plotting.plot_field(
                positions.numpy(), push.numpy(), ax=ax, mask=claims.SEPARATION, hull=(low, high)
            )
            ax.plot(others, [1.0] * len(others), "v", color=plotting.INK, ms=4, clip_on=False,
                    transform=ax.get_xaxis_transform())  # fmt: skip
            arm = tau**0.5
            long = "shorter than" if arm < gap / 2 else "as long as"
            long = "longer than" if arm > 2 * gap else long
            ax.set_title(f"Arms {long} gaps: √τ = {arm:.2f}", fontsize=9.5, pad=8)
            ax.set_xlabel("")
            ax.label_outer(remove_inner_ticks=False)
            ax.tick_params(labelleft=True)
        figure.supxlabel("prototype p", fontsize=9.5)
        figure.supylabel("push on p", fontsize=9.5)
        return figure

    wide, tall = sheet((8.6, 2.5), 1), sheet((3.6, 1.8 * len(pushes)), len(pushes))
    return plotting.show(wide, phone=[tall], alt=" ".join(words))


@plotting.styled
def verdicts(questions: Sequence[claims.Question], table: pd.DataFrame) -> HTML:
    """What separation changes at each N, and the share outside the hull with and without it."""
    said = {a: [str(q.n) for q in questions if q.answer == a] for a in VERDICTS}
    sure = [str(q.n) for q in questions if (q.corrected or q.answer) == "no"]
    share = table.groupby(["n", "separation"])["expelled_share"].median().unstack()
    more = [str(n) for n in share.index[share[1] > share[0] + 0.1]]
    sizes = [q.n for q in questions]
    middle = np.array([q.estimate for q in questions])
    reach = np.array([[q.estimate - q.low, q.high - q.estimate] for q in questions]).T
    harm = f"harms at N = {', '.join(sure)}" if sure else "harms nowhere for sure"
    out = f"outside at N = {', '.join(more)}" if more else "outside at no size"

    left, ax = plotting.panel(4.2, 2.8)
    ax.axhline(0, color=plotting.MUTED, lw=0.8)
    look = plotting.LOOKS[claims.SEPARATION]
    ax.errorbar(sizes, middle, reach, fmt=look.marker, color=look.colour, ms=6, lw=1.6)
    plotting.size_axis(ax, sizes)
    labels = [f"{q.n}\n{VERDICTS[q.corrected or q.answer]}" for q in questions]
    ax.set_xticks(sizes, labels=labels)
    ax.set(ylabel="error − baseline's", title=f"Separation {harm} …")
    right, ax = plotting.panel(4.2, 2.8)
    plotting.plot_by_size(table, "expelled_share", ax=ax)
    ax.axhline(0, color=plotting.MUTED, lw=0.8, label="ideal, chance")
    ax.set(ylabel="share outside the hull", title=f"… and sends more prototypes {out}")
    plotting.label_lines(ax)
    words = [
        "Separation lowers the error at N = " + (", ".join(said["yes"]) or "no size")
        + ", raises it at N = " + (", ".join(said["no"]) or "no size")
        + "; elsewhere the interval holds zero.",
        "Median share of prototypes outside the hull: with separation more than a tenth above the "
        "baseline's at N = " + (", ".join(more) or "no size") + ", and close to it elsewhere.",
    ]  # fmt: skip
    return plotting.show(left, right, alt=words)
