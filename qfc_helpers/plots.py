"""The figures of the course that ArviZ and seaborn do not have."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from qfc_helpers import theme
from qfc_helpers._validation import check_frame, check_group_column, check_numeric_column

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_groups", "plot_pooling", "pooling_lines"]

_ASSUMPTIONS = {"complete": "complete pooling", "no": "no pooling", "partial": "partial pooling"}


def plot_groups(
    data: pd.DataFrame, x: str, y: str, group: str, *, ax: "Axes | None" = None
) -> "Axes":
    """Draw a response against a predictor, one marker per group.

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
    levels = _check(data, x, y, group)
    ax = _new_axes(ax)
    _scatter(data, x, y, group, levels, ax)
    ax.legend(title=group)
    theme.set_alt_text(
        ax,
        f"Scatter plot of {y} against {x} for {len(data)} observations in {len(levels)} groups "
        f"({group}), one marker per group.",
    )
    return ax


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
    levels = _check(data, x, y, group)
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
    ax = _new_axes(ax)
    _scatter(data, x, y, group, levels, ax)
    # A little beyond the data, so that the lines' markers do not cover observations.
    low, high = data[x].min(), data[x].max()
    ends = np.array([low - 0.04 * (high - low), high + 0.04 * (high - low)])
    for name, table in lines.items():
        _draw_lines(ax, name, table, ends)
    _label_line_ends(ax, lines, levels, ends[1], group)
    _pooling_legend(ax, fits)
    theme.set_alt_text(
        ax,
        f"Scatter plot of {y} against {x} for {len(levels)} groups ({group}) with the fitted lines "
        f"of {' and '.join(_describe(name, table, levels) for name, table in lines.items())}.",
    )
    return ax


def pooling_lines(fit: Any, x: str, levels: list[str]) -> pd.DataFrame:
    """Read each group's intercept and slope off a fit.

    Parameters
    ----------
    fit : statsmodels results or xarray.DataTree
        A linear model with or without group intercepts, a mixed model with random intercepts, or
        draws of a Bambi model (posterior means are taken).
    x : str
        The predictor whose slope is meant.
    levels : list of str
        The groups, in the order of the result.

    Returns
    -------
    pandas.DataFrame, one row per group
        ``intercept`` (units of the response) and ``slope`` (per unit of `x`).

    Raises
    ------
    TypeError
        If `fit` is of another type.
    ValueError
        If the fit has no slope for `x`, or lacks a group.

    Examples
    --------
    >>> import statsmodels.formula.api as smf
    >>> from qfc_helpers.data import load_scorpions
    >>> fit = smf.ols("weight ~ 1 + length", load_scorpions()).fit()
    >>> pooling_lines(fit, "length", ["1", "2"]).round(2).to_dict("index")["2"]
    {'intercept': 44.48, 'slope': 2.55}
    """
    coefficients, intercepts = _coefficients(fit)
    if x not in coefficients:
        raise ValueError(
            f"the fit has no coefficient for {x!r}; it has {sorted(map(str, coefficients))}. "
            "Name the predictor as in the model's formula."
        )
    if np.ndim(intercepts) == 0:
        intercepts = pd.Series(float(intercepts), index=levels)
    unknown = [level for level in levels if level not in intercepts.index]
    if unknown:
        raise ValueError(
            f"group {unknown[0]!r} is in the data but not in the fit, which knows "
            f"{list(intercepts.index)}. Fit and plot the same data."
        )
    return pd.DataFrame({"intercept": intercepts.loc[levels], "slope": coefficients[x]})


def _coefficients(fit: Any) -> tuple[dict[str, float], "pd.Series | float"]:
    """Give the coefficients by name, and the intercepts: one number, or a series by group."""
    if hasattr(fit, "children") and "posterior" in fit.children:  # a DataTree
        return _coefficients_of_draws(fit)
    from qfc_helpers.frequentist import fixed_effects, group_intercepts

    coefficients = fixed_effects(fit)["estimate"].to_dict()
    if not hasattr(fit, "random_effects") and not any("[" in name for name in coefficients):
        return coefficients, coefficients.get("Intercept", 0.0)
    return coefficients, group_intercepts(fit)


