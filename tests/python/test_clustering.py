"""K-means fit: reference values, plain scikit-learn, definitions, and what must never happen."""

import os
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, python_model
from sklearn.cluster import KMeans
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    pairwise_distances,
    silhouette_score,
)
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

SHARED_DATA = Path(os.environ.get("SEGMENTATION_SHARED_DATA", ROOT.parent / "shared" / "data"))
MALL_FILE = SHARED_DATA / "mall_customers.csv"

# In an order that the alphabet does not give.
FEATURES = ["recency_days", "frequency", "monetary"]
COLUMNS = ["feature_set", "k", "cluster_id", "feature", "measure", "value"]
LIMITS = {
    "k_fixed": None,
    "k_min": 3,
    "k_max": 6,
    "min_prediction_strength": 0.8,
    "min_points_per_cluster": 10,
}

needs_mall_file = pytest.mark.skipif(
    not MALL_FILE.exists(), reason="no mall_customers.csv: set SEGMENTATION_SHARED_DATA"
)


clustering = python_model("clustering/int_segmentation__clusters_fitted.py")


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """As in model(): several threads are slower on small fits."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def few_ks(monkeypatch):
    """Up to four clusters only, for the tests that look no further: the rest costs time."""
    monkeypatch.setattr(clustering, "LARGEST_K", 4)


# inputs


def long_form(points, features=FEATURES, feature_set="rfm", ids=None):
    """int_segmentation__features_sampled for a matrix with a row per customer."""
    points = np.asarray(points, dtype=float).reshape(-1, len(features))
    ids = [f"C{number:06d}" for number in range(len(points))] if ids is None else ids
    wide = pd.DataFrame(points, columns=features).assign(customer_id=np.asarray(ids, dtype=object))
    return wide.melt("customer_id", var_name="feature").assign(feature_set=feature_set)[
        ["customer_id", "feature_set", "feature", "value"]
    ]


def settings_of(scaling="none", features=FEATURES, feature_set="rfm", **limits):
    """int_segmentation__feature_sets_listed for one feature set."""
    listed = pd.DataFrame({"feature": features, "feature_position": range(1, len(features) + 1)})
    return listed.assign(feature_set=feature_set, scaling=scaling, **(LIMITS | limits))


def planted(seed=0, per_group=250, spread=1.0):
    """Four lognormal groups of customers and their true group: recency, frequency, monetary."""
    centres = np.array([[3.0, 3.2, 8.0], [3.4, 1.8, 5.5], [5.3, 2.6, 7.0], [5.6, 0.8, 4.4]])
    groups = np.repeat(np.arange(4), per_group)
    noise = np.random.default_rng(seed).normal(size=(len(groups), 3)) * [0.5, 0.35, 0.6]
    return np.exp(centres[groups] + noise * spread), groups


def blobs(centres, per_blob=40, spread=0.3, seed=0):
    centres = np.repeat(np.asarray(centres, dtype=float), per_blob, axis=0)
    return centres + np.random.default_rng(seed).normal(scale=spread, size=centres.shape)


# outputs


def checked(found):
    """The frame, once its columns, types and values are right: no value is NaN or infinite."""
    assert found.columns.tolist() == COLUMNS
    assert [str(dtype) for dtype in found.dtypes] == [
        "string",
        "Int64",
        "Int64",
        "string",
        "string",
        "float64",
    ]
    assert np.isfinite(found["value"]).all()
    assert not found.duplicated(COLUMNS[:-1]).any()
    chosen = found[found["measure"] == "is_chosen"].groupby("feature_set")["value"].sum()
    assert (chosen == 1).all() and set(chosen.index) == set(found["feature_set"])
    return found


def fit_matrix(points, scaling="none", features=FEATURES, **limits):
    return checked(
        clustering.fit_all(long_form(points, features), settings_of(scaling, features, **limits))
    )


def fit_set(points, features, scaling="none", **limits):
    """fit_feature_set alone, as the frame that fit_all gives."""
    limits = pd.Series(LIMITS | limits, dtype=object)
    scalings = [scaling] * len(features)
    rows = clustering.fit_feature_set(np.asarray(points, dtype=float), features, scalings, limits)
    return pd.DataFrame([("only", *row) for row in rows], columns=COLUMNS)


def value_of(found, measure, k=None, feature=None):
    rows = found[found["measure"] == measure]
    rows = rows[rows["k"] == k] if k else rows[rows["k"].isna()]
    rows = rows[rows["feature"] == feature] if feature else rows[rows["feature"].isna()]
    return rows["value"].item()


def has_measure(found, measure, k):
    return ((found["measure"] == measure) & (found["k"] == k)).any()


def per_feature(found, measure, features=FEATURES):
    return np.array([value_of(found, measure, feature=feature) for feature in features])


def centroids_of(found, k, features=FEATURES):
    """(k, features), in the order of cluster_id, which must be 1 to k."""
    rows = found[(found["measure"] == "centroid") & (found["k"] == k)]
    wide = rows.pivot(index="cluster_id", columns="feature", values="value")[features]
    assert wide.index.tolist() == list(range(1, k + 1))
    return wide.to_numpy()


def ks_fitted(found):
    return sorted(found["k"].dropna().unique())


def chosen_k(found):
    return found.loc[(found["measure"] == "is_chosen") & (found["value"] == 1), "k"].item()


def squared_distances(points, centroids, scale=1.0):
    """(rows, clusters), by the formula that assigns customers in SQL."""
    return (((points[:, None, :] - centroids[None, :, :]) / scale) ** 2).sum(axis=2)


def nearest(points, centroids, scale=1.0):
    return squared_distances(points, centroids, scale).argmin(axis=1)


def by_last_feature(centroids):
    return centroids[np.argsort(-centroids[:, -1])]


# published reference values


@pytest.fixture(scope="module")
def mall():
    return pd.read_csv(MALL_FILE, dtype={"CustomerID": str}).set_axis(
        ["customer_id", "gender", "age", "income", "score"], axis=1
    )


@pytest.fixture(scope="module")
def mall_fitted(mall):
    features = ["income", "score"]
    values = long_form(mall[features], features, ids=mall["customer_id"])
    return checked(clustering.fit_all(values, settings_of(features=features)))


@needs_mall_file
@pytest.mark.parametrize(
    ("k", "inertia", "silhouette"),
    [
        (1, "269981.28", None),
        (2, "181363.60", "0.2969"),
        (3, "106348.37", "0.4676"),
        (4, "73679.79", "0.4932"),
        (5, "44448.46", "0.5539"),
        (6, "37233.81", "0.5398"),
    ],
)
def test_mall_inertia_and_silhouette(mall_fitted, k, inertia, silhouette):
    """Income and spending score, unscaled: the published values to the last printed digit."""
    assert f"{value_of(mall_fitted, 'inertia', k):.2f}" == inertia
    if silhouette is None:
        assert not has_measure(mall_fitted, "silhouette", k)
    else:
        assert f"{value_of(mall_fitted, 'silhouette', k):.4f}" == silhouette


@needs_mall_file
def test_mall_five_clusters(mall, mall_fitted):
    """k = 5: the published criteria, centres and sizes."""
    assert f"{value_of(mall_fitted, 'davies_bouldin', 5):.4f}" == "0.5726"
    assert f"{value_of(mall_fitted, 'calinski_harabasz', 5):.2f}" == "247.36"
    centroids = centroids_of(mall_fitted, 5, ["income", "score"])
    assert {(f"{income:.1f}", f"{score:.1f}") for income, score in centroids} == {
        ("55.3", "49.5"),
        ("86.5", "82.1"),
        ("88.2", "17.1"),
        ("26.3", "20.9"),
        ("25.7", "79.4"),
    }
    labels = nearest(mall[["income", "score"]].to_numpy(dtype=float), centroids)
    assert sorted(np.bincount(labels)) == [22, 23, 35, 39, 81]


@needs_mall_file
def test_mall_six_clusters_with_age(mall):
    """Age, income and spending score, k = 6: the published inertia and silhouette."""
    features = ["age", "income", "score"]
    found = fit_set(mall[features], features)
    assert f"{value_of(found, 'inertia', 6):.2f}" == "58300.44"
    assert f"{value_of(found, 'silhouette', 6):.4f}" == "0.4523"


# against plain scikit-learn


@pytest.mark.parametrize(("data_seed", "sklearn_seed"), [(0, 1), (2, 7), (3, 42)])
def test_equals_plain_scikit_learn(few_ks, data_seed, sklearn_seed):
    """log_standard is log1p, then StandardScaler, then KMeans; the criteria are sklearn's."""
    raw, _ = planted(data_seed, spread=0.4)
    found = fit_matrix(np.log1p(raw), "log_standard")
    scaler = StandardScaler().fit(np.log1p(raw))
    points = scaler.transform(np.log1p(raw))
    for k in (1, 2, 3, 4):
        plain = KMeans(k, n_init=50, random_state=sklearn_seed).fit(points)
        expected = by_last_feature(scaler.inverse_transform(plain.cluster_centers_))
        np.testing.assert_allclose(centroids_of(found, k), expected, rtol=0, atol=1e-6)
        assert value_of(found, "inertia", k) == pytest.approx(plain.inertia_, rel=1e-9)
        for measure, score in {
            "silhouette": silhouette_score,
            "davies_bouldin": davies_bouldin_score,
            "calinski_harabasz": calinski_harabasz_score,
        }.items():
            if k == 1:
                assert not has_measure(found, measure, k)
            else:
                expected = score(points, plain.labels_)
                assert value_of(found, measure, k) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("scaling", ["none", "log_standard"])
