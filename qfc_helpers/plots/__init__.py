"""The figures of the course that ArviZ and seaborn do not have: one figure a file.

Each returns the axes that it drew into, takes axes to draw into, and sets an alt text.
"""

from ._groups import plot_groups
from ._pooling import plot_pooling
from ._pooling_lines import pooling_lines
from ._standard_deviations import plot_standard_deviations

__all__ = ["plot_groups", "plot_pooling", "plot_standard_deviations", "pooling_lines"]
