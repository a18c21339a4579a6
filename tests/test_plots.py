"""The figures show what they say, carry an alt text, and refuse bad input in words."""

import json
import subprocess
import sys
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
import xarray as xr
from matplotlib.colors import to_hex, to_rgb

from qfc_helpers import theme
from qfc_helpers.data import load_radon, load_scorpions
from qfc_helpers.plots import plot_groups, plot_pooling, pooling_lines

LME4 = json.loads((Path(__file__).parent / "reference" / "lme4.json").read_text())["scorpions"]
COLUMNS = {"x": "length", "y": "weight", "group": "population"}


@pytest.fixture(scope="module")
def scorpions():
    return load_scorpions()


@pytest.fixture(scope="module")
def fits(scorpions):
    mixed = smf.mixedlm("weight ~ 1 + length", scorpions, groups="population")
    return {
        "no": smf.ols("weight ~ 0 + population + length", scorpions).fit(),
        "complete": smf.ols("weight ~ 1 + length", scorpions).fit(),
        "partial": mixed.fit(method="powell"),
    }


def draws(**variables):
    """Draws with constant values, so that their means are known."""
    dataset = xr.Dataset(
        {
            name: (
                ("chain", "draw", *([f"{name}_dim"] * np.ndim(value))),
                value * np.ones((2, 3, *np.shape(value))),
            )
            for name, value in variables.items()
        },
        coords={f"{name}_dim": list("123") for name, value in variables.items() if np.ndim(value)},
    )
    return xr.DataTree.from_dict({"posterior": dataset})


def alt_text(ax):
    return getattr(ax.figure, theme._ALT_TEXT)


def test_groups_are_drawn_where_they_are_and_look_different(scorpions):
    ax = plot_groups(scorpions, **COLUMNS)
    shown = np.vstack([collection.get_offsets() for collection in ax.collections])
    np.testing.assert_array_equal(shown, scorpions[["length", "weight"]])
    assert len({collection.get_paths()[0].vertices.tobytes() for collection in ax.collections}) == 3
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["1", "2", "3"]
    assert "9 observations in 3 groups" in alt_text(ax)


def test_pooling_lines_are_those_of_lme4(fits):
    lines = pooling_lines(fits["partial"], "length", ["3", "1"])
    expected = LME4["partial_reml"]
    np.testing.assert_allclose(
        lines["intercept"], np.array(expected["coef_intercepts"])[[2, 0]], rtol=1e-4
    )
    np.testing.assert_allclose(lines["slope"], expected["fixef"]["length"], rtol=1e-4)


@pytest.mark.parametrize(
    ("variables", "intercepts"),
    [
        ({"Intercept": 5.0, "length": 2.0}, [5, 5, 5]),
        ({"population": np.array([1.0, 2, 3]), "length": 2.0}, [1, 2, 3]),
        ({"Intercept": 5.0, "1|population": np.array([1.0, 2, 3]), "length": 2.0}, [6, 7, 8]),
    ],
)
def test_pooling_lines_of_draws_are_posterior_means(variables, intercepts):
    lines = pooling_lines(draws(**variables), "length", ["1", "2", "3"])
    assert lines["intercept"].tolist() == intercepts
    assert lines["slope"].tolist() == [2, 2, 2]


def test_pooling_figure_has_the_lines_in_their_colors_and_styles(scorpions, fits):
    ax = plot_pooling(scorpions, **COLUMNS, **fits)
    by_color = {}
    for line in ax.lines:
        by_color.setdefault(to_hex(line.get_color()).upper(), []).append(line)
    counts = {name: len(by_color[color]) for name, color in theme.POOLING_COLORS.items()}
    assert counts == {"no": 3, "complete": 1, "partial": 3}
    assert (
        len(
            {
                str(lines[0].get_linestyle()) + str(lines[0]._dash_pattern)
                for lines in by_color.values()
            }
        )
        == 3
    )
    x, y = by_color[theme.POOLING_COLORS["partial"]][0].get_data()
    expected = (
        LME4["partial_reml"]["coef_intercepts"][0] + LME4["partial_reml"]["fixef"]["length"] * x
    )
    np.testing.assert_allclose(y, expected, rtol=1e-4)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "complete pooling",
        "no pooling",
        "partial pooling",
        "end of a line, no data",
    ]
    assert "no pooling (intercepts 1.3, 65.2, 58.6)" in alt_text(ax)


def test_many_groups_are_drawn_without_labels():
    radon = load_radon()
    no = smf.ols("log_radon ~ 0 + county + floor", radon).fit()
    ax = plot_pooling(radon, x="floor", y="log_radon", group="county", no=no)
    assert len(ax.lines) == 85
    assert not ax.texts
    assert {line.get_marker() for line in ax.lines} == {"None"}
    assert "standard deviation" in alt_text(ax)
    ax = plot_groups(radon, x="floor", y="log_radon", group="county")
    assert ax.get_legend() is None
    assert "all drawn alike" in alt_text(ax)


