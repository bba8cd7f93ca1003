"""The handler of a model of R: plumber.R and the Dockerfile of its container."""

from services.models.handler.literals import quiet
from services.models.handler.noun import Handler
from services.models.handler.rendering import render
from services.models.intake import Intake
from services.scaffold.literals import Trusted

# Class of a model -> the package whose predict() it needs; lm, glm, nls, loess and the like are R's own.
_PACKAGES = {
    "C5.0": "C50", "cv.glmnet": "glmnet", "earth": "earth", "gam": "mgcv", "gbm": "gbm", "glmnet": "glmnet",
    "kknn": "kknn", "ksvm": "kernlab", "lda": "MASS", "lme": "nlme", "lmerMod": "lme4", "multinom": "nnet",
    "naiveBayes": "e1071", "nnet": "nnet", "polr": "MASS", "qda": "MASS", "randomForest": "randomForest",
    "ranger": "ranger", "rlm": "MASS", "rpart": "rpart", "svm": "e1071", "train": "caret", "workflow": "workflows",
}  # fmt: skip


def generate(intake: Intake, file_name: str) -> Handler:
    """Make the handler; columns, types and factor levels are read from the model itself when the server starts."""
    classes = _classes(intake)
    packages = sorted({_PACKAGES[name] for name in classes if name in _PACKAGES})
    facts = {
        "file_name": file_name,
        "title": Trusted(f"R{': ' + classes[0] if classes else ''}"),
        "packages": [Trusted(name) for name in packages],
        "installed": Trusted(" ".join(["jsonlite", "plumber", *packages])),
    }
    files = {
        "plumber.R": render("r/plumber.R", "plumber.R", facts),
        "Dockerfile": render("r/Dockerfile", "Dockerfile", facts),
    }
    return Handler("r", "plumber.R", files)


def _classes(intake: Intake) -> list[str]:
    said = (
        intake.details.get("class") or intake.details.get("classes") or intake.details.get("estimator") or []
    )
    names = [said] if isinstance(said, str) else list(said) if isinstance(said, list | tuple) else []
    return [quiet(name) for name in names if quiet(name)]
