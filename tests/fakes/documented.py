"""Vendors' documented shapes as OpenAPI, and what turns a published Swagger or TypeScript file into it.

Where a vendor publishes a machine-readable spec, the fakes are held to that file. Where it doesn't, its fake writes
down what the documentation says with the few helpers here, and says that it is a transcription.
"""

import copy
import re
from typing import Any
from urllib.parse import urlsplit

from openapi_core import Config, OpenAPI

from tests.fakes.openapi import OpenApiContract

Schema = dict[str, Any]


class Documents(OpenApiContract):
    """Exchanges checked against OpenAPI documents that are at hand as they are, not as files.

    A path below the server's own, such as /v1 in https://api.smile.io/v1, is part of what is requested.
    """

    def __init__(self, *documents: Schema) -> None:
        super().__init__()
        for content in documents:
            server = urlsplit(content["servers"][0]["url"])
            host = f"{server.scheme}://{server.netloc}"
            paths = {server.path + path: item for path, item in content["paths"].items()}
            known = [(path, method) for path, item in paths.items() for method in item]
            at_host = {**content, "servers": [{"url": host}], "paths": paths}
            whole = OpenAPI.from_dict(at_host, config=Config(spec_validator_cls=None))
            self._documents.append((whole, host, known))


TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
ANYTHING: Schema = {}


def nullable(schema: Schema) -> Schema:
    """The same shape, or null."""
    return {**schema, "nullable": True}


def one_of(*values: str) -> Schema:
    """One of the listed texts."""
    return {"type": "string", "enum": list(values)}


def listing(of: Schema) -> Schema:
    """A list of one shape."""
    return {"type": "array", "items": of}


def record(required: str = "", **fields: Schema) -> Schema:
    """An object; `required` names its fields that must be there, separated by blanks. Vendors may add fields."""
    shape: Schema = {"type": "object", "properties": fields}
    if required:
        shape["required"] = required.split()
    return shape


def parameter(name: str, schema: Schema, place: str = "query", required: bool = False) -> Schema:
    """One parameter of a request."""
    return {"name": name, "in": place, "required": required or place == "path", "schema": schema}


def operation(
    parameters: list[Schema] | None = None,
    body: Schema | None = None,
    content_type: str = "application/json",
    **answers: Schema,
) -> Schema:
    """One operation. `answers` are the shapes by status, spelled `on200`."""
    shape: Schema = {
        "parameters": parameters or [],
        "responses": {
            status.removeprefix("on"): {"description": status, "content": {"application/json": {"schema": answer}}}
            for status, answer in answers.items()
        },
    }
    if body is not None:
        shape["requestBody"] = {"required": True, "content": {content_type: {"schema": body}}}
    return shape


def document(server: str, paths: dict[str, Schema], security: dict[str, Schema] | None = None) -> Schema:
    """A whole OpenAPI document. `security` are the schemes that every operation needs, all of them."""
    whole: Schema = {
        "openapi": "3.0.3",
        "info": {"title": server, "version": "transcribed"},
        "servers": [{"url": server}],
        "paths": paths,
    }
    if security:
        whole["components"] = {"securitySchemes": security}
        whole["security"] = [{name: [] for name in security}]
    return whole


def key(name: str, place: str = "header") -> Schema:
    """A key that goes along in a header or in the query."""
    return {"type": "apiKey", "in": place, "name": name}


