"""What an MLflow folder asks to have installed: honest environments pass, and no stranger's package comes along unseen."""

import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from sklearn.linear_model import LogisticRegression

from services.models import handler
from services.models.inspection import inspect, known_packages
from services.models.intake import Intake
from tests.models.hostile.formats import FILES

_FLAVOR = (
    "flavors:\n  python_function:\n    env: {conda: conda.yaml, virtualenv: python_env.yaml}\n"
    "    loader_module: mlflow.sklearn\n    model_path: model.pkl\n    python_version: 3.11.7\n"
    "  sklearn: {code: null, pickled_model: model.pkl, sklearn_version: 1.9.1}\nmlflow_version: 3.6.0\n"
)
_MODEL = pickle.dumps(LogisticRegression().fit(np.eye(4), [0, 1, 0, 1]))
_PYTHON_ENV = (
    "python: 3.11.7\nbuild_dependencies:\n- pip==24.0\n- setuptools==65.5.0\n- wheel==0.45.1\n"
    "dependencies:\n- -r requirements.txt\n"
)
# The first seven were written by MLflow 3.6.0 itself when it saved a model of each; the others name what the flavors'
# get_default_pip_requirements() do (https://github.com/mlflow/mlflow/tree/v3.6.0/mlflow), and what users add to them.
HONEST = {
    "sklearn": "mlflow==3.6.0 cloudpickle==3.1.3 numpy==2.4.6 pandas==2.3.3 scikit-learn==1.9.1 scipy==1.17.1",
    "xgboost": "mlflow==3.6.0 numpy==2.4.6 pandas==2.3.3 scikit-learn==1.9.1"
    " scipy==1.17.1 xgboost-cpu==3.2.0 xgboost==3.2.0",
    "lightgbm": "mlflow==3.6.0 cloudpickle==3.1.3 lightgbm==4.7.0 numpy==2.4.6"
    " pandas==2.3.3 scikit-learn==1.9.1 scipy==1.17.1",
    "onnx": "mlflow==3.6.0 numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0",
    "prophet": "mlflow==3.6.0 prophet==1.5.0",
    "statsmodels": "mlflow==3.6.0 numpy==2.4.6 pandas==2.3.3 scipy==1.17.1 statsmodels==0.15.0",
    "pyfunc": "mlflow==3.6.0 cloudpickle==3.1.3",
    "pytorch": "mlflow==3.6.0 cloudpickle==3.1.3 torch==2.9.0 torchvision==0.24.0 tqdm==4.67.1",
    "lightning": "mlflow pytorch-lightning==2.5.5 lightning torchmetrics==1.8.2 lightning-utilities==0.15.2",
    "transformers": "mlflow==3.6.0 accelerate==1.11.0 sentencepiece==0.2.1 torch==2.9.0"
    " torchvision transformers==4.57.1 tokenizers",
    "sentence-transformers": "mlflow sentence-transformers==5.1.2 pyarrow==21.0.0 torch==2.9.0 transformers==4.57.1",
    "spacy": "mlflow==3.6.0 spacy==3.8.7 thinc==8.3.6 cymem preshed murmurhash",
    "keras": "mlflow==3.6.0 keras==3.11.3 tensorflow==2.20.0 numpy",
    "tensorflow": "mlflow cloudpickle==3.1.1 numpy==2.2.6 tensorflow-cpu==2.20.0 tf-keras h5py==3.15.0",
    "catboost": "mlflow==3.6.0 catboost==1.2.8 numpy==2.2.6 pandas==2.3.3",
    "pmdarima": "mlflow pmdarima==2.0.4 scikit-learn==1.6.1 statsmodels==0.14.5",
    "h2o": "mlflow h2o==3.46.0.7",
    "spark": "mlflow pyspark==3.5.6",
    "paddle": "mlflow paddlepaddle==3.2.0",
    "langchain": "mlflow langchain==0.3.27 langchain-core==0.3.79 langchain-community"
    " langchain-openai openai==1.109.1 tiktoken",
    "azure": "azureml-mlflow==1.60.0 azureml-inference-server-http==1.4.1"
    " inference-schema[numpy-support]==1.8 mlflow-skinny==2.22.0",
    "loose": "scikit-learn~=1.5 Pillow>=10,<12 typing_extensions ruamel.yaml opencv-python-headless imbalanced-learn shap",
}
HOSTILE = {
    # what stands in requirements.txt -> the verdict, a word of the reason
    "scikit-leam==1.9.1": ("unknown", "scikit-leam (is scikit-learn meant?)"),
    "numpyy": ("unknown", "numpyy (is numpy meant?)"),
    "n-u-m-p-y": ("unknown", "n-u-m-p-y"),
    "a-company-of-ours==1.0\nnumpy": ("unknown", "a-company-of-ours"),
    "sklearn": ("unknown", "sklearn"),
    "pytorch==2.2": ("unknown", "pytorch"),
    "ｎumpy==1.0": ("unknown", "cannot be read"),
    "numpy scipy": ("unknown", "cannot be read"),
    "numpy==": ("unknown", "cannot be read"),
    "numpy\x0cevil": ("unknown", "evil"),
    "numpy\u2028evil": ("unknown", "evil"),
    "x" * 2_000: ("unknown", "cannot be read"),
    "\n".join(f"numpy>={n}" for n in range(2_100)): ("unknown", "more than 2000 packages"),
    "https://example.com/numpy-1.0-py3-none-any.whl": ("blocked", "https://example.com"),
    "numpy @ https://example.com/numpy.whl": ("blocked", "numpy @ https://example.com"),
    "numpy@file:///tmp/numpy.whl": ("blocked", "file:///tmp"),
    "git+https://example.com/numpy": ("blocked", "git+https"),
    "numpy @ git+ssh://git@example.com/numpy": ("blocked", "git+ssh"),
    "hg+http://example.com/x#egg=numpy": ("blocked", "hg+http"),
    "file:numpy": ("blocked", "file:numpy"),
    "-i https://example.com": ("blocked", "-i https"),
    "-ihttps://example.com": ("blocked", "-ihttps"),
    "--index-url https://example.com": ("blocked", "--index-url"),
    "--index-url=https://example.com\nnumpy": ("blocked", "--index-url"),
    "--extra-index-url https://example.com/simple": ("blocked", "--extra-index-url"),
    "--extra-index https://example.com/simple": ("blocked", "--extra-index"),
    "--extra-index-url https://download.pytorch.org.example.com/whl/cpu": ("blocked", "--extra-index-url"),
    "--extra-index-url https://download.pytorch.org/whl/cpu/../../x": ("blocked", "--extra-index-url"),
    "--extra-index-url http://download.pytorch.org/whl/cpu": ("blocked", "--extra-index-url"),
    "-f wheels": ("blocked", "-f wheels"),
    "--find-links ./wheels": ("blocked", "--find-links"),
    "--trusted-host example.com": ("blocked", "--trusted-host"),
    "--no-index": ("blocked", "--no-index"),
    "--no-binary :all:": ("blocked", "--no-binary"),
    "-r other.txt": ("blocked", "-r other.txt"),
    "-r ../requirements.txt": ("blocked", "-r ../"),
    "-c constraints.txt": ("blocked", "-c constraints.txt"),
    "-e .": ("blocked", "-e ."),
    "--editable=git+https://example.com/x": ("blocked", "--editable"),
    "numpy==2.4.6 --config-settings setup=x": ("blocked", "--config-settings"),
    "numpy==2.4.6 --global-option=x": ("blocked", "--global-option"),
    ".": ("blocked", "path holds: ."),
    "./numpy": ("blocked", "./numpy"),
    "code/numpy": ("blocked", "code/numpy"),
    "/tmp/numpy": ("blocked", "/tmp/numpy"),
    "~/numpy": ("blocked", "~/numpy"),
    "C:\\numpy": ("blocked", "C:\\numpy"),
    "numpy-1.0-py3-none-any.whl": ("blocked", "numpy-1.0-py3-none-any.whl"),
    "numpy.tar.gz": ("blocked", "numpy.tar.gz"),
    "numpy @ ./numpy": ("blocked", "numpy @ ./numpy"),
    "${NAME}": ("blocked", "${NAME}"),
    "numpy==${VERSION}": ("blocked", "${VERSION}"),
    "nump\\\ny-of-mine": ("unknown", "numpy-of-mine"),
    "\\\n--index-url https://example.com": ("blocked", "--index-url"),
}
CONDA = {
    "channels: [mine]": ("blocked", "stranger's channel: mine"),
    "channels: ['https://example.com/conda']": ("blocked", "stranger's channel: https://example.com"),
    "channels: mine": ("blocked", "stranger's channel: mine"),
    "dependencies: ['mine::numpy']": ("blocked", "stranger's channel: mine::numpy"),
    "dependencies: ['https://example.com/numpy-1.0.conda']": ("blocked", "an address or a path"),
    "dependencies: [./numpy.conda]": ("blocked", "an address or a path"),
    "dependencies: [python=3.11, numpyy=1.0]": ("unknown", "numpyy (is numpy meant?)"),
    "dependencies: [{pip: [scikit-leam]}]": ("unknown", "scikit-leam"),
    "dependencies: [{pip: ['--index-url https://example.com']}]": ("blocked", "--index-url"),
    "dependencies: [{pip: [3]}]": ("unknown", "cannot be read"),
    "dependencies: [{pip: numpy}]": ("unknown", "another kind"),
    "dependencies: [{npm: [left-pad]}]": ("unknown", "another kind"),
    "dependencies: numpy": ("unknown", "is no list"),
    "dependencies: [[numpy]]": ("unknown", "cannot be read"),
    "variables: {PIP_INDEX_URL: 'https://example.com'}": ("blocked", "PIP_INDEX_URL"),
    "variables: {LD_PRELOAD: x.so}": ("unknown", "LD_PRELOAD"),
}


