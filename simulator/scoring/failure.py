"""Why a deployment does not come up, in Azure's own codes and words.

https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-online-endpoints
"""

from __future__ import annotations

from simulator.errors import ArmError

GUIDE = "Please see troubleshooting guide, available here: https://aka.ms/oe-tsg#error-"


class Failure(Exception):
    """A deployment that cannot be; ``code`` and ``message`` are what the failed operation tells."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, f"{message} {GUIDE}{code.lower()}"

    def error(self) -> ArmError:
        """Return the failure as an operation stores it."""
        return ArmError(400, self.code, self.message, details=[])


def no_image(reason: str) -> Failure:
    """Make the failure of an environment that cannot be built."""
    return Failure("ImageBuildFailure", f"Environment image build failed: {_sentence(reason)}")


def no_files(reason: str) -> Failure:
    """Make the failure of a model or code that cannot be mounted."""
    return Failure("BadArgument", _sentence(reason))


def crashed(reason: str) -> Failure:
    """Make the failure of a container that does not become ready."""
    return Failure("ResourceNotReady", f"User container has crashed or terminated: {_sentence(reason)}")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!")) else text + "."
