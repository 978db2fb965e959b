"""The tests of hypotheses agree with known values and keep their promised error."""

import warnings

import numpy as np
import pytest
from scipy import stats

from server.analysis import inference, trends
from server.analysis.inference import Groups

RANDOM = np.random.default_rng(8)
SAMPLES = [
    RANDOM.normal(mean, spread, size) for mean, spread, size in ((5, 1, 30), (5.6, 2, 45), (5.2, 3, 25))
]


def _groups(samples: list[np.ndarray]) -> Groups:
    return Groups(
        *(np.array([float(f(sample)) for sample in samples]) for f in (len, np.mean, lambda s: s.var(ddof=1)))
    )


def test_benjamini_hochberg_agrees_with_scipy() -> None:
    p_values = RANDOM.random(50) ** 3
    assert inference.benjamini_hochberg(p_values) == pytest.approx(stats.false_discovery_control(p_values))


def test_welch_anova_of_two_groups_is_welchs_t_test() -> None:
    known = stats.ttest_ind(SAMPLES[0], SAMPLES[1], equal_var=False)
    statistic, p_value = inference.welch_anova(_groups(SAMPLES[:2]))
    assert statistic == pytest.approx(known.statistic**2)
    assert p_value == pytest.approx(known.pvalue)


def test_welch_anova_of_three_groups_agrees_with_statsmodels() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oneway = pytest.importorskip("statsmodels.stats.oneway")
        known = oneway.anova_oneway(SAMPLES, use_var="unequal")
    assert inference.welch_anova(_groups(SAMPLES)) == pytest.approx((known.statistic, known.pvalue), rel=1e-6)


def test_a_difference_of_means_agrees_with_scipy() -> None:
    known = stats.ttest_ind(SAMPLES[0], SAMPLES[1], equal_var=False)
    found = inference.welch_difference(_groups(SAMPLES[:2]))
    interval = known.confidence_interval(0.95)
    assert (found.statistic, found.p_value) == pytest.approx((known.statistic, known.pvalue))
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_fishers_p_value_is_twice_the_smaller_tail_counting_half_of_what_was_seen() -> None:
    table = [[8, 42], [30, 70]]
    found = inference.fisher_p(8.0, 50.0, 38.0, 150.0)
    tail = stats.fisher_exact(table, alternative="less").pvalue
    assert found == pytest.approx(2 * tail - stats.hypergeom.pmf(8, 150, 38, 50))
    assert found == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, rel=0.1)


def test_one_mean_against_the_rest_by_a_common_variance_is_students_t_test() -> None:
    known = stats.ttest_ind(SAMPLES[0], SAMPLES[1]).pvalue
    assert inference.common_variance_p(_groups(SAMPLES[:2]), 0) == pytest.approx(known)


def test_chi_square_agrees_with_scipy() -> None:
    table = np.array([[30, 70], [55, 95], [12, 60]])
    known = stats.chi2_contingency(table)
    found = inference.chi_square(table[:, 0].astype(float), table.sum(axis=1).astype(float))
    assert found[:2] == pytest.approx((known.statistic, known.pvalue))
    assert found[2] == pytest.approx(stats.contingency.association(table, method="cramer"))


def test_the_dickey_fuller_statistic_is_rare_where_its_table_says() -> None:
    random = np.random.default_rng(12)
    p_values = np.array([trends.unit_root_p(random.normal(size=36).cumsum()) for _ in range(2000)])
    assert 0.006 <= (p_values <= 0.01).mean() <= 0.016


@pytest.mark.parametrize("persistence", [0.0, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("length", [12, 36, 104])
def test_neither_noise_nor_a_random_walk_is_a_trend(persistence: float, length: int) -> None:
    random = np.random.default_rng(length)
    false = 0
    for _ in range(400):
        series = random.normal(size=length)
        for step in range(1, length):
            series[step] += persistence * series[step - 1]
        false += trends.steady_trend(series).p_value <= 0.05
    assert false <= 0.05 * 400 + 3 * (0.05 * 0.95 * 400) ** 0.5


@pytest.mark.parametrize("length", [36, 104])
def test_a_steady_rise_is_a_trend(length: int) -> None:
    random = np.random.default_rng(length)
    series = random.normal(size=length) + 8.0 * np.arange(length) / length
    found = trends.steady_trend(series)
    assert found.p_value < 0.01
    assert found.low < 8.0 / length < found.high


def test_the_last_value_of_noise_is_seldom_a_surprise() -> None:
    random = np.random.default_rng(4)
    found = [inference.last_value_surprise(random.normal(size=24)) for _ in range(2000)]
    assert np.mean([surprise.p_value <= 0.05 for surprise in found if surprise]) <= 0.06


def test_a_jump_at_the_end_is_a_surprise() -> None:
    values = np.random.default_rng(4).normal(100.0, 3.0, 24)
    values[-1] = 60.0
    found = inference.last_value_surprise(values)
    assert found is not None
    assert found.p_value < 1e-4


@pytest.mark.parametrize("shape", ["normal", "gamma", "walk"])
def test_the_extremes_of_ordinary_noise_are_no_outliers(shape: str) -> None:
    random = np.random.default_rng(6)
    draw = {"normal": lambda: random.normal(size=120), "gamma": lambda: random.gamma(3.0, 1.0, 120),
            "walk": lambda: np.diff(random.normal(size=121).cumsum())}[shape]  # fmt: skip
    false = [inference.extremes(draw(), 3)[0].p_value <= 0.05 for _ in range(400)]
    assert np.mean(false) <= 0.08


def test_a_value_far_out_is_found_first() -> None:
    values = np.random.default_rng(6).normal(size=200)
    values[70] = 14.0
    found = inference.extremes(values, 3)[0]
    assert found.index == 70
    assert found.p_value < 1e-3


def test_values_of_clusters_go_together_only_where_they_evidently_do() -> None:
    random = np.random.default_rng(8)

    def together(shared: float) -> bool:
        values = random.normal(size=(16, 50)) + shared * random.normal(size=(16, 1))
        return inference.hang_together(*(np.asarray((values**power).sum(axis=1)) for power in (1, 2, 4)))

    assert sum(together(0.0) for _ in range(400)) < 20
    assert sum(together(0.5) for _ in range(100)) > 95
