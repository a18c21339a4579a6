"""The look of the course's figures, what their colors mean, and the words that describe them."""

import base64
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "GROUP_COLORS",
    "GROUP_MARKERS",
    "POOLING_COLORS",
    "POOLING_LINESTYLES",
    "set_alt_text",
    "use_qfc_theme",
]

#: One color per assumption, in every figure and on every slide.
POOLING_COLORS: Mapping[str, str] = MappingProxyType(
    {"no": "#14532D", "complete": "#E78021", "partial": "#3697DC"}
)
#: No color alone tells two things apart: one line style per assumption as well.
POOLING_LINESTYLES: Mapping[str, Any] = MappingProxyType(
    {"no": (0, (4, 2)), "complete": (0, (1, 1)), "partial": "-"}
)
#: Groups are told apart by marker first; their colors stay clear of the pooling colors and
#: differ in lightness, so that they survive gray print and color blindness.
GROUP_MARKERS: tuple[str, ...] = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
GROUP_COLORS: tuple[str, ...] = ("#1A1A1A", "#B5478F", "#56606B")

_ALT_TEXT = "_qfc_alt_text"

_RC = {
    "axes.edgecolor": "#CCCCCC",  # R's grey80
    "axes.grid": False,
    "axes.labelcolor": "black",
    "axes.labelsize": 18,
    "axes.linewidth": 1.0,
    "axes.titlesize": 18,
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "figure.figsize": (10, 5.6),
    "font.size": 16,
    "legend.fontsize": 16,
    "legend.frameon": False,
    "legend.title_fontsize": 16,
    "lines.linewidth": 2.5,
    "lines.markersize": 9,
    "text.color": "black",
    "xtick.color": "#CCCCCC",
    "xtick.labelcolor": "black",
    "xtick.labelsize": 16,
    "ytick.color": "#CCCCCC",
    "ytick.labelcolor": "black",
    "ytick.labelsize": 16,
}


def use_qfc_theme() -> None:
    """Use the course's look for matplotlib, seaborn and ArviZ.

    A light panel without grid, a thin gray border, black text that can be read from the back
    row. In a notebook, figures are also drawn at twice the resolution, with a palette of 256
    colors (the eye sees no difference, the notebook becomes a third as large), and carry their alt
    text (see `set_alt_text`) into the stored output and the slides.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> use_qfc_theme()
    >>> plt.rcParams["axes.grid"]
    False
    """
    import seaborn as sns

    sns.set_theme(style="white", rc=_RC)
    _show_alt_texts()


def set_alt_text(plot: "Axes | Figure | Any", text: str) -> None:
    """Say in words what a figure shows, for those who cannot see it.

    Parameters
    ----------
    plot : matplotlib Axes or Figure, seaborn grid, or ArviZ PlotCollection
        What the plotting function returned.
    text : str
        One or two sentences: what is drawn, and what there is to see.

    Raises
    ------
    TypeError
        If no figure can be found in `plot`.
    ValueError
        If `text` says too little to be of use.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> ax = plt.figure().add_subplot()
    >>> set_alt_text(ax, "An empty panel, as an example of a figure without data.")
    >>> plt.close()
    """
    if len(text.split()) < 4:
        raise ValueError(
            f"the alt text {text!r} is too short to describe a figure; write a sentence that says "
            "what is drawn and what there is to see."
        )
    setattr(_figure_of(plot), _ALT_TEXT, " ".join(text.split()))


def _figure_of(plot: Any) -> "Figure":
    """Find the matplotlib figure behind what a plotting library returned."""
    from matplotlib.figure import Figure, SubFigure

    if isinstance(plot, Figure):
        return plot
    if "figure" in getattr(plot, "viz", {}):  # ArviZ's PlotCollection
        return plot.viz["figure"].item()
    figure = getattr(plot, "figure", None)  # Axes, seaborn's grids
    if isinstance(figure, SubFigure):
        figure = figure.figure
    if isinstance(figure, Figure):
        return figure
    raise TypeError(
        f"expected axes, a figure, a seaborn grid or an ArviZ PlotCollection, got "
        f"{type(plot).__name__}. Pass what the plotting function returned."
    )


def _show_alt_texts() -> None:
    """In IPython, let a figure's PNG carry its alt text as metadata; elsewhere do nothing."""
    try:
        from IPython import get_ipython
    except ImportError:
        return
    shell = get_ipython()
    if shell is None:
        return
    import matplotlib.pyplot as plt
    from IPython.core.pylabtools import retina_figure

    from ._pictures import reduce_colors

    # Load the notebook's backend now: it installs IPython's own formatter, which ours replaces.
    plt.switch_backend(plt.get_backend())

    def png_with_alt_text(figure: "Figure") -> tuple[str, dict[str, Any]] | None:
        drawn = retina_figure(figure)
        if drawn is None:  # nothing on the figure
            return None
        png, metadata = drawn
        text = getattr(figure, _ALT_TEXT, None)
        encoded = base64.b64encode(reduce_colors(png)).decode("ascii")
        return encoded, metadata | ({"alt": text} if text else {})

    formatter = shell.display_formatter.formatters["image/png"]
    formatter.for_type(plt.Figure, png_with_alt_text)
