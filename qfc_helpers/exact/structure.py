"""What a Gaussian random-intercept model consists of, in plain arrays.

Nothing here knows Bambi: `reading` fills these records, everything else works on them.
"""

from dataclasses import dataclass, replace

import numpy as np

from .priors import ScalePrior

__all__ = ["CommonTerm", "Names", "RandomInterceptModel", "UnsupportedModelError", "keep_rows"]


class UnsupportedModelError(ValueError):
    """A model, or data, for which the exact posterior is not defined or not implemented.

    The message names the part that is outside, why it is, and what to do instead.
    """


@dataclass(frozen=True)
class CommonTerm:
    """One common-effect term and the columns of the design matrix that belong to it.

    Parameters
    ----------
    name
        The name of the term in the posterior, as Bambi gives it.
    columns
        Where the term's columns stand in the design matrix.
    dim, labels
        Name and labels of the term's own dimension; None for a single coefficient.
    """

    name: str
    columns: slice
    dim: str | None = None
    labels: tuple | None = None


@dataclass(frozen=True)
class Names:
    """The names that Bambi gives to a model's response, scales and groups."""

    response: str
    sd_obs: str
    group: str
    sd_alpha: str
    group_dim: str


@dataclass(frozen=True)
class RandomInterceptModel:
    """A random-intercept model ``y = X b + u[group] + e`` with its priors.

    Parameters
    ----------
    response
        Shape (n,), as observed.
    offset
        Shape (n,), the sum of the formula's ``offset()`` terms; the model is for
        ``response - offset``.
    design
        Shape (n, p), with the columns centered where Bambi centers them. Coefficients are
        ``Normal(prior_mean, prior_sd)`` on this scale.
    prior_mean, prior_sd
        Shape (p,).
    report
        Shape (p, p). ``report @ b`` are the coefficients as Bambi reports them (it undoes the
        centering of the predictors in the intercept).
    terms
        The common-effect terms, in the order of the columns.
    intercept
        The column of the intercept, or None.
    group
        Shape (n,), integers from 0 to n_groups - 1.
    group_labels
        The groups' names, as strings.
    names
        The names under which Bambi reports what is not a common term.
    prior_sd_alpha, prior_sd_obs
        The priors of the two standard deviations.
    """

    response: np.ndarray
    offset: np.ndarray
    design: np.ndarray
    prior_mean: np.ndarray
    prior_sd: np.ndarray
    report: np.ndarray
    terms: tuple[CommonTerm, ...]
    intercept: int | None
    group: np.ndarray
    group_labels: tuple[str, ...]
    names: Names
    prior_sd_alpha: ScalePrior
    prior_sd_obs: ScalePrior

    @property
    def intercept_row(self) -> np.ndarray:
        """The linear form, shape (p,), that gives the reported intercept; zeros without one."""
        if self.intercept is None:
            return np.zeros(self.design.shape[1])
        return self.report[self.intercept]

    def term(self, name: str) -> CommonTerm | None:
        """Return the common term of that name, or None."""
        return next((term for term in self.terms if term.name == name), None)

    def group_index(self, label) -> int:
        """Return the position of a group, given its label.

        Raises
        ------
        ValueError
            If there is no such group.
        """
        try:
            return self.group_labels.index(str(label))
        except ValueError:
            shown = ", ".join(repr(name) for name in self.group_labels[:10])
            more = ", ..." if len(self.group_labels) > 10 else ""
            raise ValueError(
                f"There is no group {label!r}. The groups are {shown}{more}; "
                "for a group that was not observed, use new_group()."
            ) from None


def keep_rows(model: RandomInterceptModel, rows: np.ndarray) -> RandomInterceptModel:
    """Return the model of the selected rows, with the same priors and centering.

    Groups that lose all their rows are dropped.
    """
    present, group = np.unique(model.group[rows], return_inverse=True)
    return replace(
        model,
        response=model.response[rows],
        offset=model.offset[rows],
        design=model.design[rows],
        group=group,
        group_labels=tuple(model.group_labels[j] for j in present),
    )
