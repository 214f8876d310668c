"""Names that only some releases write, or can load: what a global says of the release it comes from.

Each line was read off pickles that those releases wrote (tests/inspection/pickles/README.md), or off the release in
which a module moved. A range is `certain` where no other release can have written it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from homeport.domain.findings import Needed, Sure


@dataclass(frozen=True, slots=True)
class Marker:
    """A pattern over "module.name", matched from its beginning, and the releases that write such a name."""

    distribution: str
    pattern: re.Pattern[str]
    specifier: str
    sure: Sure


def _markers(distribution: str, table: str) -> Iterator[Marker]:
    for line in table.strip().splitlines():
        sure, specifier, pattern = line.split()
        yield Marker(distribution, re.compile(pattern), specifier, "certain" if sure == "certain" else "likely")


_NUMPY = r"""
certain >=2 numpy\._core\.
likely <2 numpy\.core\.
certain >=1.17 numpy\.random\._pickle\.
likely <1.17 numpy\.random\.__RandomState_ctor
"""
_PANDAS = r"""
certain >=3 pandas\.(?:DataFrame|Index|Series|RangeIndex|arrays\.)
likely <3 pandas\.core\.(?:frame|series)\.
certain >=1.4 pandas\._libs\.internals\._unpickle_block
certain >=1.3,<1.4 pandas\.core\.internals\.blocks\.new_block
certain <2 pandas\.core\.indexes\.numeric\.
certain <1.3 pandas\._libs\.tslibs\.timestamps\.Timestamp
certain >=1.3 pandas\._libs\.(?:arrays\.__pyx_unpickle_NDArrayBacked|tslibs\.timestamps\._unpickle_timestamp)
certain <1.0 pandas\.core\.indexes\.frozen\.FrozenNDArray
certain <0.24 pandas\.core\.internals\.(?:Single)?BlockManager
certain <0.20 pandas\.(?:indexes|core\.index|core\.categorical|tslib)\.
"""
_SCIPY = r"""
certain >=1.8 scipy\.(?:sparse\._(?:bsr|coo|csc|csr|dia|dok|lil)|interpolate\._interpolate)\.
certain <1.8 scipy\.(?:sparse\.(?:bsr|coo|csc|csr|dia|dok|lil)|interpolate\.interpolate)\.
"""
# The modules that 0.22 gave a leading underscore; the old names were kept until 0.24 took them away.
_MOVED = (
    r"(?:cluster\.(?:k_means_|birch|dbscan_|hierarchical|mean_shift_|spectral|affinity_propagation_|bicluster|optics_)"
    r"|covariance\.(?:elliptic_envelope|empirical_covariance_|graph_lasso_|robust_covariance|shrunk_covariance_)"
    r"|cross_decomposition\.(?:pls_|cca_)|decomposition\.(?:base|dict_learning|factor_analysis|fastica_|incremental_pca"
    r"|kernel_pca|nmf|online_lda|pca|sparse_pca|truncated_svd)"
    r"|ensemble\.(?:bagging|base|forest|gradient_boosting|iforest|voting|voting_classifier|weight_boosting)"
    r"|feature_extraction\.(?:dict_vectorizer|hashing|stop_words)"
    r"|feature_selection\.(?:base|from_model|mutual_info_|rfe|univariate_selection|variance_threshold)"
    r"|gaussian_process\.gp[cr]|linear_model\.(?:base|bayes|coordinate_descent|huber|least_angle|logistic|omp"
    r"|passive_aggressive|perceptron|ransac|ridge|sgd_fast|stochastic_gradient|theil_sen)"
    r"|manifold\.(?:isomap|locally_linear|mds|spectral_embedding_|t_sne)|metrics\.(?:classification|regression|ranking"
    r"|scorer)|mixture\.(?:base|bayesian_mixture|gaussian_mixture)|naive_bayes_|neighbors\.(?:ball_tree|base"
    r"|classification|dist_metrics|graph|kd_tree|kde|lof|nearest_centroid|regression|unsupervised)"
    r"|neural_network\.(?:multilayer_perceptron|rbm)|preprocessing\.(?:data|label|_encoders_)|semi_supervised\."
    r"label_propagation|svm\.(?:base|bounds|classes|libsvm)|tree\.(?:export|tree))"
)
_SKLEARN = rf"""
certain <0.24 sklearn\.{_MOVED}\.
likely <0.22 sklearn\.{_MOVED}\.
certain <0.23 sklearn\.externals\.joblib
certain <0.22 sklearn\.preprocessing\.imputation\.
certain <0.20 sklearn\.(?:grid_search|cross_validation|learning_curve|lda|qda|mixture\.(?:gmm|dpgmm))\.
certain >=0.22 sklearn\.(?:decomposition|ensemble|linear_model|neighbors|svm|preprocessing|metrics)\._(?!dist)
certain >=0.22,<1.4 sklearn\.ensemble\._gb_losses\.
certain <1.1 sklearn\.ensemble\._hist_gradient_boosting\.loss\.
certain >=1.0 sklearn\.(?:metrics\._dist_metrics|preprocessing\._polynomial)\.
certain <1.0 sklearn\.neighbors\._dist_metrics\.
certain >=1.1 sklearn\.(?:_loss\.loss|_loss\._loss|utils\._bunch)\.
certain >=1.3 sklearn\.metrics\._(?:dist_metrics\.\w+64|scorer\._PassthroughScorer)
certain >=1.4 sklearn\.metrics\._scorer\._Scorer
certain >=1.6 sklearn\.frozen\.
likely >=1.5 _loss\.(?:__pyx_unpickle_)?Cy
"""
_CLOUDPICKLE = r"""
certain <3 cloudpickle\.cloudpickle\.(?:_fill_function|_make_skel_func|_rehydrate_skeleton_class)
certain >=1.3 cloudpickle\.cloudpickle_fast\.
likely <3 cloudpickle\.cloudpickle_fast\.
certain >=2.1 cloudpickle\.cloudpickle\._make_function
certain >=3 cloudpickle\.cloudpickle\._(?:function|class)_setstate
"""
_XGBOOST = r"""
likely >=1.0,<2 xgboost\.compat\.XGBoostLabelEncoder
"""
_DILL = r"""
certain >=0.3.6 dill\._dill\._create_array
"""

MARKERS: tuple[Marker, ...] = (
    *_markers("numpy", _NUMPY),
    *_markers("pandas", _PANDAS),
    *_markers("scipy", _SCIPY),
    *_markers("scikit-learn", _SKLEARN),
    *_markers("cloudpickle", _CLOUDPICKLE),
    *_markers("xgboost", _XGBOOST),
    *_markers("dill", _DILL),
)


def needed_for(names: Iterable[str]) -> Iterator[Needed]:
    """What the globals, as "module.name", say of the releases that wrote them; each statement once."""
    told: set[tuple[str, str]] = set()
    for name in sorted(names):
        for marker in MARKERS:
            key = (marker.distribution, marker.specifier)
            if key not in told and marker.pattern.match(name):
                told.add(key)
                yield Needed(
                    distribution=marker.distribution,
                    specifier=marker.specifier,
                    why=f"it names `{name}`",
                    sure=marker.sure,
                )
