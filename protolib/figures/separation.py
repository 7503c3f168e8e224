"""The figures of the chapter on separation."""

from collections.abc import Sequence

import pandas as pd
from IPython.display import HTML
from jaxtyping import Float
from torch import Tensor

from protolib import claims, plotting


@plotting.styled
def fields(
    positions: Float[Tensor, " points"], pushes: dict[float, Tensor], others: Tensor
) -> HTML:
    """The push (points,) on one prototype by its place, a panel for each temperature τ."""
    drawn, words = [], []
    low, high = others.min().item(), others.max().item()
    right, inside = positions > high, (positions > low) & (positions < high)
    for tau, push in pushes.items():
        figure, ax = plotting.panel(3.0, 2.5)
        plotting.plot_field(
            positions.numpy(), push.numpy(), ax=ax, mask=claims.SEPARATION, hull=(low, high)
        )
        ax.plot(others, [0] * len(others), "v", color=plotting.INK, ms=5)
        ax.set(title=f"τ = {tau:g}, √τ = {tau**0.5:.2f}", ylabel="push on p")
        drawn.append(figure)
        strongest = push.abs().max()
        felt = (push[right] > 0.05 * strongest).double().mean()
        turns = int((push[inside].sign().diff() != 0).sum())
        words.append(
            f"τ = {tau:g}: between the others the push changes its direction at {turns} places; "
            f"to the right of them it points outwards and is felt on {felt:.0%} of the way shown."
        )
    return plotting.show(*drawn, alt=words)


@plotting.styled
def verdicts(questions: Sequence[claims.Question], table: pd.DataFrame) -> HTML:
    """What separation changes at each N, and the share outside the hull with and without it."""
    left, ax = plotting.panel(3.4, 2.8)
    plotting.plot_contrasts(questions, ax=ax, mask=claims.SEPARATION)
    ax.set_xlabel("← helps \u2003 change of the error \u2003 harms →")
    right, ax = plotting.panel(3.4, 2.8)
    plotting.plot_by_size(table, "expelled_share", ax=ax)
    ax.axhline(0, color=plotting.MUTED, lw=0.8, label="ideal and chance")
    ax.set(ylabel="share outside the hull", ylim=(-0.03, 0.85))
    ax.legend(loc="upper left")
    said = {a: [str(q.n) for q in questions if q.answer == a] for a in ("yes", "no", "open")}
    share = table.groupby(["n", "separation"])["expelled_share"].median().unstack()
    more = [str(n) for n in share.index[share[1] > share[0] + 0.1]]
    words = [
        "Separation lowers the error at N = " + (", ".join(said["yes"]) or "no size")
        + ", raises it at N = " + (", ".join(said["no"]) or "no size")
        + "; elsewhere the interval holds zero.",
        "Median share of prototypes outside the hull: with separation more than a tenth above the "
        "baseline's at N = " + (", ".join(more) or "no size") + ", and close to it elsewhere.",
    ]  # fmt: skip
    return plotting.show(left, right, alt=words)