def test_lines_that_would_misrepresent_the_fit_are_refused(scorpions):
    interaction = smf.ols("weight ~ 0 + population + population:length", scorpions).fit()
    with pytest.raises(ValueError, match="slope differs among groups"):
        pooling_lines(interaction, "length", ["1", "2", "3"])
    radon = load_radon()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        varying = smf.mixedlm(
            "log_radon ~ floor", radon, groups="county", re_formula="~ 1 + floor"
        ).fit(method="bfgs")
    with pytest.raises(ValueError, match="random slopes"):
        pooling_lines(varying, "floor", list(radon["county"].cat.categories))
    two = smf.ols("log_radon ~ floor + log_uranium", radon).fit()
    with pytest.raises(ValueError, match=r"other predictors than 'floor': \['log_uranium'\]"):
        pooling_lines(two, "floor", ["AITKIN"])
    with pytest.raises(ValueError, match="other predictors"):
        pooling_lines(draws(Intercept=1.0, length=1.0, age=1.0), "length", ["1"])


def test_figures_draw_into_given_axes(scorpions, fits):
    _, axes = plt.subplots(ncols=2)
    assert plot_groups(scorpions, **COLUMNS, ax=axes[0]) is axes[0]
    assert plot_pooling(scorpions, **COLUMNS, no=fits["no"], ax=axes[1]) is axes[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.drop(columns="weight"), "column 'weight' is missing"),
        (lambda d: d.iloc[:0], "the data have no rows"),
        (lambda d: d.assign(weight=np.nan), "column 'weight' has 9 value"),
        (lambda d: d.assign(weight="heavy"), "column 'weight' must be numeric"),
        (lambda d: d.assign(population="1"), "one level only"),
    ],
)
def test_bad_data_are_refused_by_name(scorpions, fits, change, message):
    bad = change(scorpions)
    with pytest.raises(ValueError, match=message):
        plot_groups(bad, **COLUMNS)
    with pytest.raises(ValueError, match=message):
        plot_pooling(bad, **COLUMNS, no=fits["no"])


def test_bad_fits_are_refused_by_name(scorpions, fits):
    with pytest.raises(ValueError, match="got no fit"):
        plot_pooling(scorpions, **COLUMNS)
    with pytest.raises(ValueError, match=r"no coefficient for 'size'.*'length'"):
        pooling_lines(fits["no"], "size", ["1"])
    with pytest.raises(ValueError, match="group '4' is in the data but not in the fit"):
        pooling_lines(fits["no"], "length", ["1", "4"])
    with pytest.raises(TypeError, match=r"expected the result of smf\.ols"):
        pooling_lines("fit", "length", ["1"])
    two = draws(population=np.array([1.0, 2, 3]), county=np.array([1.0, 2, 3]), length=1.0)
    with pytest.raises(ValueError, match=r"several terms with groups, \['county', 'population'\]"):
        pooling_lines(two, "length", ["1"])
    reference = draws(Intercept=1.0, population=np.array([1.0, 2, 3]), length=1.0)
    with pytest.raises(ValueError, match=r'write the formula as "0 \+ population'):
        pooling_lines(reference, "length", ["1"])


def lightness(color):
    """Relative luminance after WCAG 2."""
    channels = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return np.dot([0.2126, 0.7152, 0.0722], channels)


def test_group_colors_differ_in_gray_and_stay_clear_of_the_pooling_colors():
    values = sorted(map(lightness, theme.GROUP_COLORS))
    assert np.diff(values).min() > 0.02
    assert not set(theme.GROUP_COLORS) & set(theme.POOLING_COLORS.values())
    for color in theme.GROUP_COLORS:  # the labels beside the lines are text
        assert 1.05 / (lightness(color) + 0.05) > 4.5


def test_alt_texts_say_enough_and_need_a_figure():
    ax = plt.figure().add_subplot()
    with pytest.raises(ValueError, match="too short"):
        theme.set_alt_text(ax, "A plot.")
    with pytest.raises(TypeError, match="got str"):
        theme.set_alt_text("figure", "A scatter plot of weight against length.")


def test_alt_texts_reach_arvizs_and_seaborns_figures():
    import arviz as az
    import seaborn as sns

    text = "A description in a few words."
    grid = sns.relplot(load_scorpions(), x="length", y="weight", col="population")
    theme.set_alt_text(grid, text)
    assert getattr(grid.figure, theme._ALT_TEXT) == text
    x = np.random.default_rng(1).normal(size=(2, 100))
    collection = az.plot_dist(xr.Dataset({"x": (("chain", "draw"), x)}))
    theme.set_alt_text(collection, text)
    assert getattr(collection.viz["figure"].item(), theme._ALT_TEXT) == text


def test_importing_the_package_loads_nothing_heavy():
    heavy = "{'pandas', 'numpy', 'bambi', 'arviz', 'pymc', 'matplotlib', 'scipy', 'xarray'}"
    code = f"import sys, qfc_helpers; sys.exit(' '.join({heavy} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_package_knows_its_modules():
    import qfc_helpers

    assert "plots" in dir(qfc_helpers)
    assert qfc_helpers.frequentist.aic
    with pytest.raises(AttributeError):
        qfc_helpers.nonsense  # noqa: B018


def test_a_frame_with_an_unused_category_shows_only_the_groups_it_has(scorpions):
    two = scorpions[scorpions["population"] != "2"]
    ax = plot_groups(two, **COLUMNS)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["1", "3"]
    assert isinstance(two["population"].dtype, pd.CategoricalDtype)
