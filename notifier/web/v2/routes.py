"""All routes under ``/v2/``, with the specification's ids, and what each needs."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response

from notifier.web.v2 import (
    base,
    blobs,
    catalog,
    errors,
    manifests,
    referrers,
    tags,
    uploads,
)
from notifier.web.v2.needs import Need, make_guard

View = Callable[..., Response]

MANIFEST: Final = "/v2/<path:repository>/manifests/<reference>"
BLOB: Final = "/v2/<path:repository>/blobs/<digest>"
_UPLOADS = "/v2/<path:repository>/blobs/uploads/"
_UPLOAD = "/v2/<path:repository>/blobs/uploads/<upload>"
_TAGS = "/v2/<path:repository>/tags/list"
_REFERRERS = "/v2/<path:repository>/referrers/<digest>"


def make_blueprint() -> Blueprint:
    """Make the table."""
    bp = Blueprint("v2", __name__)
    needs: dict[str, Need] = {}

    def add(rule: str, need: Need, view: View, method: str = "GET") -> None:
        bp.add_url_rule(rule, view_func=view, methods=[method])
        needs[f"v2.{view.__name__}"] = need

    add("/v2/", Need.LOGIN, base.get_base)  # end-1
    add(BLOB, Need.PULL, blobs.get_blob)  # end-2
    add(MANIFEST, Need.PULL, manifests.get_manifest)  # end-3
    add(_UPLOADS, Need.PUSH, uploads.post_upload, "POST")  # end-4, end-11
    add(_UPLOAD, Need.PUSH, uploads.patch_upload, "PATCH")  # end-5
    add(_UPLOAD, Need.PUSH, uploads.put_upload, "PUT")  # end-6
    add(MANIFEST, Need.PUSH, manifests.put_manifest, "PUT")  # end-7
    add(_TAGS, Need.PULL, tags.list_tags)  # end-8
    add(MANIFEST, Need.DELETE, manifests.delete_manifest, "DELETE")  # end-9
    add(BLOB, Need.DELETE, blobs.delete_blob, "DELETE")  # end-10
    add(_REFERRERS, Need.PULL, referrers.list_referrers)  # end-12
    add(_UPLOAD, Need.PUSH, uploads.get_upload)  # end-13
    add(_UPLOAD, Need.PUSH, uploads.delete_upload, "DELETE")  # end-14
    add("/v2/_catalog", Need.CATALOG, catalog.list_repositories)  # Docker
    bp.before_request(make_guard(needs))
    bp.before_request(base.refuse_writes_if_read_only)
    bp.after_request(base.name_api_version)
    errors.register(bp)
    return bp
