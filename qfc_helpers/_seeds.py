"""Random numbers that do not repeat those of another function with the same seed."""

import hashlib
from collections.abc import Sequence

import numpy as np

__all__ = ["Seed", "check_seed", "generators"]

Seed = int | np.random.Generator | None

# Any fixed number: it keeps the streams of this package apart from `default_rng(seed)`.
_KEY = 891


def generators(random_seed: Seed, names: Sequence[str]) -> list[np.random.Generator]:
    """Return one generator for each name, independent of each other.

    A student gives every function the same seed. ``default_rng(seed)`` would then repeat the very
    random numbers that the posterior draws were made of, and new draws would be correlated with
    them; so the seed gets a key of its own. And a name keeps its stream, whatever else is asked
    for in the same call: two calls with one seed repeat each other for the same name only.

    Parameters
    ----------
    random_seed : int, Generator or None
        None takes fresh entropy from the system. A generator gives other streams at each call.
    names : sequence of str
        What each generator is for.

    Raises
    ------
    ValueError
        If `random_seed` is none of these.

    Examples
    --------
    >>> a, b = generators(1, ["a", "b"])
    >>> (again,) = generators(1, ["b"])
    >>> value = b.random()
    >>> value == again.random(), value == a.random()
    (True, False)
    """
    check_seed(random_seed)
    if isinstance(random_seed, np.random.Generator):
        return random_seed.spawn(len(names))
    entropy = np.random.SeedSequence(random_seed).entropy
    return [
        np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(_KEY, _hash(name))))
        for name in names
    ]


def check_seed(random_seed: Seed) -> None:
    """Raise ValueError unless the argument is a seed."""
    if random_seed is None or isinstance(random_seed, np.random.Generator):
        return
    whole = isinstance(random_seed, int | np.integer) and not isinstance(random_seed, bool)
    if not whole or random_seed < 0:
        raise ValueError(
            f"random_seed={random_seed!r}; expected a whole number from 0 up, "
            "a numpy.random.Generator, or None for other draws each time."
        )


def _hash(name: str) -> int:
    """Return 64 bits that depend on the name alone (Python's own hash changes by the process)."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
