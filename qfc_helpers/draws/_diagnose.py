"""Whether draws can be trusted, in plain words, with what to do if not."""

import html
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from . import _reading

__all__ = ["Diagnosis", "UnreliableDrawsError", "diagnose"]

#: Vehtari et al. (2021): R-hat no larger than this ...
RHAT_MAX = 1.01
#: ... and at least so many effective draws for the bulk and for the tails.
ESS_MIN = 400
#: Betancourt (2016); the default of ArviZ and of CmdStan's ``diagnose``.
BFMI_MIN = 0.3

OK, PROBLEM, NOT_CHECKED, NOT_APPLICABLE = "ok", "problem", "not checked", "does not apply"
_FAILURES = (PROBLEM, NOT_CHECKED)
_MARKS = {OK: "✓", PROBLEM: "✗", NOT_CHECKED: "?", NOT_APPLICABLE: "–"}

#: What PyMC and nutpie call the same thing, and how Bambi passes a new limit on to them.
_TREE_DEPTH = {
    "reached_max_treedepth": 'nuts={"max_treedepth": 12}',
    "maxdepth_reached": 'nuts={"maxdepth": 12}',
}


class UnreliableDrawsError(ValueError):
    """The draws failed a check; the message says which, what it means and what to do."""

    def _render_traceback_(self) -> list[str]:
        # IPython shows this instead of a traceback: the user's code is not at fault.
        return [f"{type(self).__name__}: {self}"]


