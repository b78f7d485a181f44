"""Exchanges checked against a vendor's OpenAPI document by openapi-core."""

import json
from pathlib import Path
from typing import Any

from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from tests.fakes.server import Reply, Request

_SHOWN = 3


class _AsRequest:
    """A request as openapi-core wants it; said to be sent to the spec's own server."""

    def __init__(self, request: Request, host: str) -> None:
        self.host_url = host
        self.path = request.path
        self.method = request.method.lower()
        self.content_type = {name.lower(): value for name, value in request.headers.items()}.get("content-type", "")
        self.body = request.body or None
        self.parameters = RequestParameters(
            query=ImmutableMultiDict([(name, value) for name, values in request.query.items() for value in values]),
            header=Headers(list(request.headers.items())),
        )


class _AsResponse:
    def __init__(self, reply: Reply) -> None:
        self.status_code = reply.status
        self.content_type = reply.content_type
        self.headers = Headers(list(reply.headers.items()))
        self.data = reply.data


class OpenApiContract:
    """One or several documents of a vendor; an exchange is checked by the first that knows its path and method."""

    def __init__(self, *files: Path) -> None:
        self._documents: list[tuple[OpenAPI, str, list[tuple[str, str]]]] = []
        for file in files:
            # Klaviyo's document lists alternatives that are equal word for word, of which exactly one can never hold.
            content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8").replace('"oneOf"', '"anyOf"'))
            host = (content.get("servers") or [{"url": "http://localhost"}])[0]["url"]
            # The documents aren't OpenAPI to the letter themselves; what they say of exchanges is what counts.
            document = OpenAPI.from_dict(content, config=Config(spec_validator_cls=None))
            known = [(path, method) for path, item in content["paths"].items() for method in item]
            self._documents.append((document, host, known))

    def request_problem(self, request: Request) -> str | None:
        """What the spec says against the request; an unknown path is a problem too."""
        found = self._find(request)
        if found is None:
            return "no document knows this path and method"
        document, host = found
        try:
            document.validate_request(_AsRequest(request, host))  # type: ignore[arg-type]
        except OpenAPIError as error:
            return _told(error)
        return None

    def reply_problem(self, request: Request, reply: Reply) -> str | None:
        """What the spec says against the answer."""
        found = self._find(request)
        if found is None:
            return "no document knows this path and method"
        document, host = found
        try:
            document.validate_response(_AsRequest(request, host), _AsResponse(reply))  # type: ignore[arg-type]
        except OpenAPIError as error:
            return _told(error)
        return None

    def _find(self, request: Request) -> tuple[OpenAPI, str] | None:
        for document, host, known in self._documents:
            for path, method in known:
                if method == request.method.lower() and _matches(path, request.path):
                    return document, host
        return None


def _matches(template: str, path: str) -> bool:
    wanted, found = template.strip("/").split("/"), path.strip("/").split("/")
    return len(wanted) == len(found) and all(
        part.startswith("{") or part == other for part, other in zip(wanted, found, strict=True)
    )


def _told(error: BaseException) -> str:
    """The error with its causes, in one line."""
    parts = []
    cause: BaseException | None = error
    while cause is not None:
        parts.append(" ".join(str(cause).split())[:300])
        parts.extend(
            f"{'/'.join(map(str, detail.absolute_path))}: {' '.join(str(detail.message).split())[:300]}"
            for detail in list(getattr(cause, "schema_errors", ()))[:_SHOWN]
        )
        cause = cause.__cause__
    return "; ".join(parts)
