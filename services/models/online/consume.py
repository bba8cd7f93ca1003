"""Code that asks an endpoint, in four languages: pure text from the scoring URI and a request. The key is read from the
environment, so that the text can be shared. In the rehearsal the simulator's certificate authority is named.

https://learn.microsoft.com/azure/machine-learning/how-to-authenticate-online-endpoint
"""

import json
import pprint
import shlex
from dataclasses import dataclass
from typing import Any

VARIABLE = "ENDPOINT_KEY"


@dataclass(frozen=True)
class Sample:
    """One program: what it is called, the file to keep it in, its text, and the command that runs it there."""

    title: str
    language: str  # as highlighters call it
    file: str
    text: str
    run: str


def samples(uri: str, request: Any, ca_bundle: str = "") -> list[Sample]:
    """The programs that send `request` to a scoring URI; `ca_bundle` is the file of a CA that the system does not know."""
    return [
        Sample("curl", "bash", "ask.sh", _curl(uri, request, ca_bundle), "sh ask.sh"),
        Sample("Python", "python", "ask.py", _python(uri, request, ca_bundle), "python ask.py"),
        Sample("JavaScript", "javascript", "ask.mjs", _javascript(uri, request), _node(ca_bundle)),
        Sample("R", "r", "ask.R", _r(uri, request, ca_bundle), "Rscript ask.R"),
    ]


def _curl(uri: str, request: Any, ca_bundle: str) -> str:
    lines = [
        "curl --silent --show-error --fail-with-body",
        *([f"--cacert {shlex.quote(ca_bundle)}"] if ca_bundle else []),
        f'--header "Authorization: Bearer ${VARIABLE}"',
        "--header 'Content-Type: application/json'",
        f"--data {shlex.quote(json.dumps(request, ensure_ascii=False))}",
        shlex.quote(uri),
    ]
    return " \\\n  ".join(lines) + "\n"


def _python(uri: str, request: Any, ca_bundle: str) -> str:
    context = (
        f"ssl.create_default_context(cafile={ca_bundle!r})" if ca_bundle else "ssl.create_default_context()"
    )
    return f'''\
import json
import os
import ssl
import urllib.error
import urllib.request

REQUEST = {_indented(pprint.pformat(request, width=96, sort_dicts=False))}

asked = urllib.request.Request(
    {uri!r},
    data=json.dumps(REQUEST).encode(),
    headers={{
        "Authorization": "Bearer " + os.environ["{VARIABLE}"],
        "Content-Type": "application/json",
    }},
)
try:
    with urllib.request.urlopen(asked, timeout=60, context={context}) as answer:
        print(json.dumps(json.load(answer)))
except urllib.error.HTTPError as error:  # the body says why
    raise SystemExit(f"{{error.code}}: {{error.read().decode()}}")
'''


def _javascript(uri: str, request: Any) -> str:
    return f"""\
const request = {json.dumps(request, ensure_ascii=False, indent=2)};

const answer = await fetch({json.dumps(uri)}, {{
  method: "POST",
  headers: {{
    "Authorization": `Bearer ${{process.env.{VARIABLE}}}`,
    "Content-Type": "application/json",
  }},
  body: JSON.stringify(request),
}});
const text = await answer.text();
if (!answer.ok) throw new Error(`${{answer.status}}: ${{text}}`);
console.log(text);
"""


def _r(uri: str, request: Any, ca_bundle: str) -> str:
    ca = f"  cainfo = {_quoted(ca_bundle)},\n" if ca_bundle else ""
    return f"""\
library(curl)

request <- {_quoted(json.dumps(request, ensure_ascii=False))}
handle <- new_handle(
{ca}  postfields = enc2utf8(request)
)
handle_setheaders(
  handle,
  "Authorization" = paste("Bearer", Sys.getenv("{VARIABLE}")),
  "Content-Type" = "application/json"
)
answer <- curl_fetch_memory({_quoted(uri)}, handle)
text <- rawToChar(answer$content)
if (answer$status_code != 200) stop(answer$status_code, ": ", text)
cat(text, "\\n")
"""


def _node(ca_bundle: str) -> str:
    """Node takes a further authority from its environment, and only from there."""
    return f"NODE_EXTRA_CA_CERTS={shlex.quote(ca_bundle)} node ask.mjs" if ca_bundle else "node ask.mjs"


def _quoted(text: str) -> str:
    """A string of R, which knows the escapes of JSON."""
    return json.dumps(text, ensure_ascii=False)


def _indented(text: str) -> str:
    return text.replace("\n", "\n" + " " * len("REQUEST = "))
