"""Value model: published values, simulated shops, definitions, and what must never happen."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import python_model, shared_data
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import beta, gamma, hyp2f1
from scipy.stats import gamma as gamma_distribution
from scipy.stats import spearmanr
from threadpoolctl import threadpool_info, threadpool_limits

COLUMNS = [
    *("customer_group", "repeat_days", "active_days", "observed_days"),
    *("measure", "value"),
]
LIMITS = {"prediction_days": 365, "return_window_days": 90, "min_repeat_customers": 50}
# Of the CDNOW sample, in weeks and dollars.
CDNOW_PURCHASES = [0.243, 4.414, 0.793, 2.426]
CDNOW_VALUES = [6.25, 3.74, 15.44]
PURCHASE_MEASURES = {
    *("r", "alpha", "a", "b", "log_likelihood", "dropout_share", "is_at_bound"),
    *("expected_orders", "probability_active"),
}
VALUE_MEASURES = {"p", "q", "v", "value_log_likelihood"}


prediction = python_model("prediction/int_segmentation__purchases_predicted.py")


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """As in model()."""
    with threadpool_limits(1):
        yield


# inputs


def history_of(repeat, active, observed):
    """One history as the functions take it."""
    return pd.DataFrame(
        {"repeat_days": [repeat], "active_days": [active], "observed_days": [observed]}
    )


def buyers(repeat, active, observed, amount=0.0, later_days=None, later_amount=None, group="all"):
    """int_segmentation__purchase_histories at one moment: before if there is a later, else now."""
    return pd.DataFrame(
        {
            "customer_group": group,
            "moment": "now" if later_days is None else "before",
            "repeat_days": np.asarray(repeat, dtype=np.int64),
            "active_days": np.asarray(active, dtype=np.int64),
            "observed_days": np.asarray(observed, dtype=np.int64),
            "repeat_amount": np.asarray(amount, dtype=float),
            "later_days": np.asarray(np.nan if later_days is None else later_days, dtype=float),
            "later_amount": np.asarray(
                np.nan if later_amount is None else later_amount, dtype=float
            ),
        }
    )


def at_both_moments(before):
    """The same buyers before and now."""
    now = before.assign(moment="now", later_days=np.nan, later_amount=np.nan)
    return pd.concat([now, before], ignore_index=True)


def simulated(customers, purchases, values, window=90, seed=0):
    """A shop whose customers buy, stop and spend as the two models say, event by event.

    purchases: r, alpha, a, b. values: p, q, v. They first bought 60 to 899 days before the moment.
    """
    r, alpha, a, b = purchases
    p, q, v = values
    chance = np.random.default_rng(seed)
    rows = []
    for _ in range(customers):
        rate, stops = chance.gamma(r, 1 / alpha), chance.beta(a, b)
        observed, spending = int(chance.integers(60, 900)), chance.gamma(q, 1 / v)
        time, last, past, later = 0.0, 0.0, [], []
        while True:
            time += chance.exponential(1 / rate)
            if time > observed + window:
                break
            amount = chance.gamma(p, 1 / spending)
            if time <= observed:
                last = time
                past.append(amount)
            else:
                later.append(amount)
            if chance.random() < stops:
                break
        rows.append((len(past), int(last), observed, sum(past), len(later), sum(later)))
    return buyers(*np.array(rows).T)


@pytest.fixture(scope="module")
def shop():
    """8,000 customers, of whom a third or so stop after an order day."""
    return simulated(8_000, (0.8, 60.0, 1.2, 2.4), (6.0, 4.0, 30.0))


@pytest.fixture(scope="module")
def shop_predicted(shop):
    return predict(at_both_moments(shop))


@pytest.fixture(scope="module")
def cdnow():
    """The CDNOW sample on 1997-09-30, one order for each customer and day."""
    purchases = pd.read_csv(
        shared_data("cdnow_sample.txt"),
        sep=r"\s+",
        names=["master", "customer", "day", "discs", "dollars"],
        parse_dates=["day"],
    )
    moment = pd.Timestamp("1997-09-30")
    days = purchases[purchases["day"] <= moment].groupby(["customer", "day"], as_index=False)
    days = days["dollars"].sum()
    first = days.groupby("customer")["day"].transform("min")
    repeat = days[days["day"] > first].groupby("customer")["dollars"].sum()
    found = days.groupby("customer")["day"].agg(["min", "max", "size"])
    return buyers(
        found["size"] - 1,
        (found["max"] - found["min"]).dt.days,
        (moment - found["min"]).dt.days,
        repeat.reindex(found.index, fill_value=0),
    )


# outputs


def predict(histories, **limits):
    """The frame, once its columns, types and values are right: no value is NaN or infinite."""
    found = prediction.predict_all(histories, pd.Series(LIMITS | limits))
    assert found.columns.tolist() == COLUMNS
    assert [str(dtype) for dtype in found.dtypes] == [
        *("string", "Int64", "Int64", "Int64", "string", "float64")
    ]
    assert np.isfinite(found["value"]).all()
    assert not found.duplicated(COLUMNS[:-1]).any()
    by_measure = dict(iter(found.groupby("measure")["value"]))
    for measure in ("probability_active", "dropout_share", "is_at_bound"):
        assert by_measure.get(measure, pd.Series(0.5)).between(0, 1).all()
    assert (by_measure.get("expected_orders", pd.Series(0.0)) >= 0).all()
    return found


def measures_of(found, group="all"):
    """The measures of a group, by name."""
    rows = found[(found["customer_group"] == group) & found["repeat_days"].isna()]
    return rows.set_index("measure")["value"].to_dict()


def by_history(found, measure):
    """Histories as whole numbers, and the measure as value."""
    rows = found[found["measure"] == measure]
    return rows.astype(dict.fromkeys(prediction.HISTORY, "int64"))


# published reference values


def test_cdnow_purchases(cdnow):
    """BG/NBD on the CDNOW sample: the published parameters to the last digit, in weeks."""
    measures = measures_of(predict(cdnow))
    assert measures["customers"] == 2357
    in_weeks = [measures["r"], measures["alpha"] / 7, measures["a"], measures["b"]]
    assert [round(parameter, 3) for parameter in in_weeks] == CDNOW_PURCHASES
    # Time in weeks multiplies the density of every repeat order day by seven.
    in_weeks = measures["log_likelihood"] + np.log(7) * cdnow["repeat_days"].sum()
    assert round(in_weeks, 1) == -9582.4
    assert measures["dropout_share"] == pytest.approx(0.793 / (0.793 + 2.426), abs=1e-3)
    assert measures["is_at_bound"] == 0


def test_cdnow_values(cdnow):
    """Gamma-Gamma on the CDNOW sample: the published parameters to the last digit."""
    measures = measures_of(predict(cdnow))
    assert [round(measures[name], 2) for name in ("p", "q", "v")] == CDNOW_VALUES


def test_cdnow_conditional_expectation():
    """The published example: 1.226 purchases in 39 weeks, after x = 2, t_x = 30.43, T = 38.86."""
    found = prediction.expected_orders(CDNOW_PURCHASES, history_of(2, 30.43, 38.86), 39)
    assert found.item() == pytest.approx(1.226, abs=5e-4)


# simulated shops


def test_purchase_parameters_are_recovered(shop, shop_predicted):
    """BG/NBD finds the shop's parameters, and the true ones are no less likely than chance says."""
    measures = measures_of(shop_predicted)
    fitted = np.array([measures[name] for name in ("r", "alpha", "a", "b")])
    np.testing.assert_allclose(fitted[:2], [0.8, 60], rtol=0.05)
    # a and b rise and fall together; what they say is their share.
    np.testing.assert_allclose(fitted[2:], [1.2, 2.4], rtol=0.35)
    assert measures["dropout_share"] == pytest.approx(1 / 3, rel=0.08)
    histories = prediction.distinct_histories(shop)
    true, _ = prediction.purchase_log_likelihood((0.8, 60, 1.2, 2.4), histories)
    # Twice the difference is chi-squared distributed; 18.5 is its 99.9th percentile.
    assert 0 < 2 * (measures["log_likelihood"] - true * len(shop)) < 18.5


