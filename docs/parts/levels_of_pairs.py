"""Parts about error rates of paired outcomes and of several arms."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy import special

from parts.error_rates import binomial_chances, rejection_rate, tables
from parts.tables import table
from wholetrial.analysis.estimate import Floats, Test
from wholetrial.analysis.responders import paired, trend
from wholetrial.analysis.safety.several_arms import fisher_freeman_halton_test

CHANGED = np.arange(1, 101) / 100
"""True proportions of participants who change, half of them in each direction."""
PROPORTIONS = np.arange(1, 50) / 50
PAIRS = (10, 20, 50)
ARMS = ((5, 5, 5), (10, 10, 10), (20, 10, 5))

PAIRED: dict[str, Callable[..., Test]] = {
    "McNemar, exact": paired.mcnemar_exact_test,
    "McNemar, mid-p": paired.mcnemar_mid_p_test,
    "McNemar": paired.mcnemar_test,
    "McNemar with correction": paired.mcnemar_corrected_test,
}
SEVERAL: dict[str, Callable[[Floats, Floats], Test]] = {
    "Fisher (Freeman-Halton)": fisher_freeman_halton_test,
    "Cochran-Armitage, exact": lambda x, n: trend.cochran_armitage_exact_test(x, n, [0, 1, 2]),
    "Cochran-Armitage": lambda x, n: trend.cochran_armitage_test(x, n, [0, 1, 2]),
}


def levels_of_paired_tests() -> str:
    """The largest type I error of tests of paired outcomes, over how many change."""
    rows = [
        (name, *(_percent(paired_level(test, size).max()) for size in PAIRS))
        for name, test in PAIRED.items()
    ]
    return table(("test", *(f"n = {size}" for size in PAIRS)), rows)


def levels_of_several_arms() -> str:
    """The largest type I error of tests of three arms, over their common proportion."""
    rows = [
        (name, *(_percent(several_level(test, sizes).max()) for sizes in ARMS))
        for name, test in SEVERAL.items()
    ]
    return table(("test", *(" v ".join(map(str, sizes)) for sizes in ARMS)), rows)


def paired_level(test: Callable[..., Test], size: int, level: float = 0.05) -> Floats:
    """Chance that the test rejects where as many get better as worse, for each of `CHANGED`."""
    every = tables((size, size))
    gained, lost = every[every.sum(axis=1) <= size].T
    same = size - gained - lost
    ways = special.gammaln(size + 1) - sum(
        special.gammaln(count + 1) for count in (gained, lost, same)
    )
    each = CHANGED[:, None] / 2
    chances = np.exp(
        ways + special.xlogy(gained + lost, each) + special.xlog1py(same, -CHANGED[:, None])
    )
    return rejection_rate(test(gained, lost), chances, level)


def several_level(
    test: Callable[[Floats, Floats], Test], sizes: Sequence[int], level: float = 0.05
) -> Floats:
    """Chance that the test rejects where all arms have the same of `PROPORTIONS`."""
    settings = np.repeat(PROPORTIONS[:, None], len(sizes), axis=1)
    return rejection_rate(
        test(tables(sizes), np.array(sizes, np.float64)), binomial_chances(sizes, settings), level
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
