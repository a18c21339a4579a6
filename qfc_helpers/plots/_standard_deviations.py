"""What the data, and what the posterior, say about the two standard deviations."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from qfc_helpers import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_standard_deviations"]

#: Drops of the log likelihood below its peak; 3 is about what a 95 % region in two dimensions has.
DROPS = (0.5, 1, 2, 3, 5)
#: Shares of the posterior inside each contour.
SHARES = (0.5, 0.8, 0.95)


def plot_standard_deviations(
    log_likelihood: xr.DataArray,
    log_density: xr.DataArray,
    peak: xr.Dataset | None = None,
    *,
    axes: "np.ndarray | None" = None,
) -> np.ndarray:
    r"""Draw the likelihood surface of the two standard deviations beside their posterior.

    Parameters
    ----------
    log_likelihood : xarray.DataArray, dims ("sd_alpha", "sd_obs")
        From ``RandomInterceptLikelihood.log_likelihood``, on a grid.
    log_density : xarray.DataArray, dims ("sd_alpha", "sd_obs")
        From ``ExactPosterior.log_density``, on a grid that is evenly spaced and wide enough to hold
        nearly all of the posterior.
    peak : xarray.Dataset, optional
        What ``RandomInterceptLikelihood.maximize`` returned: marked in both panels.
    axes : array of two matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    numpy.ndarray of two matplotlib.axes.Axes
        Their figure carries an alt text.

    Raises
    ------
    ValueError
        If a surface has other dimensions, fewer than three values along one, or no finite value.

    References
    ----------
    Gelman, A. et al. (2013). Bayesian data analysis, 3rd edition, section 5.4 and figure 5.8.
    CRC Press.

    Examples
    --------
    >>> import bambi as bmb
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from qfc_helpers.data import load_scorpions
    >>> from qfc_helpers.exact import ExactPosterior, RandomInterceptLikelihood
    >>> model = bmb.Model("weight ~ 1 + length + (1|population)", load_scorpions())
    >>> grid = {"sd_alpha": np.linspace(0.5, 200, 80), "sd_obs": np.linspace(5, 80, 80)}
    >>> likelihood = RandomInterceptLikelihood.from_model(model)
    >>> axes = plot_standard_deviations(
    ...     likelihood.log_likelihood(**grid),
    ...     ExactPosterior.from_model(model).log_density(**grid),
    ...     likelihood.maximize(),
    ... )
    >>> [ax.get_title() for ax in axes]
    ['restricted log likelihood\n(REML) below its peak', 'posterior,\nshare inside']
    >>> plt.close()
    """
    for surface in (log_likelihood, log_density):
        _check_surface(surface)
    axes = _new_axes() if axes is None else axes
    relative = (log_likelihood - log_likelihood.max()).transpose("sd_obs", "sd_alpha")
    _contours(
        axes[0], relative, [-drop for drop in reversed(DROPS)], [f"{d:g}" for d in DROPS][::-1]
    )
    density = np.exp(log_density - log_density.max()).transpose("sd_obs", "sd_alpha")
    levels = _levels_holding(density, SHARES)
    _contours(axes[1], density, levels[::-1], [f"{share:.0%}" for share in SHARES][::-1])
    restricted = str(log_likelihood.name).endswith("REML")
    kind = "restricted log likelihood\n(REML) " if restricted else "log likelihood\n"
    titles = (f"{kind}below its peak", "posterior,\nshare inside")
    for ax, title in zip(axes, titles, strict=True):
        ax.set(title=title, xlabel=r"$\sigma_\alpha$ (among groups)")
        if peak is not None:
            ax.plot(
                float(peak["sd_alpha"]),
                float(peak["sd_obs"]),
                "X",
                color="#B5478F",
                ms=14,
                mec="white",
            )
    axes[0].set_ylabel(r"$\sigma$ (within groups)")
    if peak is not None:
        axes[0].annotate(
            "lmer",
            (float(peak["sd_alpha"]), float(peak["sd_obs"])),
            xytext=(12, 6),
            textcoords="offset points",
        )
    theme.set_alt_text(axes[0], _describe(log_density, peak))
    return axes


def _check_surface(surface: xr.DataArray) -> None:
    """Raise unless contours can be drawn."""
    if set(surface.dims) != {"sd_alpha", "sd_obs"} or min(surface.shape) < 3:
        raise ValueError(
            f"a surface has the dimensions sd_alpha and sd_obs with at least three values each, "
            f"got {dict(surface.sizes)}. Pass grids such as numpy.linspace(1, 100, 80) for both."
        )
    if not np.isfinite(surface).any():
        raise ValueError(
            f"the surface {surface.name!r} has no finite value on this grid; choose standard "
            "deviations of the size of those in the data."
        )


def _new_axes() -> np.ndarray:
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(ncols=2, sharex=True, sharey=True, figsize=(11, 5))
    return axes


def _contours(ax: "Axes", surface: xr.DataArray, levels: list[float], labels: list[str]) -> None:
    """Draw labeled contours, darker towards the peak."""
    drawn = ax.contour(
        surface["sd_alpha"],
        surface["sd_obs"],
        surface,
        levels=levels,
        colors=[theme.POOLING_COLORS["partial"]],
        linewidths=np.linspace(1, 3, len(levels)),
        linestyles="solid",
    )
    ax.clabel(drawn, fmt=dict(zip(drawn.levels, labels, strict=True)), fontsize=14, colors="black")


def _levels_holding(density: xr.DataArray, shares: tuple[float, ...]) -> list[float]:
    """Find the heights whose highest-density regions hold the shares, largest share last."""
    heights = np.sort(density.to_numpy().ravel())[::-1]
    inside = np.cumsum(heights) / heights.sum()
    return [float(heights[np.searchsorted(inside, share)]) for share in shares]


def _describe(log_density: xr.DataArray, peak: xr.Dataset | None) -> str:
    """Say in words what there is to see."""
    weight = np.exp(log_density - log_density.max())
    weight = weight / weight.sum()
    means = {name: float((weight * weight[name]).sum()) for name in ("sd_alpha", "sd_obs")}
    marked = (
        f" The peak of the likelihood, at {float(peak['sd_alpha']):.3g} and "
        f"{float(peak['sd_obs']):.3g}, is marked in both."
        if peak is not None
        else ""
    )
    return (
        "Two panels of contours over the standard deviations among and within groups: "
        f"the log likelihood, and the posterior, whose means are {means['sd_alpha']:.3g} and "
        f"{means['sd_obs']:.3g}.{marked}"
    )
