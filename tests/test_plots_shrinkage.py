"""The figures of shrinkage show the formula's numbers, in words too, and move when told to."""

import base64
import io
import json
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.collections import LineCollection
from PIL import Image

from qfc_helpers import theme
from qfc_helpers._pictures import reduce_colors
from qfc_helpers.plots import explore_shrinkage, plot_posterior_vs_point, plot_shrinkage
from qfc_helpers.plots._explore_shrinkage import _ShrinkageFigure
from qfc_helpers.plots._shrinkage import shrink

LME4 = json.loads((Path(__file__).parent / "reference" / "lme4.json").read_text())["scorpions"]
OWN = pd.Series({"1": 1.8, "2": 65.6, "3": 59.1}).rename_axis("population")


def alt_text(ax):
    return getattr(ax.figure, theme._ALT_TEXT)


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def test_shrinkage_is_the_posterior_of_a_normal_mean():
    """By linear algebra over all groups at once, with mu_alpha under a flat prior."""
    n = pd.Series({"1": 1, "2": 4, "3": 30})
    table = shrink(OWN, n, sd_alpha=20.0, sd_obs=25.0)
    v = np.diag(20.0**2 + 25.0**2 / n)
    one = np.ones(3)
    mean = (one @ np.linalg.solve(v, OWN)) / (one @ np.linalg.solve(v, one))
    expected = mean + 20.0**2 * np.linalg.solve(v, OWN - mean)
    np.testing.assert_allclose(table["partial"], expected, rtol=1e-12)
    np.testing.assert_allclose(table["sd"] ** -2.0, 20.0**-2 + n / 25.0**2, rtol=1e-12)


def test_lmers_numbers_come_out():
    weight = np.array([25, 14, 68, 79, 64, 139, 49, 119, 111]).reshape(3, 3).mean(axis=1)
    length = np.array([1, 14, 22, 2, 9, 20, 2, 13, 22]).reshape(3, 3).mean(axis=1)
    fit = LME4["partial_reml"]
    own = pd.Series(weight - fit["fixef"]["length"] * length, index=list("123"))
    table = shrink(own, 3, *fit["sdcor"].values())
    np.testing.assert_allclose(table["mu_alpha"], fit["fixef"]["(Intercept)"], rtol=1e-5)
    np.testing.assert_allclose(table["partial"], fit["coef_intercepts"], rtol=1e-5)


@pytest.mark.parametrize(("sd_alpha", "pooling"), [(0.0, 1.0), (1e6, 0.0)])
def test_the_extremes_are_complete_and_no_pooling(sd_alpha, pooling):
    table = shrink(OWN, 3, sd_alpha, 25.0)
    np.testing.assert_allclose(table["pooling"], pooling, atol=1e-8)
    expected = OWN.mean() if pooling else OWN
    np.testing.assert_allclose(table["partial"], expected, rtol=1e-8)


def test_a_known_mean_is_used():
    table = shrink(OWN, 3, 10.0, 25.0, mu_alpha=-5.0)
    pooling = table["pooling"].iloc[0]
    np.testing.assert_allclose(table["partial"], (1 - pooling) * OWN - 5 * pooling)


