"""The command line: every command prints to stdout what it is asked for, and to stderr what it does.

Exit codes: 0 done; 1 failed, parked or refused; 2 bad input.
"""

import difflib
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from services import cli_models, project_file
from services.cloud.target import ready_line, rehearsal_subscription, resolve
from services.config import ConfigError, ProjectConfig
from services.console import Refused, say, show
from services.plan import build_plan
from services.processes.home import home

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
File = Annotated[Path, typer.Argument(metavar="PROJECT.YAML", help="The project file.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def main() -> None:
    """Run the command line; whatever goes wrong is one message and an exit code, never a traceback."""
    as_json = "--json" in sys.argv
    try:
        code = app(standalone_mode=False)
    except KeyboardInterrupt:
        say("Stopped. What was begun goes on; `python -m services status` shows it.")
        sys.exit(1)
    except Exception as error:
        code = _report(error, as_json)
    sys.exit(code if isinstance(code, int) else 0)


def load(path: Path) -> ProjectConfig:
    """Read a project file strictly, with the running rehearsal's subscription."""
    return project_file.load(path, subscription_id=rehearsal_subscription(home()))


@app.command()
def plan(project: File, json: Json = False) -> None:
    """Print what would be created, in order, with expected durations."""
    show(build_plan(load(project)).data(), json, _plan_text)


@app.command()
def check(project: File, json: Json = False) -> None:
    """Ask the cloud whether the plan can work: names, regions, existing resources."""
    from services.cloud.bridge import ask
    from services.preflight import check as preflight
    from services.runs.follow import ready

    config = load(project)
    ready(config.cloud, say)
    found = ask(resolve(config.cloud, home()), lambda cloud: preflight(config, cloud))
    show({"findings": [asdict(f) for f in found]}, json, _findings_text)
    raise typer.Exit(1 if any(f.severity == "error" for f in found) else 0)


@app.command()
def apply(project: File, json: Json = False) -> None:
    """Create what the project file asks for and follow it to the end."""
    from services.runs.follow import apply as apply_project

    result = apply_project(load(project), say)
    show(result, json, _run_text)
    raise typer.Exit(0 if result["state"] == "Succeeded" else 1)


@app.command()
def status(project: File, json: Json = False) -> None:
    """Print the newest run of the project."""
    from services.runs.follow import report
    from services.runs.journal import newest_of

    run = newest_of(load(project).identity)
    if run is None:
        raise Refused("This project has not been applied yet: `python -m services apply`.", rule="no_run")
    simulator = {k: v for k, v in (ready_line(home()) or {}).items() if k != "client_secret"}
    show(report(run) | {"simulator": simulator or None}, json, _run_text)


@app.command()
def destroy(
    project: File,
    json: Json = False,
    yes: Annotated[bool, typer.Option("--yes", help="Really remove what Groundplan has created.")] = False,
    purge: Annotated[
        bool, typer.Option("--purge", help="For good: no recovery, names are free at once.")
    ] = False,
    also: Annotated[
        list[str] | None,
        typer.Option("--also", metavar="ID", help="Also this resource, which Groundplan did not create."),
    ] = None,
) -> None:
    """Remove what Groundplan has created for the project, and nothing else unless told by its resource ID."""
    from services.runs.follow import destroy as destroy_project

    config = load(project)
    if not yes:
        raise Refused(
            "Removing cannot be undone: say --yes.", code=2, rule="required", path="--yes", suggestion="--yes"
        )
    result = destroy_project(config, purge, say, also or [])
    show(result, json, _receipt_text)
    raise typer.Exit(0 if result["state"] == "Succeeded" else 1)


@app.command()
def graph(
    which: Annotated[str, typer.Argument(help="general, azure, conceptual or files")],
    project: File,
    output: Annotated[Path, typer.Option("-o", "--output", help="FILE.svg, .png, .dot or .mmd")],
) -> None:
    """Draw a graph of the project into a file."""
    from services.graphs import gallery, render

    if which not in gallery.GRAPHS:
        near = next(iter(difflib.get_close_matches(which, gallery.GRAPHS, 1)), "azure")
        raise Refused(
            f"There is no graph {which!r}.", code=2, rule="not_allowed", path="which", suggestion=near
        )
    if output.suffix not in (".svg", ".png", ".dot", ".mmd"):
        said = f"A graph can't be written as {output.suffix or 'a file without an ending'}."
        raise Refused(said, code=2, rule="not_allowed", path="output", suggestion=f"{output.stem}.svg")
    drawn = gallery.draw(which, build_plan(load(project)), now=time.time())
    render.write(drawn, output)
    if output.suffix == ".png" and (lacking := render.missing_glyphs(drawn)):
        say(f"The PNG shows boxes for {' '.join(lacking)}: no font here has them. The SVG shows them.")
    say(f"Wrote {output}.")


@app.command("scaffold")
def write_scaffold(
    project: File,
    output: Annotated[Path, typer.Option("-o", "--output", help="A folder that is new or empty.")],
) -> None:
    """Write the project's repository: data, learning, API, tests, deployment, pipelines."""
    from services import scaffold
    from services.models import repository

    config = load(project)
    tree = repository.tree_of(config, repository.project_of(config))
    scaffold.write(tree, output)
    say(f"Wrote {len(tree.shipped)} files to {output}.")


app.command()(cli_models.inspect)
app.command()(cli_models.test)


@app.command()
def deploy(
    project: File,
    model: Annotated[Path, typer.Option("--model", metavar="MODEL_FILE", help="The model file to serve.")],
    request: cli_models.Request,
    json: Json = False,
    override: Annotated[
        str,
        typer.Option("--override", help="The model file's name, to let one pass that is not called safe."),
    ] = "",
) -> None:
    """Test a model file on this machine, then serve it from the project's workspace."""
    cli_models.deploy(load(project), model, request, override, json)


@app.command(hidden=True)
def worker(target: Annotated[str, typer.Option(help="rehearsal or azure")]) -> None:
    """Walk the runs of one target until stopped; the page and `apply` start it by themselves."""
    from services.runs.worker import work

    if target not in ("rehearsal", "azure"):
        raise Refused(
            f"There is no target {target!r}.",
            code=2,
            rule="not_allowed",
            path="target",
            suggestion="rehearsal",
        )
    raise typer.Exit(work(target))


def _report(error: Exception, as_json: bool) -> int:
    """Say what went wrong; the exit code tells whose fault it is."""
    code, details = _details(error)
    if as_json:
        print(json.dumps({"error": details}, indent=2, ensure_ascii=False))
    for line in str(error).splitlines() if isinstance(error, ConfigError) else [details["message"]]:
        say(f"error: {line}")
    if details["suggestion"] and not isinstance(error, ConfigError):
        say(f"Try: {details['suggestion']}")
    return code


def _details(error: Exception) -> tuple[int, dict[str, Any]]:
    if isinstance(error, ConfigError):
        first = error.problems[0]
        return 2, {
            "path": first.path,
            "rule": first.rule,
            "message": first.message,
            "suggestion": first.suggestion,
        }
    if isinstance(error, Refused):
        return error.code, _detail(str(error), error.rule, error.path, error.suggestion)
    if hasattr(error, "format_message"):  # click's usage errors
        return 2, _detail(error.format_message(), "usage", "", "--help")
    if type(error).__name__ in ("NotAModel", "BadGolden"):
        return 2, _detail(str(error), "file", "", "")
    known = _known(error)
    return 1, _detail(
        str(error) if known else f"{type(error).__name__}: {error}", known or "internal", "", ""
    )


def _detail(message: str, rule: str, path: str, suggestion: str) -> dict[str, Any]:
    return {"path": path, "rule": rule, "message": message, "suggestion": suggestion or None}


def _known(error: Exception) -> str | None:
    """The rule of an error whose message is made for users."""
    names = {
        "TargetMissing": "no_simulator", "HomeError": "home", "DatabaseError": "database", "LaunchError": "launch",
        "CloudError": "cloud", "RunActive": "run_active", "CannotStart": "cannot_start", "GraphError": "graph",
        "RunMissing": "no_run", "ScaffoldError": "scaffold", "GateClosed": "gate", "NotAllowed": "gate",
        "NotServing": "test", "FileMissing": "file",
    }  # fmt: skip
    return names.get(type(error).__name__)


def _plan_text(data: dict[str, Any]) -> str:
    rows = [
        f"{r['key']:<24} {r['mode']:<9} {r['expected_s']:>5.0f} s  {r['name']}" for r in data["resources"]
    ]
    return "\n".join(
        [
            *rows,
            f"{len(rows)} resources; the longest chain takes about {data['critical_path_s']:.0f} s on Azure.",
        ]
    )


def _findings_text(data: dict[str, Any]) -> str:
    rows = [f"{f['severity']:<8} {f['path']}: {f['what']} {f['fix']} [{f['rule']}]" for f in data["findings"]]
    return "\n".join(rows or ["Nothing found that stands against it."])


def _receipt_text(data: dict[str, Any]) -> str:
    rows = [f"removed       {id}" for id in data["removed"]]
    rows += [f"soft-deleted  {s['id']} until {s['until']}" for s in data["soft_deleted"]]
    rows += [f"kept          {k['id']}: {k['why']}" for k in data["kept"]]
    return "\n".join([*rows, f"{data['run']}: {data['state']}"])


def _run_text(data: dict[str, Any]) -> str:
    rows = [f"{r['key']:<24} {r['state']:<10} {r['id']}" for r in data["resources"]]
    errors = [
        f"{r['key']}: {r['error']['what']} {r['error']['fix']}" for r in data["resources"] if r["error"]
    ]
    return "\n".join([*rows, *errors, f"{data['run']}: {data['state']}"])
