"""The figures of the course that ArviZ and seaborn do not have: one figure a file.

Each returns the axes that it drew into, takes axes to draw into, and sets an alt text.
"""

from ._estimate_vs_n import plot_estimate_vs_n
from ._explore_shrinkage import explore_shrinkage
from ._groups import plot_groups
from ._hyperdistribution import plot_hyperdistribution
from ._pooling import plot_pooling
from ._pooling_lines import pooling_lines
from ._posterior_vs_point import plot_posterior_vs_point
from ._shrinkage import plot_shrinkage
from ._standard_deviations import plot_standard_deviations

__all__ = [
    "explore_shrinkage",
    "plot_estimate_vs_n",
    "plot_groups",
    "plot_hyperdistribution",
    "plot_pooling",
    "plot_posterior_vs_point",
    "plot_shrinkage",
    "plot_standard_deviations",
    "pooling_lines",
]
