"""Helpers of a course on hierarchical (mixed-effects) models.

Each submodule loads when it is first used (PEP 562, Scientific Python's SPEC 1), so that ``import
qfc_helpers`` stays cheap while a notebook that fits nothing never pays for Bambi, ArviZ and PyMC,
and so that the doctor can look at a machine where they are missing.

Importing the package also turns off one optimization of PyTensor; see
:mod:`qfc_helpers._reproducible` for why.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

from qfc_helpers import _reproducible

__all__ = ["data", "doctor", "draws", "exact", "frequentist", "plots", "theme"]

__version__ = "0.1.0"

_reproducible.make_draws_repeatable()


def __getattr__(name: str) -> _Any:
    if name in __all__:
        return _import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