def test_value_parameters_are_recovered(shop, shop_predicted):
    """Gamma-Gamma finds the shop's parameters, the mean value of an order day most of all."""
    p, q, v = (measures_of(shop_predicted)[name] for name in ("p", "q", "v"))
    np.testing.assert_allclose([p, q, v], [6, 4, 30], rtol=0.15)
    assert p * v / (q - 1) == pytest.approx(60, rel=0.03)
    assert abs(measures_of(shop_predicted)["value_correlation"]) < 0.05


def test_holdout_of_a_shop_as_modelled(shop, shop_predicted):
    """Orders and money of the window are foretold; measures are what their names say."""
    measures = measures_of(shop_predicted)
    assert measures["holdout_actual_orders"] == shop["later_days"].sum()
    assert measures["holdout_actual_amount"] == pytest.approx(shop["later_amount"].sum())
    for unit in ("orders", "amount"):
        ratio = measures[f"holdout_predicted_{unit}"] / measures[f"holdout_actual_{unit}"]
        assert 0.88 < ratio < 1.14
    parameters = [measures[name] for name in ("r", "alpha", "a", "b")]
    orders = prediction.expected_orders(parameters, shop, 90)
    expected = spearmanr(orders, shop["later_days"]).statistic
    assert measures["rank_correlation"] == pytest.approx(expected)
    expected = spearmanr(shop["repeat_days"], shop["later_days"]).statistic
    assert measures["frequency_rank_correlation"] == pytest.approx(expected)
    assert measures["rank_correlation"] > measures["frequency_rank_correlation"] + 0.05