def test_the_figure_shows_both_estimates_and_the_pooling_factor():
    axes = plot_shrinkage(OWN, 3, 32.0, 25.0)
    table = shrink(OWN, 3, 32.0, 25.0)
    by_color = {line.get_color(): line for line in axes[0].lines}
    for name, column in (("no", "own"), ("partial", "partial")):
        np.testing.assert_allclose(
            by_color[theme.POOLING_COLORS[name]].get_xdata(), table[column], rtol=1e-12
        )
    (mean,) = [line for line in axes[0].lines if len(set(line.get_xdata())) == 1]
    assert mean.get_xdata()[0] == table["mu_alpha"].iloc[0]
    assert mean.get_color() not in theme.POOLING_COLORS.values(), "a mean is no assumption"
    markers = {by_color[theme.POOLING_COLORS[name]].get_marker() for name in ("no", "partial")}
    assert len(markers) == 2
    bars = [c for c in axes[0].collections if isinstance(c, LineCollection)]
    widths = [np.ptp(segment[:, 0]) for bar in bars for segment in bar.get_segments()]
    np.testing.assert_allclose(widths, 2 * np.concatenate([table["error"], table["sd"]]))
    curve, points = axes[1].lines
    n, factor = curve.get_data()
    np.testing.assert_allclose(factor, (1 / 32**2) / (n / 25**2 + 1 / 32**2))
    np.testing.assert_allclose(points.get_ydata(), table["pooling"])
    labels = [label.get_text() for label in axes[0].get_yticklabels()]
    assert labels[:3] == ["population 1", "population 2", "population 3"]
    assert f"group 1 from 1.8 to {table['partial'].iloc[0]:.1f}" in alt_text(axes[0])
    assert "here it is 0.17" in alt_text(axes[0])


def test_the_figure_draws_into_given_axes_and_takes_unequal_groups():
    _, axes = plt.subplots(ncols=2)
    assert plot_shrinkage(OWN, {"1": 1, "2": 4, "3": 30}, 32, 25, axes=axes) is axes
    assert " to " in alt_text(axes[0]).split("here it is")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((OWN, 3, -1, 25), "sd_alpha=-1; expected a number from 0 up"),
        ((OWN, 3, 32, 0), "sd_obs=0; expected a positive number"),
        ((OWN, 3, np.nan, 25), "sd_alpha=nan"),
        ((OWN, 0, 32, 25), "n must be at least 1 for every group"),
        ((OWN, {"1": 3, "2": 3}, 32, 25), "n must be at least 1 for every group"),
        (({}, 3, 32, 25), "one finite number per group"),
        (({"1": np.inf}, 3, 32, 25), "one finite number per group"),
    ],
)
def test_bad_numbers_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        plot_shrinkage(*arguments)


def test_the_movable_figure_is_the_static_one():
    """Moved there and back it is the same picture, and each place has its own."""
    figure = _ShrinkageFigure(OWN, 3, 32.0, 25.0)
    first, moved, back = (figure.draw(n, 32.0, 25.0) for n in (3, 30, 3))
    assert np.array_equal(pixels(first.data), pixels(back.data))
    assert not np.array_equal(pixels(first.data), pixels(moved.data))
    assert first.alt == alt_text(plot_shrinkage(OWN, 3, 32.0, 25.0)[0])
    assert "30" not in first.alt
    assert moved.alt != first.alt


def test_a_move_takes_no_perceptible_time():
    """The median of ten moves; 0.1 s is what people take for immediate (Nielsen 1993)."""
    figure = _ShrinkageFigure(OWN, 3, 32.0, 25.0)
    times = []
    for n in range(1, 11):
        start = time.process_time()  # so that a busy machine does not count
        figure.draw(n, 32.0, 25.0)
        times.append(time.process_time() - start)
    assert np.median(times) < 0.1


def test_the_sliders_start_where_told_and_refuse_what_they_cannot_show():
    sliders = explore_shrinkage(OWN, n=3, sd_alpha=32.0, sd_obs=25.0)
    assert [slider.value for slider in sliders.children] == [3, 32.0, 25.0]
    with pytest.raises(ValueError, match="n=31; expected 1 to 30"):
        explore_shrinkage(OWN, n=31, sd_alpha=32.0, sd_obs=25.0)


