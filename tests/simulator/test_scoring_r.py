"""Containers of R: what a Dockerfile says is read on any machine; where R and bubblewrap are, the model answers from one."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.scoring import dockerfile, r_image, r_machine
from simulator.scoring.conda import Unsupported
from simulator.scoring.r_machine import Machine
from simulator.scoring.r_packages import Wanted, work_of
from tests.r_here import REVENUE, needs_r, predictions
from tests.simulator.conftest import Running
from tests.simulator.served import Workshop

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
        ("FROM r-base\nWORKDIR $NOWHERE", "line 2 of the Dockerfile: WORKDIR says nothing"),
        ("FROM r-base\n" + "# x\n" * 100_000, "far too long"),
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


PIECES = [
    "FROM", "r-base", "RUN", "ENV", "ARG", "COPY", "WORKDIR", "CMD", "ENTRYPOINT", "--from=x", "A=1", "=", "$A", "${A:-",
    "}", "[", "]", '"', "'", "\\", "\n", "\n", "#", "&&", ";", "|", ">", "Rscript", "-e", "install.packages(", "c(",
    ")", ",", "remotes::install_version('x', '1')", "apt-get install", "r-cran-x", "install2.r", "mkdir", "x",
    "/", "..", "*", "\t",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=30), st.sampled_from(["", " "]))
def test_whatever_is_written_there_is_read_or_refused(pieces: list[str], between: str):
    """Never a traceback: a Dockerfile comes from whoever has made the environment."""
    with suppress(Unsupported):
        for step in dockerfile.read("FROM r-base\n" + between.join(pieces)).steps:
            _ = step.words
            if step.word == "RUN":
                work_of(step)


def test_files_are_copied_as_docker_copies_them(tmp_path: Path):
    """A folder's content, a file into a folder, under another name, by pattern; nothing leads out of the image."""
    context, root, told = tmp_path / "context", tmp_path / "image", list[str]()
    for name in ("plumber.R", "data/a.csv", "data/b.csv", "own/data.csv"):
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        (context / name).write_text(name)
    text = (
        "FROM r-base:4.4\nWORKDIR /srv/app\nCOPY . .\nCOPY data /data\nCOPY own/data.csv /usr/src/app/x.csv\n"
        "COPY plumber.R data/*.csv ../many/\nCOPY plumber.R /bin/own\nCOPY plumber.R ../../../../../../up/\n"
        'RUN install2.r --error plumber && mkdir -p logs\nUSER nobody\nCMD ["Rscript", "plumber.R"]\n'
    )
    machine = Machine("bwrap", "/opt/R/4.4/bin/Rscript", "4.4.1", ("/opt/R/4.4/lib/R",), {"plumber": "1.2.1"})
    image = r_image.build(dockerfile.read(text), context, root, machine, told.append)
    for name in ("srv/app/own/data.csv", "data/b.csv", "usr/src/app/x.csv", "srv/many/a.csv", "up/plumber.R"):
        assert (root / name).is_file(), name
    assert (root / "srv/app/logs").is_dir() and (root / "bin/own").read_text() == "plumber.R"
    assert (image.command, image.folder) == (("Rscript", "plumber.R"), "/srv/app")
    assert image.variables["PATH"].startswith("/opt/R/4.4/bin:/usr/local/sbin")
    assert told[0] == "Step 1/11 : FROM r-base:4.4" and " ---> taken from this machine: plumber 1.2.1" in told
    assert any("runs as the user that runs the simulator" in line for line in told)


def test_what_microsofts_sample_starts(tmp_path: Path):
    """rstudio/plumber serves the file that CMD names, unless ENTRYPOINT is empty; it brings plumber itself."""
    machine = Machine("bwrap", "/usr/bin/Rscript", "4.2.2", ("/usr/lib/R",), {"plumber": "1.2.1"})
    (tmp_path / "start.R").write_text("")
    for number, (entry, first) in enumerate([("", "plumber::pr_run"), ("ENTRYPOINT []\n", "/tmp/start.R")]):
        text = f'FROM rstudio/plumber:latest\n{entry}COPY ./start.R /tmp/start.R\nCMD ["/tmp/start.R"]\n'
        image = r_image.build(
            dockerfile.read(text), tmp_path, tmp_path / str(number), machine, lambda _: None
        )
        assert any(first in word for word in image.command) and image.command[-1] == "/tmp/start.R"
        assert len(image.command) == (4 if not entry else 1)
    bare = Machine("bwrap", "/usr/bin/Rscript", "4.2.2", ("/usr/lib/R",), {})
    with pytest.raises(Unsupported, match="r-cran-plumber"):
        r_image.build(dockerfile.read(text), tmp_path, tmp_path / "bare", bare, lambda _: None)