def look(tmp_path: Path, **files: str | bytes) -> Intake:
    """Inspect an MLflow folder with a model of scikit-learn and these files; `_` stands for the dot of their names."""
    path = tmp_path / "folder.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {"MLmodel": _FLAVOR, "model_pkl": _MODEL, **files}.items():
            head, _, tail = name.rpartition("_")
            archive.writestr(f"{head}.{tail}" if head else name, data)
    return inspect(path)


@pytest.mark.parametrize("name", HONEST)
def test_environments_that_mlflow_writes_are_safe(tmp_path, name):
    """All three files of a folder, as MLflow lays them down."""
    lines = HONEST[name].split()
    conda = {
        "channels": ["conda-forge"],
        "dependencies": ["python=3.11.7", "pip<=24.0", {"pip": lines}],
        "name": "mlflow-env",
    }
    found = look(
        tmp_path, requirements_txt="\n".join(lines), conda_yaml=json.dumps(conda), python_env_yaml=_PYTHON_ENV
    )
    assert (found.verdict, found.reasons) == ("safe", ())
    pinned = {
        canonicalize_name(line.partition("==")[0]) for line in lines if "==" in line and "[" not in line
    }
    assert pinned <= found.versions.keys() and "setuptools" not in found.versions


def test_what_pip_lets_a_line_say_beyond_a_name_is_safe(tmp_path):
    """Extras, markers, hashes, comments, constraints that lie beside, PyTorch's own index."""
    text = (
        "# of ours\n--pre\n-c constraints.txt\n--extra-index-url https://download.pytorch.org/whl/cpu\n"
        "torch==2.13.0+cpu ; platform_system == 'Linux' # cpu alone\nmlflow[extras]>=3,<4\n"
        f"numpy==2.4.6 --hash=sha256:{'a' * 64} \\\n  --hash=sha256:{'b' * 64}\nScikit_Learn == 1.9.1\n"
    )
    found = look(tmp_path, requirements_txt=text, constraints_txt="scipy<2\n")
    assert (found.verdict, found.reasons) == ("safe", ())
    assert found.versions["torch"] == "2.13.0+cpu" and found.versions["scikit-learn"] == "1.9.1"


