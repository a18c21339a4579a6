"""The exact posterior, and the exact likelihood, of a Gaussian random-intercept model.

Given its two standard deviations, a Gaussian random-intercept model is Gaussian in everything
else; its posterior is a two-dimensional integral, done here by quadrature to many digits, in
milliseconds. That is the truth to hold MCMC and approximations against.

The modules, each using only those above it:

- `structure`, `priors`: the model in plain arrays; priors of the standard deviations
- `reading`: from Bambi's model object to these (the only module that knows Bambi)
- `statistics`: the data's sufficient statistics
- `gaussian`: the algebra once the two standard deviations are given
- `quadrature`: adaptive integration over the two, and draws from them
- `marginals`, `crossvalidation`, `sampling`: what is asked of the posterior
- `likelihood`: the same integral without priors, as lme4 has it
- `posterior`: the public face
"""

from .likelihood import RandomInterceptLikelihood
from .marginals import Marginal
from .posterior import ExactPosterior
from .quadrature import QuadratureError
from .structure import UnsupportedModelError

__all__ = [
    "ExactPosterior",
    "Marginal",
    "QuadratureError",
    "RandomInterceptLikelihood",
    "UnsupportedModelError",
]
