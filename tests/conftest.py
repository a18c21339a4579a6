"""Settings for all tests."""

import matplotlib
import pytest

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure behind for the next test."""
    import matplotlib.pyplot as plt

    yield
    plt.close("all")
