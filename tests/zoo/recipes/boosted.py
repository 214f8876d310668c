"""Boosted trees."""

import os

from recipes.base import Answers, Made, amounts, recipe, rows, write_joblib, write_pickle


@recipe
def xgb_classifier(folder):
    import xgboost

    x, y = rows()
    model = xgboost.XGBClassifier(n_estimators=4, max_depth=2).fit(x, y)
    return Made(write_pickle(model, folder), model, x[:8], ("predict", "predict_proba"))


@recipe
def xgb_regressor_joblib(folder):
    import xgboost

    x, y = amounts()
    model = xgboost.XGBRegressor(n_estimators=4, max_depth=2).fit(x, y)
    return Made(write_joblib(model, folder), model, x[:8])


@recipe
def xgb_json(folder):
    import xgboost

    x, y = amounts()
    model = xgboost.XGBRegressor(n_estimators=4, max_depth=2).fit(x, y)
    model.save_model(os.path.join(folder, "model.json"))
    return Made("model.json", model, x[:8])


@recipe
def lgbm_classifier(folder):
    import lightgbm

    x, y = rows()
    model = lightgbm.LGBMClassifier(n_estimators=4, num_leaves=4, min_child_samples=5).fit(x, y)
    return Made(write_joblib(model, folder), model, x[:8], ("predict", "predict_proba"))


@recipe
def lgbm_text(folder):
    import lightgbm

    x, y = amounts()
    model = lightgbm.LGBMRegressor(n_estimators=4, num_leaves=4, min_child_samples=5).fit(x, y).booster_
    model.save_model(os.path.join(folder, "model.txt"))
    return Made("model.txt", model, x[:8])


@recipe
def catboost_pickle(folder):
    import catboost

    x, y = rows()
    model = catboost.CatBoostClassifier(iterations=4, depth=2, verbose=False, allow_writing_files=False).fit(x, y)
    return Made(write_pickle(model, folder), model, x[:8], ("predict", "predict_proba"))


@recipe
def catboost_file(folder):
    import catboost

    x, y = amounts()
    model = catboost.CatBoostRegressor(iterations=4, depth=2, verbose=False, allow_writing_files=False).fit(x, y)
    model.save_model(os.path.join(folder, "model.cbm"))
    return Made("model.cbm", model, x[:8])


@recipe
def xgb_binary(folder):
    import xgboost

    x, y = amounts()
    model = xgboost.train({"max_depth": 2}, xgboost.DMatrix(x, y), 4)
    model.save_model(os.path.join(folder, "model.bst"))
    return Answers("model.bst", x[:8], "rows", predict=model.predict(xgboost.DMatrix(x[:8])))


@recipe
def xgb_booster_pickle(folder):
    import xgboost

    x, y = amounts()
    model = xgboost.train({"max_depth": 2}, xgboost.DMatrix(x, y), 4)
    return Answers(write_pickle(model, folder), x[:8], "rows", predict=model.predict(xgboost.DMatrix(x[:8])))


@recipe
def lgbm_booster_pickle(folder):
    import lightgbm

    x, y = amounts()
    told = {"objective": "regression", "num_leaves": 4, "min_data_in_leaf": 5, "verbose": -1}
    model = lightgbm.train(told, lightgbm.Dataset(x, y), 4)
    return Made(write_pickle(model, folder), model, x[:8])
