"""Code that asks the endpoint, in four languages, with a request of the golden set; its real answer on demand."""

import json
from typing import Any

import streamlit as st

from pages.components import cloud_state, endpoint_try, markup
from services.cloud.target import TargetMissing
from services.config import ProjectConfig
from services.models import exchanges
from services.models.online import consume
from services.models.online.endpoints import Endpoint
from services.models.records import ModelRecord
from services.release import Release

EXAMPLE = {"data": [[5.1, 3.5, 1.4, 0.2]]}


def draw(
    config: ProjectConfig, endpoint: Endpoint, release: Release | None, model: ModelRecord | None
) -> None:
    """The programs, how to run them, and what the endpoint has answered to that very request."""
    request = _request(release, model)
    samples = consume.samples(endpoint.scoring_uri, request, _authority(config))
    titles = [one.title for one in samples]
    chosen = st.segmented_control(
        "Language", titles, default=titles[0], key="language", required=True, bind="query-params"
    )
    sample = next(one for one in samples if one.title == chosen)
    st.code(sample.text, language=sample.language, wrap_lines=True)
    markup.note(
        f"Keep it as {sample.file}, put a key of the endpoint into the environment variable {consume.VARIABLE}, then:",
        live=False,
    )
    st.code(sample.run, language="bash", wrap_lines=True)
    st.download_button(
        f"Download {sample.file}", sample.text, sample.file, "text/plain", key="code_file", on_click="ignore"
    )
    _answer(config, endpoint, request)


def _answer(config: ProjectConfig, endpoint: Endpoint, request: Any) -> None:
    """What the endpoint answers to this request: asked now, or the last time."""
    place = f"code:{endpoint.name}"
    last = exchanges.last(place, endpoint.name)
    if st.button("Send this request", key="send_sample", disabled=not endpoint.traffic):
        try:
            reply = endpoint_try.send(config, endpoint, "", request)
        except endpoint_try.NoAnswer as error:
            st.error(markup.plain(str(error)))
            return
        last = {
            "request": request,
            "status": reply.status,
            "body": reply.body,
            "ms": reply.ms,
            "by": reply.by,
        }
        exchanges.keep(place, endpoint.name, last)
    if last and last["request"] == request:
        good = last["status"] == 200
        by = f" by {last['by']}" if last.get("by") else ""
        markup.note(
            f"Its real answer, status {last['status']}{by} in {last['ms']:.1f} ms:", "good" if good else "bad"
        )
        st.code(json.dumps(last["body"], indent=2, ensure_ascii=False), language="json", wrap_lines=True)
    else:
        markup.note("This request has not been sent from here yet.", live=False)


def _request(release: Release | None, model: ModelRecord | None) -> Any:
    """A request of the golden set that was deployed, else of the model's, else an example."""
    cases = (*(release.golden if release else ()), *(model.golden if model else ()))
    return next((case["request"] for case in cases), EXAMPLE)


def _authority(config: ProjectConfig) -> str:
    """The file of the rehearsal's certificate authority; Azure's is known to every system."""
    try:
        return cloud_state.target(config).ca_bundle or ""
    except TargetMissing:
        return ""
