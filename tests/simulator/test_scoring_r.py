"""Containers of R: what a Dockerfile says is read on any machine; where R and bubblewrap are, the model answers from one."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from simulator.scoring import dockerfile
from simulator.scoring.conda import Unsupported
from simulator.scoring.r_packages import Wanted, work_of
from tests.simulator.conftest import Running
from tests.simulator.served import Workshop

SAMPLES = Path(__file__).parents[2] / "assets" / "samples"
ROUTES = {
    "livenessRoute": {"path": "/live", "port": 8000},
    "readinessRoute": {"path": "/ready", "port": 8000},
    "scoringRoute": {"path": "/answer", "port": 8000},
}
SERVE = """CMD ["Rscript", "-e", "plumber::pr_run(plumber::plumb('/api/plumber.R'), host = '0.0.0.0', port = 8000)"]"""
DOCKERFILE = (
    f"FROM rocker/r-ver:4.4.2\nRUN install2.r --error jsonlite plumber\nCOPY . /api\nEXPOSE 8000\n{SERVE}\n"
)
#: A linear model; a request may ask it to end, to take its time, or to tell what it sees.
PLUMBER = """
folder <- Sys.getenv("AZUREML_MODEL_DIR")
model <- readRDS(file.path(folder, "revenue.rds"))
cat("a model of class", class(model), "\\n")

works <- function(what) tryCatch({ force(what); TRUE }, error = function(e) FALSE, warning = function(e) FALSE)

#* @get /live
function() "alive"

#* @get /ready
function() "ready"

