"""The shrinkage figure with sliders."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ._shrinkage import FIGURE_SIZE, describe, draw_frame, draw_marks, pair_of_axes, shrink

if TYPE_CHECKING:
    from IPython.display import Image
    from ipywidgets import HBox

__all__ = ["explore_shrinkage"]

#: Pixels per inch of the picture; it is shown at 80.
_DPI, _SHOWN_DPI = 120, 80


def explore_shrinkage(
    own: "Mapping[str, float] | pd.Series", n: int, sd_alpha: float, sd_obs: float
) -> "HBox":
    """Show `plot_shrinkage` with sliders for its three numbers.

    At each move everything is computed anew, which takes no time; what would take time is drawing,
    so only what moves is drawn anew. The picture is an output of the cell like any other figure:
    where no kernel runs the sliders are missing and the picture, at the first values, remains.

    Parameters
    ----------
    own : mapping or pandas.Series
        Each group's own estimate of its intercept, by group, given the slope.
    n : int
        Observations per group, 1 to 30: where the slider starts.
    sd_alpha, sd_obs : float
        Standard deviations among and within groups: where the sliders start. They go up to three
        times that.

    Returns
    -------
    ipywidgets.HBox
        The three sliders; they are already on display, above the picture.

    Raises
    ------
    ValueError
        If a number is not in its range.

    Examples
    --------
    >>> sliders = explore_shrinkage({"1": 2, "2": 65, "3": 59}, n=3, sd_alpha=32, sd_obs=25)
    ... # doctest: +ELLIPSIS
    HBox(...
    >>> [slider.value for slider in sliders.children]
    [3, 32.0, 25.0]
    """
    from IPython.display import display
    from ipywidgets import FloatSlider, HBox, IntSlider, Layout

    if not 1 <= n <= 30:
        raise ValueError(f"n={n!r}; expected 1 to 30 observations per group.")
    figure = _ShrinkageFigure(own, n, sd_alpha, sd_obs)
    style = {"style": {"description_width": "initial"}, "layout": Layout(width="32%")}
    sliders = HBox(
        [
            IntSlider(n, 1, 30, description="n per group", **style),
            FloatSlider(
                sd_alpha, min=0, max=3 * sd_alpha, step=0.5, description="sd_alpha", **style
            ),
            FloatSlider(sd_obs, min=1, max=3 * sd_obs, step=0.5, description="sd_obs", **style),
        ]
    )
    display(sliders)
    # Outside of IPython there is nothing to update.
    shown = display(figure.draw(n, sd_alpha, sd_obs), display_id=True)

    def move(_: object) -> None:
        if shown is not None:
            shown.update(figure.draw(*(slider.value for slider in sliders.children)))

    for slider in sliders.children:
        slider.observe(move, names="value")
    return sliders


class _ShrinkageFigure:
    """The figure, with everything that does not move drawn once."""

    def __init__(self, own: "Mapping[str, float] | pd.Series", *numbers: float):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self._own = own
        # Without pyplot, or the notebook would show the figure once more.
        self._figure = Figure(figsize=FIGURE_SIZE, dpi=_DPI)
        self._canvas = FigureCanvasAgg(self._figure)
        self._axes = pair_of_axes(self._figure)
        draw_frame(self._axes, shrink(own, *numbers))
        self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(self._figure.bbox)

    def draw(self, *numbers: float) -> "Image":
        """Draw the marks on the stored background."""
        from IPython.display import Image

        table = shrink(self._own, *numbers)
        self._canvas.restore_region(self._background)
        marks = draw_marks(self._axes, table, *numbers[1:])
        for mark in marks:
            mark.axes.draw_artist(mark)
            mark.remove()
        return Image(
            _png(np.asarray(self._canvas.buffer_rgba())),
            width=round(FIGURE_SIZE[0] * _SHOWN_DPI),
            alt=describe(table, *numbers[1:]),
            # For the slides, which draw the figure anew, with sliders that need no kernel.
            metadata={
                "shrinkage": {
                    "own": {str(label): float(value) for label, value in table["own"].items()},
                    "group": table.index.name,
                    **dict(zip(("n", "sd_alpha", "sd_obs"), map(float, numbers), strict=True)),
                }
            },
        )


def _png(pixels: np.ndarray) -> bytes:
    """Encode quickly rather than small."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels[..., :3]).save(file, "png", compress_level=1)
    return file.getvalue()
