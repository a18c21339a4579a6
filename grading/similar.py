"""Near-identical submissions, by winnowing of code tokens (the package copydetect).

Names and texts are replaced by their kinds first, so that renaming variables does not hide a copy;
what stands in the exercise itself does not count. A high number is a reason to look, not a proof:
short answers to narrow questions look alike.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from copydetect import CodeFingerprint, compare_files

__all__ = ["Pair", "similar"]

#: A run of so many characters of code tokens is what counts as a match; see copydetect.
_LENGTH, _WINDOW = 25, 1
_LEAST_TOKENS = 150
_MAX_CODE = 200_000


@dataclass(frozen=True)
class Pair:
    """Two submissions, and the share of the smaller one's own code that both have."""

    first: str
    second: str
    share: float


def similar(codes: Mapping[str, str], exercise: str, least: float = 0.8) -> list[Pair]:
    """Find pairs of submissions that are nearly the same.

    Parameters
    ----------
    codes : dict
        Each student's code.
    exercise : str
        The code that everybody was given.
    least : float
        Pairs below this share are not reported.

    Returns
    -------
    list of Pair
        The most alike first.
    """
    given = np.unique(list(_fingerprint("exercise", exercise).hashes))
    prints = {
        student: _fingerprint(student, code, given)
        for student, code in codes.items()
        if len(code) <= _MAX_CODE
    }
    prints = {key: one for key, one in prints.items() if one.token_coverage >= _LEAST_TOKENS}
    hashes = {student: frozenset(one.hashes) for student, one in prints.items()}
    pairs = []
    for first, second in combinations(sorted(prints), 2):
        common = len(hashes[first] & hashes[second])
        if common < 0.5 * least * min(len(hashes[first]), len(hashes[second])):
            continue  # copydetect's comparison would take long for all pairs
        shares = compare_files(prints[first], prints[second])[1]
        if max(shares) >= least:
            pairs.append(Pair(first, second, float(min(1.0, max(shares)))))
    return sorted(pairs, key=lambda pair: -pair.share)


def _fingerprint(name: str, code: str, given: np.ndarray | None = None) -> CodeFingerprint:
    return CodeFingerprint(
        f"{name}.py",
        _LENGTH,
        _WINDOW,
        boilerplate=[] if given is None else given,
        language="python",
        fp=io.StringIO(code),
    )