@pytest.mark.parametrize("by", ["repeat_days", "active_days", "observed_days", "orders"])
def test_expected_orders_agree_with_the_future(shop, by):
    """In every quarter of the customers, by what is known of them, as many orders as expected."""
    orders = prediction.expected_orders((0.8, 60, 1.2, 2.4), shop, 90)
    order = shop.assign(orders=orders).sort_values(by, kind="stable").index
    for quarter in np.array_split(order, 4):
        actual = shop.loc[quarter, "later_days"]
        noise = actual.std() / np.sqrt(len(actual))
        assert abs(orders[quarter].mean() - actual.mean()) < 4 * noise


def test_expected_value_is_the_mean_of_the_future(shop):
    """The money of later order days is what Gamma-Gamma expects, for few and for many repeats."""
    expected = prediction.expected_value((6, 4, 30), shop["repeat_days"], shop["repeat_amount"])
    assert (expected[shop["repeat_days"] == 0] == 60).all()
    for rows in (
        shop["repeat_days"] == 0,
        shop["repeat_days"].between(1, 3),
        shop["repeat_days"] > 3,
    ):
        ratio = (expected * shop["later_days"])[rows].sum() / shop.loc[rows, "later_amount"].sum()
        assert ratio == pytest.approx(1, abs=0.06)


# definitions

PARAMETERS = [(0.243, 30.9, 0.793, 2.426), (3.0, 15.0, 1.0, 0.5), (0.8, 70.0, 1e-5, 9e3)]
HISTORIES = [(0, 0, 1), (0, 0, 400), (1, 1, 300), (3, 200, 250), (12, 90, 800)]


@pytest.mark.parametrize("parameters", PARAMETERS)
@pytest.mark.parametrize(("repeat", "active", "observed"), HISTORIES)
def test_likelihood_of_one_customer(parameters, repeat, active, observed):
    """The mean, over rates and chances to stop, of the density of one customer's order days."""
    r, alpha, a, b = parameters
    found, _ = prediction.purchase_log_likelihood(
        parameters, history_of(repeat, active, observed).assign(customers=1)
    )
    purchases = gamma(r + repeat) / gamma(r) * alpha**r
    going = beta(a, b + repeat) / beta(a, b) * purchases / (alpha + observed) ** (r + repeat)
    gone = 0.0
    if repeat:
        gone = beta(a + 1, b + repeat - 1) / beta(a, b) * purchases
        gone /= (alpha + active) ** (r + repeat)
    assert found == pytest.approx(np.log(going + gone), rel=1e-9)
    active_odds = prediction.dropout_log_odds(parameters, history_of(repeat, active, observed))
    assert 1 / (1 + np.exp(active_odds.item())) == pytest.approx(going / (going + gone), rel=1e-9)


@pytest.mark.parametrize(("repeat", "value"), [(1, 0.3), (1, 40.0), (7, 12.0)])
def test_likelihood_of_one_value(repeat, value):
    """The mean, over what customers spend on average, of the density of one customer's value."""
    p, q, v = 2.5, 3.0, 20.0

    def density(rate):
        spending = gamma_distribution.pdf(rate, q, scale=1 / v)
        return spending * gamma_distribution.pdf(value, p * repeat, scale=1 / (rate * repeat))

    found, _ = prediction.value_log_likelihood((p, q, v), np.array([repeat]), np.array([value]))
    assert found == pytest.approx(np.log(quad(density, 0, np.inf)[0]), abs=1e-6)


