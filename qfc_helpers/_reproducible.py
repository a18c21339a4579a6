"""Make the same seed give the same draws, on a fresh compile cache and on a warm one."""

import os
import sys

__all__ = ["make_draws_repeatable"]

_FLAG = "numba__fastmath"


def make_draws_repeatable() -> None:
    """Ask PyTensor for exact floating-point arithmetic in the models it compiles.

    With numba's "fast math" the compiler may reorder sums. It does so differently when it compiles
    a model afresh than when it loads one from its cache, and NUTS turns a difference in the last
    digit into other draws. Without it the same seed gives the same notebook; the sampler is not
    measurably slower on the models of this course.

    A setting that the user made in ``PYTENSOR_FLAGS`` is left alone.

    Examples
    --------
    >>> import os
    >>> import qfc_helpers
    >>> "numba__fastmath" in os.environ["PYTENSOR_FLAGS"]
    True
    """
    flags = os.environ.get("PYTENSOR_FLAGS", "")
    if _FLAG in flags:
        return
    # For a PyTensor that is imported later, here or in a worker process ...
    os.environ["PYTENSOR_FLAGS"] = ",".join(filter(None, [flags, f"{_FLAG}=False"]))
    # ... and for one that is loaded already (notebooks often import Bambi first).
    if "pytensor" in sys.modules:
        sys.modules["pytensor"].config.numba__fastmath = False
