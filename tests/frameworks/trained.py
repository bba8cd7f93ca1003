"""Run in the environment of frameworks: makes one model of each kind with what it says itself.

python trained.py FOLDER      writes the files and told.json
"""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"

import keras
import mlflow
import numpy as np
import pandas as pd
import torch
from safetensors.torch import save_file
from sklearn.linear_model import LogisticRegression

ROWS = [[1.0, 2.0, 3.0, 4.0], [0.5, -1.0, 2.0, 0.0]]


class Two(torch.nn.Module):
    """Two inputs."""

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        """Their sum."""
        return left.sum(dim=1) + right.sum(dim=1)


def main(folder: Path) -> None:
    """Make everything."""
    torch.manual_seed(7)
    keras.utils.set_random_seed(7)
    network = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Softmax(dim=1)).eval()
    rows = torch.tensor(ROWS)
    said = network(rows).tolist()
    torch.jit.script(network).save(str(folder / "script.pt"))
    torch.save(network.state_dict(), folder / "weights.pt")
    torch.save({"epoch": 3, "model_state_dict": network.state_dict()}, folder / "checkpoint.pt")
    save_file(network.state_dict(), folder / "weights.safetensors", metadata={"format": "pt"})
    batch = torch.export.Dim("batch", min=1, max=1000)
    torch.export.save(
        torch.export.export(network, (rows,), dynamic_shapes=({0: batch},)), folder / "program.pt2"
    )
    both = torch.export.export(Two(), (rows, rows), dynamic_shapes=({0: batch}, {0: batch}))
    torch.export.save(both, folder / "two.pt2")
    told: dict[str, Any] = {
        name: {"request": {"data": ROWS}, "predictions": said}
        for name in ("script.pt", "weights.pt", "checkpoint.pt", "weights.safetensors", "program.pt2")
    }
    told["two.pt2"] = {
        "request": {"inputs": {"left": ROWS, "right": ROWS}},
        "predictions": Two()(rows, rows).tolist(),
    }
    told |= _keras(folder) | _mlflow(folder)
    (folder / "told.json").write_text(json.dumps(told))


def _keras(folder: Path) -> dict[str, Any]:
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(5, "relu"), keras.layers.Dense(1, "sigmoid")]
    )
    said = keras.ops.convert_to_numpy(model(np.array(ROWS, "float32")))[:, 0].tolist()
    model.save(folder / "dense.keras")
    model.save(folder / "dense.h5")
    return {name: {"request": {"data": ROWS}, "predictions": said} for name in ("dense.keras", "dense.h5")}


def _mlflow(folder: Path) -> dict[str, Any]:
    rows = pd.DataFrame(np.arange(40.0).reshape(10, 4), columns=["a", "b", "c", "d"]).astype({"d": "int64"})
    model = LogisticRegression().fit(rows, [0, 1] * 5)
    signature = mlflow.models.infer_signature(rows, model.predict(rows))
    place = folder / "saved"
    mlflow.sklearn.save_model(model, place, signature=signature, serialization_format="pickle")
    shutil.make_archive(str(folder / "mlflow"), "zip", place)
    asked = rows.head(3)
    request = {"data": asked.astype(object).to_numpy().tolist()}
    return {"mlflow.zip": {"request": request, "predictions": model.predict(asked).tolist()}}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
