"""The probability that one group's intercept is greater than another's."""

import math
from dataclasses import dataclass
from typing import Any

import xarray as xr

from ._difference import difference

__all__ = ["Probability", "prob_greater"]


@dataclass(frozen=True, repr=False)
class Probability:
    """A probability estimated from draws, with how far it can be trusted.

    Attributes
    ----------
    estimate : float
        Share of the draws in which the event happens.
    mcse : float
        Monte Carlo standard error: how far the estimate would typically move with other draws from
        the same posterior. NaN if all draws agree, for then it cannot be estimated.
    ess : float
        Effective sample size: the number of independent draws that would be as good.
    draws : int
        The number of draws.
    event : str
        What the probability is of.
    """

    estimate: float
    mcse: float
    ess: float
    draws: int
    event: str

    def __float__(self) -> float:
        return self.estimate

    def __str__(self) -> str:
        if math.isnan(self.mcse):
            return f"Pr({self.event}) = {self.estimate:.0f} ({self._unanimous()})"
        # Two digits of the error, and as many decimals for the estimate.
        decimals = max(1 - math.floor(math.log10(self.mcse)), 0)
        return (
            f"Pr({self.event}) = {self.estimate:.{decimals}f} "
            f"(Monte Carlo standard error {self.mcse:.{decimals}f}, "
            f"effective sample size {self.ess:.0f})"
        )

    __repr__ = __str__

    def _unanimous(self) -> str:
        """Bound the probability by the rule of three where no draw disagrees."""
        if not self.ess > 3:
            return f"all {self.draws} draws agree, too few to say more"
        bound = 3 / self.ess
        digits = 1 - math.floor(math.log10(bound))
        side = f"above {1 - bound:.{digits}f}" if self.estimate else f"below {bound:.{digits}f}"
        return f"all {self.draws} draws agree; very likely {side}"


def prob_greater(
    draws: xr.DataTree, group_a: Any, group_b: Any, group: str | None = None
) -> Probability:
    """Estimate the posterior probability that one group's intercept exceeds another's.

    It is the share of draws in which it does. ArviZ's ``mcse`` and ``ess`` (both with
    ``method="mean"``) of that yes-or-no variable tell how many of its digits mean something; a
    standard error from the number of draws would be too small for correlated draws.

    Parameters
    ----------
    draws : xarray.DataTree
        What ``model.fit()`` or ``ExactPosterior.sample()`` returned.
    group_a, group_b : str
        Two groups. Bambi turns labels into strings; 2 is taken for "2".
    group : str, optional
        The grouping factor; needed only if the model has several random intercepts.

    Returns
    -------
    Probability
        With ``estimate``, ``mcse`` and ``ess``. If all draws agree, ``mcse`` is NaN (the draws
        cannot tell 1 from 0.9999), ``ess`` is that of the difference, and the printed text gives a
        bound, 3/ESS (the "rule of three").

    Raises
    ------
    TypeError
        If `draws` is not a DataTree.
    ValueError
        If there is no such group, or if both are the same.

    References
    ----------
    Vehtari, A., Gelman, A., Simpson, D., Carpenter, B. and Buerkner, P.-C. (2021).
    Rank-normalization, folding, and localization: an improved R-hat for assessing convergence of
    MCMC. Bayesian Analysis 16(2), 667-718.

    Hanley, J. A. and Lippman-Hand, A. (1983). If nothing goes wrong, is everything all right?
    JAMA 249(13), 1743-1745.

    Examples
    --------
    >>> import bambi as bmb
    >>> from qfc_helpers.data import load_scorpions
    >>> from qfc_helpers.exact import ExactPosterior
    >>> model = bmb.Model("weight ~ 1 + length + (1|population)", load_scorpions())
    >>> posterior = ExactPosterior.from_model(model)
    >>> answer = prob_greater(posterior.sample(random_seed=1), "2", "3")
    >>> abs(answer.estimate - posterior.prob_greater("2", "3")) < 4 * answer.mcse
    True
    """
    import arviz as az

    gap = difference(draws, group_a, group_b, group)
    indicator = (gap > 0).astype(float)
    estimate = float(indicator.mean())
    unanimous = estimate in (0.0, 1.0)
    # ArviZ would report an error of 0 for a constant, which is not what the draws show.
    return Probability(
        estimate=estimate,
        mcse=math.nan if unanimous else float(az.mcse(indicator, method="mean")),
        ess=float(az.ess(gap if unanimous else indicator, method="mean")),
        draws=indicator.size,
        event=f"alpha_{group_a} > alpha_{group_b}",
    )
