"""The data sets of the course, as validated data frames."""

from importlib.resources import files

import pandas as pd

from qfc_helpers._validation import check_frame, check_group_column, check_numeric_column

__all__ = ["load_radon", "load_scorpions"]


def load_scorpions() -> pd.DataFrame:
    """Nine emperor scorpions from three populations.

    Returns
    -------
    pandas.DataFrame, shape (9, 3)
        ``weight`` and ``length`` (float), ``population`` (categorical, levels "1", "2", "3" in
        this order). The lecture that made the data up states no units; ``DataFrame.attrs``
        says so and names the source.

    References
    ----------
    Cahill, C. (2023). Introduction to hierarchical (mixed-effects) models. Lecture of FW 891,
    Quantitative Fisheries Center, Michigan State University.

    Examples
    --------
    >>> from qfc_helpers.data import load_scorpions
    >>> scorpions = load_scorpions()
    >>> scorpions.groupby("population", observed=True)["weight"].mean().round(1).to_dict()
    {'1': 35.7, '2': 94.0, '3': 93.0}
    """
    scorpions = _read("scorpions.csv", numeric=["weight", "length"], group="population")
    scorpions.attrs = {
        "source": "C. Cahill (2023), FW 891, Michigan State University; invented for teaching",
        "units": {"weight": "not stated", "length": "not stated"},
    }
    return scorpions


def load_radon() -> pd.DataFrame:
    """Radon measured in 919 houses of 85 Minnesota counties.

    Returns
    -------
    pandas.DataFrame, shape (919, 4)
        ``log_radon`` (float, natural log of radon in pCi/L), ``floor`` (int, where it was
        measured: 0 = basement, 1 = first floor), ``county`` (categorical, 85 levels in
        alphabetical order) and ``log_uranium`` (float, natural log of the county's soil uranium
        in ppm). ``DataFrame.attrs`` repeats the units and names the source.

    References
    ----------
    Price, P. N., Nero, A. V. and Gelman, A. (1996). Bayesian prediction of mean indoor radon
    concentrations for Minnesota counties. Health Physics 71, 922-936.

    Gelman, A. and Hill, J. (2007). Data analysis using regression and multilevel/hierarchical
    models, chapter 12. Cambridge University Press.

    Examples
    --------
    >>> from qfc_helpers.data import load_radon
    >>> radon = load_radon()
    >>> len(radon), radon["county"].nunique()
    (919, 85)
    """
    radon = _read("radon.csv", numeric=["floor", "log_radon", "log_uranium"], group="county")
    radon = radon[["county", "floor", "log_radon", "log_uranium"]]
    radon.attrs = {
        "source": "US EPA, State Residential Radon Survey (public domain); Price et al. (1996)",
        "units": {
            "log_radon": "natural log of pCi/L",
            "floor": "0 = basement, 1 = first floor",
            "log_uranium": "natural log of ppm (county soil)",
        },
    }
    return radon


def _read(name: str, numeric: list[str], group: str) -> pd.DataFrame:
    """Read one packaged CSV; fail where a damaged copy would mislead a lecture."""
    with (files("qfc_helpers") / "datasets" / name).open(encoding="utf-8") as handle:
        frame = pd.read_csv(handle, dtype={group: "str"})
    check_frame(frame, [*numeric, group])
    for column in numeric:
        check_numeric_column(frame, column)
    check_group_column(frame, group)
    # Lengths and weights are measurements: float even where the copy shows whole numbers.
    frame = frame.astype({c: float for c in numeric if c != "floor"})
    frame[group] = pd.Categorical(frame[group], categories=sorted(frame[group].unique()))
    return frame