def test_packages_of_conda_are_known_by_condas_names(tmp_path):
    """Older folders name packages of conda, and system libraries with them."""
    found = look(
        tmp_path,
        conda_yaml="channels: [defaults, conda-forge]\ndependencies: [python=3.8.12, scikit-learn=1.0.2=py38_0,"
        " 'pytorch::pytorch==1.13.1', py-xgboost, libgcc-ng, 'cudatoolkit=11.3', pip]\n",
    )
    assert (found.verdict, found.reasons) == ("safe", ())
    assert found.versions["torch"] == "1.13.1" and found.versions["python"] == "3.8.12"


@pytest.mark.parametrize("line", HOSTILE)
def test_a_hostile_line_of_requirements_is_never_safe(tmp_path, line):
    """In requirements.txt, in conda.yaml below pip and in python_env.yaml; the reason says the line or the name."""
    verdict, says = HOSTILE[line]
    found = look(tmp_path, requirements_txt=line)
    assert found.verdict == verdict and any(says in reason for reason in found.reasons), found.reasons
    if "\n" not in line:
        conda = json.dumps({"dependencies": [{"pip": [line]}]})
        assert look(tmp_path, conda_yaml=conda).verdict == verdict
        assert look(tmp_path, python_env_yaml=json.dumps({"dependencies": [line]})).verdict == verdict
        assert look(tmp_path, python_env_yaml=json.dumps({"build_dependencies": [line]})).verdict == verdict