def test_in_a_notebook_a_slider_moves_the_picture():
    """A real kernel: the cell shows a picture with an alt text; moving a slider replaces it."""
    from jupyter_client.manager import start_new_kernel

    code = """
import matplotlib.pyplot as plt
from qfc_helpers.theme import set_alt_text, use_qfc_theme
from qfc_helpers.plots import explore_shrinkage
use_qfc_theme()
sliders = explore_shrinkage({"1": 2.0, "2": 65.0}, n=3, sd_alpha=32.0, sd_obs=25.0)
ax = plt.figure().add_subplot()
set_alt_text(ax, "An empty panel for a test.")
"""
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        messages = run(client, code)
        shown = [m for m in messages if "image/png" in m["content"].get("data", {})]
        assert len(shown) == 2
        first, panel = (m["content"] for m in shown)
        assert "group 1 from 2.0" in first["metadata"]["image/png"]["alt"]
        assert Image.open(io.BytesIO(base64.b64decode(panel["data"]["image/png"]))).mode == "P"
        assert panel["metadata"]["image/png"]["alt"] == "An empty panel for a test."
        moved = [
            m
            for m in run(client, "sliders.children[0].value = 30")
            if m["msg_type"] == "update_display_data"
        ]
        (update,) = moved
        assert update["content"]["transient"] == first["transient"]
        assert update["content"]["data"]["image/png"] != first["data"]["image/png"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(client, code):
    messages = []
    reply = client.execute_interactive(code, timeout=120, output_hook=messages.append)
    assert reply["content"]["status"] == "ok", reply["content"]
    return messages


def test_fewer_colors_look_the_same_and_take_less_space():
    axes = plot_shrinkage(OWN, 3, 32.0, 25.0)
    file = io.BytesIO()
    axes[0].figure.savefig(file, format="png", dpi=150)
    small = reduce_colors(file.getvalue())
    assert len(small) < 0.6 * len(file.getvalue())
    # Of 255: no pixel is off by what an eye could see.
    assert np.abs(pixels(small) - pixels(file.getvalue())).max() <= 8
    assert pixels(small)[0, 0].tolist() == [255, 255, 255]


@pytest.fixture
def draws():
    rng = np.random.default_rng(1)
    return xr.Dataset(
        {
            "mu_alpha": (("chain", "draw"), rng.normal(42, 10, (4, 500))),
            "beta": (("chain", "draw", "predictor"), rng.normal(2.7, 1, (4, 500, 1))),
            "alpha_j": (("chain", "draw", "population"), rng.normal(size=(4, 500, 3))),
        },
        coords={"predictor": ["length"], "population": list("123")},
    )


def test_histograms_have_the_line_and_the_density_where_they_belong(draws):
    grid = np.linspace(0, 80, 50)
    height = np.exp(-0.5 * ((grid - 42) / 10) ** 2) / (10 * np.sqrt(2 * np.pi))
    density = xr.DataArray(height, dims="value", coords={"value": grid})
    plot = plot_posterior_vs_point(
        draws, {"beta": 2.5, "mu_alpha": 40.0}, density={"mu_alpha": density}
    )
    axes = {name: plot.viz["plot"][name].item() for name in ("beta", "mu_alpha")}
    for name, value in (("beta", 2.5), ("mu_alpha", 40.0)):
        xs = [np.unique(line.get_xdata()).tolist() for line in axes[name].lines]
        assert [value] in xs
        assert axes[name].get_ylim()[0] == 0
    curve = [line for line in axes["mu_alpha"].lines if len(line.get_xdata()) == 50]
    np.testing.assert_array_equal(curve[0].get_ydata(), height)
    # The histogram is a density too: otherwise the curve over it would mean nothing.
    assert axes["mu_alpha"].get_ylim()[1] < 1.5 * height.max()
    text = getattr(plot.viz["figure"].item(), theme._ALT_TEXT)
    assert "lmer 2.5" in text
    assert "exact posterior" in text
    legend = plot.viz["figure"].item().legends[0]
    assert [t.get_text() for t in legend.get_texts()] == ["draws", "lmer", "exact posterior"]


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ({}, "points is empty"),
        ({"sd_obs": 1.0}, "the draws have no 'sd_obs'; they have mu_alpha"),
        ({"alpha_j": 1.0}, r"several numbers per draw.*draws\.sel\(population"),
        ({"mu_alpha": np.nan}, "point estimate of 'mu_alpha' is nan"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(draws, points, message):
    with pytest.raises(ValueError, match=message):
        plot_posterior_vs_point(draws, points)
