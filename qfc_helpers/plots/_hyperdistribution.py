"""The hyperdistribution of a new group, and the known groups below it."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from qfc_helpers import theme

from ._axes import check_intervals, new_axes, too_many

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_hyperdistribution"]

#: The middle 89 %: ArviZ's default interval.
_ENDS = (0.055, 0.5, 0.945)
#: Heavy tails would squeeze the rest: all but these shares are shown.
_SHOWN = (0.005, 0.995)
_SAMPLE = ("chain", "draw")
#: Height of all rows below the density, as a share of the density's peak.
_DEPTH = 0.8


def plot_hyperdistribution(
    new_group: xr.DataArray, groups: pd.DataFrame, *, ax: "Axes | None" = None
) -> "Axes":
    """Draw the distribution of a new group's intercept above the intervals of the known groups.

    A diamond and a bar mark the new group's median and its middle 89 %. The known groups follow in
    the order of `groups`, or from low to high if they are too many for their names to be written.
    The axis shows the middle 99 % of the hyperdistribution, and all of the intervals.

    Parameters
    ----------
    new_group : xarray.DataArray
        Either an exact density, dims ("value",), from ``ExactPosterior.new_group().density()``; or
        draws of one new group, dims ("chain", "draw"), from ``draws.new_group()``; in units of the
        response.
    groups : pandas.DataFrame, one row per known group
        Columns ``estimate``, ``lower`` and ``upper`` of alpha_j, in units of the response; the
        index holds the groups' names.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Its figure carries an alt text.

    Raises
    ------
    TypeError
        If `new_group` is no DataArray or `groups` no data frame.
    ValueError
        If `new_group` is neither a density nor draws of one group, a value is not finite, the
        density's values leave out a part of it, or an interval does not hold its estimate.

    See Also
    --------
    qfc_helpers.draws.new_group : draws of a new group.

    References
    ----------
    Gelman, A. and Hill, J. (2007). Data analysis using regression and multilevel/hierarchical
    models, section 12.8. Cambridge University Press.

    Examples
    --------
    >>> import bambi as bmb
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from qfc_helpers.data import load_scorpions
    >>> from qfc_helpers.exact import ExactPosterior
    >>> model = bmb.Model("weight ~ 1 + length + (1|population)", load_scorpions())
    >>> posterior = ExactPosterior.from_model(model)
    >>> low, middle, high = posterior.quantile([0.055, 0.5, 0.945], ["alpha_j"])["alpha_j"].values
    >>> groups = pd.DataFrame({"estimate": middle, "lower": low, "upper": high}, list("123"))
    >>> ax = plot_hyperdistribution(posterior.new_group().density(), groups)
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['new', '1', '2', '3']
    >>> plt.close()
    """
    check_intervals("groups", groups)
    if groups.empty:
        raise ValueError("groups is empty; expected one row for each known group.")
    edges, heights, shown = _profile(new_group)
    ax = new_axes(ax)
    color = theme.POOLING_COLORS["partial"]
    # Draws give steps, a density gives points on a line.
    if edges.size > heights.size:
        ax.stairs(heights, edges, fill=True, color=color, alpha=0.3)
        ax.stairs(heights, edges, color=color, linewidth=2.5)
    else:
        ax.fill_between(edges, heights, color=color, alpha=0.3, linewidth=0)
        ax.plot(edges, heights, color=color)
    many = too_many(list(groups.index))
    rows = groups.sort_values("estimate") if many else groups
    peak = float(heights.max())
    ends = _quantiles(new_group, _ENDS)
    positions = _rows(len(rows), many) * peak
    _draw_new(ax, ends, positions[0])
    _draw_groups(ax, rows, positions[1:], many)
    ax.axhline(0, color="#CCCCCC", linewidth=1)
    ax.set_yticks(
        positions[:1] if many else positions, ["new"] if many else ["new", *map(str, rows.index)]
    )
    ax.set_ylim(positions.min() - 0.06 * peak, 1.08 * peak)
    low, high = min(shown[0], groups["lower"].min()), max(shown[1], groups["upper"].max())
    ax.set_xlim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    ax.set_xlabel(r"$\alpha$")
    theme.set_alt_text(ax, _describe(ends, groups))
    return ax


def _profile(new_group: xr.DataArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where and how high the hyperdistribution is, and which part of it to show."""
    if not isinstance(new_group, xr.DataArray):
        raise TypeError(
            f"new_group must be an xarray DataArray, got {type(new_group).__name__}; take "
            "ExactPosterior.new_group().density() or draws.new_group(...)."
        )
    if not (new_group.size and np.isfinite(new_group).all()):
        raise ValueError(
            f"new_group ({dict(new_group.sizes)}) has values that are not finite, or none."
        )
    if new_group.dims == ("value",):
        _check_density(new_group)
        shown = np.array(_quantiles(new_group, _SHOWN))
        return new_group["value"].to_numpy(), new_group.to_numpy(), shown
    _check_draws(new_group)
    shown = np.array(_quantiles(new_group, _SHOWN))
    edges = np.linspace(*shown, 41)
    counts, _ = np.histogram(new_group, bins=edges)
    # Of all draws, those in the tails included, as the density is.
    return edges, counts / (new_group.size * np.diff(edges)), shown


