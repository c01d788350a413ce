"""One row per feature set, k, cluster, feature and measure: what k-means found.

Long and narrow: centroids and metrics only, a few hundred rows. SQL names the clusters and assigns
every customer. The measures are

    per feature set, k, cluster, feature    centroid
    per feature set, feature                mean, standard_deviation, scale
    per feature set, k                      inertia, silhouette, davies_bouldin, calinski_harabasz,
                                            prediction_strength, is_chosen, customers_fitted

Centroids, means and deviations are in the units of int_segmentation__features_unpivoted. The
distance that was minimised is the sum of ((value - centroid) / scale)^2; see scale_of.
"""

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import (
    calinski_harabasz_score,
    davies_bouldin_score,
    pairwise_distances,
    silhouette_score,
)
from threadpoolctl import threadpool_limits

SEED = 20240229
LARGEST_K = 8
CRITERIA_ROWS = 5_000
STRENGTH_SPLITS = 10
STRENGTH_RESTARTS = 5
COLUMNS = ["feature_set", "k", "cluster_id", "feature", "measure", "value"]


def varies(points: np.ndarray) -> np.ndarray:
    """Which features differ at all. Rounding gives equal values a deviation of about 1e-15."""
    return np.ptp(points, axis=0) > 0


def scale_of(points: np.ndarray, scalings: list[str]) -> np.ndarray:
    """Divisor of each feature before the fit.

    points: (rows, features). scalings: one for each feature. 'none' divides by 1; 'standard' and
    'log_standard' (the logarithm is already taken) by the population's standard deviation, or 1 for
    a constant feature; 'one_hot' by the root of 2, so that two customers who differ in a category,
    and therefore in two features, lie as far apart as one step of a single feature. Gives
    (features,). Raises ValueError on any other scaling.
    """
    deviation = np.where(varies(points), points.std(axis=0), 1.0)
    divisors = {"none": 1.0, "standard": None, "log_standard": None, "one_hot": np.sqrt(2)}
    scale = np.empty(points.shape[1])
    for position, scaling in enumerate(scalings):
        if scaling not in divisors:
            raise ValueError(f"customer_segmentation: unknown scaling {scaling!r} of a feature")
        scale[position] = divisors[scaling] or deviation[position]
    return scale


def fit(points: np.ndarray, k: int, restarts: int | None = None) -> KMeans:
    """Lloyd's k-means with a fixed seed: 50 restarts below 10,000 rows, 10 above, unless given.

    points: (rows, features), scaled, in a fixed order of rows. Needs at least k distinct rows. Runs
    until no row changes its cluster: scikit-learn's own tolerance stops while centroids still move.
    """
    restarts = restarts or (50 if len(points) < 10_000 else 10)
    return KMeans(k, n_init=restarts, random_state=SEED, tol=0).fit(points)


def criteria_rows(points: np.ndarray) -> np.ndarray:
    """Which rows the costly criteria are computed on: all, or CRITERIA_ROWS drawn with the seed."""
    return np.random.default_rng(SEED).permutation(len(points))[:CRITERIA_ROWS]


def prediction_strength(points: np.ndarray, k: int) -> float:
    """How far two halves of the data agree on who belongs together, from 0 to 1.

    Tibshirani and Walther, Cluster Validation by Prediction Strength (2005): both halves are
    clustered; for each cluster of the test half, the share of its pairs that the training half's
    centroids put together, too; the smallest share over the clusters, averaged over splits. A test
    cluster of one member has no pairs and counts as 0. points: (rows, features), scaled.
    """
    if k == 1:
        return 1.0
    strengths = []
    for split in range(STRENGTH_SPLITS):
        order = np.random.default_rng(SEED + split).permutation(len(points))
        train, test = points[order[::2]], points[order[1::2]]
        if min(len(np.unique(train, axis=0)), len(np.unique(test, axis=0))) < k:
            return 0.0
        by_train = fit(train, k, STRENGTH_RESTARTS).predict(test)
        by_test = fit(test, k, STRENGTH_RESTARTS).labels_
        weakest = 1.0
        for cluster in range(k):
            sizes = np.bincount(by_train[by_test == cluster], minlength=k)
            members = sizes.sum()
            pairs = members * (members - 1)
            weakest = min(weakest, (sizes * (sizes - 1)).sum() / pairs if pairs else 0.0)
        strengths.append(weakest)
    return float(np.mean(strengths))


def metrics_of(
    points: np.ndarray, model: KMeans, drawn: np.ndarray, distances: np.ndarray
) -> dict[str, float]:
    """Internal criteria of one fit; those that need two clusters are left out for one.

    points: (rows, features), scaled. drawn: their criteria_rows, over which the silhouette is
    taken. distances: between these, (drawn, drawn), the same for every fit.
    """
    metrics = {"inertia": model.inertia_}
    clusters = len(np.unique(model.labels_))
    if 1 < clusters < len(points):
        metrics["davies_bouldin"] = davies_bouldin_score(points, model.labels_)
        metrics["calinski_harabasz"] = calinski_harabasz_score(points, model.labels_)
        labels = model.labels_[drawn]
        if 1 < len(np.unique(labels)) < len(drawn):
            metrics["silhouette"] = silhouette_score(distances, labels, metric="precomputed")
    return metrics


