"""Shrinkage as a precision-weighted average: who moves how far, and why."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from qfc_helpers import theme

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_shrinkage"]

FIGURE_SIZE = (12, 5.4)


def plot_shrinkage(
    own: "Mapping[str, float] | pd.Series",
    n: "int | Mapping[str, int] | pd.Series",
    sd_alpha: float,
    sd_obs: float,
    *,
    mu_alpha: float | None = None,
    axes: "np.ndarray | None" = None,
) -> np.ndarray:
    r"""Draw how far partial pooling moves each group, and the pooling factor behind it.

    Given the standard deviations and the slope, the posterior of each group's intercept is Normal,
    with a mean that is an average of the group's own estimate and the groups' mean, weighted by
    their precisions:

    .. math:: \hat\alpha_j = (1 - \omega_j)\,\mathrm{own}_j + \omega_j\,\mu_\alpha, \qquad
       \omega_j = \frac{1 / \mathrm{sd\_alpha}^2}{n_j / \mathrm{sd\_obs}^2 + 1/\mathrm{sd\_alpha}^2}

    Parameters
    ----------
    own : mapping or pandas.Series
        Each group's own estimate of its intercept, by group, given the slope.
    n : int, or mapping or pandas.Series of int
        Observations in each group; one number for all, or one for each.
    sd_alpha, sd_obs : float
        Standard deviations among groups (zero or more) and within them, in units of the response.
    mu_alpha : float, optional
        Mean of the groups; by default its best estimate from `own`, weighted by how well each is
        known.
    axes : array of two matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    numpy.ndarray of two matplotlib.axes.Axes
        Left the estimates with their standard errors, right the pooling factor against n. Their
        figure carries an alt text.

    Raises
    ------
    ValueError
        If a number is not finite or not in its range, or `n` lacks a group.

    References
    ----------
    Gelman, A. and Hill, J. (2007). Data analysis using regression and multilevel/hierarchical
    models, section 12.2, equation 12.1. Cambridge University Press.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> axes = plot_shrinkage({"1": 2.0, "2": 65.0, "3": 59.0}, n=3, sd_alpha=32, sd_obs=25)
    >>> axes[1].get_ylabel()
    'pooling factor $\\omega_j$'
    >>> plt.close()
    """
    table = shrink(own, n, sd_alpha, sd_obs, mu_alpha)
    if axes is None:
        import matplotlib.pyplot as plt

        axes = pair_of_axes(plt.figure(figsize=FIGURE_SIZE))
    draw_frame(axes, table)
    draw_marks(axes, table, sd_alpha, sd_obs)
    theme.set_alt_text(axes[0], describe(table, sd_alpha, sd_obs))
    return axes


def shrink(
    own: Any, n: Any, sd_alpha: float, sd_obs: float, mu_alpha: float | None = None
) -> pd.DataFrame:
    """Compute each group's pooling factor and estimate, given the standard deviations."""
    own = pd.Series(own, dtype=float)
    if own.empty or not np.isfinite(own).all():
        raise ValueError(f"own must hold one finite number per group, got {own.to_dict()}.")
    for name, value, low in (("sd_alpha", sd_alpha, 0), ("sd_obs", sd_obs, None)):
        if not np.isfinite(value) or (value <= 0 if low is None else value < low):
            wanted = "a positive number" if low is None else "a number from 0 up"
            raise ValueError(f"{name}={value!r}; expected {wanted}, in units of the response.")
    sizes = pd.Series(n, index=own.index) if np.ndim(n) == 0 and not hasattr(n, "keys") else n
    sizes = pd.Series(sizes).reindex(own.index)
    if sizes.isna().any() or (sizes < 1).any():
        raise ValueError(
            f"n must be at least 1 for every group, got {sizes.to_dict()}. Pass one number, or one "
            "for each group of own."
        )
    error = sd_obs / np.sqrt(sizes.astype(float))
    weight = 1 / (sd_alpha**2 + error**2)
    center = float((weight * own).sum() / weight.sum()) if mu_alpha is None else float(mu_alpha)
    # sd_obs^2 / (sd_obs^2 + n sd_alpha^2): the fraction of precisions, defined at sd_alpha = 0.
    pooling = error**2 / (sd_alpha**2 + error**2)
    return pd.DataFrame(
        {
            "own": own,
            "n": sizes,
            "error": error,
            "pooling": pooling,
            "partial": (1 - pooling) * own + pooling * center,
            "sd": sd_alpha * np.sqrt(pooling),
            "mu_alpha": center,
        }
    )


def pair_of_axes(figure: "Figure") -> np.ndarray:
    return figure.subplots(ncols=2, width_ratios=[1.5, 1])


