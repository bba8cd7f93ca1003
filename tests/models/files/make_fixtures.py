"""Writes the small model files beside this script, each with the library that owns its format, once:

python make_fixtures.py tables    with xgboost-cpu==3.2.0 lightgbm==4.7.0 skl2onnx==1.20.0 skops==0.16.0 safetensors
python make_fixtures.py torch     with torch==2.13.0+cpu
python make_fixtures.py keras     with keras==3.15.1 and torch
Rscript make_r.R .                with R 4.2.2
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent


def tables() -> None:
    """XGBoost, LightGBM, ONNX, skops, safetensors."""
    import lightgbm
    import numpy as np
    import skops.io
    import xgboost
    from safetensors.numpy import save_file
    from skl2onnx import to_onnx
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = load_iris(return_X_y=True, as_frame=True)
    x.columns = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    model = xgboost.XGBClassifier(n_estimators=1, max_depth=2).fit(x, y)
    model.save_model(HERE / "xgboost.json")
    model.save_model(HERE / "xgboost.ubj")
    parameters = {"objective": "reg:squarederror", "max_depth": 2}
    data = xgboost.DMatrix(x.to_numpy(), y)
    xgboost.train(parameters, data, 1).save_model(HERE / "xgboost_unnamed.json")
    boosted = lightgbm.LGBMClassifier(n_estimators=1, num_leaves=3, verbose=-1).fit(x, y)
    boosted.booster_.save_model(HERE / "lightgbm.txt")
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    row = x.to_numpy()[:1].astype(np.float32)
    plain = to_onnx(pipeline, row, options={"zipmap": False})
    (HERE / "classifier.onnx").write_bytes(plain.SerializeToString())
    (HERE / "zipmap.onnx").write_bytes(to_onnx(pipeline, row).SerializeToString())
    skops.io.dump(pipeline, HERE / "pipeline.skops")
    save_file({"w": np.zeros((3, 4), np.float32), "b": np.ones(3)}, HERE / "weights.safetensors")


def torch() -> None:
    """Checkpoints new and old, TorchScript, .pt2, a whole module."""
    import torch as t

    net = t.nn.Sequential(t.nn.Linear(4, 3))
    t.save(net.state_dict(), HERE / "state_dict.pt")
    t.save(net.state_dict(), HERE / "state_dict_legacy.pt", _use_new_zipfile_serialization=False)
    optimizer = t.optim.Adam(net.parameters())
    t.save(
        {"epoch": 3, "model": net.state_dict(), "optimizer": optimizer.state_dict()}, HERE / "checkpoint.pt"
    )
    t.save(net, HERE / "whole_module.pt")
    t.jit.script(net).save(HERE / "torchscript.pt")
    t.export.save(t.export.export(net, (t.randn(2, 4),)), HERE / "exported.pt2")


def keras() -> None:
    """A plain network and one with a Lambda layer, in both of Keras's formats."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras as k

    plain = k.Sequential([k.Input((4,)), k.layers.Dense(3, activation="softmax")])
    with_code = k.Sequential([k.Input((4,)), k.layers.Lambda(lambda x: x * 2)])
    for ending in ("keras", "h5"):
        plain.save(HERE / f"network.{ending}")
        with_code.save(HERE / f"lambda.{ending}")


if __name__ == "__main__":
    {"tables": tables, "torch": torch, "keras": keras}[sys.argv[1]]()
