"""One row per customer group, history and measure: what customers are expected to buy.

Long and narrow, and without customers: SQL joins the predictions to them by group and history. The
measures are

    per group               customers, repeat_customers;
                            r, alpha, a, b, log_likelihood, dropout_share, is_at_bound (BG/NBD);
                            p, q, v, value_log_likelihood, value_correlation (Gamma-Gamma);
                            holdout_predicted_orders, holdout_actual_orders,
                            holdout_predicted_amount, holdout_actual_amount, rank_correlation,
                            frequency_rank_correlation (fitted before the window, judged in it)
    per group and history   expected_orders (over prediction_days), probability_active

A history is what BG/NBD knows of a customer: order days after the first, days from the first to the
last of them, days from the first to the moment of the fit. An order is an order day throughout, and
time is in days. What cannot be fitted, or has no meaning, has no row.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.linalg import eigh_tridiagonal
from scipy.optimize import minimize
from scipy.special import digamma, expit, gammaln
from threadpoolctl import threadpool_limits

HISTORY = ["repeat_days", "active_days", "observed_days"]
COLUMNS = ["customer_group", *HISTORY, "measure", "value"]
QUADRATURE_NODES = 100

# Least and greatest of r, alpha, a and b. Above them customers hardly differ; below the least a
# nobody stops.
PURCHASE_BOUNDS = np.array([(1e-3, 1e3), (1e-2, 1e6), (1e-5, 1e3), (1e-3, 1e4)])
# r, a and b; alpha follows from the group's mean rate.
PURCHASE_STARTS = [(0.5, 0.8, 2.5), (1.0, 0.05, 1.0), (5.0, 5.0, 50.0)]
# Least and greatest of p, q and v, with v in mean values of an order day.
VALUE_BOUNDS = np.array([(1e-2, 1e3), (1e-2, 1e3), (1e-4, 1e5)])
VALUE_STARTS = [(5.0, 4.0, 0.6), (1.0, 10.0, 9.0), (1.0, 1.5, 0.5)]


def maximise(
    log_likelihood: Callable[[np.ndarray], tuple[float, np.ndarray]],
    starts: list[tuple],
    bounds: np.ndarray,
) -> tuple[np.ndarray, float]:
    """The positive parameters of the greatest log-likelihood, and the log-likelihood.

    log_likelihood: gives its value and its gradient, (parameters,). bounds: (parameters, 2). The
    search runs over logarithms, from every start; of equal ends the first counts.
    """

    def loss(logarithms: np.ndarray) -> tuple[float, np.ndarray]:
        parameters = np.exp(logarithms)
        value, gradient = log_likelihood(parameters)
        return -value, -gradient * parameters

    limits = np.log(bounds)
    ends = [
        minimize(
            loss,
            np.clip(np.log(start), *limits.T),
            jac=True,
            method="L-BFGS-B",
            bounds=limits,
            options={"ftol": 1e-14, "gtol": 1e-8, "maxiter": 1_000},
        )
        for start in starts
    ]
    best = min(ends, key=lambda end: end.fun)
    return np.exp(best.x), -float(best.fun)


def dropout_log_odds(parameters: np.ndarray, histories: pd.DataFrame) -> np.ndarray:
    """Log odds that a customer has stopped, (rows,); minus infinity without a repeat order day.

    Fader, Hardie and Lee, Computing P(alive) Using the BG/NBD Model (2008): in BG/NBD a customer
    can stop only after a repeat order day.
    """
    r, alpha, a, b = parameters
    repeat, active, observed = histories[HISTORY].to_numpy(dtype=np.float64).T
    silence = np.log(alpha + observed) - np.log(alpha + active)
    odds = np.log(a) - np.log(b + np.maximum(repeat - 1, 0)) + (r + repeat) * silence
    return np.where(repeat > 0, odds, -np.inf)


def purchase_log_likelihood(
    parameters: np.ndarray, histories: pd.DataFrame
) -> tuple[float, np.ndarray]:
    """BG/NBD: the log-likelihood per customer and its gradient by r, alpha, a and b.

    Fader, Hardie and Lee, "Counting Your Customers" the Easy Way (2005), in logarithms. histories:
    HISTORY, distinct, and customers, how many share it. Gamma functions are the slow part, and are
    needed once for each number of repeat order days.
    """
    r, alpha, a, b = parameters
    repeat, active, observed = histories[HISTORY].to_numpy(dtype=np.float64).T
    customers = histories["customers"].to_numpy(dtype=np.float64)
    per_days = np.bincount(histories["repeat_days"], weights=customers)
    days = np.flatnonzero(per_days)
    per_days = per_days[days]

    odds = dropout_log_odds(parameters, histories)
    stopped = customers * expit(odds)
    value = per_days @ (
        gammaln(r + days)
        - gammaln(r)
        + r * np.log(alpha)
        + gammaln(a + b)
        - gammaln(b)
        + gammaln(b + days)
        - gammaln(a + b + days)
    ) + customers @ (np.logaddexp(0, odds) - (r + repeat) * np.log(alpha + observed))

    silence = np.log(alpha + observed) - np.log(alpha + active)
    shortened = 1 / (alpha + observed) - 1 / (alpha + active)
    gradient = np.array(
        [
            per_days @ (digamma(r + days) - digamma(r) + np.log(alpha))
            - customers @ np.log(alpha + observed)
            + stopped @ silence,
            customers @ (r / alpha - (r + repeat) / (alpha + observed))
            + stopped @ ((r + repeat) * shortened),
            per_days @ (digamma(a + b) - digamma(a + b + days)) + stopped.sum() / a,
            per_days @ (digamma(a + b) - digamma(b) + digamma(b + days) - digamma(a + b + days))
            - stopped @ (1 / (b + np.maximum(repeat - 1, 0))),
        ]
    )
    return value / customers.sum(), gradient / customers.sum()


def fit_purchases(histories: pd.DataFrame) -> tuple[np.ndarray, float]:
    """r, alpha (days), a and b, and the log-likelihood of all customers. histories: as above."""
    customers = histories["customers"]
    mean_gap = histories["observed_days"] @ customers / (histories["repeat_days"] @ customers)
    starts = [(r, r * mean_gap, a, b) for r, a, b in PURCHASE_STARTS]
    parameters, mean = maximise(
        lambda parameters: purchase_log_likelihood(parameters, histories), starts, PURCHASE_BOUNDS
    )
    return parameters, mean * float(customers.sum())


def beta_quadrature(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights, (QUADRATURE_NODES,) each, of the mean over a beta distribution.

    Gauss and Jacobi's, by Golub and Welsch, Calculation of Gauss Quadrature Rules (1969): nodes are
    the eigenvalues of the recurrence's matrix, weights the squares of the vectors' first elements.
    No power of b is taken, so that it may be large.
    """
    steps = np.arange(1, QUADRATURE_NODES)
    total = 2 * steps + a + b - 2
    mean = np.append(a / (a + b), 0.5 + (a - b) * (a + b - 2) / (2 * total * (total + 2)))
    square = steps * (steps + a - 1) * (steps + b - 1) / (total**2 * (total + 1))
    # The first of these factors is 1, and would be 0 / 0 where a + b is 1.
    square[1:] *= (steps[1:] + a + b - 2) / (total[1:] - 1)
    nodes, vectors = eigh_tridiagonal(mean, np.sqrt(square))
    return nodes, vectors[0] ** 2


