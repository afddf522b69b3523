"""Digests: all that is known of one, as one timeline."""

from typing import Any

from flask import Response, jsonify
from werkzeug.exceptions import NotFound

from notifier.audit.digests import DigestPrefix
from notifier.audit.grammar import QuestionInvalid, read_digest
from notifier.audit.timelines.digest_lists import DigestLists, Part
from notifier.audit.timelines.digests import get_digest, list_digest_days
from notifier.registry.digest import Digest
from notifier.web.api.base import Blueprint
from notifier.web.api.paging import LINK_HEADER, Answer, render_items
from notifier.web.api.schemas.digests import (
    ChangePageSchema,
    DigestDeliveryPageSchema,
    DigestRepositoryPageSchema,
    DigestSchema,
    DigestTagPageSchema,
    RelativePageSchema,
    dump_timeline,
)
from notifier.web.api.schemas.paging import PageQuerySchema
from notifier.web.api.schemas.usage import DaysQuerySchema
from notifier.web.auth.needs import Need
from notifier.web.auth.visibility import may_see
from notifier.web.services import services

blueprint = Blueprint("digests", __name__, "All that is known of a digest.")


@blueprint.route("/digests/<digest>", needs=Need.AUDITOR)
@blueprint.arguments(DaysQuerySchema, location="query")
@blueprint.response(200, DigestSchema)
@blueprint.alt_response(404, "NOT_FOUND")
def get_timeline(arguments: dict[str, Any], digest: str) -> Response:
    """Show all that is known of a digest.

    By whom it was pushed and how, mounted and deleted; which tags pointed to it, and
    from when to when; how often it was pulled, when, and by which clients; what was
    delivered of that, and with what outcome; its children, parents and referrers. It
    is what the caller may see. Of a `HEAD`, which is no pull, nothing is counted. Of
    the digest, the first twelve or more of its hex digits do.
    """
    own = services()
    own.counting.catch_up()
    with own.database.read() as connection:
        found = get_digest(connection, own.recorder, _parse(digest), may_see)
        days = list_digest_days(
            connection, found, arguments["until"], arguments["days"]
        )
        lists = DigestLists(connection, own.recorder, found, may_see)
        return jsonify(dump_timeline(found, days, lists))


@blueprint.route("/digests/<digest>/changes", needs=Need.AUDITOR)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, ChangePageSchema, headers=LINK_HEADER)
@blueprint.alt_response(404, "NOT_FOUND")
def list_changes(arguments: dict[str, Any], digest: str) -> Answer:
    """List by whom a digest was pushed and how, mounted and deleted; newest first."""
    return _list(Part.CHANGES, arguments, digest)


@blueprint.route("/digests/<digest>/tags", needs=Need.AUDITOR)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, DigestTagPageSchema, headers=LINK_HEADER)
@blueprint.alt_response(404, "NOT_FOUND")
def list_tags(arguments: dict[str, Any], digest: str) -> Answer:
    """List the times in which a tag pointed to a digest; what began last is first."""
    return _list(Part.TAGS, arguments, digest)


@blueprint.route("/digests/<digest>/repositories", needs=Need.AUDITOR)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, DigestRepositoryPageSchema, headers=LINK_HEADER)
@blueprint.alt_response(404, "NOT_FOUND")
def list_repositories(arguments: dict[str, Any], digest: str) -> Answer:
    """List how often a digest was pulled from each repository, and when."""
    return _list(Part.REPOSITORIES, arguments, digest)


@blueprint.route("/digests/<digest>/deliveries", needs=Need.AUDITOR)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, DigestDeliveryPageSchema, headers=LINK_HEADER)
@blueprint.alt_response(404, "NOT_FOUND")
def list_deliveries(arguments: dict[str, Any], digest: str) -> Answer:
    """List the deliveries of a digest's pushes, mounts and deletes; newest first.

    Those of a pull are listed with its event.
    """
    return _list(Part.DELIVERIES, arguments, digest)


@blueprint.route("/digests/<digest>/children", needs=Need.AUDITOR)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, RelativePageSchema, headers=LINK_HEADER)
@blueprint.alt_response(404, "NOT_FOUND")
def list_children(arguments: dict[str, Any], digest: str) -> Answer:
    """List the manifests that an index lists."""
    return _list(Part.CHILDREN, arguments, digest)


@blueprint.route("/digests/<digest>/parents", needs=Need.AUDITOR)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, RelativePageSchema, headers=LINK_HEADER)
@blueprint.alt_response(404, "NOT_FOUND")
def list_parents(arguments: dict[str, Any], digest: str) -> Answer:
    """List the indexes that list a manifest."""
    return _list(Part.PARENTS, arguments, digest)


@blueprint.route("/digests/<digest>/referrers", needs=Need.AUDITOR)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, RelativePageSchema, headers=LINK_HEADER)
@blueprint.alt_response(404, "NOT_FOUND")
def list_referrers(arguments: dict[str, Any], digest: str) -> Answer:
    """List the manifests that refer to a manifest: signatures, SBOMs."""
    return _list(Part.REFERRERS, arguments, digest)


def _list(part: Part, arguments: dict[str, Any], digest: str) -> Answer:
    own = services()
    own.counting.catch_up()
    with own.database.read() as connection:
        found = get_digest(connection, own.recorder, _parse(digest), may_see)
        lists = DigestLists(connection, own.recorder, found, may_see)
        items, next_ = lists.page(part, arguments["limit"], arguments.get("cursor"))
    return render_items(items, next_)


def _parse(text: str) -> Digest | DigestPrefix:
    try:
        return read_digest(text)
    except QuestionInvalid:
        raise NotFound("That is no digest.") from None
