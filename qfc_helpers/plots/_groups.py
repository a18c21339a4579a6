"""Data by group."""

from typing import TYPE_CHECKING

import pandas as pd

from qfc_helpers import theme

from ._axes import check_columns, new_axes, scatter, too_many

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_groups"]


def plot_groups(
    data: pd.DataFrame, x: str, y: str, group: str, *, ax: "Axes | None" = None
) -> "Axes":
    """Draw a response against a predictor, one marker per group (up to ten groups).

    Parameters
    ----------
    data : pandas.DataFrame
        One row per observation.
    x, y, group : str
        Columns: predictor, response (both numeric) and group label.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Its figure carries an alt text.

    Raises
    ------
    TypeError
        If `data` is no data frame.
    ValueError
        If a column is missing, not numeric, or not finite, or there is only one group.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from qfc_helpers.data import load_scorpions
    >>> ax = plot_groups(load_scorpions(), x="length", y="weight", group="population")
    >>> ax.get_xlabel()
    'length'
    >>> plt.close()
    """
    levels = check_columns(data, x, y, group)
    ax = new_axes(ax)
    scatter(data, x, y, group, levels, ax)
    many = too_many(levels)
    if not many:
        ax.legend(title=group)
    theme.set_alt_text(
        ax,
        f"Scatter plot of {y} against {x} for {len(data)} observations in {len(levels)} groups "
        f"({group}), "
        f"{'all drawn alike' if many else 'one marker per group'}.",
    )
    return ax
