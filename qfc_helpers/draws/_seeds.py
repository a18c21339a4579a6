"""Random numbers that do not repeat those of another function with the same seed."""

import numpy as np

__all__ = ["Seed", "generators"]

Seed = int | np.random.Generator | None

# Any fixed number: it keeps the stream of this package's draws apart from `default_rng(seed)`.
_KEY = 891


def generators(random_seed: Seed, number: int) -> list[np.random.Generator]:
    """Return independent generators for one seed.

    A student gives every function the same seed. ``default_rng(seed)`` would then repeat the very
    random numbers that the posterior draws were made of, and new draws would be correlated with
    them; so the seed gets a key of its own.

    Parameters
    ----------
    random_seed : int, Generator or None
        None takes fresh entropy from the system.
    number : int
        How many generators.

    Raises
    ------
    ValueError
        If `random_seed` is none of these.
    """
    if isinstance(random_seed, np.random.Generator):
        return random_seed.spawn(number)
    if random_seed is not None and not _is_seed(random_seed):
        raise ValueError(
            f"random_seed={random_seed!r}; expected a whole number from 0 up, "
            "a numpy.random.Generator, or None for other draws each time."
        )
    sequence = np.random.SeedSequence(random_seed, spawn_key=(_KEY,))
    return [np.random.default_rng(child) for child in sequence.spawn(number)]


def _is_seed(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= 0