def test_the_highest_of_several_peaks():
    """The search ends at the best of all starts, whichever comes first, and not beyond a bound."""
    peaks = np.log([1.0, 100.0])

    def log_likelihood(parameters):
        far = np.log(parameters) - peaks
        heights = np.exp(-(far**2)) * [1.0, 2.0]
        return heights.sum(), (-2 * far * heights).sum() / parameters

    for starts in ([(0.8,), (90.0,)], [(90.0,), (0.8,)]):
        found, value = prediction.maximise(log_likelihood, starts, np.array([(0.1, 1e3)]))
        assert found.item() == pytest.approx(100, rel=1e-4) and value == pytest.approx(2)
        found, _ = prediction.maximise(log_likelihood, starts, np.array([(0.1, 95.0)]))
        assert found.item() == pytest.approx(95)


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_gradients(parameters):
    """The gradients that steer the search are those of the log-likelihoods."""
    histories = pd.DataFrame(HISTORIES, columns=prediction.HISTORY).assign(
        customers=[5, 4, 3, 2, 1]
    )
    repeat, values = np.array([1, 2, 2, 9]), np.array([3.0, 0.5, 2.0, 1.1])
    for log_likelihood, at in (
        (lambda at: prediction.purchase_log_likelihood(at, histories), np.array(parameters)),
        (lambda at: prediction.value_log_likelihood(at, repeat, values), np.array(parameters[:3])),
    ):
        _, gradient = log_likelihood(at)
        for step, slope in zip(np.diag(at * 1e-4), gradient, strict=True):
            rise = log_likelihood(at + step)[0] - log_likelihood(at - step)[0]
            assert slope == pytest.approx(rise / (2 * step.sum()), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize(
    ("parameters", "repeat", "observed", "horizon"),
    [
        ((0.243, 30.9, 0.793, 2.426), 0, 270, 365),
        ((0.243, 30.9, 0.793, 2.426), 29, 1, 90),
        ((0.5, 2.0, 1.3, 0.02), 0, 1, 365),
        ((2.0, 5.0, 0.01, 40.0), 300, 900, 365),
        ((0.7, 66.0, 1e-5, 3e3), 130, 374, 90),
        ((0.7, 66.0, 1e-5, 1e4), 0, 10_000, 1),
        ((5.0, 900.0, 40.0, 300.0), 700, 10_000, 365),
        ((0.05, 8.0, 0.25, 0.75), 0, 50, 365),
        ((1.0, 60.0, 1.0, 2.0), 4, 500, 90),
    ],
)
def test_expected_orders_in_closed_form(parameters, repeat, observed, horizon):
    """The integral equals the published closed form, which Euler's transformation keeps finite."""
    found = prediction.expected_orders(parameters, history_of(repeat, observed, observed), horizon)
    odds = prediction.dropout_log_odds(parameters, history_of(repeat, observed, observed))
    found = found.item() * (1 + np.exp(odds.item()))
    r, alpha, a, b = parameters
    later = horizon / (alpha + observed + horizon)

    def closed(a):
        product = (1 - later) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + repeat - 1, later)
        return (a + b + repeat - 1) / (a - 1) * (1 - product)

    # At a = 1 and at a + b + x = 1 it is 0 / 0; next to them it is not.
    expected = (closed(a * (1 - 1e-5)) + closed(a * (1 + 1e-5))) / 2
    assert found == pytest.approx(expected, rel=1e-8)


def test_more_money_is_only_another_unit(shop, shop_predicted):
    """Money in pence: v and amounts are a hundred times as much, and orders as before."""
    pence = at_both_moments(shop)
    pence[["repeat_amount", "later_amount"]] *= 100
    expected, found = measures_of(shop_predicted), measures_of(predict(pence))
    repeaters = ((shop["repeat_days"] > 0) & (shop["repeat_amount"] > 0)).sum()
    expected["value_log_likelihood"] -= repeaters * np.log(100)
    for measure in ("v", "holdout_predicted_amount", "holdout_actual_amount"):
        expected[measure] *= 100
    assert found == pytest.approx(expected, rel=1e-5)


# what is predicted, and for whom