def test_a_machine_that_lacks_something_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """No R, no bubblewrap, and an R that does not work: each in a sentence with the way out."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        Unsupported, match=r"no Rscript on this machine .*apt-get install r-base-core r-cran-plumber"
    ):
        asyncio.run(r_machine.ask(tmp_path))
    _program(tmp_path / "Rscript", "echo 'no libR.so'; exit 3")
    with pytest.raises(Unsupported, match="apt-get install bubblewrap"):
        asyncio.run(r_machine.ask(tmp_path))
    _program(tmp_path / "bwrap", "echo 'No permissions'; exit 1")
    with pytest.raises(Unsupported, match="bubblewrap may not do its work on this machine: No permissions"):
        asyncio.run(r_machine.ask(tmp_path))
    _program(tmp_path / "bwrap", "exit 0")
    with pytest.raises(Unsupported, match="Rscript does not work on this machine: no libR"):
        asyncio.run(r_machine.ask(tmp_path))


def _program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


# -- running, where R and bubblewrap are --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workshop(simulator: Running) -> Iterator[Workshop]:
    """An endpoint with one container of R behind it; all of it ends before the next file begins."""
    made = _opened(simulator, "rg-of-r")
    yield made
    _end(made)


def _opened(simulator: Running, group: str) -> Workshop:
    made = Workshop(simulator, group).open(f"{group}-api")
    made.upload("models/m/revenue.rds", REVENUE.read_bytes())
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


@needs_r
def test_the_model_answers_as_rs_own_predict(workshop: Workshop):
    """/score reaches the scoring route, and the numbers are those that Rscript computes from the same file."""
    answer = workshop.score({"rows": ROWS})
    rows = [dict(zip(ROWS, row, strict=True)) for row in zip(*ROWS.values(), strict=True)]
    assert (answer.status, answer.body["predictions"]) == (200, pytest.approx(predictions(rows), rel=1e-12))
    assert answer.headers["azureml-model-deployment"] == "blue"


@needs_r
def test_a_server_that_listens_on_127_0_0_1_alone_is_out_of_reach(workshop: Workshop):
    """As on Azure, where the probes come from outside of the container: plumber's own default does not do."""
    local = DOCKERFILE.replace("0.0.0.0", "127.0.0.1").replace("plumber.R'),", "plumber.R'), docs = FALSE,")
    _environment(workshop, "local", local, "later::later(function() quit(status = 9), 2)\n" + PLUMBER)
    status = _deploy(workshop, "bad", environment="local")
    assert (status["status"], status["error"]["code"]) == ("Failed", "ResourceNotReady")
    assert "Running plumber API at http://127.0.0.1:8000" in workshop.logs("bad")


@needs_r
def test_what_the_model_refuses_is_424(workshop: Workshop):
    """With the container's own status and its words."""
    answer = workshop.score({"refuse": True})
    assert (answer.status, answer.headers["ms-azureml-model-error-statuscode"]) == (424, "400")
    assert answer.body == {"error": "no such plan"}


@needs_r
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


@needs_r
def test_the_log_says_what_was_done_instead(workshop: Workshop):
    """What R prints, and which R it is."""
    log = workshop.logs("blue")
    assert "a model of class lm" in log and "of this machine in place of rocker/r-ver:4.4.2" in log
    build = next((workshop.simulator.folder / "containers").glob("*/build.log")).read_text()
    assert "Step 2/5 : RUN install2.r --error jsonlite plumber" in build
    assert "taken from this machine: jsonlite" in build and "copied 2 files" in build


@needs_r
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


@needs_r
def test_an_update_lets_the_old_container_finish(workshop: Workshop):
    """A request that is under way gets its answer from the old one; then the new variables count."""
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(workshop.score, {"rows": ROWS, "sleep": 3}, "blue")
        updated = _deploy(workshop, "blue", environmentVariables={"BONUS": "5"})
        assert (updated["status"], slow.result().status) == ("Succeeded", 200)
    assert (slow.result().body["bonus"], workshop.score({"rows": ROWS}).body["bonus"]) == (0, 5)


@needs_r
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


@needs_r
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


@needs_r
def test_kill_9_leaves_no_container_and_a_new_start_serves_again(start: Callable[..., Running]):
    """The simulator's end is the container's, however it comes."""
    made = _opened(start("--pace", "0"), "rg-killed")
    key, boxes = made.key(), _boxed(made)
    assert "R" in {one.name() for one in boxes}
    made.simulator.stop(signal.SIGKILL)
    assert not psutil.wait_procs(boxes, timeout=10)[1]
    made.simulator = start("--pace", "0")
    assert made.score({"rows": ROWS}, "blue", key).status == 200
    _end(made)


def _end(made: Workshop) -> None:
    boxes = _boxed(made)
    assert made.simulator.stop() == 0
    assert not psutil.wait_procs(boxes, timeout=10)[1]


def _boxed(made: Workshop) -> set[psutil.Process]:
    """Return every process of containers of R, the ones inside bubblewrap too."""
    below = psutil.Process(made.simulator.process.pid).children()
    boxes = [one for one in below if "--unshare-all" in one.cmdline()]
    return {process for box in boxes for process in [box, *box.children(recursive=True)]}
