"""The packaged data are what their source says, and bad frames are named."""

import hashlib
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from qfc_helpers import _validation
from qfc_helpers.data import load_radon, load_scorpions


def test_scorpions_are_the_lectures_nine():
    scorpions = load_scorpions()
    assert scorpions["weight"].tolist() == [25, 14, 68, 79, 64, 139, 49, 119, 111]
    assert scorpions["length"].tolist() == [1, 14, 22, 2, 9, 20, 2, 13, 22]
    assert scorpions["population"].tolist() == list("111222333")
    assert list(scorpions["population"].cat.categories) == ["1", "2", "3"]
    assert scorpions[["weight", "length"]].dtypes.eq(float).all()
    assert scorpions.attrs["units"]["weight"] == "not stated"


def test_radon_is_the_published_copy():
    content = (files("qfc_helpers") / "datasets" / "radon.csv").read_bytes()
    assert (
        hashlib.sha256(content).hexdigest()
        == "a63973b6958fb57aab59258e2179f52a34dbb1fe9c0f30b3e3de657f96ea1445"
    )


def test_radon_has_its_documented_shape():
    radon = load_radon()
    assert radon.shape == (919, 4)
    assert radon["county"].cat.categories.is_monotonic_increasing
    assert len(radon["county"].cat.categories) == 85
    assert set(radon["floor"]) == {0, 1}
    assert radon.groupby("county", observed=True)["log_uranium"].nunique().eq(1).all()
    assert radon["county"].value_counts().agg(["min", "max"]).tolist() == [1, 116]
    assert "pCi/L" in radon.attrs["units"]["log_radon"]


def test_each_call_returns_a_fresh_frame():
    changed = load_scorpions()
    changed.loc[0, "weight"] = -1
    assert load_scorpions().loc[0, "weight"] == 25


def test_a_frame_of_another_type_is_refused():
    with pytest.raises(TypeError, match="must be a pandas DataFrame, got list"):
        _validation.check_frame([1, 2], ["a"])


def test_a_missing_column_is_named_with_those_present():
    with pytest.raises(ValueError, match=r"column 'wieght' is missing; the data have \['weight'"):
        _validation.check_frame(load_scorpions(), ["wieght"])


def test_an_empty_frame_is_refused():
    with pytest.raises(ValueError, match="no rows"):
        _validation.check_frame(load_scorpions().iloc[:0], ["weight"])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_named_with_its_row(bad):
    frame = pd.DataFrame({"y": [1.0, bad, 3.0]}, index=["a", "b", "c"])
    with pytest.raises(ValueError, match=r"column 'y' has 1 value.*row 'b'.*dropna"):
        _validation.check_numeric_column(frame, "y")


@pytest.mark.parametrize("bad", [["1", "2"], [True, False]])
def test_a_column_of_another_type_is_refused(bad):
    with pytest.raises(ValueError, match="column 'y' must be numeric"):
        _validation.check_numeric_column(pd.DataFrame({"y": bad}), "y")


def test_a_group_column_needs_labels_and_levels():
    with pytest.raises(ValueError, match="one level only \\('a'\\)"):
        _validation.check_group_column(pd.DataFrame({"g": ["a", "a"]}), "g")
    with pytest.raises(ValueError, match="1 missing label"):
        _validation.check_group_column(pd.DataFrame({"g": ["a", None, "b"]}), "g")
