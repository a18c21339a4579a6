"""Estimates against sample size, without pooling and with."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from qfc_helpers import theme

from ._axes import check_intervals

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_estimate_vs_n"]

_MARKERS = {"no": "s", "partial": "o"}
#: Groups of the same size are spread over this share of their size, to either side.
_SPREAD = 0.16


def plot_estimate_vs_n(
    no: pd.DataFrame,
    partial: pd.DataFrame,
    n: pd.Series,
    complete: float | None = None,
    *,
    mu_alpha: float | None = None,
    label: Sequence[str] = (),
    axes: "np.ndarray | None" = None,
) -> np.ndarray:
    """Draw each group's estimate and interval against its sample size, in two panels.

    No pooling stands on the left, partial pooling on the right, on the same axes; the sample size
    is on a logarithmic scale. Groups of the same size are spread a little, so that their intervals
    can be told apart.

    Parameters
    ----------
    no, partial : pandas.DataFrame, one row per group
        Columns ``estimate``, ``lower`` and ``upper``, in units of the response; the index holds the
        groups' names.
    n : pandas.Series, one entry per group
        Number of observations; the index holds the groups' names.
    complete : float, optional
        The estimate of complete pooling: a reference line in both panels.
    mu_alpha : float, optional
        The mean of the groups, towards which partial pooling moves them: a second line, on the
        right.
    label : sequence of str, optional
        Groups whose names are written into the panels: above all intervals, at the end of a line
        from the estimate, or for a large group below its interval.
    axes : array of two matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    numpy.ndarray of two matplotlib.axes.Axes
        Their figure carries an alt text.

    Raises
    ------
    TypeError
        If `no` or `partial` is no data frame, or `n` no series.
    ValueError
        If a column is missing or not finite, an interval does not hold its estimate, the groups
        differ, a sample size is not positive, or there are not two axes.

    References
    ----------
    Gelman, A. and Hill, J. (2007). Data analysis using regression and multilevel/hierarchical
    models, section 12.2 and figures 12.1 and 12.3. Cambridge University Press.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> groups = ["A", "B", "C"]
    >>> n = pd.Series([1, 4, 100], index=groups)
    >>> no = pd.DataFrame({"estimate": [3, 2, 1.4], "lower": [1, 1, 1.2], "upper": [5, 3, 1.6]})
    >>> partial = pd.DataFrame({"estimate": [1.8, 1.7, 1.4], "lower": 1.2, "upper": 2.1})
    >>> axes = plot_estimate_vs_n(
    ...     no.set_axis(groups), partial.set_axis(groups), n, complete=1.5, label=["A"]
    ... )
    >>> [ax.get_title() for ax in axes]
    ['no pooling', 'partial pooling']
    >>> plt.close()
    """
    tables = {"no": no, "partial": partial}
    _check_sizes(n)
    for name, table in tables.items():
        _check_table(name, table, n)
    unknown = [group for group in label if group not in n.index]
    if unknown:
        raise ValueError(
            f"label has {unknown[0]!r}, which is no group of the data; expected names such as "
            f"{list(n.index[:3])}."
        )
    axes = _two_axes(axes)
    positions = _spread_out(n)
    for ax, (name, table) in zip(axes, tables.items(), strict=True):
        _draw(ax, name, table.loc[n.index], positions)
        _write_names(ax, table, positions, label)
        _references(ax, complete, mu_alpha if name == "partial" else None)
        ax.set(title=f"{name} pooling", xlabel="observations per group", xscale="log")
        _plain_ticks(ax, n)
    ends = np.concatenate([ax.get_ylim() for ax in axes])
    room = 0.07 * np.ptp(ends) * len(_in_left_half(positions, label))
    for ax in axes:
        ax.set_ylim(ends.min(), ends.max() + room)
    axes[0].set_ylabel("estimate and interval")
    axes[1].tick_params(labelleft=False)
    theme.set_alt_text(axes[0], _describe(tables, n, complete, mu_alpha))
    return axes


def _check_sizes(n: pd.Series) -> None:
    if not isinstance(n, pd.Series):
        raise TypeError(
            f"n must be a pandas Series of sample sizes by group, got {type(n).__name__}; for "
            'example data["county"].value_counts().'
        )
    bad = n[~(n > 0)]
    if len(bad) or n.empty:
        what = f"n of group {bad.index[0]!r} is {bad.iloc[0]}" if len(bad) else "n is empty"
        raise ValueError(f"{what}; expected a positive number for each group.")


def _check_table(name: str, table: pd.DataFrame, n: pd.Series) -> None:
    check_intervals(name, table)
    strange = sorted(map(str, table.index.symmetric_difference(n.index)))
    if strange or table.index.has_duplicates:
        raise ValueError(
            f"{name} and n differ in their groups, first in {strange[:1] or 'a repeated name'}; "
            "give each one row per group with the group's name as index."
        )


def _two_axes(axes: "np.ndarray | None") -> np.ndarray:
    if axes is None:
        import matplotlib.pyplot as plt

        _, axes = plt.subplots(ncols=2, figsize=(11, 5.6))
    axes = np.asarray(axes, dtype=object).ravel()
    if axes.size != 2:
        raise ValueError(f"axes holds {axes.size} axes; expected two, one per panel.")
    return axes


def _spread_out(n: pd.Series) -> pd.Series:
    """Place the groups of each size evenly around it, in the order in which they stand."""
    rank = n.groupby(n).cumcount()
    count = n.groupby(n).transform("size")
    offset = (2 * rank + 1 - count) / count.clip(lower=6)
    return n * (1 + _SPREAD) ** offset


def _draw(ax: "Axes", name: str, table: pd.DataFrame, positions: pd.Series) -> None:
    ax.errorbar(
        positions,
        table["estimate"],
        yerr=[table["estimate"] - table["lower"], table["upper"] - table["estimate"]],
        fmt=_MARKERS[name],
        color=theme.POOLING_COLORS[name],
        markersize=6,
        markeredgecolor="white",
        markeredgewidth=0.6,
        elinewidth=1.3,
        zorder=2,
    )


def _write_names(
    ax: "Axes", table: pd.DataFrame, positions: pd.Series, label: Sequence[str]
) -> None:
    from matplotlib.transforms import offset_copy

    left = _in_left_half(positions, label)
    # The leftmost name stands highest, so that no line crosses another name.
    for step, group in enumerate(left[::-1]):
        x = positions[group]
        ax.annotate(
            group,
            (x, table.loc[group, "estimate"]),
            xytext=(x, table["upper"].max()),
            textcoords=offset_copy(ax.transData, ax.figure, x=4, y=8 + 20 * step, units="points"),
            ha="left",
            va="center",
            fontsize=14,
            zorder=4,
            arrowprops={
                "arrowstyle": "-",
                "color": "black",
                "relpos": (0, 0.5),
                "shrinkA": 0,
                "shrinkB": 3,
            },
        )
    for group in [group for group in label if group not in left]:
        ax.annotate(
            group,
            (positions[group], table.loc[group, "lower"]),
            xytext=(10, -14),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=14,
            zorder=4,
        )


def _in_left_half(positions: pd.Series, label: Sequence[str]) -> list[str]:
    """Name the groups to be labeled that stand left of the middle, from left to right."""
    middle = np.sqrt(positions.min() * positions.max())
    return [g for g in positions.loc[list(label)].sort_values().index if positions[g] <= middle]


def _references(ax: "Axes", complete: float | None, mu_alpha: float | None) -> None:
    lines = {
        "complete pooling": (complete, theme.POOLING_COLORS["complete"], "complete"),
        r"$\mu_\alpha$": (mu_alpha, "black", "partial"),
    }
    for name, (height, color, linestyle) in lines.items():
        if height is not None:
            ax.axhline(
                height,
                color=color,
                linestyle=theme.POOLING_LINESTYLES[linestyle],
                linewidth=1.5 if color == "black" else None,
                label=name,
                zorder=3,
            )
    if complete is not None or mu_alpha is not None:
        ax.legend(loc="upper right")


def _plain_ticks(ax: "Axes", n: pd.Series) -> None:
    """Write sample sizes as whole numbers: 1, 2, 5, 10, ..."""
    ticks = [factor * 10**power for power in range(7) for factor in (1, 2, 5)]
    ticks = [tick for tick in ticks if tick <= n.max()] or [1]
    ax.set_xticks(ticks, [str(tick) for tick in ticks])
    ax.minorticks_off()
    ax.set_xlim(n.min() / 1.25, n.max() * 1.3)


def _describe(
    tables: dict[str, pd.DataFrame], n: pd.Series, complete: float | None, mu_alpha: float | None
) -> str:
    """Say in words what there is to see."""
    spread = {
        name: f"from {table['estimate'].min():.2f} to {table['estimate'].max():.2f}"
        for name, table in tables.items()
    }
    width = {name: table["upper"] - table["lower"] for name, table in tables.items()}
    small, large = n.idxmin(), n.idxmax()
    line = "" if complete is None else f" A line marks complete pooling, {complete:.2f}."
    line += "" if mu_alpha is None else f" On the right one more marks mu_alpha, {mu_alpha:.2f}."
    return (
        f"Two panels of {len(n)} groups' estimates with intervals against their sample sizes, "
        f"{n.min()} to {n.max()}. Without pooling the estimates range {spread['no']}; with partial "
        f"pooling {spread['partial']}. The interval of a smallest group is "
        f"{width['no'][small]:.2f} wide without pooling and {width['partial'][small]:.2f} with; of "
        f"the largest, {width['no'][large]:.2f} and {width['partial'][large]:.2f}.{line}"
    )
