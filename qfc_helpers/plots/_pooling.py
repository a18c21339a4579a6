"""Data with the lines of the three pooling assumptions."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from qfc_helpers import theme

from ._axes import check_columns, cycle, new_axes, scatter, too_many
from ._pooling_lines import pooling_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_pooling"]

_ASSUMPTIONS = {"complete": "complete pooling", "no": "no pooling", "partial": "partial pooling"}


def plot_pooling(
    data: pd.DataFrame,
    x: str,
    y: str,
    group: str,
    *,
    no: Any = None,
    complete: Any = None,
    partial: Any = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw data with the fitted lines of any of the three pooling assumptions.

    Color and line style tell the assumptions apart (dark green dashed: no pooling; orange dotted:
    complete pooling; blue solid: partial pooling), the marker tells the groups apart: filled for
    the data, hollow at both ends of the group's lines.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per observation.
    x, y, group : str
        Columns: predictor, response (both numeric) and group label.
    no, complete, partial : fit, optional
        What `pooling_lines` understands: a statsmodels fit, or a DataTree of draws, whose posterior
        means are drawn. At least one.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Its figure carries an alt text.

    Raises
    ------
    TypeError
        If `data` is no data frame or a fit is of another type.
    ValueError
        If no fit is given, a fit lacks a group of the data, or the data are unfit to plot.

    References
    ----------
    Gelman, A. and Hill, J. (2007). Data analysis using regression and multilevel/hierarchical
    models, section 12.2, figures 12.2 and 12.4. Cambridge University Press.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import statsmodels.formula.api as smf
    >>> from qfc_helpers.data import load_scorpions
    >>> scorpions = load_scorpions()
    >>> no = smf.ols("weight ~ 0 + population + length", scorpions).fit()
    >>> ax = plot_pooling(scorpions, x="length", y="weight", group="population", no=no)
    >>> len(ax.lines)
    3
    >>> plt.close()
    """
    levels = check_columns(data, x, y, group)
    fits = {
        name: fit
        for name, fit in (("complete", complete), ("no", no), ("partial", partial))
        if fit is not None
    }
    if not fits:
        raise ValueError(
            "plot_pooling got no fit; pass at least one of no=, complete= and partial=."
        )
    lines = {name: pooling_lines(fit, x, levels) for name, fit in fits.items()}
    ax = new_axes(ax)
    scatter(data, x, y, group, levels, ax)
    # A little beyond the data, so that the lines' markers do not cover observations.
    low, high = data[x].min(), data[x].max()
    ends = np.array([low - 0.04 * (high - low), high + 0.04 * (high - low)])
    for name, table in lines.items():
        _draw_lines(ax, name, table, ends)
    _label_line_ends(ax, lines, levels, ends[1], group)
    _pooling_legend(ax, lines, levels)
    theme.set_alt_text(
        ax,
        f"Scatter plot of {y} against {x} for {len(levels)} groups ({group}) with the fitted lines "
        f"of {' and '.join(_describe(name, table, levels) for name, table in lines.items())}.",
    )
    return ax


def _draw_lines(ax: "Axes", name: str, table: pd.DataFrame, ends: np.ndarray) -> None:
    """Draw one assumption's lines; where groups differ, their markers, hollow, tell whose."""
    shared = len(table.drop_duplicates()) == 1
    many = too_many(list(table.index))
    rows = table[:1] if shared else table
    for number, (intercept, slope) in enumerate(rows.itertuples(index=False)):
        ax.plot(
            ends,
            intercept + slope * ends,
            color=theme.POOLING_COLORS[name],
            linestyle=theme.POOLING_LINESTYLES[name],
            linewidth=0.8 if many and not shared else None,
            alpha=0.6 if many and not shared else None,
            marker=None if shared or many else cycle(theme.GROUP_MARKERS, number),
            markerfacecolor="white",
            markeredgewidth=1.8,
            markersize=8,
            zorder=1,
        )


def _label_line_ends(
    ax: "Axes", lines: dict[str, pd.DataFrame], levels: list[str], end: float, group: str
) -> None:
    """Write each group's label behind the end of its lines, if the lines differ among groups."""
    tables = [table for table in lines.values() if len(table.drop_duplicates()) > 1]
    if not tables or too_many(levels):
        return
    ax.set_xlim(right=end + 0.24 * (end - ax.get_xlim()[0]))
    for number, level in enumerate(levels):
        heights = [
            table.loc[level, "intercept"] + table.loc[level, "slope"] * end for table in tables
        ]
        ax.annotate(
            f"{group} {level}" if len(f"{group} {level}") < 15 else level,
            (end, float(np.mean(heights))),
            xytext=(12, 0),
            textcoords="offset points",
            va="center",
            color=cycle(theme.GROUP_COLORS, number),
            fontsize=15,
        )


def _pooling_legend(ax: "Axes", lines: dict[str, pd.DataFrame], levels: list[str]) -> None:
    """Explain the lines and their hollow ends; the groups are labeled where they are."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [],
            [],
            color=theme.POOLING_COLORS[name],
            linestyle=theme.POOLING_LINESTYLES[name],
            label=_ASSUMPTIONS[name],
        )
        for name in lines
    ]
    if not too_many(levels) and any(len(table.drop_duplicates()) > 1 for table in lines.values()):
        hollow = {"marker": "o", "markerfacecolor": "white", "markeredgewidth": 1.8}
        handles.append(
            Line2D([], [], color="black", linestyle="", label="end of a line, no data", **hollow)
        )
    ax.legend(handles=handles, loc="best", handlelength=2.4)


def _describe(name: str, table: pd.DataFrame, levels: list[str]) -> str:
    """Say one assumption's lines in words, for the alt text."""
    if len(table.drop_duplicates()) == 1:
        return f"{_ASSUMPTIONS[name]} (one line, intercept {table['intercept'].iloc[0]:.1f})"
    if len(levels) > 5:
        spread = table["intercept"].std()
        return f"{_ASSUMPTIONS[name]} (intercepts with standard deviation {spread:.2f})"
    intercepts = ", ".join(f"{value:.1f}" for value in table["intercept"])
    return f"{_ASSUMPTIONS[name]} (intercepts {intercepts})"