@dataclass(frozen=True)
class _Check:
    """One line of a diagnosis."""

    name: str
    result: str
    found: str
    wanted: str
    meaning: str
    remedy: str


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """What :func:`diagnose` found; a notebook shows it as a table.

    Attributes
    ----------
    ok : bool
        Whether nothing speaks against using the draws. False also if a check could not be made.
    table : pandas.DataFrame, one row per check
        ``result`` ("ok", "problem", "not checked" or "does not apply"), ``found``, ``wanted``,
        ``meaning`` and ``what to do``.
    parameters : pandas.DataFrame, one row per parameter
        ``r_hat``, ``ess_bulk`` and ``ess_tail``, as ArviZ computes them.
    summary : str
        The verdict in one sentence.
    """

    parameters: pd.DataFrame
    size: str
    _checks: tuple[_Check, ...] = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against using the draws."""
        return not self._failed()

    @property
    def table(self) -> pd.DataFrame:
        """One row per check."""
        rows = [
            {
                "check": check.name,
                "result": check.result,
                "found": check.found,
                "wanted": check.wanted,
                "meaning": check.meaning,
                "what to do": check.remedy if check.result in _FAILURES else "nothing",
            }
            for check in self._checks
        ]
        return pd.DataFrame(rows).set_index("check")

    @property
    def summary(self) -> str:
        """The verdict in one sentence."""
        if self.ok:
            return f"These draws can be used ({self.size}): no check found a problem."
        names = ", ".join(check.name for check in self._failed())
        return f"Do not use these draws yet ({self.size}); look at: {names}."

    def check(self) -> "Diagnosis":
        """Return the diagnosis if it is fine; raise otherwise.

        Put ``diagnose(draws).check()`` below a fit, and a notebook stops there if the draws are not
        to be trusted.

        Raises
        ------
        UnreliableDrawsError
            If `ok` is False; a notebook shows only its message, without a traceback.
        """
        if not self.ok:
            raise UnreliableDrawsError("\n".join([self.summary, *self._advice()]))
        return self

    def __str__(self) -> str:
        width = max(len(check.name) for check in self._checks)
        lines = [
            f"  {_MARKS[check.result]} {check.name:<{width}}  {check.result}: {check.found}"
            f" (wanted: {check.wanted})"
            for check in self._checks
        ]
        return "\n".join([self.summary, *lines, *self._advice()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        header = ("check", "result", "found", "wanted", "meaning", "what to do")
        heads = "".join(f'<th scope="col">{name}</th>' for name in header)
        rows = "".join(_html_row(check) for check in self._checks)
        return (
            f"<table><caption style='caption-side: top; text-align: left'>"
            f"<strong>{html.escape(self.summary)}</strong></caption>"
            f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        )

    def _failed(self) -> list[_Check]:
        return [check for check in self._checks if check.result in _FAILURES]

    def _advice(self) -> list[str]:
        return [
            f"- {check.name}: {check.found}. {check.meaning} What to do: {check.remedy}"
            for check in self._failed()
        ]


def diagnose(draws: xr.DataTree, var_names: list[str] | str | None = None) -> Diagnosis:
    """Check whether posterior draws can be trusted, and say in plain words what to do if not.

    The checks are those of CmdStan's ``diagnose``: divergences, tree depth and E-BFMI, which the
    sampler reports about itself; R-hat and the effective sample size (ESS) of bulk and tails, which
    are computed from the draws. All numbers are ArviZ's (``az.summary``, ``az.bfmi``).

    ``az.diagnose`` makes nearly the same checks and prints them. It passes over the tree depth of
    nutpie's draws without a word (nutpie has its own name for it), over all that the sampler
    reports if ``sample_stats`` is missing, and over an ESS of the tails below 400 (it compares the
    bulk only); hence this one.

    Parameters
    ----------
    draws : xarray.DataTree
        What ``model.fit()`` or ``ExactPosterior.sample()`` returned. For independent draws, as from
        the latter, the sampler's checks do not apply.
    var_names : str or list of str, optional
        Parameters to look at, Bambi's names; by default all.

    Returns
    -------
    Diagnosis
        Shown as a table in a notebook. ``.ok`` is the verdict, ``.check()`` raises if it is bad,
        ``.table`` and ``.parameters`` are data frames.

    Raises
    ------
    TypeError
        If `draws` is not a DataTree.
    ValueError
        If it has no posterior with chains and draws, or no parameter of a name in `var_names`.

    References
    ----------
    Vehtari, A., Gelman, A., Simpson, D., Carpenter, B. and Buerkner, P.-C. (2021).
    Rank-normalization, folding, and localization: an improved R-hat for assessing convergence of
    MCMC. Bayesian Analysis 16(2), 667-718.

    Betancourt, M. (2016). Diagnosing suboptimal cotangent disintegrations in Hamiltonian Monte
    Carlo. arXiv:1604.00695.

    Examples
    --------
    >>> import bambi as bmb
    >>> from qfc_helpers.data import load_scorpions
    >>> from qfc_helpers.exact import ExactPosterior
    >>> model = bmb.Model("weight ~ 1 + length + (1|population)", load_scorpions())
    >>> draws = ExactPosterior.from_model(model).sample(random_seed=1)
    >>> diagnosis = diagnose(draws)
    >>> print(diagnosis.summary)
    These draws can be used (4 chains of 1000 draws): no check found a problem.
    >>> diagnosis.table["result"].to_dict()  # doctest: +NORMALIZE_WHITESPACE
    {'divergences': 'does not apply', 'tree depth': 'does not apply', 'E-BFMI': 'does not apply',
     'R-hat': 'ok', 'ESS (bulk)': 'ok', 'ESS (tails)': 'ok'}

    The first draws of each chain alone are too few:

    >>> diagnosis = diagnose(draws.isel(draw=slice(50)))
    >>> diagnosis.ok
    False
    >>> diagnosis.check()  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    UnreliableDrawsError: Do not use these draws yet ...
    """
    posterior = _reading.read_posterior(draws)
    parameters = _parameters(posterior, var_names)
    chains, size = posterior.sizes["chain"], posterior.sizes["draw"]
    return Diagnosis(
        parameters=parameters,
        size=f"{chains} chain{'s' if chains > 1 else ''} of {size} draws",
        _checks=(
            *_sampler_checks(draws),
            _rhat_check(parameters, posterior),
            _ess_check(parameters, "ess_bulk", "ESS (bulk)", "means and medians"),
            _ess_check(parameters, "ess_tail", "ESS (tails)", "the ends of intervals"),
        ),
    )


def _parameters(posterior: xr.Dataset, var_names: list[str] | str | None) -> pd.DataFrame:
    """Compute R-hat and both effective sample sizes of each parameter."""
    import arviz as az

    wanted = [var_names] if isinstance(var_names, str) else var_names
    unknown = [name for name in wanted or [] if name not in posterior]
    if unknown:
        raise ValueError(
            f"var_names has {unknown[0]!r}, which the draws do not hold; expected names out of "
            f"{_reading.shorten(posterior.data_vars)}."
        )
    # Constants make ArviZ divide 0 by 0; the NaN that results is reported as a problem.
    with np.errstate(invalid="ignore", divide="ignore"):
        table = az.summary(posterior, var_names=wanted, kind="diagnostics", round_to="none")
    return table[["r_hat", "ess_bulk", "ess_tail"]].astype(float)


def _sampler_checks(draws: xr.DataTree) -> list[_Check]:
    """Make the three checks of what NUTS reports about itself."""
    names = ("divergences", "tree depth", "E-BFMI")
    wanted = ("none", "none at the limit", f"at least {BFMI_MIN} in each chain")
    if "sample_stats" not in draws.children:
        return [
            _not_checked(name, wants, "the DataTree has no sample_stats")
            for name, wants in zip(names, wanted, strict=True)
        ]
    stats = draws["sample_stats"].to_dataset()
    if "independent" in stats and bool(stats["independent"].all()):
        reason = "Such draws are independent by construction: no chain has to find its way."
        return [
            _Check(name, NOT_APPLICABLE, "draws were not made by MCMC", wants, reason, "nothing")
            for name, wants in zip(names, wanted, strict=True)
        ]
    makers: tuple[Callable[[xr.Dataset, str, str], _Check], ...] = (
        _divergence_check,
        _tree_depth_check,
        _bfmi_check,
    )
    return [make(stats, n, w) for make, n, w in zip(makers, names, wanted, strict=True)]


def _not_checked(name: str, wanted: str, why: str) -> _Check:
    return _Check(
        name=name,
        result=NOT_CHECKED,
        found=why,
        wanted=wanted,
        meaning="So nobody can tell whether the sampler had trouble.",
        remedy="pass the whole of what model.fit() returned, with its group sample_stats.",
    )


def _divergence_check(stats: xr.Dataset, name: str, wanted: str) -> _Check:
    if "diverging" not in stats:
        return _not_checked(name, wanted, "sample_stats has no 'diverging'")
    count, total = int(stats["diverging"].sum()), stats["diverging"].size
    return _Check(
        name=name,
        result=PROBLEM if count else OK,
        found=_share(count, total),
        wanted=wanted,
        meaning=(
            "At a divergence the sampler lost its way in a narrow corner of the posterior (often "
            "where the standard deviation among groups is near zero); the draws may leave that "
            "corner out, so that every result is a little wrong."
        ),
        remedy=(
            "fit again with smaller steps, model.fit(target_accept=0.95), then 0.99. If some "
            "remain, keep Bambi's default noncentered=True and use tighter priors for the "
            "standard deviations. More draws do not help."
        ),
    )


def _tree_depth_check(stats: xr.Dataset, name: str, wanted: str) -> _Check:
    column = next((column for column in _TREE_DEPTH if column in stats), None)
    if column is None:
        return _not_checked(name, wanted, "sample_stats does not tell the tree depth's limit")
    count, total = int(stats[column].sum()), stats[column].size
    return _Check(
        name=name,
        result=PROBLEM if count else OK,
        found=_share(count, total),
        wanted=wanted,
        meaning=(
            "The sampler had to stop walking before it got far enough. The draws are not wrong, "
            "but hang together closely and say less than their number."
        ),
        remedy=(
            f"let it walk longer, model.fit({_TREE_DEPTH[column]}); or center and scale the "
            "predictors."
        ),
    )


def _bfmi_check(stats: xr.Dataset, name: str, wanted: str) -> _Check:
    import arviz as az

    if "energy" not in stats:
        return _not_checked(name, wanted, "sample_stats has no 'energy'")
    values = az.bfmi(stats)["energy"]
    # NumPy's argmin finds NaN first.
    worst = values[int(np.argmin(values.to_numpy()))]
    lowest = float(worst)
    return _Check(
        name=name,
        # Written so that NaN is a problem.
        result=OK if lowest >= BFMI_MIN else PROBLEM,
        found=f"lowest {lowest:.2f}, in chain {int(worst['chain'])}",
        wanted=wanted,
        meaning=(
            "The sampler moves too slowly between likely and unlikely regions (usually a posterior "
            "with heavy tails), so the tails of the posterior may be cut short."
        ),
        remedy=(
            "use tighter priors for the standard deviations and Bambi's default noncentered=True; "
            "fit with more tuning, model.fit(tune=2000)."
        ),
    )


def _rhat_check(parameters: pd.DataFrame, posterior: xr.Dataset) -> _Check:
    rhat = parameters["r_hat"]
    bad = ~(rhat <= RHAT_MAX)  # so that NaN is bad, as from a single chain
    single = posterior.sizes["chain"] < 2
    meaning = (
        "R-hat compares the chains. Where it is above 1.01 they do not agree on the answer, so "
        "none of them can be trusted, however many draws there are."
    )
    remedy = (
        "fit longer, model.fit(tune=2000, draws=2000). If that does not help, two explanations of "
        "the data compete: look at az.plot_trace(draws), and give the model priors that choose."
    )
    if single:
        meaning = "One chain has no other to agree with, so its errors cannot be seen."
        remedy = "fit with several chains, model.fit(chains=4)."
    return _Check(
        name="R-hat",
        result=PROBLEM if bad.any() else OK,
        found="only one chain" if single else _worst(rhat, bad, highest=True),
        wanted=f"at most {RHAT_MAX} for each parameter",
        meaning=meaning,
        remedy=remedy,
    )


def _ess_check(parameters: pd.DataFrame, column: str, name: str, purpose: str) -> _Check:
    ess = parameters[column]
    bad = ~(ess >= ESS_MIN)
    return _Check(
        name=name,
        result=PROBLEM if bad.any() else OK,
        found=_worst(ess, bad, highest=False),
        wanted=f"at least {ESS_MIN} for each parameter",
        meaning=(
            "Draws of a chain resemble each other; ESS is the number of independent draws that "
            f"would be worth as much. With few, {purpose} are blurred by chance."
        ),
        remedy=(
            "take more draws, model.fit(draws=4000): the ESS grows in proportion. If other checks "
            "fail, too, see to these first."
        ),
    )


def _share(count: int, total: int) -> str:
    return f"{count} of {total} draws" + (f" ({count / total:.2%})" if count else "")


def _worst(values: pd.Series, bad: pd.Series, highest: bool) -> str:
    """Name the worst parameter, and count the others that are bad."""
    undefined = values.index[values.isna()]
    if len(undefined):
        return (
            f"cannot be computed for {_reading.shorten(undefined, most=3)}: too few draws, the "
            "same value in every draw, or values that are not finite"
        )
    worst = values.idxmax() if highest else values.idxmin()
    value = f"{values[worst]:.3f}" if highest else f"{values[worst]:.0f}"
    others = int(bad.sum()) - 1
    more = f", and {others} more parameter(s) outside" if others > 0 else ""
    return f"{'highest' if highest else 'lowest'} {value}, of {worst}{more}"


def _html_row(check: _Check) -> str:
    cells: list[Any] = [f"{_MARKS[check.result]} {check.result}", check.found, check.wanted]
    # Advice only where it is needed: a table of remedies for no disease frightens.
    failed = check.result in _FAILURES
    cells += [check.meaning, check.remedy] if failed else ["", ""]
    left = "style='text-align: left; vertical-align: top'"
    data = "".join(f"<td {left}>{html.escape(str(cell))}</td>" for cell in cells)
    return f'<tr><th scope="row" {left}>{html.escape(check.name)}</th>{data}</tr>'