def choose_k(strength: dict[int, float], distinct: int, limits: pd.Series) -> int:
    """The number of clusters.

    The fixed one if there is one and enough distinct points for it. Otherwise, among those from
    k_min to k_max with min_points_per_cluster distinct points for each cluster, the largest whose
    prediction strength reaches the bound, or else the strongest. 1 when the data allow no other.

    strength: prediction strength by k. distinct: distinct points. limits: k_fixed, k_min, k_max,
    min_prediction_strength, min_points_per_cluster.
    """
    if pd.notna(limits["k_fixed"]):
        return int(limits["k_fixed"]) if distinct >= limits["k_fixed"] else 1
    allowed = [
        k
        for k in range(int(limits["k_min"]), int(limits["k_max"]) + 1)
        if k in strength and distinct >= k * limits["min_points_per_cluster"]
    ]
    if not allowed:
        return 1
    reproducible = [k for k in allowed if strength[k] >= limits["min_prediction_strength"]]
    return max(reproducible) if reproducible else max(allowed, key=lambda k: (strength[k], -k))


def fit_feature_set(
    points: np.ndarray, features: list[str], scalings: list[str], limits: pd.Series
) -> list[tuple]:
    """Fits k = 1 … 8, as far as there are distinct points, and gives rows of COLUMNS[1:].

    points: (rows, features), unscaled, rows in a fixed order. scalings: of the features. limits: as
    choose_k takes them. Clusters are numbered from 1 by their
    centroid's last feature that is a number, highest first, so that a number keeps its meaning from
    fit to fit.
    """
    mean, deviation = points.mean(axis=0), np.where(varies(points), points.std(axis=0), 0.0)
    scale = scale_of(points, scalings)
    # Subtracting the mean changes no distance, and keeps the arithmetic exact for large values.
    scaled = (points - mean) / scale
    rows = []
    for position, feature in enumerate(features):
        rows += [
            (None, None, feature, "mean", mean[position]),
            (None, None, feature, "standard_deviation", deviation[position]),
            (None, None, feature, "scale", scale[position]),
        ]
    by_category_first = np.argsort([scaling != "one_hot" for scaling in scalings], kind="stable")
    distinct = len(np.unique(scaled, axis=0))
    drawn = criteria_rows(scaled)
    distances = pairwise_distances(scaled[drawn])
    strength = {}
    for k in range(1, min(LARGEST_K, distinct) + 1):
        model = fit(scaled, k)
        strength[k] = prediction_strength(scaled[drawn], k)
        measures = metrics_of(scaled, model, drawn, distances)
        measures |= {"prediction_strength": strength[k], "customers_fitted": len(points)}
        rows += [(k, None, None, measure, value) for measure, value in measures.items()]
        centroids = np.round(model.cluster_centers_, 9) * scale + mean
        best_first = np.lexsort(-centroids[:, by_category_first].T)
        for cluster_id, centroid in enumerate(centroids[best_first], start=1):
            rows += [
                (k, cluster_id, feature, "centroid", value)
                for feature, value in zip(features, centroid, strict=True)
            ]
    chosen = choose_k(strength, distinct, limits)
    rows += [(k, None, None, "is_chosen", float(k == chosen)) for k in strength]
    return rows


def fit_all(values: pd.DataFrame, feature_sets: pd.DataFrame) -> pd.DataFrame:
    """Fits every feature set that has customers.

    values: customer_id, feature_set, feature, value. feature_sets: one row per feature set and
    feature, with its position, scaling and limits. Gives COLUMNS; no rows where there is nobody.
    """
    rows = []
    for feature_set, settings in feature_sets.groupby("feature_set", sort=True):
        settings = settings.sort_values("feature_position")
        features, scalings = settings["feature"].tolist(), settings["scaling"].tolist()
        wide = (
            values[values["feature_set"] == feature_set]
            .pivot(index="customer_id", columns="feature", values="value")
            .reindex(columns=features)
            .dropna()
        )
        if len(wide):
            points = wide.to_numpy(dtype=np.float64)
            fitted = fit_feature_set(points, features, scalings, settings.iloc[0])
            rows += [(feature_set, *row) for row in fitted]
    found = pd.DataFrame(rows, columns=COLUMNS)
    return found.astype({"k": "Int64", "cluster_id": "Int64", "value": "float64"}).astype(
        {"feature_set": "string", "feature": "string", "measure": "string"}
    )


def to_pandas(relation) -> pd.DataFrame:
    """A relation as a data frame: Spark, Snowpark and DuckDB each call it by another name."""
    for method in ("toPandas", "to_pandas", "df"):
        if hasattr(relation, method):
            return getattr(relation, method)()
    raise TypeError(f"customer_segmentation: cannot read {type(relation).__name__} as a data frame")


def model(dbt, session):
    values = to_pandas(dbt.ref("int_segmentation__features_sampled"))
    feature_sets = to_pandas(dbt.ref("int_segmentation__feature_sets_listed"))
    # One thread: several are slower on fits this small, and differ in the last digits.
    with threadpool_limits(1):
        fitted = fit_all(values, feature_sets)
    return fitted
