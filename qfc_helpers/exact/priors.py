"""Priors of the two standard deviations, read from Bambi and evaluated on arrays.

The usual families are written out here, because compiling a PyTensor function takes longer than
the whole posterior does. Any other PyMC distribution goes through `pymc.logp`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

__all__ = ["ScalePrior", "is_closed_form", "scale_prior"]

LogDensity = Callable[[np.ndarray], np.ndarray]

# Where a prior of another family is probed for its support (in the data's own units).
_PROBE = np.geomspace(1e-12, 1e12, 97)


@dataclass(frozen=True)
class ScalePrior:
    """The prior density of a standard deviation, on an interval of the positive numbers.

    Parameters
    ----------
    log_density
        Log density for an array of values inside the interval.
    lower, upper
        The ends of the interval; ``upper`` may be infinite.
    family, arguments
        The distribution's name in PyMC and its parameters.

    Notes
    -----
    Integration runs over an unbounded coordinate: ``log(sd - lower)`` or, between two finite ends,
    the logit. There the integrand falls off at least exponentially on either side.
    """

    log_density: LogDensity
    lower: float
    upper: float
    family: str
    arguments: Mapping[str, float]

    def to_scale(self, z: np.ndarray) -> np.ndarray:
        """Map the unbounded coordinate to the standard deviation."""
        if np.isinf(self.upper):
            with np.errstate(over="ignore"):
                return self.lower + np.exp(z)
        return self.lower + (self.upper - self.lower) * special.expit(z)

    def to_unbounded(self, sd: np.ndarray) -> np.ndarray:
        """Map a standard deviation inside the interval to the unbounded coordinate."""
        with np.errstate(divide="ignore"):
            if np.isinf(self.upper):
                return np.log(sd - self.lower)
            return np.log(sd - self.lower) - np.log(self.upper - sd)

    def log_jacobian(self, z: np.ndarray) -> np.ndarray:
        """Return log |d sd / dz|."""
        if np.isinf(self.upper):
            return np.asarray(z, dtype=float)
        width = np.log(self.upper - self.lower)
        return width + special.log_expit(z) + special.log_expit(-np.asarray(z, dtype=float))

    def log_density_unbounded(self, z: np.ndarray) -> np.ndarray:
        """Return the log density of the unbounded coordinate."""
        return self.log_density(self.to_scale(z)) + self.log_jacobian(z)


def _half_normal(sigma: float = 1.0) -> LogDensity:
    constant = 0.5 * np.log(2 / np.pi) - np.log(sigma)
    return lambda x: constant - 0.5 * (x / sigma) ** 2


def _half_student_t(nu: float, sigma: float = 1.0) -> LogDensity:
    constant = (
        np.log(2 / sigma)
        + special.gammaln((nu + 1) / 2)
        - special.gammaln(nu / 2)
        - 0.5 * np.log(nu * np.pi)
    )
    return lambda x: constant - (nu + 1) / 2 * np.log1p((x / sigma) ** 2 / nu)


def _half_cauchy(beta: float = 1.0) -> LogDensity:
    constant = np.log(2 / (np.pi * beta))
    return lambda x: constant - np.log1p((x / beta) ** 2)


def _exponential(lam: float) -> LogDensity:
    return lambda x: np.log(lam) - lam * x


def _exponential_scale(scale: float) -> LogDensity:
    return _exponential(1 / scale)


def _gamma(alpha: float, beta: float) -> LogDensity:
    constant = alpha * np.log(beta) - special.gammaln(alpha)
    return lambda x: constant + (alpha - 1) * np.log(x) - beta * x


def _gamma_moments(mu: float, sigma: float) -> LogDensity:
    return _gamma(mu**2 / sigma**2, mu / sigma**2)


def _inverse_gamma(alpha: float, beta: float = 1.0) -> LogDensity:
    constant = alpha * np.log(beta) - special.gammaln(alpha)
    return lambda x: constant - (alpha + 1) * np.log(x) - beta / x


def _log_normal(mu: float = 0.0, sigma: float = 1.0) -> LogDensity:
    constant = -0.5 * np.log(2 * np.pi) - np.log(sigma)
    return lambda x: constant - np.log(x) - 0.5 * ((np.log(x) - mu) / sigma) ** 2


def _weibull(alpha: float, beta: float) -> LogDensity:
    constant = np.log(alpha) - alpha * np.log(beta)
    return lambda x: constant + (alpha - 1) * np.log(x) - (x / beta) ** alpha


def _uniform(lower: float, upper: float) -> LogDensity:
    return lambda x: np.full(np.shape(x), -np.log(upper - lower))


# Families on (0, inf): name, then the sets of arguments that the closed form knows.
_CLOSED_FORMS: dict[str, list[tuple[set[str], set[str], Callable[..., LogDensity]]]] = {
    "HalfNormal": [(set(), {"sigma"}, _half_normal)],
    "HalfStudentT": [({"nu"}, {"sigma"}, _half_student_t)],
    "HalfCauchy": [(set(), {"beta"}, _half_cauchy)],
    "Exponential": [({"lam"}, set(), _exponential), ({"scale"}, set(), _exponential_scale)],
    "Gamma": [({"alpha", "beta"}, set(), _gamma), ({"mu", "sigma"}, set(), _gamma_moments)],
    "InverseGamma": [({"alpha"}, {"beta"}, _inverse_gamma)],
    "LogNormal": [(set(), {"mu", "sigma"}, _log_normal)],
    "Lognormal": [(set(), {"mu", "sigma"}, _log_normal)],
    "Weibull": [({"alpha", "beta"}, set(), _weibull)],
}
_IMPROPER = {"Flat", "HalfFlat"}


def scale_prior(prior: Any, name: str) -> ScalePrior:
    """Turn Bambi's prior of a standard deviation into a `ScalePrior`.

    Parameters
    ----------
    prior
        A `bambi.Prior`.
    name
        Whose prior it is, for messages.

    Raises
    ------
    ValueError
        If it is not a proper continuous distribution on the positive numbers.

    Examples
    --------
    >>> import bambi as bmb
    >>> prior = scale_prior(bmb.Prior("HalfNormal", sigma=25), "sigma")
    >>> round(float(prior.log_density(10.0)), 4)
    -3.5247
    """
    family = _family(prior, name)
    arguments = _numbers(prior.args, name)
    text = f"{family}({', '.join(f'{key}={value:g}' for key, value in arguments.items())})"
    if family == "Uniform":
        lower, upper = arguments.get("lower", 0.0), arguments.get("upper", 1.0)
        _check_positive_support(lower, name, text)
        return ScalePrior(_uniform(lower, upper), lower, upper, family, arguments)
    closed = _closed_form(family, set(arguments))
    if closed is not None:
        _check_parameters(arguments, family, name, text)
        return ScalePrior(closed(**arguments), 0.0, np.inf, family, arguments)
    return _general_prior(family, arguments, name, text)


def _family(prior: Any, name: str) -> str:
    """Return the name of the prior's family, once it is known to be a usable prior."""
    if not hasattr(prior, "args"):
        raise ValueError(
            f"The prior of {name!r} is the constant {prior!r}. The exact posterior needs a "
            'distribution for it, for example bmb.Prior("HalfNormal", sigma=10).'
        )
    if prior.dist is not None:
        raise ValueError(
            f"The prior of {name!r} is a function (`dist=`), which cannot be read. "
            'Give it by name, for example bmb.Prior("HalfNormal", sigma=10).'
        )
    if prior.name in _IMPROPER:
        raise ValueError(
            f"The prior of {name!r} is {prior.name}, which is flat (improper): the posterior may "
            "not exist. Give it a proper prior, for example "
            'bmb.Prior("HalfNormal", sigma=10).'
        )
    return prior.name