def expected_orders(
    parameters: np.ndarray, histories: pd.DataFrame, horizon_days: float
) -> np.ndarray:
    """BG/NBD's conditional expectation of order days within the horizon, (rows,).

    Fader, Hardie and Lee (2005), with the integral left as one: the mean of
    (1 - ((alpha + T) / (alpha + T + p t))^(r + x)) / p over the chance p of stopping after an order
    day, which is beta(a, b + x) distributed for a customer who is active, times the probability of
    that. All terms are positive, and a = 1 is no special case. x: repeat_days. T: observed_days.
    t: horizon_days.
    """
    r, alpha, a, b = parameters
    repeat, observed = histories["repeat_days"].to_numpy(), histories["observed_days"].to_numpy()
    if_active = np.empty(len(histories))
    for days in np.unique(repeat):
        chances, weights = beta_quadrature(a, b + days)
        rows = repeat == days
        distinct, positions = np.unique(observed[rows], return_inverse=True)
        growth = np.log1p(horizon_days / (alpha + distinct[:, None]) * chances)
        if_active[rows] = (-np.expm1(-(r + days) * growth) @ (weights / chances))[positions]
    return if_active * expit(-dropout_log_odds(parameters, histories))


def value_log_likelihood(
    parameters: np.ndarray, repeat: np.ndarray, values: np.ndarray
) -> tuple[float, np.ndarray]:
    """Gamma-Gamma: the log-likelihood per customer and its gradient by p, q and v.

    Fader and Hardie, The Gamma-Gamma Model of Monetary Value (2013). repeat: order days after the
    first, at least one. values: mean money of these, positive; v is in their unit. Both
    (customers,), in a fixed order.
    """
    p, q, v = parameters
    per_days = np.bincount(repeat).astype(np.float64)
    days = np.flatnonzero(per_days)
    per_days = per_days[days]
    amounts = repeat * values
    log_totals = np.log(v + amounts)
    value = (
        per_days @ (gammaln(p * days + q) - gammaln(p * days) - gammaln(q) + q * np.log(v))
        + (p * repeat) @ np.log(amounts)
        - np.log(values).sum()
        - (p * repeat + q) @ log_totals
    )
    gradient = np.array(
        [
            per_days @ (days * (digamma(p * days + q) - digamma(p * days)))
            + repeat @ (np.log(amounts) - log_totals),
            per_days @ (digamma(p * days + q) - digamma(q) + np.log(v)) - log_totals.sum(),
            per_days.sum() * q / v - ((p * repeat + q) / (v + amounts)).sum(),
        ]
    )
    return value / len(repeat), gradient / len(repeat)