def from_swagger(swagger: Schema) -> Schema:
    """A Swagger 2.0 document as OpenAPI 3.0: schemas, query, path and header parameters, and JSON answers."""
    text = copy.deepcopy(swagger)

    def pointed(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                name: value.replace("#/definitions/", "#/components/schemas/") if name == "$ref" else pointed(value)
                for name, value in node.items()
            }
        return [pointed(item) for item in node] if isinstance(node, list) else node

    def turned(given: Schema) -> Schema:
        about = {name: given[name] for name in ("name", "in", "required") if name in given}
        schema = {
            name: given[name]
            for name in ("type", "format", "items", "enum", "maxItems", "minimum", "maximum", "maxLength")
            if name in given
        }
        # Swagger's lists are comma-separated unless the document says otherwise.
        style = {"style": "form", "explode": given.get("collectionFormat") == "multi"}
        return {**about, "schema": schema, **(style if schema.get("type") == "array" else {})}

    paths: Schema = {}
    for path, methods in text["paths"].items():
        paths[path] = {}
        for method, given in methods.items():
            if method not in ("get", "post", "put", "patch", "delete"):
                continue
            answers = {}
            for status, answer in given["responses"].items():
                answers[status] = {"description": answer.get("description", status)}
                if "schema" in answer:
                    answers[status]["content"] = {"application/json": {"schema": pointed(answer["schema"])}}
            paths[path][method] = {
                "parameters": [turned(one) for one in given.get("parameters", []) if one.get("in") != "body"],
                "responses": answers,
            }
    return {
        "openapi": "3.0.3",
        "info": text["info"],
        "servers": [{"url": f"https://{text['host']}{text.get('basePath', '')}".rstrip("/")}],
        "paths": paths,
        "components": {"schemas": pointed(text["definitions"])},
    }


_TOKEN = re.compile(r"\s*(?:/\*.*?\*/\s*)*([A-Za-z_][\w.]*|'[^']*'|\d[\d.]*|[\[\]{}()<>:;,|?&])", re.DOTALL)


class TypeScript:
    """JSON schemas of the interfaces and type aliases of one `.d.ts` file, as far as answers of an API need them.

    Knows interfaces, object literals, optional fields, lists, unions, literals, `Omit<X, 'field'>` and index
    signatures.
    """

    def __init__(self, text: str) -> None:
        self._text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        self._tokens: list[str] = []
        self._at = 0

    def schema(self, name: str) -> Schema:
        """The schema of `interface <name>` or `type <name>`, with everything it refers to written out."""
        found = re.search(rf"\b(interface|type) {re.escape(name)}\b\s*=?\s*", self._text)
        if found is None:
            raise KeyError(f"no interface or type {name}")
        return TypeScript._read(self, self._text[found.end() :])

    def _read(self, text: str) -> Schema:
        reader = TypeScript(self._text)
        reader._tokens = [match.group(1) for match in _TOKEN.finditer(text[:20_000])]
        return reader._union()

    def _take(self, expected: str = "") -> str:
        token = self._tokens[self._at]
        if expected and token != expected:
            raise ValueError(f"expected {expected}, found {token}")
        self._at += 1
        return token

    def _next(self) -> str:
        return self._tokens[self._at]

    def _union(self) -> Schema:
        options = [self._listed()]
        while self._next() == "|":
            self._take()
            options.append(self._listed())
        if len(options) == 1:
            return options[0]
        if all("enum" in option for option in options):
            return {"enum": [value for option in options for value in option["enum"]]}
        return {"anyOf": options}

    def _listed(self) -> Schema:
        schema = self._plain()
        while self._next() == "[":
            self._take("[")
            self._take("]")
            schema = listing(schema)
        return schema

    def _plain(self) -> Schema:
        token = self._take()
        if token == "{":
            return self._object()
        if token.startswith("'"):
            return {"enum": [token.strip("'")]}
        if token[0].isdigit():
            return {"enum": [float(token) if "." in token else int(token)]}
        known = {"string": TEXT, "number": NUMBER, "boolean": FLAG, "any": ANYTHING}
        if token in known:
            return known[token]
        if token == "Omit":
            self._take("<")
            schema = copy.deepcopy(self._union())
            self._take(",")
            left_out = self._union()["enum"]
            self._take(">")
            for name in left_out:
                schema["properties"].pop(name, None)
            return schema
        return self.schema(token)

    def _object(self) -> Schema:
        fields: Schema = {}
        required: list[str] = []
        others: Schema | None = None
        while self._next() != "}":
            name = self._take()
            if name == "[":
                while self._take() != "]":
                    pass
                self._take(":")
                others = self._union()
            else:
                optional = self._next() == "?"
                if optional:
                    self._take("?")
                else:
                    required.append(name)
                self._take(":")
                fields[name] = self._union()
            if self._next() == ";":
                self._take(";")
        self._take("}")
        schema = record(" ".join(required), **fields)
        if others is not None:
            schema["additionalProperties"] = others
        return schema
