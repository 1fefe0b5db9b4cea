"""Aliases of LightGBM parameters, and parameters that a spec cannot set, with the reason."""

from __future__ import annotations

#: Aliases from LightGBM and its scikit-learn wrapper, with the names to use in specs.
ALIASES = {
    "n_estimators": "num_iterations",
    "num_iteration": "num_iterations",
    "n_iter": "num_iterations",
    "num_tree": "num_iterations",
    "num_trees": "num_iterations",
    "num_round": "num_iterations",
    "num_rounds": "num_iterations",
    "nrounds": "num_iterations",
    "num_boost_round": "num_iterations",
    "max_iter": "num_iterations",
    "boosting_type": "boosting",
    "boost": "boosting",
    "shrinkage_rate": "learning_rate",
    "eta": "learning_rate",
    "num_leaf": "num_leaves",
    "max_leaves": "num_leaves",
    "max_leaf": "num_leaves",
    "max_leaf_nodes": "num_leaves",
    "min_child_samples": "min_data_in_leaf",
    "min_data": "min_data_in_leaf",
    "min_data_per_leaf": "min_data_in_leaf",
    "min_samples_leaf": "min_data_in_leaf",
    "min_child_weight": "min_sum_hessian_in_leaf",
    "min_sum_hessian": "min_sum_hessian_in_leaf",
    "min_sum_hessian_per_leaf": "min_sum_hessian_in_leaf",
    "min_hessian": "min_sum_hessian_in_leaf",
    "min_split_gain": "min_gain_to_split",
    "subsample": "bagging_fraction",
    "sub_row": "bagging_fraction",
    "bagging": "bagging_fraction",
    "subsample_freq": "bagging_freq",
    "colsample_bytree": "feature_fraction",
    "sub_feature": "feature_fraction",
    "colsample_bynode": "feature_fraction_bynode",
    "sub_feature_bynode": "feature_fraction_bynode",
    "reg_alpha": "lambda_l1",
    "l1_regularization": "lambda_l1",
    "reg_lambda": "lambda_l2",
    "lambda": "lambda_l2",
    "l2_regularization": "lambda_l2",
    "max_bins": "max_bin",
    "subsample_for_bin": "bin_construct_sample_cnt",
    "extra_tree": "extra_trees",
    "rate_drop": "drop_rate",
    "max_tree_output": "max_delta_step",
    "max_leaf_output": "max_delta_step",
    "application": "objective",
    "objective_type": "objective",
    "app": "objective",
    "loss": "objective",
}

_SEED = "the top-level 'seed' sets it"
_THREADS = "the build sets the number of threads, which never changes the result"
_LINEAR = "trees with linear models in the leaves cannot be exported to ONNX exactly"
_STOPPING = "use the model's 'early_stopping' instead"
_METRIC = "use the model's 'metrics' and 'early_stopping' instead"
_QUIET = "training prints no output"
_CATEGORY = "use the op 'category' to make a column categorical"
_CPU = "training runs on the CPU, where it is deterministic"
_NUMBERED = "it refers to columns by number, and preprocessing determines the numbers"

#: LightGBM parameters that a spec cannot set, with the reason.
REFUSED = {
    "linear_tree": _LINEAR,
    "linear_trees": _LINEAR,
    "seed": _SEED,
    "random_seed": _SEED,
    "random_state": _SEED,
    "num_threads": _THREADS,
    "num_thread": _THREADS,
    "nthread": _THREADS,
    "nthreads": _THREADS,
    "n_jobs": _THREADS,
    "verbosity": _QUIET,
    "verbose": _QUIET,
    "metric": _METRIC,
    "metrics": _METRIC,
    "early_stopping": _STOPPING,
    "early_stopping_round": _STOPPING,
    "early_stopping_rounds": _STOPPING,
    "n_iter_no_change": _STOPPING,
    "categorical_feature": _CATEGORY,
    "categorical_features": _CATEGORY,
    "num_class": "it is taken from the classes of the target",
    "num_classes": "it is taken from the classes of the target",
    "deterministic": "training is always deterministic",
    "bagging_seed": _SEED,
    "feature_fraction_seed": _SEED,
    "data_random_seed": _SEED,
    "drop_seed": _SEED,
    "extra_seed": _SEED,
    "objective_seed": _SEED,
    "linear_lambda": _LINEAR,
    "device": _CPU,
    "device_type": _CPU,
    "monotone_constraints": _NUMBERED,
    "interaction_constraints": _NUMBERED,
    "feature_contri": _NUMBERED,
    "max_bin_by_feature": _NUMBERED,
    "force_row_wise": "it is always on, because column-wise histograms give a different model",
    "force_col_wise": "histograms are always built row-wise, because column-wise ones give a different model",
    "feature_pre_filter": "it is always false, so that the bins can be reused for any 'min_data_in_leaf'",
}

#: The same for parameters that only the classifier has.
ALIASES_OF_CLASSES = {"unbalance": "is_unbalance", "unbalanced_sets": "is_unbalance"}
REFUSED_OF_CLASSES = {
    "class_weight": "for two classes, use 'is_unbalance' or 'scale_pos_weight'; for more, use 'is_unbalance' together"
    " with 'objective: multiclassova'",
}
