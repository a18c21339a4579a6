"""What the figures share: checks of the columns, axes, and markers for groups."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from qfc_helpers import theme
from qfc_helpers._validation import check_frame, check_group_column, check_numeric_column

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["check_columns", "check_intervals", "cycle", "new_axes", "scatter", "too_many"]

_INTERVAL_COLUMNS = ("estimate", "lower", "upper")


def check_columns(data: pd.DataFrame, x: str, y: str, group: str) -> list[str]:
    """Validate the columns and return the group levels in their order, as text."""
    check_frame(data, [x, y, group])
    check_numeric_column(data, x)
    check_numeric_column(data, y)
    check_group_column(data, group)
    labels = data[group]
    if isinstance(labels.dtype, pd.CategoricalDtype):
        return [str(level) for level in labels.cat.remove_unused_categories().cat.categories]
    return [str(level) for level in sorted(labels.unique())]


def check_intervals(name: str, table: pd.DataFrame) -> None:
    """Raise unless `table` has an estimate inside a finite interval in each row."""
    if not isinstance(table, pd.DataFrame):
        raise TypeError(
            f"{name} must be a pandas DataFrame with the columns {', '.join(_INTERVAL_COLUMNS)}, "
            f"got {type(table).__name__}."
        )
    missing = [column for column in _INTERVAL_COLUMNS if column not in table]
    if missing:
        raise ValueError(
            f"{name} has no column {missing[0]!r}; it has {list(map(str, table.columns))}. "
            "Name its columns estimate, lower and upper."
        )
    numbers = table[list(_INTERVAL_COLUMNS)].to_numpy(float)
    bad = ~(np.isfinite(numbers).all(axis=1) & (np.diff(numbers[:, [1, 0, 2]]) >= 0).all(axis=1))
    if bad.any():
        raise ValueError(
            f"{name} of group {table.index[bad][0]!r} is {table[bad].iloc[0].to_dict()}; expected "
            "finite numbers with lower <= estimate <= upper."
        )


def new_axes(ax: "Axes | None") -> "Axes":
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.figure().add_subplot()


def scatter(data: pd.DataFrame, x: str, y: str, group: str, levels: list[str], ax: "Axes") -> None:
    """Draw the observations: one marker and color per group, or all alike if groups are many."""
    if too_many(levels):
        ax.scatter(data[x], data[y], s=30, color=theme.GROUP_COLORS[2], alpha=0.5, zorder=3)
        ax.set(xlabel=x, ylabel=y)
        return
    for number, level in enumerate(levels):
        rows = data[data[group].astype(str) == level]
        ax.scatter(
            rows[x],
            rows[y],
            s=110,
            marker=cycle(theme.GROUP_MARKERS, number),
            color=cycle(theme.GROUP_COLORS, number),
            edgecolor="white",
            linewidth=0.8,
            label=level,
            zorder=3,
        )
    ax.set(xlabel=x, ylabel=y)


def too_many(levels: list[str]) -> bool:
    """Whether there are more groups than markers that an eye can tell apart."""
    return len(levels) > len(theme.GROUP_MARKERS)


def cycle(values: tuple[str, ...], number: int) -> str:
    return values[number % len(values)]
