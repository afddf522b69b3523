"""Receivers that check what the real ones check, and answer as they do.

What each looks at is written down from the sources and the documentation of the real
one. A `Check` returns the status, and what the receiver has understood.
"""

import hmac
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.receiver import Behaviour, Handler, Request

# In a URL any text can be written, in a header only ASCII.
TOKEN = "t0ken/+ä"
HEADER_TOKEN = "t0ken/+"
SIGNING_TOKEN = "t0ken/+0123456789abcdef"
Check = Callable[[Request], tuple[int, Any]]


def checks(check: Check, understood: list[Any]) -> Behaviour:
    """Answer as *check* says, and note what it understood if that was accepted."""

    def behaviour(handler: Handler) -> None:
        status, value = check(handler.receiver.requests[-1])
        if status < 300:
            understood.append(value)
        handler.answer(status, b"" if status == 204 else json.dumps(value).encode())

    return behaviour


def github(request: Request) -> tuple[int, Any]:
    """Check as ``POST /repos/{owner}/{repo}/dispatches`` of the API does."""
    headers, body = request.headers, json.loads(request.body)
    if not headers["User-Agent"]:
        return 403, "Request forbidden by administrative rules."
    if headers["Authorization"] != f"Bearer {HEADER_TOKEN}":
        return 401, "Bad credentials"
    if request.path != "/api/v3/repos/acme/site/dispatches":
        return 404, "Not Found"
    versions = headers["Accept"], headers["X-GitHub-Api-Version"]
    if versions != ("application/vnd.github+json", "2022-11-28"):
        return 415, "Unsupported"
    payload = body.get("client_payload", {})
    is_valid = (
        body.keys() <= {"event_type", "client_payload"}
        and 0 < len(body["event_type"]) <= 100
        and len(payload) <= 10
        and len(json.dumps(payload)) < 65_536
    )
    if not is_valid:
        return 422, "Invalid request."
    return 204, (body["event_type"], payload["image"])


def gitlab(request: Request, token: str = TOKEN) -> tuple[int, Any]:
    """Check as ``POST /projects/:id/(ref/:ref/)trigger/pipeline`` of the API does.

    The parameters of the body and of the query are one; the path's ref gives way to
    one in the body. The job finds all of the body in ``$TRIGGER_PAYLOAD``.
    """
    url = urlsplit(request.path)
    path = re.fullmatch(
        r"/api/v4/projects/([^/]+)/ref/([^/]+)/trigger/pipeline", url.path
    )
    if path is None:
        return 404, "404 Not Found"
    if request.headers.get_content_type() != "application/json":
        return 415, "The provided content-type is not supported."
    if request.headers["X-Gitlab-Event"] == "Pipeline Hook":
        return 403, "403 Forbidden"
    body = json.loads(request.body)
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    parameters = {"ref": unquote(path[2]), **query, **body}
    variables = parameters.get("variables", {})
    if not all(isinstance(value, str) for value in variables.values()):
        return 400, "variables needs to be a map of key-valued strings"
    if unquote(path[1]) != "acme/app" or parameters.get("token") != token:
        return 404, "404 Not Found"
    return 201, (parameters["ref"], body["events"][0]["action"])


def jenkins_notification(request: Request) -> tuple[int, Any]:
    """Check as the plugin CloudBees Docker Hub/Registry Notification does.

    It answers 200 also to what it throws away, so here that is an error.
    """
    path = re.fullmatch(r"/jenkins/dockerregistry-webhook/([^/]+)/notify", request.path)
    if path is None:
        return 404, "Not Found"
    if unquote(path[1]) != TOKEN:
        return 403, "no valid crumb or API token"
    if request.headers.get_content_type() == "application/x-www-form-urlencoded":
        return 400, "a form needs a field `payload`"
    triggered = []
    for event in json.loads(request.body)["events"]:
        if event["action"] != "push":
            continue
        parts = event["target"]["url"].split("/")
        if len(parts) < 5 or parts[-2] != "manifests" or not event["timestamp"]:
            return 500, "the whole envelope is discarded"
        repository = f"{parts[2]}/{event['target']['repository']}"
        triggered.append((repository, event["target"].get("tag")))
    return 200, triggered


def jenkins_generic(request: Request) -> tuple[int, Any]:
    """Check as the plugin Generic Webhook Trigger does, and read two variables."""
    if urlsplit(request.path).path != "/jenkins/generic-webhook-trigger/invoke":
        return 404, "Not Found"
    if request.headers["Authorization"] != f"Bearer {HEADER_TOKEN}":
        return 404, "Did not find any jobs with GenericTrigger configured!"
    if request.headers.get_content_type() != "application/json":
        return 400, "not JSON"
    target = json.loads(request.body)["events"][0]["target"]
    return 200, (target.get("repository"), target.get("tag"))


def tekton(request: Request) -> tuple[int, Any]:
    """Check as an EventListener does: the body has to be JSON."""
    try:
        body = json.loads(request.body)
    except ValueError:
        return 400, "Invalid event body format"
    return 202, body["events"][0]["target"].get("tag")


def argo_events(request: Request) -> tuple[int, Any]:
    """Check as a webhook event source with an authSecret does."""
    if request.path != "/registry":
        return 404, "404 page not found"
    if request.headers["Authorization"] != f"Bearer {HEADER_TOKEN}":
        return 401, "invalid authorization"
    return 200, json.loads(request.body)["events"][0]["target"].get("tag")


def flux(request: Request) -> tuple[int, Any]:
    """Check as a Receiver of type generic-hmac does; no more than 3 MiB."""
    if request.path != "/hook/9f3a5c":
        return 404, "404 page not found"
    if len(request.body) > 3 * 1024 * 1024:
        return 413, "request body too large"
    algorithm, _, given = (request.headers["X-Signature"] or "").partition("=")
    if algorithm not in {"sha1", "sha256", "sha512"}:
        return 400, "unable to validate HMAC signature"
    computed = hmac.new(SIGNING_TOKEN.encode(), request.body, algorithm).hexdigest()
    if not hmac.compare_digest(computed, given):
        return 400, "unable to validate HMAC signature"
    return 200, json.loads(request.body)["events"][0]["target"].get("tag")


def keel(request: Request) -> tuple[int, Any]:
    """Check as ``/v1/webhooks/registry`` does; it skips what is no push of a tag."""
    if request.path != "/v1/webhooks/registry":
        return 404, "404 page not found"
    images = []
    for event in json.loads(request.body)["events"]:
        target = event["target"]
        if event["action"] == "push" and target.get("tag"):
            name = f"{event['request']['host']}/{target['repository']}"
            images.append(f"{name}:{target['tag']}")
    return 200, images
