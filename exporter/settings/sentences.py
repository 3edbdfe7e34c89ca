"""Messages for pydantic's errors, without the value, which may be a secret."""

import re

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from exporter.settings.model import Loc, Settings
from exporter.settings.options import closest, known_keys, options

_SENTENCES = {
    "tuple_type": "must be a list",
    "path_type": "must be a valid file path",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
}


_COLON_WITHOUT_SPACE = re.compile(r":\S")


def no_mapping(value: object, loc: Loc = ()) -> str:
    """Return the error for a value that is not a mapping."""
    fix = ""
    if isinstance(value, str) and _COLON_WITHOUT_SPACE.search(value):
        fix = ": add a space after the colon"
    elif isinstance(value, list) and loc == ("allocation",):
        fix = ": put the rules under rules:"
    elif isinstance(value, bool) and "enabled" in known_keys(Settings, loc):
        fix = ": write enabled: below it"
    return f"must be a mapping (key: value){fix}"


def no_such_key(model: type[BaseModel], loc: Loc) -> str:
    """Return the error for an unknown key of ``model``, with a suggestion."""
    *section, last = loc
    if path := _path_of(model, str(last)) if not section else ():
        return f"no such key: write {': and, below it, '.join(path)}:"
    return f"no such key: {closest(str(last), known_keys(model, tuple(section)))}"


def _path_of(model: type[BaseModel], key: str) -> tuple[str, ...]:
    # A key as in a flag, such as poll.interval, or without its section.
    wanted = tuple(key.replace("-", "_").split("."))
    paths = [each.path for each in options() if each.path[-len(wanted) :] == wanted]
    return paths[0] if model is Settings and len(paths) == 1 else ()


def sentence(error: ErrorDetails, model: type[BaseModel]) -> str:
    """Return the message for one error of ``model``."""
    last = error["loc"][-1]
    match error["type"]:
        case "extra_forbidden":
            return no_such_key(model, error["loc"])
        case "literal_error":
            return f"must be {error['ctx']['expected']}"
        case "value_error":
            return str(error["ctx"]["error"])
        case "missing":
            return f"{last} is required"
        case "model_type" | "dict_type":
            return no_mapping(error.get("input"), error["loc"])
        case kind:
            return _SENTENCES.get(kind, error["msg"])
