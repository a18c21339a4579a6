"""The pair of panels shows each group's estimate and interval at its sample size."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text

from qfc_helpers import theme
from qfc_helpers.plots import plot_estimate_vs_n

N = pd.Series({"A": 1, "B": 1, "C": 4, "D": 100})


def table(estimate, half):
    estimate = pd.Series(estimate, index=N.index, dtype=float)
    return pd.DataFrame({"estimate": estimate, "lower": estimate - half, "upper": estimate + half})


NO = table([3, 0, 2, 1.4], 1.0)
PARTIAL = table([1.8, 1.2, 1.7, 1.4], 0.5)


@pytest.fixture
def axes():
    return plot_estimate_vs_n(NO, PARTIAL, N, complete=1.5, label=["A", "D"])


def drawn(ax):
    """Points (x, y) and the ends of the intervals, as they stand on the axes."""
    container = ax.containers[0]
    points, _, (bars,) = container.lines
    return points.get_xydata(), np.array(bars.get_segments())


@pytest.mark.parametrize(("panel", "expected"), [(0, NO), (1, PARTIAL)])
def test_estimates_and_intervals_stand_at_their_sample_size(axes, panel, expected):
    points, bars = drawn(axes[panel])
    np.testing.assert_allclose(points[:, 1], expected["estimate"])
    np.testing.assert_allclose(bars[:, :, 1], expected[["lower", "upper"]])
    # Alone at their size: exactly there. Two at size 1: to either side, by less than a fifth.
    np.testing.assert_allclose(points[2:, 0], [4, 100])
    assert 0.8 < points[0, 0] < 1 < points[1, 0] < 1.2


def test_the_rows_order_does_not_matter():
    shuffled = plot_estimate_vs_n(NO.iloc[::-1], PARTIAL.iloc[[2, 0, 3, 1]], N)
    for ax, expected in zip(shuffled, (NO, PARTIAL), strict=True):
        np.testing.assert_allclose(drawn(ax)[0][:, 1], expected["estimate"])


def test_both_panels_have_the_same_axes_and_hold_everything(axes):
    left, right = axes
    assert left.get_ylim() == right.get_ylim()
    assert left.get_xlim() == right.get_xlim()
    assert left.get_xscale() == right.get_xscale() == "log"
    low, high = left.get_ylim()
    assert low < NO["lower"].min() < NO["upper"].max() < high


def test_color_and_marker_tell_the_panels_apart(axes):
    points = [ax.containers[0].lines[0] for ax in axes]
    colors = [to_hex(point.get_color()).upper() for point in points]
    assert colors == [theme.POOLING_COLORS[name].upper() for name in ("no", "partial")]
    assert points[0].get_marker() != points[1].get_marker()


def test_complete_pooling_is_a_line_in_both_panels(axes):
    for ax in axes:
        (line,) = [line for line in ax.lines if line.get_label() == "complete pooling"]
        assert set(line.get_ydata()) == {1.5}
    without = plot_estimate_vs_n(NO, PARTIAL, N)
    assert all(ax.get_legend() is None for ax in without)


def test_the_mean_of_the_groups_is_a_line_on_the_right_only():
    axes = plot_estimate_vs_n(NO, PARTIAL, N, complete=1.5, mu_alpha=1.6)
    left, right = (
        {line.get_label(): line for line in ax.lines if line.get_label() != "_nolegend_"}
        for ax in axes
    )
    assert r"$\mu_\alpha$" not in left
    line, other = right[r"$\mu_\alpha$"], right["complete pooling"]
    assert set(line.get_ydata()) == {1.6}
    assert line.get_linestyle() != other.get_linestyle()
    assert len(axes[1].get_legend().get_texts()) == 2
    assert "marks mu_alpha, 1.60" in getattr(axes[0].figure, theme._ALT_TEXT)


def test_names_stand_above_all_intervals_and_point_to_their_estimates():
    axes = plot_estimate_vs_n(NO, PARTIAL, N, label=["B", "A", "C"])
    axes[0].figure.canvas.draw()
    for ax, table in zip(axes, (NO, PARTIAL), strict=True):
        # The extent of the text alone; an annotation's own holds the line as well.
        boxes = {t.get_text(): Text.get_window_extent(t) for t in ax.texts}
        low = {name: box.ymin for name, box in boxes.items()}
        assert low["A"] > low["B"] > low["C"], "no line crosses another name"
        top = ax.transData.transform((1, table["upper"].max()))[1]
        assert min(low.values()) >= top - 1
        assert max(box.ymax for box in boxes.values()) < ax.bbox.ymax
        assert all(t.arrow_patch is not None for t in ax.texts)


def test_names_are_written_beside_their_estimates(axes):
    for ax, expected in zip(axes, (NO, PARTIAL), strict=True):
        written = {text.get_text(): text.xy for text in ax.texts}
        assert written["A"][1] == expected.loc["A", "estimate"]
        # At the right end below the interval, and to the left of it.
        assert written["D"] == (100, expected.loc["D", "lower"])
        ends = {text.get_text(): text.get_horizontalalignment() for text in ax.texts}
        assert ends == {"A": "left", "D": "right"}


def test_the_alt_text_tells_the_ranges(axes):
    text = getattr(axes[0].figure, theme._ALT_TEXT)
    assert "from 0.00 to 3.00" in text
    assert "from 1.20 to 1.80" in text
    assert "2.00 wide without pooling and 1.00 with" in text


def test_it_draws_into_the_axes_it_is_given():
    _, given = plt.subplots(ncols=2)
    assert list(plot_estimate_vs_n(NO, PARTIAL, N, axes=given)) == list(given)
    with pytest.raises(ValueError, match="holds 1 axes; expected two"):
        plot_estimate_vs_n(NO, PARTIAL, N, axes=given[0])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"no": NO["estimate"]}, TypeError, "no must be a pandas DataFrame"),
        ({"n": [1, 2]}, TypeError, "n must be a pandas Series"),
        ({"n": N.replace(4, 0)}, ValueError, "group 'C' is 0"),
        ({"partial": PARTIAL.drop(columns="lower")}, ValueError, "no column 'lower'"),
        ({"partial": PARTIAL.drop(index="B")}, ValueError, "differ in their groups.*'B'"),
        ({"no": NO.assign(lower=2.5)}, ValueError, "lower <= estimate <= upper"),
        ({"no": NO.replace(3.0, np.nan)}, ValueError, "group 'A'"),
        ({"label": ["E"]}, ValueError, "'E', which is no group"),
    ],
)
def test_what_cannot_be_drawn_is_refused(change, error, message):
    arguments = {"no": NO, "partial": PARTIAL, "n": N} | change
    with pytest.raises(error, match=message):
        plot_estimate_vs_n(**arguments)
