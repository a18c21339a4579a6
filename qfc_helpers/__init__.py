"""Helpers of a course on hierarchical (mixed-effects) models.

Each submodule loads when it is first used, so that ``import qfc_helpers`` stays cheap while a
notebook that fits nothing never pays for Bambi, ArviZ and PyMC (Scientific Python's SPEC 1).

Importing the package also turns off one optimization of PyTensor; see
:mod:`qfc_helpers._reproducible` for why.
"""

import lazy_loader as _lazy

from qfc_helpers import _reproducible

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__, submodules=["data", "doctor", "draws", "exact", "frequentist", "plots", "theme"]
)

__version__ = "0.1.0"

_reproducible.make_draws_repeatable()