def draw_frame(axes: np.ndarray, table: pd.DataFrame) -> None:
    """Draw what does not depend on the standard deviations: axes, labels, legend."""
    from matplotlib.lines import Line2D

    left, right = axes
    span = np.ptp(table["own"]) or 1.0
    prefix = f"{table.index.name} " if table.index.name else ""
    left.set(
        xlim=(table["own"].min() - 0.6 * span, table["own"].max() + 0.6 * span),
        ylim=(-1.55, len(table) + 0.2),
        yticks=[*range(len(table))[::-1], -1.2],
        yticklabels=[*(f"{prefix}{label}" for label in table.index), r"all $\alpha_j$"],
        xlabel=r"intercept $\alpha_j$ (bars: $\pm$ 1 standard deviation)",
    )
    handles = [
        Line2D([], [], color=theme.POOLING_COLORS[name], marker=marker, label=label)
        for name, marker, label in (
            ("no", "s", "own estimate"),
            ("partial", "o", "partial pooling"),
        )
    ]
    left.legend(handles=handles, loc="upper center", ncols=2, columnspacing=1, handlelength=1.2)
    right.set(
        xlim=(0, max(41, 1.1 * table["n"].max())),
        ylim=(-0.16, 1.2),
        yticks=np.linspace(0, 1, 6),
        xlabel="observations per group, $n_j$",
        ylabel=r"pooling factor $\omega_j$",
    )
    for height, text in ((1.1, "1 = complete pooling"), (-0.12, "0 = no pooling")):
        right.text(0.97, height, text, ha="right", transform=right.get_yaxis_transform())


def draw_marks(
    axes: np.ndarray, table: pd.DataFrame, sd_alpha: float, sd_obs: float
) -> "list[Artist]":
    """Draw what the standard deviations move, and return it, in the order of drawing."""
    return [
        *_draw_hyperdistribution(axes[0], table, sd_alpha),
        *_draw_estimates(axes[0], table),
        *_draw_pooling_factor(axes[1], table, sd_alpha, sd_obs),
    ]


def _draw_hyperdistribution(ax: "Axes", table: pd.DataFrame, sd_alpha: float) -> "list[Artist]":
    """Draw the distribution of the groups' intercepts, and its mean."""
    color = "#56606B"  # a distribution, none of the three assumptions
    center = table["mu_alpha"].iloc[0]
    marks = ax.plot([center] * 2, [-1.55, len(table) - 0.5], "-", color=color, linewidth=2)
    if sd_alpha > 0:
        grid = np.linspace(*ax.get_xlim(), 300)
        height = 0.9 * np.exp(-0.5 * ((grid - center) / sd_alpha) ** 2)
        marks.append(ax.fill_between(grid, -1.55, height - 1.55, color=color, alpha=0.35, lw=0))
    return marks


def _draw_estimates(ax: "Axes", table: pd.DataFrame) -> "list[Artist]":
    """Draw both estimates of each group with an arrow from one to the other."""
    rows = np.arange(len(table))[::-1]
    marks: list[Artist] = []
    for name, value, error, shift, marker in (
        ("no", "own", "error", 0.18, "s"),
        ("partial", "partial", "sd", -0.18, "o"),
    ):
        color, center, half = theme.POOLING_COLORS[name], table[value], table[error]
        marks.append(ax.hlines(rows + shift, center - half, center + half, color=color, lw=2.5))
        marks += ax.plot(center, rows + shift, marker, color=color, markersize=11)
    ends = zip(table["own"], table["partial"], rows, strict=True)
    marks += [
        ax.annotate(
            "",
            (partial, row - 0.18),
            (own, row + 0.18),
            arrowprops={
                "arrowstyle": "->",
                "color": "black",
                "lw": 1.8,
                "shrinkA": 7,
                "shrinkB": 7,
            },
        )
        for own, partial, row in ends
    ]
    return marks


def _draw_pooling_factor(
    ax: "Axes", table: pd.DataFrame, sd_alpha: float, sd_obs: float
) -> "list[Artist]":
    """Draw the pooling factor for any n, and the groups on that curve."""
    grid = np.linspace(1, ax.get_xlim()[1], 200)
    color = theme.POOLING_COLORS["partial"]
    marks: list[Artist] = ax.plot(
        grid, sd_obs**2 / (sd_obs**2 + grid * sd_alpha**2), color=color, zorder=1
    )
    marks += ax.plot(table["n"], table["pooling"], "o", color=color, markersize=13, mec="black")
    if table["n"].min() == table["n"].max():
        n, pooling = table[["n", "pooling"]].iloc[0]
        text = rf"$\omega_j$ = {pooling:.2f}"
        marks.append(ax.annotate(text, (n, pooling), xytext=(9, 7), textcoords="offset points"))
    return marks


def describe(table: pd.DataFrame, sd_alpha: float, sd_obs: float) -> str:
    """Say in words what there is to see."""
    moves = "; ".join(
        f"group {label} from {row['own']:.1f} to {row['partial']:.1f}"
        for label, row in table.head(5).iterrows()
    )
    low, high = table["pooling"].min(), table["pooling"].max()
    factor = f"{low:.2f}" if high - low < 0.005 else f"{low:.2f} to {high:.2f}"
    return (
        f"Left, each group's own estimate and where partial pooling moves it, towards the mean "
        f"{table['mu_alpha'].iloc[0]:.1f}: {moves}. Right, the pooling factor against the number "
        f"of observations per group, for standard deviations {sd_alpha:.3g} among groups and "
        f"{sd_obs:.3g} within; here it is {factor}."
    )
