"""The search `tpe`: settings that resemble the best earlier ones."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlbuild.frozen import frozen
from mlbuild.models.searches.search import Params, Search, Tried

if TYPE_CHECKING:
    import optuna


@frozen
class Tpe(Search):
    """Tries settings that resemble the best earlier ones, after 10 random ones (Tree-structured Parzen Estimator, by the
    library Optuna).
    """

    type = "tpe"
    library = "optuna"
    extra = "search"

    def suggest(self, seed: int, number: int, tried: Sequence[Tried]) -> list[Params]:
        import optuna

        space = self.dimensions
        distributions = {name: space[name].distribution() for name in sorted(space)}
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        with warnings.catch_warnings():
            # Some of these options are called experimental. All are written out, because defaults change with versions.
            warnings.simplefilter("ignore")
            sampler = optuna.samplers.TPESampler(
                seed=_seed(seed, number),
                n_startup_trials=10,
                n_ei_candidates=24,
                multivariate=True,
                group=False,
                constant_liar=True,
            )
            study = optuna.create_study(sampler=sampler)
            study.add_trials(_trial(one, distributions) for one in tried)
            asked = [study.ask(distributions).params for _ in range(self.together)]
        return [{name: one.rounded(params[name]) for name, one in space.items()} for params in asked]


def _trial(
    one: Tried, distributions: dict[str, optuna.distributions.BaseDistribution]
) -> optuna.trial.FrozenTrial:
    import optuna

    failed = one.distance is None
    state = optuna.trial.TrialState.FAIL if failed else optuna.trial.TrialState.COMPLETE
    return optuna.trial.create_trial(
        params=one.params, distributions=distributions, value=one.distance, state=state
    )


def _seed(seed: int, number: int) -> int:
    """Return the seed of a round, so that rounds with the same history would differ."""
    return int.from_bytes(hashlib.sha256(f"{seed}\n{number}".encode()).digest()[:4], "big")