#* @post /answer
#* @serializer unboxedJSON list(digits = NA)
function(req, res) {
  asked <- jsonlite::fromJSON(rawToChar(req$bodyRaw))
  if (!is.null(asked$sleep)) Sys.sleep(asked$sleep)
  if (!is.null(asked$quit)) { quit(status = asked$quit) }
  if (!is.null(asked$refuse)) { res$status <- 400L; return(list(error = "no such plan")) }
  if (!is.null(asked$tell)) return(list(
    variables = as.list(Sys.getenv()), files = I(list.files(asked$tell, all.files = TRUE, no.. = TRUE)),
    writes = works(writeLines("x", file.path(asked$tell, "x"))), network = works(url("http://192.0.2.1", open = "r"))))
  rows <- as.data.frame(asked$rows)
  list(predictions = I(unname(predict(model, rows))), bonus = as.numeric(Sys.getenv("BONUS", "0")))
}
"""
ROWS = {
    "age": [58, 23], "tenure_months": [96, 2], "monthly_charge": [22, 96], "support_calls": [0, 9],
    "plan": ["basic", "premium"],
}  # fmt: skip
OWN = """
model <- readRDS(commandArgs(TRUE)[1])
rows <- as.data.frame(jsonlite::fromJSON(commandArgs(TRUE)[2]))
cat(jsonlite::toJSON(unname(predict(model, rows)), digits = NA))
"""


def lacking() -> str:
    """Say what this machine lacks for a container of R."""
    if not shutil.which("Rscript"):
        return "there is no Rscript"
    if subprocess.run(["Rscript", "-e", "library(plumber)"], capture_output=True).returncode:
        return "the R package plumber is not installed"
    box = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"]
    if not shutil.which("bwrap") or subprocess.run(box, capture_output=True).returncode:
        return "bubblewrap is missing, or may not do its work"
    return ""


LACKING = lacking()
in_r = pytest.mark.skipif(bool(LACKING), reason=f"containers of R are not run: {LACKING}")


# -- reading, on any machine ------------------------------------------------------------------------------------------


def test_a_dockerfile_is_read_as_docker_reads_it():
    """Continuations, comments among them, both forms, variables, the last of several stages."""
    found = dockerfile.read(
        "# syntax=docker/dockerfile:1\nARG tag=4.4.2\nFROM scratch AS unused\nCOPY x /x\n\n"
        "from rocker/r-ver:${tag} as base\nENV HOME_OF=/srv API=${HOME_OF:-/none}/api GREETING='good day'\n"
        "FROM base\nARG tag\nWORKDIR /srv\nWORKDIR api\n"
        "RUN apt-get update \\\n  # nothing is missing here\n\n  && apt-get install -y libz\n"
        "COPY --chown=1:1 [\"a b.R\", \"$API/\"]\n"
        "LABEL tag=$tag\nCMD Rscript a.R\n"
    )  # fmt: skip
    assert (found.base, found.folder) == ("rocker/r-ver:4.4.2", "/srv/api")
    assert found.variables == {"HOME_OF": "/srv", "API": "/none/api", "GREETING": "good day"}
    assert (found.entrypoint, found.command) == (None, ("/bin/sh", "-c", "Rscript a.R"))
    by_word = {step.word: step for step in found.steps}
    assert by_word["RUN"].text.split() == ["apt-get", "update", "&&", "apt-get", "install", "-y", "libz"]
    assert (by_word["COPY"].words, by_word["COPY"].flags) == (["a b.R", "/none/api/"], {"chown": "1:1"})
    assert (by_word["LABEL"].text, by_word["COPY"].folder) == ("tag=4.4.2", "/srv/api")


def test_an_entry_point_does_away_with_the_bases_command():
    """As in Docker; an empty one does away with the base's entry point."""
    assert dockerfile.read('FROM r-base\nENTRYPOINT ["R"]').command == ()
    found = dockerfile.read('FROM rstudio/plumber\nENTRYPOINT []\nCMD ["Rscript", "/tmp/start.R"]')
    assert (found.entrypoint, found.command) == ((), ("Rscript", "/tmp/start.R"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no FROM"),
        ("RUN x\nFROM r-base", "line 1 of the Dockerfile: RUN stands before FROM"),
        ("FROM r-base\n\nRUNN x", "line 3 of the Dockerfile: there is no instruction RUNN"),
        ("FROM r-base\nCOPY 'a /b", "line 2"),
        ("FROM r-base\nRUN <<EOF\nx\nEOF", "here-documents"),
        ("# escape=`\nFROM r-base", "escape"),
        ("FROM r-base\nENV A=1 B", "pairs"),
        ("FROM", "FROM says nothing"),
    ],
)
def test_what_is_no_dockerfile_is_refused_with_its_line(text: str, told: str):
    """Never a traceback, never half of it."""
    with pytest.raises(Unsupported, match=told):
        read = dockerfile.read(text)
        for step in read.steps:
            _ = step.words


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("install2.r --error -n 2 jsonlite plumber", ["jsonlite", "plumber"]),
        ("""R -e "install.packages(c('glmnet', \\"MASS\\"), repos = 'https://x')" """, ["glmnet", "MASS"]),
        ("Rscript -e 'options(Ncpus = 2); install.packages(\"ranger\")' && rm -rf /tmp/*", ["ranger"]),
        ("""["Rscript", "-e", "remotes::install_github('tidymodels/vetiver@v0.2')"]""", ["vetiver"]),
        (
            "Rscript -e \"pak::pkg_install(c('plumber@1.2.1', 'r-lib/rlang'))\"",
            [("plumber", "1.2.1"), "rlang"],
        ),
        ("Rscript -e \"remotes::install_version('plumber', version = '1.2.0')\"", [("plumber", "1.2.0")]),
        (
            "apt-get update && apt-get install -y --no-install-recommends libz-dev && rm -rf /var/lib/apt/lists/*",
            [],
        ),
    ],
)
def test_the_packages_of_a_run_line(line: str, wanted: list[Any]):
    """Names and exact versions, in whichever way they are installed."""
    found = work_of(dockerfile.read(f"FROM r-base\nRUN {line}").steps[0])
    expected = [one if isinstance(one, tuple) else (one, "") for one in wanted]
    assert [(one.name, one.version) for one in found.packages] == expected


def test_debians_packages_of_r_are_packages_of_r():
    """Their names know no capitals; the system's other packages are told apart."""
    found = work_of(
        dockerfile.read("FROM r-base\nRUN apt-get install -y r-cran-mass=7.3 libz && mkdir -p /a/b").steps[0]
    )
    assert (found.packages, found.system, found.folders) == (
        (Wanted("mass", loose=True),),
        ("libz",),
        ("/a/b",),
    )


@pytest.mark.parametrize(
    "line",
    [
        "curl -o /model https://x", "Rscript setup.R", "Rscript -e 'source(\"setup.R\")'", "rm -rf /opt",
        "echo 'options(digits = 3)' >> /usr/lib/R/etc/Rprofile.site", "Rscript -e 'install.packages(names)'",
        "Rscript -e 'if (TRUE) install.packages(\"x\")'", "curl x | sh", "pip install numpy", "apt-get install 'x",
    ],
)  # fmt: skip
def test_a_run_line_that_does_more_is_refused(line: str):
    """Nothing is silently left out."""
    with pytest.raises(Unsupported, match="line 2 of the Dockerfile"):
        work_of(dockerfile.read(f"FROM r-base\nRUN {line}").steps[0])


