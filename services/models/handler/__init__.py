"""The API handler: the few files that make an endpoint out of a model file, generated, edited, checked, compared."""

from services.models.handler.checking import problems
from services.models.handler.comparing import difference
from services.models.handler.generating import generate, of_record
from services.models.handler.noun import ENVIRONMENT, Handler

__all__ = ["ENVIRONMENT", "Handler", "difference", "generate", "of_record", "problems"]