def test_every_history_has_its_prediction(shop, shop_predicted):
    """One row for each history at the moment now, over prediction_days; P(active) for repeaters."""
    histories = set(shop[prediction.HISTORY].itertuples(index=False, name=None))
    orders = by_history(shop_predicted, "expected_orders")
    active = by_history(shop_predicted, "probability_active")
    keys = prediction.HISTORY
    assert set(orders[keys].itertuples(index=False, name=None)) == histories
    assert set(active[keys].itertuples(index=False, name=None)) == {
        history for history in histories if history[0] > 0
    }
    measures = measures_of(shop_predicted)
    parameters = [measures[name] for name in ("r", "alpha", "a", "b")]
    year = prediction.expected_orders(parameters, orders, 365)
    np.testing.assert_allclose(orders["value"], year, rtol=1e-12)
    odds = prediction.dropout_log_odds(parameters, active)
    np.testing.assert_allclose(active["value"], 1 / (1 + np.exp(odds)), rtol=1e-12)


def test_groups_are_fitted_apart(shop):
    """Two groups at once give what each gives alone, and only buyers of the moment count."""
    parts = [shop[:1_500].assign(customer_group="consumer"), shop[1_500:4_500]]
    parts[1] = at_both_moments(parts[1]).assign(customer_group="wholesale")
    parts[0] = parts[0].assign(moment="now")
    alone = pd.concat([predict(part) for part in parts], ignore_index=True)
    pd.testing.assert_frame_equal(predict(pd.concat(parts[::-1])), alone, check_exact=True)
    assert measures_of(alone, "consumer")["customers"] == 1_500
    assert "holdout_actual_orders" not in measures_of(alone, "consumer")
    assert measures_of(alone, "wholesale")["customers"] == 3_000


def test_few_repeat_customers(shop):
    """One repeat customer fewer than min_repeat_customers: counted, not fitted, at each moment."""
    repeat, once = shop[shop["repeat_days"] > 0], shop[shop["repeat_days"] == 0][:200]
    now = pd.concat([repeat[:60], once]).assign(moment="now")
    few = measures_of(predict(now, min_repeat_customers=61))
    assert few == {"customers": 260, "repeat_customers": 60}
    assert set(predict(now, min_repeat_customers=60)["measure"]) >= PURCHASE_MEASURES

    before = pd.concat([repeat[:50], once])
    for limit, holds in ((50, True), (51, False)):
        measures = measures_of(predict(pd.concat([now, before]), min_repeat_customers=limit))
        assert ("holdout_predicted_orders" in measures) == holds
        assert ("rank_correlation" in measures) == holds
        assert "r" in measures


def test_the_value_model_needs_money_and_a_mean(shop):
    """Too few who paid, or values without a mean: no p, q and v, and no money foretold."""
    unpaid = shop.copy()
    unpaid.loc[unpaid["repeat_days"].gt(0).cumsum() > 49, "repeat_amount"] = 0.0
    wild = shop.copy()
    exponents = np.random.default_rng(0).normal(size=len(shop))
    wild["repeat_amount"] = np.where(shop["repeat_days"] > 0, np.exp(4 * exponents), 0)
    paid = unpaid.copy()
    paid.loc[paid["repeat_days"].gt(0).cumsum() == 50, "repeat_amount"] = 60.0
    assert measures_of(predict(at_both_moments(paid))).keys() >= VALUE_MEASURES
    for shape in (unpaid, wild):
        measures = measures_of(predict(at_both_moments(shape)))
        assert not VALUE_MEASURES & set(measures)
        assert "holdout_predicted_amount" not in measures
        assert "r" in measures and "holdout_actual_amount" in measures


# the same rows, the same numbers


def test_row_order_does_not_matter(shop, shop_predicted):
    """Shuffled rows give the same frame to the last digit."""
    for seed in (0, 1):
        shuffled = at_both_moments(shop).sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(predict(shuffled), shop_predicted, check_exact=True)


def test_model_predicts_on_one_thread(monkeypatch, shop):
    """The model reads its two relations, and predicts with one thread in every pool."""
    relations = {
        "int_segmentation__purchase_histories": shop[:50],
        "int_segmentation__prediction_limits": pd.DataFrame([LIMITS]),
    }
    dbt = SimpleNamespace(ref=lambda name: SimpleNamespace(df=lambda: relations[name]))
    seen = []

    def watched(histories, limits):
        seen.extend(pool["num_threads"] for pool in threadpool_info())
        return len(histories), limits["return_window_days"]

    monkeypatch.setattr(prediction, "predict_all", watched)
    with threadpool_limits(2):
        assert prediction.model(dbt, None) == (50, 90)
    assert seen and set(seen) == {1}


# degenerate inputs


def test_nobody():
    """No customers: an empty frame with the columns and types of a full one."""
    assert predict(buyers([], [], [])).empty


