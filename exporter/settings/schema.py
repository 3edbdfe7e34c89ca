"""The JSON Schema of the configuration file."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from exporter.collectors import Collector
from exporter.settings.model import Settings
from exporter.settings.options import Option, options

_DRAFT = "http://json-schema.org/draft-07/schema#"
"""The newest that Helm 3 reads."""

_COLLECTOR_NAME = {"format": "collector"}
"""The schema of `fields.CollectorName`."""


def json_schema(collectors: Sequence[Collector], root: str = "#") -> dict[str, Any]:
    """Return the schema, in draft 7, for editors and the Helm chart.

    `load` also checks names, files and settings against each other. ``root`` is the schema's place
    in a larger one.
    """
    reference = f"{root}/definitions/{{model}}"
    generated = Settings.model_json_schema(ref_template=reference, schema_generator=_Generator)
    definitions = generated.pop("$defs")
    for option in options():
        if option.elsewhere:
            _refuse(generated["properties"], definitions, option)
    named = {"$ref": reference.format(model="CollectorName")}
    found: dict[str, Any] = _replaced(
        {"$schema": _DRAFT, **generated, "definitions": definitions}, _COLLECTOR_NAME, named
    )
    found["properties"]["collector_settings"]["propertyNames"] = named
    names = sorted(collector.name for collector in collectors)
    found["definitions"]["CollectorName"] = {"type": "string", "enum": names}
    return found


class _Generator(GenerateJsonSchema):
    """Omits titles, docstrings and defaults, and ``anyOf`` if possible: its errors are longer."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        about = {"title", "description"}
        generated = super().model_schema(schema)
        return {name: value for name, value in generated.items() if name not in about}

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    # Like the settings, accept numbers in quotes, which `helm --set` writes.
    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:  # noqa: ARG002
        return {"type": ["number", "string"], "pattern": "^[0-9.]+$"}

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:  # noqa: ARG002
        return {"type": ["integer", "string"], "pattern": "^[0-9]+$"}

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> JsonSchemaValue:  # noqa: ARG002
        return {"type": "string", "pattern": "^([0-9]+(ms|[smhdwy]))+$"}

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        if "type" not in inner:
            return super().nullable_schema(schema)
        types = inner["type"] if isinstance(inner["type"], list) else [inner["type"]]
        choices = {"enum": [*inner["enum"], None]} if "enum" in inner else {}
        return {**inner, "type": [*types, "null"], **choices}


def _refuse(
    properties: dict[str, Any], definitions: Mapping[str, dict[str, Any]], option: Option
) -> None:
    *sections, last = option.path
    for section in sections:
        _, _, name = properties[section]["$ref"].rpartition("/")
        properties = definitions[name]["properties"]
    properties[last] = {"description": option.elsewhere, "not": {}}


def _replaced(node: Any, old: object, new: object) -> Any:
    if node == old:
        return new
    if isinstance(node, dict):
        return {key: _replaced(child, old, new) for key, child in node.items()}
    return [_replaced(child, old, new) for child in node] if isinstance(node, list) else node