def _numbers(arguments: dict[str, Any], name: str) -> dict[str, float]:
    """Return the arguments of a prior as plain numbers."""
    numbers = {}
    for key, value in arguments.items():
        try:
            number = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            number = None
        if number is None or number.size != 1 or not np.isfinite(number).all():
            raise ValueError(
                f"The prior of {name!r} has {key}={value!r}; expected one finite number. "
                "A prior on a hyperprior's parameter is outside of the two-dimensional integral."
            )
        numbers[key] = number.item()
    return numbers


def _check_parameters(arguments: dict[str, float], family: str, name: str, text: str) -> None:
    """Refuse scales and shapes that are not positive."""
    location = {"mu"} if family in {"LogNormal", "Lognormal"} else set()
    for key, value in arguments.items():
        if key not in location and value <= 0:
            raise ValueError(
                f"The prior of {name!r} is {text}: {key} must be positive, but it is {value:g}. "
                "A default prior gets such a scale from a response that does not vary."
            )


def _closed_form(family: str, given: set[str]) -> Callable[..., LogDensity] | None:
    """Return the family's maker of log densities, if it is written out for these arguments."""
    for required, optional, make in _CLOSED_FORMS.get(family, []):
        if required <= given <= required | optional:
            return make
    return None


def is_closed_form(family: str, arguments: Mapping[str, float]) -> bool:
    """Tell whether a prior is written out here, for these names of arguments.

    Examples
    --------
    >>> is_closed_form("HalfNormal", {"sigma": 25.0}), is_closed_form("HalfNormal", {"nu": 1.0})
    (True, False)
    """
    if family == "Uniform":
        return set(arguments) <= {"lower", "upper"}
    return _closed_form(family, set(arguments)) is not None


