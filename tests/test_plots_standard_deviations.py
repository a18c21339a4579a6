"""The figure of the likelihood surface and the posterior shows the right contours and peak."""

import numpy as np
import pytest
import xarray as xr

from qfc_helpers import theme
from qfc_helpers.plots import plot_standard_deviations

GRID = {"sd_alpha": np.linspace(-6, 6, 121), "sd_obs": np.linspace(-6, 6, 121)}


@pytest.fixture
def surface():
    """A standard normal density in two dimensions: regions and drops are known."""
    x, y = (
        xr.DataArray(GRID["sd_alpha"], dims="sd_alpha"),
        xr.DataArray(GRID["sd_obs"], dims="sd_obs"),
    )
    return (-(x**2 + y**2) / 2).assign_coords(GRID).rename("log_likelihood_REML")


def radii(contours):
    return [
        np.hypot(*np.vstack(path.vertices).T).mean() for path in contours.get_paths() if len(path)
    ]


def test_contours_lie_where_theory_has_them(surface):
    """Drop d at radius sqrt(2 d), share p inside sqrt(-2 log(1 - p)), within a grid step."""
    axes = plot_standard_deviations(surface, surface)
    (drops,), (shares,) = (ax.collections for ax in axes)
    np.testing.assert_allclose(radii(drops), np.sqrt(2 * np.array([5, 3, 2, 1, 0.5])), atol=0.1)
    expected = np.sqrt(-2 * np.log(1 - np.array([0.95, 0.8, 0.5])))
    np.testing.assert_allclose(radii(shares), expected, atol=0.1)


def test_the_title_says_which_likelihood_it_is(surface):
    titles = [
        plot_standard_deviations(surface.rename(f"log_likelihood_{name}"), surface)[0].get_title()
        for name in ("REML", "ML")
    ]
    assert titles == [
        "restricted log likelihood\n(REML) below its peak",
        "log likelihood\nbelow its peak",
    ]


def test_the_peak_is_marked_in_both_panels_and_described(surface):
    peak = xr.Dataset({"sd_alpha": 2.0, "sd_obs": 1.0})
    axes = plot_standard_deviations(surface, surface, peak)
    for ax in axes:
        assert ax.lines[0].get_xydata().tolist() == [[2.0, 1.0]]
    assert "at 2 and 1, is marked" in getattr(axes[0].figure, theme._ALT_TEXT)


def test_a_surface_that_cannot_be_drawn_is_refused(surface):
    with pytest.raises(ValueError, match="dimensions sd_alpha and sd_obs"):
        plot_standard_deviations(surface.isel(sd_obs=0), surface)
    with pytest.raises(ValueError, match="no finite value"):
        plot_standard_deviations(surface, surface.where(False))