# -- running, where R and bubblewrap are --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workshop(simulator: Running) -> Workshop:
    """An endpoint with one container of R behind it."""
    return _opened(simulator, "rg-of-r")


def _opened(simulator: Running, group: str) -> Workshop:
    made = Workshop(simulator, group).open(f"{group}-api")
    made.upload("models/m/revenue.rds", (SAMPLES / "revenue.rds").read_bytes())
    made.model("m", path="models/m/revenue.rds")
    _environment(made, "good")
    assert _deploy(made, "blue")["status"] == "Succeeded", made.logs("blue")
    made.traffic(blue=100)
    return made


def _environment(
    made: Workshop, name: str, text: str = DOCKERFILE, plumber: str = PLUMBER, **routes: Any
) -> None:
    made.upload(f"contexts/{name}/Dockerfile", text)
    made.upload(f"contexts/{name}/plumber.R", plumber)
    host = f"{made.account}.blob.{made.simulator.ready['blob_suffix']}"
    build = {"contextUri": f"https://{host}/{made.container}/contexts/{name}", "dockerfilePath": "Dockerfile"}
    properties = {"build": build, "inferenceConfig": ROUTES | routes}
    made.put(f"{made.workspace}/environments/{name}/versions/1", {"properties": properties})


def _deploy(made: Workshop, name: str, **more: Any) -> dict[str, Any]:
    patient = {
        "requestTimeout": "PT90S"
    }  # on a machine that is busy, a container that crashed takes its time
    return made.deploy(name, codeConfiguration=None, requestSettings=patient, **more)


@in_r
def test_the_model_answers_as_rs_own_predict(workshop: Workshop):
    """/score reaches the scoring route, and the numbers are those that Rscript computes from the same file."""
    answer = workshop.score({"rows": ROWS})
    line = ["Rscript", "--vanilla", "-e", OWN, str(SAMPLES / "revenue.rds"), json.dumps(ROWS)]
    own = json.loads(subprocess.run(line, capture_output=True, text=True, check=True).stdout)
    assert (answer.status, answer.body["predictions"]) == (200, pytest.approx(own, rel=1e-12))
    assert answer.headers["azureml-model-deployment"] == "blue"


@in_r
def test_what_the_model_refuses_is_424(workshop: Workshop):
    """With the container's own status and its words."""
    answer = workshop.score({"refuse": True})
    assert (answer.status, answer.headers["ms-azureml-model-error-statuscode"]) == (424, "400")
    assert answer.body == {"error": "no such plan"}


@in_r
def test_the_container_sees_its_own_files_and_no_network(workshop: Workshop):
    """The model can be read and not written, where Azure mounts it; the machine's folders are not there."""
    seen = workshop.score({"tell": "/var/azureml-app/azureml-models/m/1"}).body
    assert (seen["files"], seen["writes"], seen["network"]) == (["revenue.rds"], False, False)
    variables = seen["variables"]
    assert variables["AZUREML_MODEL_DIR"] == "/var/azureml-app/azureml-models/m/1"
    assert (
        not {"SSL_CERT_FILE", "VIRTUAL_ENV", "PYTEST_CURRENT_TEST"} & set(variables)
        and variables["HOME"] == "/root"
    )
    assert workshop.score({"tell": "/api"}).body["files"] == ["Dockerfile", "plumber.R"]
    assert workshop.score({"tell": str(workshop.simulator.folder)}).body["files"] == []
    assert workshop.score({"tell": "/usr/lib/R"}).body["writes"] is False


@in_r
def test_the_log_says_what_was_done_instead(workshop: Workshop):
    """What R prints, and which R it is."""
    log = workshop.logs("blue")
    assert "a model of class lm" in log and "of this machine in place of rocker/r-ver:4.4.2" in log
    build = next((workshop.simulator.folder / "containers").glob("*/build.log")).read_text()
    assert "Step 2/5 : RUN install2.r --error jsonlite plumber" in build
    assert "taken from this machine: jsonlite" in build and "copied 2 files" in build


