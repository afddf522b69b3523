"""The OpenAPI document, and Swagger UI to read it: every file comes from here."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Response, send_from_directory
from werkzeug.exceptions import NotFound

_FILES = Path(str(files("flask_swagger_ui") / "dist"))
_SHOWN = {"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"}

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>notifier API</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = """\
SwaggerUIBundle({
  url: new URL("openapi.json", location.href).href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
"""
_POLICY = {
    # Swagger UI sets styles in its elements and draws with data: images.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def make_blueprint(document: Callable[[], bytes]) -> Blueprint:
    """Make the pages about the OpenAPI *document*, which they ask for when needed."""
    bp = Blueprint("docs", __name__, url_prefix="/api/v1")

    @bp.get("/openapi.json")
    def get_document() -> Response:
        return Response(document(), content_type="application/json")

    @bp.get("/docs")
    def get_page() -> Response:
        return Response(_PAGE, content_type="text/html; charset=utf-8")

    @bp.get("/docs/start.js")
    def get_start() -> Response:
        return Response(_START, content_type="text/javascript; charset=utf-8")

    @bp.get("/docs/<name>")
    def get_file(name: str) -> Response:
        if name not in _SHOWN:
            raise NotFound
        return send_from_directory(_FILES, name, max_age=3600)

    @bp.after_request
    def protect(response: Response) -> Response:
        response.headers.update(_POLICY)
        return response

    return bp
