"""From a deployment's spec to its container: which kind it is, and the image that it needs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from simulator.scoring import bubblewrap, dockerfile, files, r_image, r_machine, routes
from simulator.scoring.box import Box
from simulator.scoring.conda import Unsupported
from simulator.scoring.container import Container
from simulator.scoring.environments import Environments
from simulator.scoring.failure import Failure, no_image
from simulator.scoring.files import Layout
from simulator.scoring.inference_server import InferenceServer
from simulator.scoring.logs import Journal
from simulator.scoring.spec import Spec
from simulator.world import World


async def container_of(
    world: World,
    environments: Environments,
    spec: Spec,
    layout: Layout,
    socket: Path,
    journal: Journal,
    instances: int,
) -> Container:
    """Build the image of a spec, and return its container.

    Raises:
        Failure: ImageBuildFailure with the reason; the whole story is in the build log.
    """
    try:
        if not spec.environment.get("build"):
            environment = await environments.get(spec.environment, journal)
            apart = await asyncio.to_thread(bubblewrap.that_works)
            return InferenceServer(
                spec, layout, socket, journal, instances, environment=environment, apart=apart
            )
        wanted = routes.read(spec.environment.get("routes", ""))
        image = await _build(world, spec, layout, journal)
        return Box(spec, layout, socket, journal, instances, image=image, routes=wanted)
    except Unsupported as why:
        journal.write("build", str(why))
        raise no_image(str(why)) from None


async def _build(world: World, spec: Spec, layout: Layout, journal: Journal) -> r_image.Image:
    context, path = await _context(world, spec, layout, journal)
    asked = dockerfile.read(_text(context, path))
    r_image.check_base(asked)
    machine = await r_machine.ask(layout.root)
    root = layout.root / "image"
    return await asyncio.to_thread(r_image.build, asked, context, root, machine, journal.writer("build"))


async def _context(world: World, spec: Spec, layout: Layout, journal: Journal) -> tuple[Path, str]:
    """Fetch the build context; return its folder and the Dockerfile's path there."""
    try:
        build = json.loads(spec.environment["build"])
        uri, path = str(build["contextUri"]), str(build.get("dockerfilePath") or "Dockerfile")
        load = files.find_context(world, spec, uri, layout.root / "context", journal)
        await asyncio.to_thread(files.write, load)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unsupported(
            "the environment is built from a Dockerfile, and does not say where its context is"
        ) from None
    except Failure as why:
        raise Unsupported(
            f"the environment is built from a Dockerfile, and its context is not to be had: {why}"
        ) from None
    if (load.target / ".dockerignore").exists():
        raise Unsupported(
            "the rehearsal cannot read a .dockerignore; leave those files out of the build context"
        )
    return load.target, path


def _text(context: Path, path: str) -> str:
    found = (context / path).resolve()
    if not found.is_relative_to(context.resolve()) or not found.is_file():
        raise Unsupported(f"there is no '{path}' in the build context")
    try:
        with found.open(encoding="utf-8", newline="") as file:
            return file.read(dockerfile.LARGEST + 1)
    except UnicodeDecodeError:
        raise Unsupported(f"'{path}' in the build context is no text") from None
