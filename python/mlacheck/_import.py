"""What a path of --subject stands for: a file, a folder of files, a module, or a code object with a manifest."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

from mlacheck import _declare, _traceback
from mlacheck._declare import Declaration
from mlacheck._errors import DeclarationError


class ImportRefused(Exception):
    """Why there are no subjects, in one line."""


def _import_file(path: Path) -> str:
    name = path.stem
    known = sys.modules.get(name)
    if known is not None:
        if getattr(known, "__file__", None) == str(path):
            return name
        raise ImportRefused(f"{path.name}: there is a module of the name {name} already, expected another name")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportRefused(f"{path.name}: expected a Python file")
    module = importlib.util.module_from_spec(spec)
    # As `python FILE` does, for what lies beside it; and by its name, for what imports it back.
    folder = str(path.parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return name


def _import(path: str) -> list[str]:
    """Names of the modules that the path stands for."""
    place = Path(path)
    if place.is_dir():
        files = sorted(file for file in place.glob("*.py") if not file.name.startswith("_"))
        return [_import_file(file.resolve()) for file in files]
    if place.suffix in (".co", ".hsaco"):
        from mlacheck import _manifest  # needs NumPy, which other subjects may lack
        return [_manifest.declare(place.resolve())]
    if place.suffix == ".py":
        if not place.is_file():
            raise ImportRefused("no such file, expected a Python file")
        return [_import_file(place.resolve())]
    importlib.import_module(path)
    return [path]


def _package_above(path: Path) -> tuple[Path, str]:
    """The folder from which Python imports what lies there, and "package." as it is called from there."""
    folder, name = path, ""
    while (folder / "__init__.py").is_file():
        name = f"{folder.name}.{name}"
        folder = folder.parent
    return folder, name


def _hint(path: str, error: BaseException) -> str:
    """A file of a package is no module of it where it is named by its path: relative imports fail."""
    place = Path(path)
    if not isinstance(error, ImportError) or "no known parent package" not in str(error) or not place.exists():
        return ""
    place = place.resolve()
    folder, package = _package_above(place if place.is_dir() else place.parent)
    name = f"{package}{'MODULE' if place.is_dir() else place.stem}"
    return f"; expected --subject {name}, with {folder} on PYTHONPATH" if package else ""


def _with_place(error: DeclarationError) -> str:
    """Its text, with the line of the declaration where the text does not say it."""
    text = str(error)
    place = _traceback.place_of(error)
    named = not place or f" at {place.partition(':')[0]}:" in text
    return text if named else f"{text}; at {place}"


def _deeper(path: str) -> str:
    """What is expected of a path that has no subject. The modules of a package below a folder are not looked for."""
    place = Path(path)
    if place.is_dir() and (place / "__init__.py").is_file():
        _, package = _package_above(place.resolve())
        return f" in the files of the folder; expected --subject {package}MODULE for a module of the package"
    return ", expected a function under @mlacheck.subject(...)"


def declarations_at(path: str) -> list[Declaration]:
    """What these modules declare, and not what they import for their own use. Raises ImportRefused."""
    interpreter = f"Python {sys.version.split()[0]} at {sys.executable}"
    try:
        modules = _import(path)
    except ImportRefused:
        raise
    except DeclarationError as error:
        raise ImportRefused(_with_place(error)) from None
    except Exception as error:
        raise ImportRefused(f"cannot be imported: {_traceback.text_of(error)}{_hint(path, error)}; "
                            f"by {interpreter}") from None
    found = [declaration for declaration in _declare.declarations
             if any(declaration.module == name or declaration.module.startswith(f"{name}.")
                    for name in modules)]
    if not found:
        raise ImportRefused(f"declares no subject{_deeper(path)}")
    return found
