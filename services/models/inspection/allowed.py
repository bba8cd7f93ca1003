"""The allow-list: the exact names that a pickle may import, and what each may be used for while loading.

Kinds: `class` may be made empty and given attributes; `call` may also be called with any arguments; `new` makes an
instance of the class in its first argument; `value` may be mentioned, never called; `rule` may be called with the
arguments that `rules` knows, and never be kept for later; a `distribution` is looked at by `distributions`. What is
not here is not safe.

Left out on purpose, because their constructors or `__setstate__` run what the file says or open what it names:
numpy.memmap and every loader, functools, operator, re, pathlib, joblib's file wrappers and Memory, sklearn's datasets
and externals, torch modules.
"""

import functools
import sys
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from pathlib import Path

HERE = Path(__file__).parent
# Compiled modules that name themselves otherwise in pickles of some releases: NumPy's before 2.3, scikit-learn's 1.4 to 1.7.
_ALIASES = {
    "sklearn._loss._loss": ("_loss",),
    "numpy": ("numpy.core._multiarray_umath", "numpy._core._multiarray_umath"),
}


@functools.cache
def words(file: str) -> frozenset[str]:
    """The words of a data file beside this module."""
    return frozenset((HERE / file).read_text(encoding="ascii").split())


@functools.cache
def kinds() -> dict[tuple[str, str], str]:
    """(module, name) -> kind, for every allowed name."""
    known = {}
    for file in ("known_names.txt", "sklearn_names.txt"):
        for line in (HERE / file).read_text(encoding="ascii").splitlines():
            module, name, kind = line.split()
            known[module, name] = kind
            for alias in _ALIASES.get(module, ()):
                known.setdefault((alias, name), kind) if kind != "type" else None
    return known


@functools.cache
def traits() -> dict[str, str]:
    """Estimator class -> what it does ("classifier probabilities", "regressor", "cluster", "transformer")."""
    lines = (HERE / "sklearn_traits.txt").read_text(encoding="ascii").splitlines()
    return dict(line.split(" ", 1) for line in lines)


def python3_name(module: str, name: str) -> tuple[str, str]:
    """The name that Python 3 looks up for one written by Python 2, exactly as its unpickler maps it."""
    if (module, name) in NAME_MAPPING:
        return NAME_MAPPING[module, name]
    return IMPORT_MAPPING.get(module, module), name


def is_dangerous(module: str) -> bool:
    """Whether a module is one of those that attacks are made of."""
    parts = module.split(".")
    return any(".".join(parts[:n]) in words("dangerous_modules.txt") for n in range(1, len(parts) + 1))


def is_stdlib(module: str) -> bool:
    """Whether a module comes with Python."""
    return module.split(".")[0] in sys.stdlib_module_names
