"""The figure of the hyperdistribution shows the new group's distribution above the known groups."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.colors import to_hex
from scipy import stats

from qfc_helpers import theme
from qfc_helpers.plots import plot_hyperdistribution

VALUES = np.linspace(-8, 12, 401)
DENSITY = xr.DataArray(stats.norm(2, 2).pdf(VALUES), dims="value", coords={"value": VALUES})
# The 4000 midpoints of equal probability: draws without chance.
DRAWS = xr.DataArray(
    stats.norm(2, 2).ppf((np.arange(4000) + 0.5) / 4000).reshape(4, 1000), dims=["chain", "draw"]
)
FEW = pd.DataFrame(
    {"estimate": [1.0, 5.0, 3.0], "lower": [0.0, 4.5, 1.0], "upper": [3.0, 6.0, 4.0]},
    index=["A", "B", "C"],
)
MANY = pd.DataFrame({"estimate": np.arange(30.0)[::-1]}).assign(
    lower=lambda table: table["estimate"] - 1, upper=lambda table: table["estimate"] + 2
)


def known(ax):
    """Estimates (x, row) and the ends of the intervals, as they stand on the axes."""
    points, _, (bars,) = ax.containers[0].lines
    return points.get_xydata(), np.array(bars.get_segments())


def new_interval(ax):
    """Ends of the new group's bar, and its median."""
    bar, diamond = (line for line in ax.lines if line.get_marker() == "D" or line.get_lw() == 5)
    return [*bar.get_xdata(), *diamond.get_xdata()]


@pytest.mark.parametrize("new_group", [DENSITY, DRAWS], ids=["density", "draws"])
def test_the_new_group_has_its_median_and_its_middle_89_percent(new_group):
    low, high, middle = new_interval(plot_hyperdistribution(new_group, FEW))
    np.testing.assert_allclose([low, middle, high], stats.norm(2, 2).ppf([0.055, 0.5, 0.945]), 2e-3)


def test_a_density_is_drawn_as_it_is():
    ax = plot_hyperdistribution(DENSITY, FEW)
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), np.column_stack([VALUES, DENSITY]))
    assert to_hex(ax.lines[0].get_color()).upper() == theme.POOLING_COLORS["partial"].upper()


def test_steps_of_draws_have_the_densitys_height():
    """The bins hold 99 % of the draws, so they have 99 % of the area; heights to 3 %."""
    heights, edges, _ = plot_hyperdistribution(DRAWS, FEW).patches[0].get_data()
    area = (heights * np.diff(edges)).sum()
    assert area == pytest.approx(0.99, abs=0.002)
    middle = (edges[1:] + edges[:-1]) / 2
    near = np.abs(middle - 2) < 3
    np.testing.assert_allclose(heights[near], stats.norm(2, 2).pdf(middle[near]), rtol=0.03)


def test_few_groups_stand_below_in_their_order_with_names():
    ax = plot_hyperdistribution(DENSITY, FEW)
    points, bars = known(ax)
    np.testing.assert_allclose(points[:, 0], FEW["estimate"])
    np.testing.assert_allclose(bars[:, :, 0], FEW[["lower", "upper"]])
    ticks = dict(zip([t.get_text() for t in ax.get_yticklabels()], ax.get_yticks(), strict=True))
    assert list(ticks) == ["new", "A", "B", "C"]
    np.testing.assert_allclose(points[:, 1], [ticks[name] for name in "ABC"])
    assert 0 > ticks["new"] > ticks["A"] > ticks["B"] > ticks["C"] > ax.get_ylim()[0]


def test_many_groups_stand_from_low_to_high_without_names():
    ax = plot_hyperdistribution(DENSITY, MANY)
    points, bars = known(ax)
    np.testing.assert_allclose(points[:, 0], np.arange(30))
    np.testing.assert_allclose(bars[:, 1, 0], np.arange(30) + 2)
    assert (np.diff(points[:, 1]) < 0).all()
    assert [t.get_text() for t in ax.get_yticklabels()] == ["new"]


def test_all_intervals_and_nearly_all_of_the_density_are_in_sight():
    low, high = plot_hyperdistribution(DENSITY, FEW.assign(lower=-30.0)).get_xlim()
    assert low < -30
    assert high == pytest.approx(stats.norm(2, 2).ppf(0.995), rel=0.2)
    tails = xr.DataArray(stats.t(2).ppf((np.arange(4000) + 0.5) / 4000).reshape(4, 1000))
    tails = tails.rename(dim_0="chain", dim_1="draw")
    _, high = plot_hyperdistribution(tails, FEW).get_xlim()
    assert high < 0.3 * float(tails.max())


def test_one_new_group_among_the_dimensions_is_fine():
    named = DRAWS.expand_dims(population=["new"], axis=-1)
    assert new_interval(plot_hyperdistribution(named, FEW)) == new_interval(
        plot_hyperdistribution(DRAWS, FEW)
    )


def test_the_alt_text_tells_the_interval_and_the_groups():
    text = getattr(plot_hyperdistribution(DENSITY, FEW).figure, theme._ALT_TEXT)
    assert "median 2.00, the middle 89 percent from -1.20 to 5.20" in text
    assert "3 known groups with their intervals, from 1.00 to 5.00" in text
    assert "2.50 wide on average" in text


def test_it_draws_into_the_axes_it_is_given():
    _, given = plt.subplots()
    assert plot_hyperdistribution(DENSITY, FEW, ax=given) is given


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"new_group": [1, 2]}, TypeError, "new_group must be an xarray DataArray, got list"),
        ({"new_group": DRAWS.isel(chain=0)}, ValueError, "expected a density over 'value'"),
        (
            {"new_group": xr.concat([DRAWS, DRAWS], "population")},
            ValueError,
            "Of several groups choose one",
        ),
        ({"new_group": DRAWS * np.nan}, ValueError, "not finite"),
        ({"new_group": DRAWS * 0}, ValueError, "same value in every draw"),
        ({"new_group": DENSITY[150:]}, ValueError, "holds 89% of the probability"),
        ({"new_group": -DENSITY}, ValueError, "densities of zero or more"),
        ({"new_group": DENSITY[::-1]}, ValueError, "increasing"),
        ({"groups": FEW["estimate"]}, TypeError, "groups must be a pandas DataFrame"),
        ({"groups": FEW.drop(columns="upper")}, ValueError, "no column 'upper'"),
        ({"groups": FEW.assign(lower=2.0)}, ValueError, "lower <= estimate <= upper"),
        ({"groups": FEW.iloc[:0]}, ValueError, "groups is empty"),
    ],
)
def test_what_cannot_be_drawn_is_refused(change, error, message):
    with pytest.raises(error, match=message):
        plot_hyperdistribution(**({"new_group": DENSITY, "groups": FEW} | change))
