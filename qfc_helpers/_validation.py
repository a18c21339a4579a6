"""Checks of what a user hands over, with errors that say how to go on."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

__all__ = ["check_frame", "check_group_column", "check_numeric_column"]


def check_frame(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise unless `frame` is a non-empty data frame that has `columns`.

    Parameters
    ----------
    frame : pandas.DataFrame
        What the user passed as data.
    columns : sequence of str
        The columns that the caller will read.

    Raises
    ------
    TypeError
        If `frame` is not a data frame.
    ValueError
        If it has no rows, or one of `columns` is missing.
    """
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(
            f"data must be a pandas DataFrame, got {type(frame).__name__}; "
            "build one with pandas.DataFrame({...}) or pandas.read_csv(...)."
        )
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(
            f"column {missing[0]!r} is missing; the data have {list(map(str, frame.columns))}. "
            "Check the spelling, or rename the column with data.rename(columns={...})."
        )
    if frame.empty:
        raise ValueError(
            f"the data have no rows (columns {list(map(str, frame.columns))}); expected at least "
            "one. Check the filter or the file that made them."
        )


def check_numeric_column(frame: pd.DataFrame, column: str) -> None:
    """Raise unless `column` holds finite numbers only.

    Raises
    ------
    ValueError
        If the column is not numeric, or holds a NaN or an infinite value; the message names the
        first row at fault.
    """
    values = frame[column]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        raise ValueError(
            f"column {column!r} must be numeric, got dtype {values.dtype} "
            f"(first value {values.iloc[0]!r}). Convert it with "
            f"pandas.to_numeric(data[{column!r}])."
        )
    finite = np.isfinite(values.to_numpy(dtype=float, na_value=np.nan))
    if not finite.all():
        row = values.index[~finite][0]
        raise ValueError(
            f"column {column!r} has {(~finite).sum()} value(s) that are not finite, first in row "
            f"{row!r} ({values.loc[row]!r}). Drop those rows with "
            f"data.dropna(subset=[{column!r}]) or find out why they are missing."
        )


def check_group_column(frame: pd.DataFrame, column: str, minimum_levels: int = 2) -> None:
    """Raise unless `column` names a group for every row, with enough groups in all.

    Raises
    ------
    ValueError
        If a label is missing, or there are fewer than `minimum_levels` distinct labels.
    """
    labels = frame[column]
    if labels.isna().any():
        row = labels.index[labels.isna()][0]
        raise ValueError(
            f"group column {column!r} has {labels.isna().sum()} missing label(s), first in row "
            f"{row!r}. Every row needs a group: drop the rows or label them."
        )
    levels = list(pd.unique(labels))
    if len(levels) < minimum_levels:
        raise ValueError(
            f"group column {column!r} has one level only ({levels[0]!r}); pooling among groups "
            f"needs at least {minimum_levels}. With one group, fit an ordinary regression."
        )