def _check_density(density: xr.DataArray) -> None:
    value = density["value"].to_numpy()
    if value.size < 3 or not (np.diff(value) > 0).all() or (density < 0).any():
        raise ValueError(
            f"the density has {value.size} values from {value[0]:.3g} to {value[-1]:.3g}; expected "
            "at least three, increasing, with densities of zero or more."
        )
    total = float(density.integrate("value"))
    if not 0.98 < total < 1.02:
        raise ValueError(
            f"the density holds {total:.0%} of the probability between {value[0]:.3g} and "
            f"{value[-1]:.3g}; expected nearly all of it. Leave its values out, density(), or "
            "choose a wider and finer grid."
        )


def _check_draws(draws: xr.DataArray) -> None:
    extra = {dim: size for dim, size in draws.sizes.items() if dim not in _SAMPLE}
    if not set(_SAMPLE) <= set(draws.dims) or any(size != 1 for size in extra.values()):
        raise ValueError(
            f"new_group has the dimensions {dict(draws.sizes)}; expected a density over 'value', "
            "or draws (chain, draw) of one new group. Of several groups choose one, such as "
            "new_group.isel(population=0)."
        )
    if draws.min() == draws.max():
        raise ValueError("new_group has the same value in every draw; a distribution is expected.")


def _quantiles(new_group: xr.DataArray, probabilities: tuple[float, ...]) -> list[float]:
    if new_group.dims != ("value",):
        return [float(q) for q in np.quantile(new_group, probabilities)]
    cumulative = new_group.cumulative_integrate("value")
    cumulative = (cumulative / cumulative[-1]).to_numpy()
    return [float(q) for q in np.interp(probabilities, cumulative, new_group["value"])]


def _rows(count: int, many: bool) -> np.ndarray:
    """Place the new group and the known ones below zero, in shares of the density's peak."""
    if many:
        return -np.append(0.08, np.linspace(0.18, 0.18 + _DEPTH, count))
    return -_DEPTH * (np.arange(count + 1) + 0.7) / max(count + 1, 6)


def _draw_new(ax: "Axes", ends: list[float], row: float) -> None:
    low, middle, high = ends
    color = theme.POOLING_COLORS["partial"]
    ax.plot([low, high], [row, row], color=color, linewidth=5, solid_capstyle="butt")
    ax.plot(middle, row, "D", color="white", markeredgecolor="black", markersize=11, zorder=4)


def _draw_groups(ax: "Axes", groups: pd.DataFrame, rows: np.ndarray, many: bool) -> None:
    ax.errorbar(
        groups["estimate"],
        rows,
        xerr=[groups["estimate"] - groups["lower"], groups["upper"] - groups["estimate"]],
        fmt="o",
        color=theme.GROUP_COLORS[0],
        ecolor=theme.GROUP_COLORS[2],
        markersize=3 if many else 9,
        elinewidth=1 if many else 2.5,
        zorder=3,
    )


def _describe(ends: list[float], groups: pd.DataFrame) -> str:
    """Say in words what there is to see."""
    low, middle, high = ends
    width = (groups["upper"] - groups["lower"]).mean()
    return (
        f"The hyperdistribution of a new group as a density: median {middle:.2f}, the middle 89 "
        f"percent from {low:.2f} to {high:.2f}. Below it the estimates of {len(groups)} known "
        f"groups with their intervals, from {groups['estimate'].min():.2f} to "
        f"{groups['estimate'].max():.2f}; an interval is {width:.2f} wide on average."
    )