def test_inertia_is_what_the_rows_say(scaling):
    """Inertia is the sum of ((value - centroid) / scale)^2 over the nearest centroids."""
    points = np.log1p(planted(3, per_group=60)[0])
    found = fit_matrix(points, scaling)
    for k in ks_fitted(found):
        distances = squared_distances(points, centroids_of(found, k), per_feature(found, "scale"))
        assert distances.min(axis=1).sum() == pytest.approx(value_of(found, "inertia", k), rel=1e-7)


@pytest.mark.parametrize("scaling", ["none", "log_standard"])
def test_mean_deviation_and_scale(few_ks, scaling):
    """Mean and population deviation as numpy has them; the scale is 1 for none."""
    points = np.log1p(planted(4, per_group=10)[0])
    found = fit_matrix(points, scaling)
    deviation = np.sqrt(((points - points.mean(axis=0)) ** 2).mean(axis=0))
    np.testing.assert_allclose(per_feature(found, "mean"), points.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(per_feature(found, "standard_deviation"), deviation, rtol=1e-12)
    expected = np.ones(3) if scaling == "none" else deviation
    np.testing.assert_allclose(per_feature(found, "scale"), expected, rtol=1e-12)


def test_units_do_not_matter_when_standardised(few_ks):
    """log_standard: a feature in other units changes its own centroids and no criterion."""
    points = np.log1p(planted(5, per_group=60)[0])
    units = np.array([1000.0, 1.0, 0.01])
    found, other = fit_matrix(points, "log_standard"), fit_matrix(points * units, "log_standard")
    for k in (2, 3, 4):
        np.testing.assert_allclose(centroids_of(other, k) / units, centroids_of(found, k))
        for measure in ("inertia", "silhouette", "prediction_strength"):
            assert value_of(other, measure, k) == pytest.approx(value_of(found, measure, k))


def test_large_values_stay_exact(few_ks):
    """Adding a hundred million to every value moves the centroids and no criterion."""
    points = np.round(blobs([[0, 0], [6, 0], [0, 6], [6, 6]]), 2)
    found, moved = (
        fit_matrix(points, features=["a", "b"]),
        fit_matrix(points + 1e8, features=["a", "b"]),
    )
    for measure in ("inertia", "silhouette", "davies_bouldin", "calinski_harabasz"):
        expected = value_of(found, measure, 4)
        assert value_of(moved, measure, 4) == pytest.approx(expected, rel=1e-5)


def test_centroids_are_rounded(few_ks):
    """In the scaled space centroids have nine decimals, so that no last digit wanders."""
    found = fit_matrix(np.log1p(planted(16, per_group=20)[0]), "log_standard")
    centroids = (centroids_of(found, 4) - per_feature(found, "mean")) / per_feature(found, "scale")
    np.testing.assert_allclose(centroids, np.round(centroids, 9), rtol=0, atol=1e-13)


@pytest.mark.parametrize("data_seed", [0, 1, 9])
def test_centroids_are_the_means_of_their_members(few_ks, data_seed):
    """Lloyd's algorithm ends where each centroid is the mean of the customers nearest to it."""
    points = np.log1p(planted(data_seed)[0])
    found = fit_matrix(points, "log_standard")
    for k in (2, 3, 4):
        centroids = centroids_of(found, k)
        labels = nearest(points, centroids, per_feature(found, "scale"))
        means = np.array([points[labels == cluster].mean(axis=0) for cluster in range(k)])
        np.testing.assert_allclose(centroids, means, rtol=0, atol=1e-6)


def test_restarts():
    """50 restarts below 10,000 rows, 10 from there, unless given."""
    points = blobs([[0, 0], [9, 9]], per_blob=5_000)
    assert clustering.fit(points[1:], 2).n_init == 50
    assert clustering.fit(points, 2).n_init == 10
    assert clustering.fit(points, 2, restarts=3).n_init == 3


def test_costly_criteria_on_a_sample():
    """Above 5,000 rows the silhouette comes from 5,000 drawn rows; the other criteria use all."""
    drawn = clustering.criteria_rows(np.zeros((6_000, 1)))
    assert len(drawn) == len(np.unique(drawn)) == 5_000
    assert drawn.max() >= 5_000
    np.testing.assert_array_equal(drawn, clustering.criteria_rows(np.ones((6_000, 1))))
    assert sorted(clustering.criteria_rows(np.zeros((70, 1)))) == list(range(70))

    points = blobs([[0, 0], [3, 0], [0, 3]], per_blob=2_000, spread=1.0)
    model = clustering.fit(points, 3, restarts=2)
    distances = pairwise_distances(points[drawn])
    metrics = clustering.metrics_of(points, model, drawn, distances)
    labels = model.labels_
    assert metrics["silhouette"] == silhouette_score(points[drawn], labels[drawn])
    assert metrics["silhouette"] == pytest.approx(silhouette_score(points, labels), abs=0.012)
    assert metrics["davies_bouldin"] == davies_bouldin_score(points, labels)
    assert metrics["calinski_harabasz"] == calinski_harabasz_score(points, labels)


def test_planted_segments_are_recovered(few_ks):
    """log_standard finds planted lognormal segments; standardised raw values do not."""
    raw, groups = planted(6)
    found = fit_matrix(np.log1p(raw), "log_standard", k_fixed=4)
    assert chosen_k(found) == 4
    labels = nearest(np.log1p(raw), centroids_of(found, 4), per_feature(found, "scale"))
    assert adjusted_rand_score(groups, labels) >= 0.75
    raw_scaled = StandardScaler().fit_transform(raw)
    raw_labels = KMeans(4, n_init=50, random_state=0).fit_predict(raw_scaled)
    assert adjusted_rand_score(groups, raw_labels) < 0.6


# numbering and order


def test_numbered_by_last_feature_highest_first():
    """Cluster 1 has the highest centroid in the last feature by position, for every k."""
    points = np.log1p(planted(7, per_group=60)[0])
    for scaling in ("none", "log_standard"):
        found = fit_matrix(points, scaling)
        assert ks_fitted(found) == list(range(1, 9))
        for k in range(2, 9):
            assert (np.diff(centroids_of(found, k)[:, -1]) < 0).all()


def test_equal_last_feature_numbered_by_the_one_before(few_ks):
    """A tie in the last feature is broken by the feature before it, highest first."""
    points = blobs([[0, 0], [9, 5], [0, 10]], spread=0.1)
    found = fit_matrix(np.column_stack([points, np.full(len(points), 0.5)]))
    np.testing.assert_allclose(
        centroids_of(found, 3), [[0, 10, 0.5], [9, 5, 0.5], [0, 0, 0.5]], atol=0.1
    )


def test_position_decides_which_feature_is_last(few_ks):
    """Feature sets are read by feature_position, whatever the order of their rows."""
    points = np.log1p(planted(8, per_group=30)[0])
    values, settings = long_form(points), settings_of("log_standard")
    straight = clustering.fit_all(values, settings)
    backward = clustering.fit_all(values, settings.iloc[::-1])
    pd.testing.assert_frame_equal(checked(straight), checked(backward), check_exact=True)


def test_numbering_holds_under_other_seeds(few_ks, monkeypatch):
    """A cluster keeps its number whatever the seed."""
    points = np.log1p(planted(9, spread=0.4)[0])
    expected = fit_matrix(points, "log_standard")
    for seed in (1, 2):
        monkeypatch.setattr(clustering, "SEED", seed)
        found = fit_matrix(points, "log_standard")
        for k in (2, 3, 4):
            np.testing.assert_allclose(centroids_of(found, k), centroids_of(expected, k), atol=1e-6)


def test_numbering_holds_for_permuted_customers(few_ks):
    """A cluster keeps its number when other ids bring the same customers in another order."""
    points = np.log1p(planted(9, spread=0.4)[0])
    expected = fit_matrix(points, "log_standard")
    for seed in (1, 2):
        shuffled = np.random.default_rng(seed).permutation(points)
        found = fit_matrix(shuffled, "log_standard")
        for k in (2, 3, 4):
            np.testing.assert_allclose(centroids_of(found, k), centroids_of(expected, k), atol=1e-6)


def test_row_order_never_matters(few_ks):
    """Shuffled input rows give the identical frame."""
    values = long_form(np.log1p(planted(10, per_group=60)[0]))
    settings = settings_of("log_standard")
    shuffled = values.sample(frac=1, random_state=1)
    assert shuffled.index.tolist() != values.index.tolist()
    pd.testing.assert_frame_equal(
        checked(clustering.fit_all(values, settings)),
        checked(clustering.fit_all(shuffled, settings)),
        check_exact=True,
    )


def dbt_with(values, settings):
    """A dbt object whose refs are relations of the engine."""
    relations = {
        "int_segmentation__features_sampled": duckdb.from_df(values),
        "int_segmentation__feature_sets_listed": duckdb.from_df(settings),
    }
    return SimpleNamespace(ref=relations.__getitem__)


def test_threads_never_matter(few_ks):
    """The model gives the same bits whether it may use one thread or four."""
    dbt = dbt_with(long_form(np.log1p(planted(11)[0])), settings_of("log_standard"))
    found = {}
    for threads in (1, 4):
        with threadpool_limits(threads):
            found[threads] = checked(clustering.model(dbt, None))
    pd.testing.assert_frame_equal(found[1], found[4], check_exact=True)
    assert found[1]["value"].to_numpy().tobytes() == found[4]["value"].to_numpy().tobytes()


def test_model_fits_on_one_thread(monkeypatch):
    """Inside the model every thread pool has one thread; outside they are as before."""
    seen = []
    monkeypatch.setattr(
        clustering,
        "fit_all",
        lambda *_: seen.extend(pool["num_threads"] for pool in threadpool_info()),
    )
    with threadpool_limits(2):
        before = [pool["num_threads"] for pool in threadpool_info()]
        clustering.model(dbt_with(long_form(np.zeros((1, 3))), settings_of()), None)
        assert [pool["num_threads"] for pool in threadpool_info()] == before
    assert seen and set(seen) == {1}


def test_relations_of_every_engine():
    """Spark, Snowpark and DuckDB relations become data frames; anything else is named."""
    frame = pd.DataFrame({"value": [1.0]})
    for method in ("toPandas", "to_pandas", "df"):
        relation = SimpleNamespace(**{method: lambda: frame})
        assert clustering.to_pandas(relation) is frame
    with pytest.raises(TypeError, match="list"):
        clustering.to_pandas([])


# the number of clusters


def limits_of(**limits):
    return pd.Series(LIMITS | limits, dtype=object)


@pytest.mark.parametrize("k", [1, 2, 5, 8])
def test_fixed_k_is_taken(k):
    """A fixed k stands, however weak, outside the range too, with as many distinct points."""
    strength = {1: 1.0, 3: 1.0, k: 0.1}
    assert clustering.choose_k(strength, k, limits_of(k_fixed=k)) == k


def test_fixed_k_above_the_distinct_points():
    """A fixed k that the data cannot fill: one cluster."""
    assert clustering.choose_k({1: 1.0, 2: 1.0, 3: 1.0, 4: 1.0}, 4, limits_of(k_fixed=5)) == 1
    found = fit_matrix(np.repeat(np.eye(3), 30, axis=0), k_fixed=4)
    assert chosen_k(found) == 1


@pytest.mark.parametrize(
    ("strength", "expected"),
    [
        ({1: 1, 2: 0.99, 3: 0.95, 4: 0.9, 5: 0.79, 6: 0.5}, 4),
        ({1: 1, 2: 0.99, 3: 0.95, 4: 0.3, 5: 0.85, 6: 0.5}, 5),
        ({1: 1, 2: 0.99, 3: 0.95, 4: 0.8, 5: 0.79, 6: 0.5}, 4),
        ({1: 1, 2: 0.99, 3: 0.95, 4: 0.9, 5: 0.9, 6: 0.81}, 6),
    ],
    ids=["largest", "after a gap", "the bound itself", "not the strongest"],
)
def test_largest_k_that_reaches_the_bound(strength, expected):
    """The largest k in the range with a prediction strength at or above the bound."""
    for absent in (None, np.nan, pd.NA):
        assert clustering.choose_k(strength, 1_000, limits_of(k_fixed=absent)) == expected


@pytest.mark.parametrize(
    ("strength", "expected"),
    [
        ({1: 1, 2: 0.9, 3: 0.5, 4: 0.6, 5: 0.7, 6: 0.1}, 5),
        ({1: 1, 2: 0.9, 3: 0.5, 4: 0.7, 5: 0.7, 6: 0.7}, 4),
        ({1: 1, 2: 0.9, 3: 0.0, 4: 0.0, 5: 0.0, 6: 0.0}, 3),
    ],
    ids=["strongest", "smallest on a tie", "all zero"],
)
def test_strongest_k_when_none_reaches_the_bound(strength, expected):
    """No k reaches the bound: the strongest of the range, the smallest on a tie."""
    assert clustering.choose_k(strength, 1_000, limits_of()) == expected


@pytest.mark.parametrize(("distinct", "expected"), [(29, 1), (30, 3), (49, 4), (50, 5), (60, 6)])
def test_enough_points_for_each_cluster(distinct, expected):
    """A k needs min_points_per_cluster distinct points for each cluster; without any k, 1."""
    strength = dict.fromkeys(range(1, 9), 1.0)
    assert clustering.choose_k(strength, distinct, limits_of()) == expected


def test_distinct_points_count_not_rows():
    """A thousand customers at 12 points have no three clusters of ten distinct points."""
    corners = np.array(list(permutations([0.0, 1.0, 5.0, 9.0], 2)))
    found = fit_matrix(np.repeat(corners, 90, axis=0), features=["a", "b"])
    assert chosen_k(found) == 1
    assert value_of(found, "customers_fitted", 1) == 90 * len(corners) == 1_080


def test_k_outside_the_range_is_never_chosen():
    """A stronger k below k_min or above k_max loses to a weak one inside."""
    strength = {1: 1.0, 2: 1.0, 3: 0.2, 4: 0.3, 5: 0.1, 6: 0.2, 7: 1.0, 8: 1.0}
    assert clustering.choose_k(strength, 1_000, limits_of()) == 4
    assert clustering.choose_k(strength, 1_000, limits_of(k_min=5, k_max=5)) == 5
    two = blobs([[0, 0], [90, 90]], per_blob=60)
    assert 3 <= chosen_k(fit_matrix(two, features=["a", "b"])) <= 6


def test_k_that_was_not_fitted_is_never_chosen():
    """The range may reach further than the fits do."""
    assert clustering.choose_k({1: 1.0, 2: 1.0, 3: 0.9, 4: 0.9}, 500, limits_of(k_max=12)) == 4
    assert clustering.choose_k({1: 1.0, 2: 1.0}, 500, limits_of()) == 1


def test_chosen_k_follows_from_the_strengths():
    """Four far blobs: strength holds up to four clusters, so four are chosen."""
    found = fit_matrix(blobs([[0, 0], [0, 9], [9, 0], [9, 9]]), features=["a", "b"])
    assert value_of(found, "prediction_strength", 4) >= 0.8
    assert chosen_k(found) == 4


# prediction strength


def slow_prediction_strength(splits, k):
    """Tibshirani and Walther (2005), section 2, pair by pair.

    splits: per split the test points, and the centroids of the training and of the test half.
    ps(k) is the least, over the test clusters, of the share of a cluster's ordered pairs that the
    training centroids put into one cluster too; a cluster without pairs has none. Then the mean.
    """
    found = []
    for test, train_centroids, test_centroids in splits:
        by_train = [np.argmin([np.sum((x - c) ** 2) for c in train_centroids]) for x in test]
        by_test = [np.argmin([np.sum((x - c) ** 2) for c in test_centroids]) for x in test]
        shares = []
        for cluster in range(k):
            members = [i for i in range(len(test)) if by_test[i] == cluster]
            together = [by_train[i] == by_train[j] for i, j in permutations(members, 2)]
            shares.append(sum(together) / len(together) if together else 0.0)
        found.append(min(shares))
    return sum(found) / len(found)


def watched_splits(monkeypatch, points, k):
    """The module's prediction strength, and the splits it drew, with the fitted centroids."""
    fits, fit = [], clustering.fit

    def watched(half, *arguments, **options):
        model = fit(half, *arguments, **options)
        fits.append((half, model.cluster_centers_))
        return model

    with monkeypatch.context() as patch:
        patch.setattr(clustering, "fit", watched)
        strength = clustering.prediction_strength(points, k)
    splits = []
    for (train, train_centroids), (test, test_centroids) in zip(fits[::2], fits[1::2], strict=True):
        halves = np.vstack([train, test])
        assert abs(len(train) - len(test)) <= 1
        np.testing.assert_array_equal(np.unique(halves, axis=0), np.unique(points, axis=0))
        assert len(halves) == len(points)
        assert len(train_centroids) == len(test_centroids) == k
        splits.append((test, train_centroids, test_centroids))
    return strength, splits


def sixty_points(kind):
    if kind == "blobs":
        return blobs([[0, 0], [2, 0], [0, 2]], per_blob=20, spread=0.6)
    if kind == "noise":
        return np.random.default_rng(1).uniform(size=(60, 2))
    return np.vstack([blobs([[0, 0]], per_blob=59), [[50.0, 50.0]]])


@pytest.mark.parametrize("kind", ["blobs", "noise", "a lone customer"])
@pytest.mark.parametrize("k", [2, 3, 5])
def test_prediction_strength_by_definition(monkeypatch, kind, k):
    """The quick form equals the definition, pair by pair, over disjoint random halves."""
    strength, splits = watched_splits(monkeypatch, sixty_points(kind), k)
    assert strength == pytest.approx(slow_prediction_strength(splits, k), abs=1e-12)
    assert len({test.tobytes() for test, _, _ in splits}) == len(splits) >= 5


def test_prediction_strength_of_one_cluster():
    """One cluster is always reproducible, even one customer's."""
    assert clustering.prediction_strength(sixty_points("noise"), 1) == 1
    assert clustering.prediction_strength(np.zeros((1, 2)), 1) == 1


def test_prediction_strength_of_three_blobs():
    """Three far blobs: about 1 at three clusters, below the bound at six."""
    points = blobs([[0, 0], [10, 0], [5, 9]])
    assert clustering.prediction_strength(points, 3) > 0.99
    assert clustering.prediction_strength(points, 6) < 0.8


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_prediction_strength_of_noise(seed):
    """Uniform noise has no five clusters: below the bound."""
    points = np.random.default_rng(seed).uniform(size=(300, 3))
    assert 0 <= clustering.prediction_strength(points, 5) < 0.8


def test_prediction_strength_needs_distinct_points():
    """Fewer distinct points than clusters, in all or in a half: 0."""
    two = np.repeat([[0.0, 0.0], [1.0, 1.0]], 20, axis=0)
    assert clustering.prediction_strength(two, 3) == 0
    assert clustering.prediction_strength(np.vstack([two, [[9.0, 9.0]]]), 3) == 0
    assert clustering.prediction_strength(two, 2) == 1


# degenerate inputs


def test_no_customers():
    """Nobody: an empty frame with the columns and types of a full one."""
    nobody = long_form(np.empty((0, 3)))
    found = checked(clustering.fit_all(nobody, settings_of("log_standard")))
    assert found.empty


@pytest.mark.parametrize("scaling", ["none", "log_standard"])
def test_one_customer(scaling):
    """One customer is one cluster, at its own values."""
    customer = [3.0, 0.1, 7.7]
    found = fit_matrix([customer], scaling)
    assert ks_fitted(found) == [1] and chosen_k(found) == 1
    np.testing.assert_allclose(centroids_of(found, 1), [customer], rtol=1e-12)
    np.testing.assert_array_equal(per_feature(found, "scale"), 1)
    assert value_of(found, "inertia", 1) == 0
    assert value_of(found, "customers_fitted", 1) == 1


@pytest.mark.parametrize("scaling", ["none", "log_standard"])
def test_three_customers(scaling):
    """Three customers: up to three clusters, no criterion where each is alone, one chosen."""
    points = np.array([[1.0, 5.0, 0.5], [2.0, 3.0, 0.1], [8.0, 4.0, 0.9]])
    found = fit_matrix(points, scaling)
    assert ks_fitted(found) == [1, 2, 3] and chosen_k(found) == 1
    np.testing.assert_allclose(centroids_of(found, 3), by_last_feature(points), atol=1e-8)
    assert value_of(found, "inertia", 3) == pytest.approx(0, abs=1e-12)
    for measure in ("silhouette", "davies_bouldin", "calinski_harabasz"):
        assert [has_measure(found, measure, k) for k in (1, 2, 3)] == [False, True, False]


# Neither 0.1 nor log(31) is the exact mean of its own copies; log(2) is one order for each.
CONSTANTS = [2.0, 0.1, np.log(2), np.log(31)]


@pytest.mark.parametrize("scaling", ["none", "log_standard"])
@pytest.mark.parametrize("constant", CONSTANTS)
def test_all_customers_equal(scaling, constant):
    """Everybody the same: one cluster, no deviation, scale 1."""
    found = fit_matrix(np.full((200, 3), constant), scaling)
    assert ks_fitted(found) == [1] and chosen_k(found) == 1
    np.testing.assert_allclose(centroids_of(found, 1), np.full((1, 3), constant), rtol=1e-12)
    np.testing.assert_array_equal(per_feature(found, "standard_deviation"), 0)
    np.testing.assert_array_equal(per_feature(found, "scale"), 1)


@pytest.mark.parametrize("constant", CONSTANTS)
def test_one_constant_feature(few_ks, constant):
    """A feature equal for all has no deviation and scale 1, and the others cluster as without."""
    points = np.log1p(planted(12, per_group=50, spread=0.4)[0])
    points[:, 1] = constant
    found = fit_matrix(points, "log_standard")
    without = fit_matrix(points[:, [0, 2]], "log_standard", ["recency_days", "monetary"])
    for k in (2, 3, 4):
        centroids = centroids_of(found, k)
        np.testing.assert_allclose(centroids[:, 1], constant, rtol=1e-12)
        expected = centroids_of(without, k, ["recency_days", "monetary"])
        np.testing.assert_allclose(centroids[:, [0, 2]], expected, atol=1e-6)
    assert value_of(found, "standard_deviation", feature="frequency") == 0
    assert value_of(found, "scale", feature="frequency") == 1


@pytest.mark.parametrize("missing", [None, np.nan])
def test_a_null_feature_drops_the_customer(few_ks, missing):
    """A customer with a null in one feature is not fitted; the others are as if alone."""
    points = np.log1p(planted(13, per_group=30)[0])
    ids = [f"C{number:06d}" for number in range(len(points))]
    values = long_form(points, ids=ids)
    stranger = long_form([[1e6, 1e6, 1e6]], ids=["A"]).astype({"value": object})
    stranger.loc[1, "value"] = missing
    found = clustering.fit_all(
        pd.concat([stranger, values.astype({"value": object})]), settings_of("log_standard")
    )
    expected = clustering.fit_all(values, settings_of("log_standard"))
    pd.testing.assert_frame_equal(checked(found), checked(expected), check_exact=True)
    assert value_of(found, "customers_fitted", 3) == len(points)


def test_a_missing_feature_row_drops_the_customer():
    """A customer without a row for one feature is as one with a null; nobody complete: no rows."""
    values = long_form([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    incomplete = values[~((values["customer_id"] == "C000000") & (values["feature"] == "monetary"))]
    found = checked(clustering.fit_all(incomplete, settings_of()))
    np.testing.assert_array_equal(centroids_of(found, 1), [[4, 5, 6]])
    assert checked(clustering.fit_all(incomplete[:3], settings_of())).empty


def test_two_feature_sets_at_once(few_ks):
    """Each feature set is fitted as if alone, with its own features, scaling and limits."""
    points = np.log1p(planted(14, per_group=40)[0])
    spending = ["basket", "monetary"]
    inputs = {
        "rfm": (long_form(points), settings_of("log_standard", k_fixed=4)),
        "spending": (
            long_form(points[:100, 1:] * 3, spending, "spending"),
            settings_of("none", spending, "spending", k_fixed=2),
        ),
    }
    alone = [checked(clustering.fit_all(*parts)) for parts in inputs.values()]
    values, settings = (pd.concat(parts) for parts in zip(*inputs.values(), strict=True))
    together = checked(clustering.fit_all(values.sample(frac=1, random_state=0), settings))
    for feature_set, expected, k in zip(inputs, alone, (4, 2), strict=True):
        found = together[together["feature_set"] == feature_set].reset_index(drop=True)
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
        assert chosen_k(found) == k
    assert len(together) == sum(map(len, alone))


def test_a_feature_set_without_customers(few_ks):
    """A feature set that nobody has gives no rows, and leaves the other as it is."""
    settings = pd.concat([settings_of(), settings_of(feature_set="nobody")])
    found = checked(clustering.fit_all(long_form(planted(15, per_group=5)[0]), settings))
    assert set(found["feature_set"]) == {"rfm"}


def test_unknown_scaling():
    """A scaling that is neither none nor log_standard stops the fit and is named."""
    with pytest.raises(ValueError, match="'cubic'"):
        clustering.fit_all(long_form(np.eye(3)), settings_of("cubic"))