def fit_values(repeat: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, float]:
    """p, q and v (in the values' unit), and the log-likelihood of all customers; see above."""
    unit = values.mean()
    parameters, mean = maximise(
        lambda parameters: value_log_likelihood(parameters, repeat, values / unit),
        VALUE_STARTS,
        VALUE_BOUNDS,
    )
    return parameters * [1, 1, unit], (mean - np.log(unit)) * len(repeat)


def expected_value(parameters: np.ndarray, repeat: np.ndarray, amounts: np.ndarray) -> np.ndarray:
    """Gamma-Gamma's expected money of an order day; needs q > 1. Returns above sales count as 0."""
    p, q, v = parameters
    return p * (v + np.maximum(amounts, 0)) / (p * repeat + q - 1)


def correlation(first: np.ndarray, second: np.ndarray) -> float | None:
    """Pearson's; None where one of the two does not vary."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(first, second)[0, 1])


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float | None:
    """Spearman's: Pearson's of the ranks, where equal values share their mean rank."""
    return correlation(pd.Series(first).rank().to_numpy(), pd.Series(second).rank().to_numpy())


def distinct_histories(buyers: pd.DataFrame) -> pd.DataFrame:
    """HISTORY, sorted, and customers, how many share it."""
    return buyers.groupby(HISTORY, as_index=False).size().rename(columns={"size": "customers"})


def value_model(buyers: pd.DataFrame, limits: pd.Series) -> dict[str, float | None]:
    """Measures of Gamma-Gamma; no p, q and v where there are too few repeat customers or no mean.

    buyers: rows in a fixed order. limits: min_repeat_customers.
    """
    paid = buyers[(buyers["repeat_days"] > 0) & (buyers["repeat_amount"] > 0)]
    if len(paid) < limits["min_repeat_customers"]:
        return {}
    repeat = paid["repeat_days"].to_numpy()
    values = paid["repeat_amount"].to_numpy() / repeat
    measures = {"value_correlation": correlation(repeat, values)}
    (p, q, v), log_likelihood = fit_values(repeat, values)
    if q > 1:
        measures |= {"p": p, "q": q, "v": v, "value_log_likelihood": log_likelihood}
    return measures


def purchase_model(
    buyers: pd.DataFrame, limits: pd.Series
) -> tuple[dict[str, float], pd.DataFrame]:
    """Measures of BG/NBD, and expected_orders and probability_active by history.

    buyers: of one group, now. limits: prediction_days. The second in COLUMNS but the group.
    """
    histories = distinct_histories(buyers)
    parameters, log_likelihood = fit_purchases(histories)
    at_bound = np.isclose(np.log(parameters)[:, None], np.log(PURCHASE_BOUNDS), rtol=0, atol=1e-6)
    measures = dict(zip(["r", "alpha", "a", "b"], parameters, strict=True)) | {
        "log_likelihood": log_likelihood,
        "dropout_share": parameters[2] / (parameters[2] + parameters[3]),
        "is_at_bound": float(at_bound.any()),
    }
    orders = expected_orders(parameters, histories, limits["prediction_days"])
    active = expit(-dropout_log_odds(parameters, histories))
    predicted = [
        histories[HISTORY].assign(measure="expected_orders", value=orders),
        # Without a repeat order day it is 1 by construction, and says nothing.
        histories[HISTORY]
        .assign(measure="probability_active", value=active)
        .loc[histories["repeat_days"] > 0],
    ]
    return measures, pd.concat(predicted)


def holdout(buyers: pd.DataFrame, limits: pd.Series) -> dict[str, float | None]:
    """What the models say of the window after their fit, and what happened in it.

    buyers: of one group, before the window, rows in a fixed order. limits: return_window_days and
    min_repeat_customers.
    """
    parameters, _ = fit_purchases(distinct_histories(buyers))
    orders = expected_orders(parameters, buyers, limits["return_window_days"])
    repeat, later = buyers["repeat_days"].to_numpy(), buyers["later_days"].to_numpy()
    measures = {
        "holdout_predicted_orders": orders.sum(),
        "holdout_actual_orders": later.sum(),
        "holdout_actual_amount": buyers["later_amount"].to_numpy().sum(),
        "rank_correlation": rank_correlation(orders, later),
        "frequency_rank_correlation": rank_correlation(repeat, later),
    }
    values = value_model(buyers, limits)
    if "p" in values:
        value_parameters = np.array([values["p"], values["q"], values["v"]])
        amounts = expected_value(value_parameters, repeat, buyers["repeat_amount"].to_numpy())
        measures["holdout_predicted_amount"] = orders @ amounts
    return measures


def predict_group(now: pd.DataFrame, before: pd.DataFrame, limits: pd.Series) -> pd.DataFrame:
    """All measures of one group, in COLUMNS but the group.

    now, before: its buyers at both moments, rows in a fixed order. limits: as predict_all's.
    """
    repeat_customers = int((now["repeat_days"] > 0).sum())
    measures = {"customers": len(now), "repeat_customers": repeat_customers}
    predicted = []
    if repeat_customers >= limits["min_repeat_customers"]:
        fitted, by_history = purchase_model(now, limits)
        measures |= fitted | value_model(now, limits)
        predicted = [by_history]
    if (before["repeat_days"] > 0).sum() >= limits["min_repeat_customers"]:
        measures |= holdout(before, limits)
    measures = {name: value for name, value in measures.items() if value is not None}
    return pd.concat([pd.DataFrame(measures.items(), columns=["measure", "value"]), *predicted])


def predict_all(histories: pd.DataFrame, limits: pd.Series) -> pd.DataFrame:
    """Fits every customer group that there is.

    histories: int_segmentation__purchase_histories, one row per buyer and moment, in any order.
    limits: prediction_days, return_window_days and min_repeat_customers. Gives COLUMNS; no rows
    where there is nobody.
    """
    # Sums of doubles depend on the order of the rows.
    histories = histories.sort_values([*HISTORY, "repeat_amount", "later_days", "later_amount"])
    found = [pd.DataFrame(columns=COLUMNS)]
    for group, buyers in histories.groupby("customer_group", sort=True):
        moments = [buyers[buyers["moment"] == moment] for moment in ("now", "before")]
        found.append(predict_group(*moments, limits).assign(customer_group=group))
    return (
        pd.concat(found, ignore_index=True)
        .reindex(columns=COLUMNS)
        .astype(dict.fromkeys(HISTORY, "Int64") | {"value": "float64"})
        .astype({"customer_group": "string", "measure": "string"})
    )


def to_pandas(relation) -> pd.DataFrame:
    """A relation as a data frame: Spark, Snowpark and DuckDB each call it by another name."""
    for method in ("toPandas", "to_pandas", "df"):
        if hasattr(relation, method):
            return getattr(relation, method)()
    raise TypeError(f"customer_segmentation: cannot read {type(relation).__name__} as a data frame")


def model(dbt, session):
    histories = to_pandas(dbt.ref("int_segmentation__purchase_histories"))
    limits = to_pandas(dbt.ref("int_segmentation__prediction_limits")).iloc[0]
    # One thread: sums of several differ in the last digits.
    with threadpool_limits(1):
        predicted = predict_all(histories, limits)
    return predicted
