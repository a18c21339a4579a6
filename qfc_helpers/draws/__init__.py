"""What to ask of posterior draws, in the lecture's words: one verb a file.

Every verb takes the whole of what Bambi's ``model.fit()`` or ``ExactPosterior.sample()`` returned,
an ArviZ DataTree, and reads Bambi's names in it. Results carry the lecture's names and keep the
dimensions ``chain`` and ``draw``, so that ArviZ's summaries, plots, ``ess`` and ``mcse`` work on
them.

============================  ==================  ==============================================
Bambi's name                  the lecture's name  what it is
============================  ==================  ==============================================
Intercept                     mu_alpha            mean of the hyperdistribution
``1|population_sigma``        sd_alpha            its standard deviation
Intercept + ``1|population``  alpha_j             intercept of each group
``length`` and other common   beta                slopes, and differences between categories
sigma                         sd_obs              standard deviation of observations in a group
============================  ==================  ==============================================

Bambi centers predictors while it samples, unless told not to, but reports ``Intercept`` for
predictors at zero either way; so alpha_j and mu_alpha are intercepts at zero, too.
"""

from ._diagnose import Diagnosis, UnreliableDrawsError, diagnose
from ._difference import difference
from ._group_intercepts import group_intercepts
from ._icc import icc
from ._lecture_names import lecture_names
from ._new_group import new_group
from ._pooling_factor import pooling_factor
from ._predict_new_group import predict_new_group
from ._prob_greater import Probability, prob_greater

__all__ = [
    "Diagnosis",
    "Probability",
    "UnreliableDrawsError",
    "diagnose",
    "difference",
    "group_intercepts",
    "icc",
    "lecture_names",
    "new_group",
    "pooling_factor",
    "predict_new_group",
    "prob_greater",
]
