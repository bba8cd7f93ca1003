"""The azure target, proved without Azure: the simulator stands in as a custom cloud, by environment variables alone."""

import json
import ssl
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.house import REPOSITORY, fresh_home
from services.cloud import sign_in, target
from tests.runs.conftest import Installation, states, until


@pytest.fixture
def custom_cloud(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A simulator of nobody's: its state lies outside of the installation that talks to it. Its ready line."""
    line = [
        sys.executable,
        "-m",
        "simulator",
        "serve",
        "--pace",
        "0",
        "--port",
        "0",
        "--state",
        str(tmp_path / "cloud"),
    ]
    process = subprocess.Popen(line, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    yield json.loads(process.stdout.readline())
    process.terminate()
    process.wait(10)


@pytest.fixture
def azure_house(custom_cloud: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    """An installation whose Azure is the custom cloud and whose user is signed in by environment variables."""
    variables = {
        "GROUNDPLAN_AZURE_RESOURCE_MANAGER": custom_cloud["endpoint"],
        "AZURE_AUTHORITY_HOST": custom_cloud["endpoint"],
        "AZURE_TENANT_ID": custom_cloud["tenant_id"],
        "AZURE_CLIENT_ID": custom_cloud["client_id"],
        "AZURE_CLIENT_SECRET": custom_cloud["client_secret"],
        "SSL_CERT_FILE": custom_cloud["ca_bundle"],
        "REQUESTS_CA_BUNDLE": custom_cloud["ca_bundle"],
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with fresh_home(0) as environment:
        yield Installation(environment)


def test_a_project_for_azure_is_created_by_the_same_code(
    azure_house: Installation, custom_cloud: dict[str, Any]
) -> None:
    """DefaultAzureCredential, the worker of the azure queue, no rehearsal anywhere."""
    text = f"name: real\ncloud: azure\nsubscription_id: {custom_cloud['subscription_id']}\n"
    code, found, said = azure_house.run("check", azure_house.file(text))
    assert (code, found["findings"]) == (0, []), said
    code, document, said = azure_house.apply(text)
    assert code == 0, said
    assert set(states(document).values()) == {"Succeeded"}
    assert (azure_house.home / "worker-azure.lock").exists()
    assert not (azure_house.home / "simulator").exists()


@pytest.mark.timeout(300)
def test_a_model_for_azure_is_deployed_by_the_same_code(
    azure_house: Installation, custom_cloud: dict[str, Any]
) -> None:
    """One command from an empty subscription to an endpoint that passes its golden set; nothing of the rehearsal is used."""
    project = azure_house.file(
        f"name: served\ncloud: azure\nsubscription_id: {custom_cloud['subscription_id']}\n"
    )
    samples = REPOSITORY / "assets" / "samples"
    model, golden = str(samples / "churn.joblib"), str(samples / "churn.golden.json")
    code, found, said = azure_house.run("deploy", project, "--model", model, "--request", golden)
    assert (code, found.get("state")) == (0, "Succeeded"), said
    assert found["smoke_test"]["passed"] == len(json.loads(Path(golden).read_text()))
    assert found["scoring_uri"].startswith(custom_cloud["endpoint"])
    assert not (azure_house.home / "simulator").exists()


def test_who_signs_in_by_device_code_on_the_page_is_known_to_the_worker(
    custom_cloud: dict[str, Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code is typed on another device; the record is kept, and another process goes on without asking."""
    monkeypatch.setenv("GROUNDPLAN_AZURE_RESOURCE_MANAGER", custom_cloud["endpoint"])
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", custom_cloud["endpoint"])
    monkeypatch.setenv("AZURE_TENANT_ID", custom_cloud["tenant_id"])
    monkeypatch.setenv("SSL_CERT_FILE", custom_cloud["ca_bundle"])
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", custom_cloud["ca_bundle"])
    monkeypatch.setenv("HOME", str(home))
    code = sign_in.start_device_code(target.resolve("azure", home, "device"))
    until(lambda: bool(code.code or code.error))
    assert code.code, code.error
    form = urllib.parse.urlencode({"code": code.code}).encode()
    context = ssl.create_default_context(cafile=custom_cloud["ca_bundle"])
    urllib.request.urlopen(code.url, form, timeout=10, context=context).close()
    until(lambda: code.done or bool(code.error))
    assert code.error == ""
    assert (home / "sign-in.json").stat().st_mode & 0o077 == 0

    elsewhere = "; ".join(
        [
            "from services.cloud import bridge, target",
            "from services.processes.home import home",
            "print(len(bridge.ask(target.resolve('azure', home()), lambda c: c.subscriptions())))",
        ]
    )
    done = subprocess.run(
        [sys.executable, "-c", elsewhere], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "2", done.stderr


def test_without_a_credential_azure_says_what_to_run(home: Path) -> None:
    """No traceback, no waiting: the ways to sign in."""
    text = "name: real\ncloud: azure\nsubscription_id: 0b1f6471-1bf0-4dda-aec3-cb9272f09590\n"
    with fresh_home(0) as environment:
        bare = {k: v for k, v in environment.items() if not k.startswith("AZURE_")}
        house = Installation(
            bare | {"PATH": str(Path(sys.executable).parent), "AZURE_TOKEN_CREDENTIALS": "dev"}
        )
        code, found, said = house.run("check", house.file(text))
    assert code == 1
    assert [f["rule"] for f in found["findings"]] == ["sign_in"]
    assert "az login" in str(found) + said