def _coefficients_of_draws(draws: Any) -> tuple[dict[str, float], "pd.Series | float"]:
    """Give posterior means; intercepts from a random or a fixed effect per group, if any."""
    means = draws["posterior"].dataset.mean(["chain", "draw"])
    scalars = {name: float(value) for name, value in means.items() if value.ndim == 0}
    groups = {name: value for name, value in means.items() if value.ndim == 1}
    if not groups:
        return scalars, scalars.get("Intercept", 0.0)
    if len(groups) > 1:
        raise ValueError(
            f"the draws have several terms with groups, {sorted(groups)}; one is expected."
        )
    ((name, effect),) = groups.items()
    levels = effect[effect.dims[0]].to_numpy().astype(str)
    if "Intercept" in scalars and not name.startswith("1|"):
        raise ValueError(
            f"the draws have an Intercept and a common effect {name!r} coded against a reference "
            f'level; write the formula as "0 + {name} + ..." to get one intercept per group.'
        )
    return scalars, pd.Series(effect.to_numpy() + scalars.get("Intercept", 0.0), index=levels)


def _check(data: pd.DataFrame, x: str, y: str, group: str) -> list[str]:
    """Validate the columns and return the group levels in their order, as text."""
    check_frame(data, [x, y, group])
    check_numeric_column(data, x)
    check_numeric_column(data, y)
    check_group_column(data, group)
    labels = data[group]
    if isinstance(labels.dtype, pd.CategoricalDtype):
        return [str(level) for level in labels.cat.remove_unused_categories().cat.categories]
    return [str(level) for level in sorted(labels.unique())]


def _new_axes(ax: "Axes | None") -> "Axes":
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.figure().add_subplot()


def _scatter(data: pd.DataFrame, x: str, y: str, group: str, levels: list[str], ax: "Axes") -> None:
    """Draw the observations, one marker and color per group."""
    for number, level in enumerate(levels):
        rows = data[data[group].astype(str) == level]
        ax.scatter(
            rows[x],
            rows[y],
            s=110,
            marker=_cycle(theme.GROUP_MARKERS, number),
            color=_cycle(theme.GROUP_COLORS, number),
            edgecolor="white",
            linewidth=0.8,
            label=level,
            zorder=3,
        )
    ax.set(xlabel=x, ylabel=y)


def _draw_lines(ax: "Axes", name: str, table: pd.DataFrame, ends: np.ndarray) -> None:
    """Draw one assumption's lines; where groups differ, their markers, hollow, tell whose."""
    shared = len(table.drop_duplicates()) == 1
    rows = table[:1] if shared else table
    for number, (intercept, slope) in enumerate(rows.itertuples(index=False)):
        ax.plot(
            ends,
            intercept + slope * ends,
            color=theme.POOLING_COLORS[name],
            linestyle=theme.POOLING_LINESTYLES[name],
            marker=None if shared else _cycle(theme.GROUP_MARKERS, number),
            markerfacecolor="white",
            markeredgewidth=1.8,
            markersize=8,
            zorder=1,
        )


def _cycle(values: tuple[str, ...], number: int) -> str:
    return values[number % len(values)]


def _label_line_ends(
    ax: "Axes", lines: dict[str, pd.DataFrame], levels: list[str], end: float, group: str
) -> None:
    """Write each group's label behind the end of its lines, if the lines differ among groups."""
    tables = [table for table in lines.values() if len(table.drop_duplicates()) > 1]
    if not tables or len(levels) > len(theme.GROUP_MARKERS):
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
            color=_cycle(theme.GROUP_COLORS, number),
            fontsize=15,
        )


def _pooling_legend(ax: "Axes", fits: dict[str, Any]) -> None:
    """Explain the lines; the groups are labeled where they are."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [],
            [],
            color=theme.POOLING_COLORS[name],
            linestyle=theme.POOLING_LINESTYLES[name],
            label=_ASSUMPTIONS[name],
        )
        for name in fits
    ]
    ax.legend(handles=handles, loc="upper left", handlelength=2.4)


def _describe(name: str, table: pd.DataFrame, levels: list[str]) -> str:
    """Say one assumption's lines in words, for the alt text."""
    if len(table.drop_duplicates()) == 1:
        return f"{_ASSUMPTIONS[name]} (one line, intercept {table['intercept'].iloc[0]:.1f})"
    if len(levels) > 5:
        spread = table["intercept"].std()
        return f"{_ASSUMPTIONS[name]} (intercepts with standard deviation {spread:.2f})"
    intercepts = ", ".join(f"{value:.1f}" for value in table["intercept"])
    return f"{_ASSUMPTIONS[name]} (intercepts {intercepts})"