def test_one_customer():
    """One customer is counted; fitted, where one is enough, to something finite."""
    alone = buyers([3], [40], [100], [60.0], [1], [20.0])
    assert measures_of(predict(at_both_moments(alone))) == {"customers": 1, "repeat_customers": 1}
    found = predict(at_both_moments(alone), min_repeat_customers=1)
    assert len(by_history(found, "expected_orders")) == 1
    assert "rank_correlation" not in measures_of(found)


def test_nobody_came_back():
    """Only one-time buyers: counted, and nothing to fit."""
    once = buyers(np.zeros(400), np.zeros(400), np.arange(400) + 1, 0.0, np.zeros(400), 0.0)
    measures = measures_of(predict(at_both_moments(once)))
    assert measures == {"customers": 400, "repeat_customers": 0}


def test_everybody_the_same():
    """Equal customers: a bound is reached, orders go on at their rate, nothing correlates."""
    same = np.ones(300)
    before = buyers(same * 6, same * 180, same * 190, same * 60.0, same * 3, same * 30.0)
    found = predict(at_both_moments(before))
    measures = measures_of(found)
    assert measures["is_at_bound"] == 1
    assert by_history(found, "expected_orders")["value"].item() == pytest.approx(11.5, rel=0.1)
    assert measures["holdout_predicted_amount"] == pytest.approx(28.4 * 300, rel=0.1)
    correlations = {"value_correlation", "rank_correlation", "frequency_rank_correlation"}
    assert not correlations & set(measures)


def test_nobody_stops():
    """Customers who order to the end: no dropout is found, and the fit does not fail for it."""
    shop = simulated(1_500, (2.0, 60.0, 1e-6, 5.0), (6.0, 4.0, 30.0))
    found = predict(at_both_moments(shop))
    measures = measures_of(found)
    assert measures["dropout_share"] < 0.01
    assert by_history(found, "probability_active")["value"].mean() > 0.98
    ratio = measures["holdout_predicted_orders"] / measures["holdout_actual_orders"]
    assert ratio == pytest.approx(1, abs=0.08)


def test_returns_above_sales():
    """Order days that cost the shop more than they brought count as worth nothing."""
    repeat, amounts = np.array([2, 2, 2]), np.array([-50.0, 0.0, 30.0])
    lost, nothing, something = prediction.expected_value((6, 4, 30), repeat, amounts)
    assert lost == nothing < something
    before = simulated(600, (0.8, 60.0, 1.2, 2.4), (6.0, 4.0, 30.0))
    before.loc[before["repeat_days"] == 1, "repeat_amount"] = -1e6
    assert measures_of(predict(at_both_moments(before)))["holdout_predicted_amount"] > 0


def ranged(position):
    """Any parameter of BG/NBD within its bounds."""
    least, most = np.log(prediction.PURCHASE_BOUNDS[position])
    return st.floats(least, most).map(np.exp)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.tuples(*map(ranged, range(4))),
    st.integers(0, 800),
    st.integers(0, 10_000),
    st.integers(0, 10_000),
)
def test_predictions_within_the_bounds(parameters, repeat, gaps, silence):
    """Finite, not negative, more over a longer horizon, and never certain to have stopped."""
    active = repeat + gaps if repeat else 0
    history = history_of(repeat, active, active + silence + 1)
    odds = prediction.dropout_log_odds(parameters, history).item()
    assert odds < np.inf and (odds == -np.inf) == (repeat == 0)
    orders = [
        prediction.expected_orders(parameters, history, days).item() for days in (1, 90, 365, 3650)
    ]
    assert np.isfinite(orders).all() and orders[0] >= 0
    assert all(less <= more * (1 + 1e-12) for less, more in pairwise(orders))
    value, gradient = prediction.purchase_log_likelihood(parameters, history.assign(customers=1))
    assert np.isfinite(value) and np.isfinite(gradient).all()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 400),
            st.integers(0, 5_000),
            st.integers(0, 5_000),
            st.floats(-1e6, 1e7),
            st.integers(0, 90),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_any_customers(rows):
    """However few and odd the customers, every value is one that checked numbers may be."""
    repeat, gaps, silence, amount, later = np.array(rows).T
    active = np.where(repeat > 0, repeat + gaps, 0)
    amounts = np.where(repeat > 0, amount, 0)
    before = buyers(repeat, active, active + silence + 1, amounts, later, later * 10.0)
    found = predict(at_both_moments(before), min_repeat_customers=1)
    assert measures_of(found)["customers"] == len(rows)
