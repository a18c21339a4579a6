"""Posterior draws with a point estimate, and the exact density, over them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from qfc_helpers import theme

if TYPE_CHECKING:
    from arviz import PlotCollection

__all__ = ["plot_posterior_vs_point"]

#: The frequentist estimate, as in `plot_standard_deviations`.
POINT_COLOR = "#B5478F"
_SYMBOLS = {
    "beta": r"$\beta$",
    "mu_alpha": r"$\mu_\alpha$",
    "sd_alpha": r"$\sigma_\alpha$",
    "sd_obs": r"$\sigma$",
}


def plot_posterior_vs_point(
    draws: xr.Dataset,
    points: Mapping[str, float],
    *,
    density: Mapping[str, xr.DataArray] | None = None,
    point_name: str = "lmer",
) -> "PlotCollection":
    """Draw histograms of posterior draws, each with a point estimate as a line.

    ArviZ's ``plot_dist`` and ``add_lines`` draw; this adds the exact density, a legend, the
    course's colors and an alt text.

    Parameters
    ----------
    draws : xarray.Dataset
        Variables with the dimensions chain and draw, such as ``lecture_names(draws)``; other
        dimensions must have length one.
    points : mapping of str to float
        Which variables to draw, and the estimate of each.
    density : mapping of str to xarray.DataArray, optional
        What ``ExactPosterior.density`` returned, by the names of the variables.
    point_name : str
        What the legend calls the estimates.

    Returns
    -------
    arviz.PlotCollection
        Its figure carries an alt text.

    Raises
    ------
    ValueError
        If there is nothing to draw, a variable is missing or has more than one number per draw, or
        an estimate is not finite.

    Examples
    --------
    >>> import bambi as bmb
    >>> import matplotlib.pyplot as plt
    >>> from qfc_helpers.data import load_scorpions
    >>> from qfc_helpers.draws import lecture_names
    >>> from qfc_helpers.exact import ExactPosterior
    >>> model = bmb.Model("weight ~ 1 + length + (1|population)", load_scorpions())
    >>> posterior = ExactPosterior.from_model(model)
    >>> draws = lecture_names(posterior.sample(random_seed=1))
    >>> figure = plot_posterior_vs_point(
    ...     draws, {"beta": 2.74}, density={"beta": posterior.density("length")}
    ... )
    >>> sorted(figure.viz["plot"].data_vars)
    ['beta']
    >>> plt.close("all")
    """
    import arviz as az

    density = density or {}
    data = _select(draws, points)
    color = theme.POOLING_COLORS["partial"]
    collection = az.plot_dist(
        xr.DataTree.from_dict({"posterior": data}),
        kind="hist",
        labeller=az.labels.MapLabeller(var_name_map=_SYMBOLS),
        visuals={
            "dist": {"color": color},
            "face": {"color": color, "alpha": 0.35},
            "credible_interval": False,
            "point_estimate": False,
            "point_estimate_text": False,
        },
        figure_kwargs={"figsize": (5.5 * max(len(points), 1.6), 4.8)},
    )
    line = {"color": POINT_COLOR, "linestyle": "--", "width": 3.5, "zorder": 4}
    az.add_lines(collection, dict(points), visuals={"ref_line": line})
    for name in points:
        ax = collection.viz["plot"][name].item()
        ax.set_ylim(bottom=0)  # ArviZ leaves room for an interval, which is switched off
        if name in density:
            _draw_density(ax, density[name], data[name])
    _legend(collection, point_name, with_density=bool(density))
    theme.set_alt_text(collection, _describe(data, points, point_name, bool(density)))
    return collection


def _select(draws: xr.Dataset, points: Mapping[str, float]) -> xr.Dataset:
    """Pick the variables, one number per draw each; raise for what cannot be drawn."""
    if not points:
        raise ValueError("points is empty; name what to draw, such as {'mu_alpha': 42.2}.")
    for name, value in points.items():
        if name not in draws:
            raise ValueError(
                f"the draws have no {name!r}; they have {', '.join(map(str, draws.data_vars))}."
            )
        extra = {dim: size for dim, size in draws[name].sizes.items() if dim not in _SAMPLE}
        if any(size != 1 for size in extra.values()):
            raise ValueError(
                f"{name!r} has several numbers per draw, {extra}; choose one, such as "
                f"draws.sel({next(iter(extra))}=...)."
            )
        if not np.isfinite(value):
            raise ValueError(f"the point estimate of {name!r} is {value}; expected a number.")
    return xr.Dataset({name: draws[name].squeeze(drop=True) for name in points})


_SAMPLE = ("chain", "draw")


def _draw_density(ax, density: xr.DataArray, draws: xr.DataArray) -> None:
    """Draw the exact density where the histogram is."""
    (dim,) = density.dims
    ax.plot(density[dim], density, color="black", linewidth=2.5, zorder=5)
    # A heavy tail would squeeze the rest: show all but one draw in a thousand at either end.
    low, high = np.quantile(draws, [0.001, 0.999])
    ax.set_xlim(low, high)


def _legend(collection: "PlotCollection", point_name: str, with_density: bool) -> None:
    """Explain the three kinds of marks once, in the first panel's empty corner."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    color = theme.POOLING_COLORS["partial"]
    handles = [
        Patch(facecolor=color, alpha=0.5, edgecolor=color, label="draws"),
        Line2D([], [], color=POINT_COLOR, linestyle="--", linewidth=3.5, label=point_name),
    ]
    if with_density:
        handles.append(Line2D([], [], color="black", linewidth=2.5, label="exact posterior"))
    collection.viz["figure"].item().legend(
        handles=handles, loc="outside lower center", ncols=len(handles)
    )


def _describe(
    data: xr.Dataset, points: Mapping[str, float], point_name: str, with_density: bool
) -> str:
    """Say in words what there is to see."""
    parts = [
        f"{name}: posterior mean {float(data[name].mean()):.3g}, standard deviation "
        f"{float(data[name].std()):.3g}, {point_name} {value:.3g}"
        for name, value in points.items()
    ]
    over = " The density of the exact posterior is drawn over them." if with_density else ""
    return f"Histograms of posterior draws with a vertical line for {point_name}. " + (
        "; ".join(parts) + "." + over
    )
