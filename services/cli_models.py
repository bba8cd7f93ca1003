"""The commands about model files: what one is, the test on this machine, and deploying it.

Exit codes: 0 done; 1 failed, or refused by a gate; 2 bad input.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from services.config import ProjectConfig
from services.console import Refused, say, show

Model = Annotated[Path, typer.Argument(metavar="MODEL_FILE", help="The model file, of any kind.")]
Request = Annotated[
    Path, typer.Option("--request", metavar="FILE.json", help="One request, or a golden set with answers.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def inspect(model: Model, json: Json = False) -> None:
    """Say what a model file is and whether it may be loaded, without running a byte of it."""
    from services.models.inspection import inspect as look

    found = look(_file(model, "model"), name=model.name)
    show(found.data(), json, _intake_text)
    raise typer.Exit(0 if found.verdict == "safe" else 1)


def test(model: Model, request: Request, json: Json = False) -> None:
    """Run a model file in a server on this machine, ask it, and compare the answers."""
    from services.models.command import run_test

    result = run_test(_file(model, "model"), _file(request, "--request"), say)
    show(result, json, _test_text)
    raise typer.Exit(0 if result["passed"] else 1)


def deploy(config: ProjectConfig, model: Path, request: Path, override: str, as_json: bool) -> None:
    """Test a model file here, then serve it from the project's workspace and follow it to the end."""
    from services.models import golden
    from services.models.deploying import deploy as deploy_model

    cases = [dict(case) for case in golden.read(_file(request, "--request"))]
    result = deploy_model(config, _file(model, "--model"), cases, say, override=override)
    show(result, as_json, _deploy_text)
    raise typer.Exit(0 if result["state"] == "Succeeded" else 1)


def _file(path: Path, option: str) -> Path:
    """A file that can be read; what it holds is looked at elsewhere."""
    if not path.is_file():
        kind = "is a folder" if path.is_dir() else "does not exist"
        raise Refused(f"{path} {kind}; name a file.", code=2, rule="file", path=option)
    return path


def _intake_text(data: Mapping[str, Any]) -> str:
    lines = [
        f"{data['verdict']}: {data['format']} ({data['framework']}), {data['size']:,} bytes, SHA-256 {data['sha256']}"
    ]
    lines += [f"  {reason}" for reason in data["reasons"]]
    lines += [f"  written with {name} {version}" for name, version in data["versions"].items()]
    for direction in ("inputs", "outputs"):
        names = [f"{c['name']} {c['dtype']}".strip() for c in data[direction]]
        lines += (
            [f"  {direction}: {', '.join(names[:20])}{' ...' if len(names) > 20 else ''}"] if names else []
        )
    return "\n".join(lines)


def _test_text(data: Mapping[str, Any]) -> str:
    lines = [f"{'passed' if data['passed'] else 'failed'}"]
    lines += [f"  {why}" for why in data.get("why", [])]
    if data.get("p50_ms") is not None:
        lines.append(
            f"  p50 {data['p50_ms']:.1f} ms, p95 {data['p95_ms']:.1f} ms, started in {data['startup_s']:.1f} s, "
            f"peak {data['memory_peak_mb']:.0f} MB, isolation: {data['isolation']}"
        )
    return "\n".join(lines)


def _deploy_text(data: Mapping[str, Any]) -> str:
    rows = [f"{r['key']:<20} {r['state']:<10} {r['id']}" for r in data["resources"]]
    errors = [
        f"{r['key']}: {r['error']['what']} {r['error']['fix']}" for r in data["resources"] if r["error"]
    ]
    return "\n".join(
        [
            *rows,
            *errors,
            f"{data['endpoint']}/{data['deployment']}: {data['state']}",
            data["scoring_uri"] or "",
        ]
    )