@in_r
def test_two_containers_have_a_port_8000_each(workshop: Workshop):
    """A second deployment has variables and a place for its model of its own; the first goes on; a crash passes."""
    blue = _boxed(workshop)
    more = {"environmentVariables": {"BONUS": "7"}, "modelMountPath": "/srv/models"}
    assert _deploy(workshop, "green", instances=2, **more)["status"] == "Succeeded"
    answer = workshop.score({"rows": ROWS}, deployment="green")
    assert answer.body["bonus"] == 7 and workshop.score({"rows": ROWS}).body["bonus"] == 0
    seen = workshop.score({"tell": "/srv/models/m/1"}, deployment="green").body
    assert (seen["files"], seen["variables"]["AZUREML_MODEL_DIR"]) == (["revenue.rds"], "/srv/models/m/1")
    assert "2 instances: the rehearsal serves them from one container" in workshop.logs("green")

    assert workshop.score({"quit": 3}, deployment="green").status == 503
    statuses = [workshop.score({"rows": ROWS}, deployment="green").status for _ in range(20)]
    assert statuses[-1] == 200, statuses
    assert "User container ended with code 3; starting it again" in workshop.logs("green")
    before = _boxed(workshop) - blue
    assert workshop.simulator.arm(
        "DELETE", f"{workshop.endpoint}/deployments/green", version="2024-10-01"
    ).status == 202  # fmt: skip
    assert before and not psutil.wait_procs(before, timeout=15)[1]


@in_r
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (DOCKERFILE.replace("plumber\n", "plumber noSuchPackage\n", 1), "noSuchPackage. Install what is missing"),
        (DOCKERFILE.replace("rocker/r-ver", "python"), "runs images that stand on R alone"),
        (DOCKERFILE.replace("install2.r", "curl"), "line 2 of the Dockerfile: RUN is not carried out"),
        (DOCKERFILE.replace("COPY .", "COPY model.R"), "line 3 of the Dockerfile: there is no 'model.R'"),
        (DOCKERFILE.replace(SERVE, ""), "starts no server"),
        ("Nothing of the kind", "there is no instruction Nothing"),
    ],
    ids=["package", "base", "run", "copy", "no-command", "no-dockerfile"],
)  # fmt: skip
def test_an_image_that_cannot_be_built(
    workshop: Workshop, text: str, told: str, request: pytest.FixtureRequest
):
    """The deployment fails as on Azure, with the line and what to do, and the build log is in its log."""
    name, before = str(request.node.callspec.id), _boxed(workshop)
    _environment(workshop, name, text)
    status = _deploy(workshop, "bad", environment=name)
    assert (status["status"], status["error"]["code"]) == ("Failed", "ImageBuildFailure")
    assert told in status["error"]["message"]
    assert told in workshop.logs("bad")
    assert not psutil.wait_procs(_boxed(workshop) - before, timeout=10)[1]


@in_r
@pytest.mark.parametrize(
    ("plumber", "told"),
    [
        ("stop('no such luck')\n", "no such luck"),
        ("library(noSuchPackage)\n", "there is no package called"),
        ("model <- (\n", "unexpected"),
    ],
    ids=["stops", "library", "syntax"],
)  # fmt: skip
def test_a_container_that_ends(workshop: Workshop, plumber: str, told: str, request: pytest.FixtureRequest):
    """It never becomes ready: Azure's words, R's own reason in the log, and nothing runs."""
    name, before = str(request.node.callspec.id), _boxed(workshop)
    _environment(workshop, name, plumber=plumber)
    status = _deploy(workshop, "bad", environment=name)
    assert (status["status"], status["error"]["code"]) == ("Failed", "ResourceNotReady")
    assert "Liveness probe failed: HTTP probe failed with statuscode: 502" in status["error"]["message"]
    assert told in workshop.logs("bad")
    assert not psutil.wait_procs(_boxed(workshop) - before, timeout=10)[1]


@in_r
def test_kill_9_leaves_no_container_and_a_new_start_serves_again(start: Callable[..., Running]):
    """The simulator's end is the container's, however it comes."""
    made = _opened(start("--pace", "0"), "rg-killed")
    key, boxes = made.key(), _boxed(made)
    assert "R" in {one.name() for one in boxes}
    made.simulator.stop(signal.SIGKILL)
    assert not psutil.wait_procs(boxes, timeout=10)[1]
    made.simulator = start("--pace", "0")
    assert made.score({"rows": ROWS}, "blue", key).status == 200


def _boxed(made: Workshop) -> set[psutil.Process]:
    """Return every process of containers of R, the ones inside bubblewrap too."""
    below = psutil.Process(made.simulator.process.pid).children()
    boxes = [one for one in below if "--unshare-all" in one.cmdline()]
    return {process for box in boxes for process in [box, *box.children(recursive=True)]}