def _check_positive_support(lower: float, name: str, text: str) -> None:
    if lower < 0:
        raise ValueError(
            f"The prior of {name!r} is {text}, which gives mass to negative values; a standard "
            'deviation has none. Use a prior on positive numbers, for example "HalfNormal".'
        )


def _general_prior(family: str, arguments: dict[str, float], name: str, text: str) -> ScalePrior:
    """Evaluate any other PyMC distribution; costs the compilation of one small function."""
    import pymc as pm
    import pytensor
    import pytensor.tensor as pt

    distribution = getattr(pm, family, None)
    if distribution is None:
        raise ValueError(f"The prior of {name!r}, {text}, is not a distribution of PyMC.")
    value = pt.vector("value")
    log_density = pytensor.function(
        [value], pm.logp(distribution.dist(**arguments), value), mode="FAST_COMPILE"
    )

    def evaluate(x: np.ndarray) -> np.ndarray:
        x = np.asarray(x, dtype=float)
        return log_density(x.ravel()).reshape(x.shape)

    _check_positive_support(-1.0 if np.isfinite(evaluate(-_PROBE)).any() else 0.0, name, text)
    lower, upper = _probe_support(evaluate, name, text)
    return ScalePrior(evaluate, lower, upper, family, arguments)


def _probe_support(evaluate: LogDensity, name: str, text: str) -> tuple[float, float]:
    """Find the ends of the interval on which a density is positive, by bisection."""
    inside = np.flatnonzero(np.isfinite(evaluate(_PROBE)))
    if inside.size == 0:
        raise ValueError(
            f"The prior of {name!r}, {text}, has no mass between {_PROBE[0]:g} and "
            f"{_PROBE[-1]:g}. Rescale the response, or give another prior."
        )
    first, last = inside[0], inside[-1]
    lower = 0.0 if first == 0 else _bisect(evaluate, _PROBE[first - 1], _PROBE[first])
    upper = np.inf if last == _PROBE.size - 1 else _bisect(evaluate, _PROBE[last + 1], _PROBE[last])
    return lower, upper


def _bisect(evaluate: LogDensity, outside: float, inside: float) -> float:
    for _ in range(80):
        middle = 0.5 * (outside + inside)
        if np.isfinite(evaluate(np.array([middle]))[0]):
            inside = middle
        else:
            outside = middle
    return inside