@pytest.mark.parametrize("text", CONDA)
def test_a_hostile_conda_file_is_never_safe(tmp_path, text):
    """Channels, packages and variables of strangers."""
    verdict, says = CONDA[text]
    found = look(tmp_path, conda_yaml=text)
    assert found.verdict == verdict and any(says in reason for reason in found.reasons), found.reasons


@pytest.mark.parametrize(
    ("text", "verdict", "says"),
    [
        (_FLAVOR.replace("mlflow.sklearn", "mine"), "unknown", "loaded by mine"),
        (_FLAVOR.replace("code: null", "code: code"), "unknown", "brings code"),
        (_FLAVOR.replace("code: null", "code_paths: [code]"), "unknown", "brings code"),
        (_FLAVOR.replace("code: null", "model_code_path: agent"), "unknown", "brings code"),
        (_FLAVOR.replace("code: null", "keras_module: antigravity"), "unknown", "imports antigravity"),
        (_FLAVOR.replace("conda.yaml", "../conda.yaml"), "blocked", "leads out of its folder"),
        (_FLAVOR.replace("code: null", "artifacts: {a: {path: /etc/passwd}}"), "blocked", "leads out"),
        (_FLAVOR.replace("code: null", "a: [[..\\x]]"), "blocked", "leads out"),
    ],
)  # fmt: skip
def test_code_that_mlmodel_names_is_never_safe(tmp_path, text, verdict, says):
    """Loaders, code paths, modules by name, and paths however deep they stand."""
    found = look(tmp_path, MLmodel=text)
    assert found.verdict == verdict and any(says in reason for reason in found.reasons), found.reasons


def test_every_description_in_the_folder_is_read(tmp_path):
    """A second MLmodel, as MLflow's own copy in metadata/, says nothing unread; neither do other lists of packages."""
    assert (
        look(tmp_path, **{"metadata/MLmodel": _FLAVOR, "metadata/requirements_txt": "numpy"}).verdict
        == "safe"
    )
    found = look(tmp_path, **{"other/MLmodel": _FLAVOR.replace("mlflow.sklearn", "mine")})
    assert (found.verdict, found.reasons) == ("unknown", ("It is loaded by mine: code of its author.",))
    found = look(tmp_path, **{"metadata/requirements_txt": "-i https://example.com"})
    assert found.verdict == "blocked"
    for name in ("data/pickle_module_info_txt", "data/keras_module_txt"):
        assert look(tmp_path, **{name: "antigravity"}).verdict == "unknown", name


def test_nothing_unlisted_gets_into_the_environment_of_the_handler(tmp_path):
    """Not from a requirement, a flavor's version or what a file calls its producer; a note says what is left out."""
    onnx = (FILES / "classifier.onnx").read_bytes().replace(b"skl2onnx", b"evil-pkg")
    flavor = _FLAVOR.replace("code: null", "evilpkg_version: 1.0.0, pytorch_version: 2.2.0")
    found = look(
        tmp_path,
        MLmodel=flavor.replace("mlflow.sklearn", "mlflow.onnx").replace("model.pkl", "model.onnx"),
        model_onnx=onnx, requirements_txt="scikit-leam==1.9.1\nnumpy==2.4.6\n",
    )  # fmt: skip
    assert b"evil-pkg" in onnx and "evil-pkg" in found.versions
    made = handler.generate(found, "folder.zip")
    names = {canonicalize_name(line.partition("==")[0]) for line in made.requirements if line[0] != "-"}
    assert "evilpkg" not in names and "evil-pkg" not in names and "scikit-leam" not in names, names
    assert names <= known_packages.names() and "numpy==2.4.6" in made.requirements
    assert "pytorch" not in names and "torch==2.2.0" in made.requirements
    assert "scikit-leam" not in made.files["requirements.txt"]
    assert "# Note: Left out, as these are not known here: scikit-leam." in made.files["conda.yaml"]


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=25) | st.sampled_from(sorted(HOSTILE)[:20]), max_size=3))
def test_whatever_the_lines_only_names_of_the_list_are_safe(tmp_path, lines):
    """What is safe has been read as requirements by name, each of the list."""
    found = look(tmp_path, requirements_txt="\n".join(lines).encode("utf-8", "replace"))
    if found.verdict == "safe":
        words = [line.split("#")[0].strip() for line in "\n".join(lines).splitlines()]
        assert all(known_packages.is_known(word[:1] and word.split()[0]) for word in words if word), lines


def test_the_list_holds_exact_normalised_names():
    """No pattern, no second spelling, no stub that only looks like a package (sklearn, pytorch)."""
    names = known_packages.names()
    assert all(name == canonicalize_name(name) for name in names) and len(names) > 250
    assert not names & {"sklearn", "pytorch", "opencv", "python"}
