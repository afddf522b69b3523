"""All routes under ``/v2/``, with the specification's ids."""

from flask import Blueprint

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

_MANIFEST = "/v2/<path:repository>/manifests/<reference>"
_BLOB = "/v2/<path:repository>/blobs/<digest>"
_UPLOADS = "/v2/<path:repository>/blobs/uploads/"
_UPLOAD = "/v2/<path:repository>/blobs/uploads/<upload>"
_TAGS = "/v2/<path:repository>/tags/list"
_REFERRERS = "/v2/<path:repository>/referrers/<digest>"


def make_blueprint() -> Blueprint:
    """Make the table."""
    bp = Blueprint("v2", __name__)
    add = bp.add_url_rule
    add("/v2/", view_func=base.get_base)  # end-1
    add(_BLOB, view_func=blobs.get_blob)  # end-2
    add(_MANIFEST, view_func=manifests.get_manifest)  # end-3
    add(_UPLOADS, view_func=uploads.post_upload, methods=["POST"])  # end-4, end-11
    add(_UPLOAD, view_func=uploads.patch_upload, methods=["PATCH"])  # end-5
    add(_UPLOAD, view_func=uploads.put_upload, methods=["PUT"])  # end-6
    add(_MANIFEST, view_func=manifests.put_manifest, methods=["PUT"])  # end-7
    add(_TAGS, view_func=tags.list_tags)  # end-8
    add(_MANIFEST, view_func=manifests.delete_manifest, methods=["DELETE"])  # end-9
    add(_BLOB, view_func=blobs.delete_blob, methods=["DELETE"])  # end-10
    add(_REFERRERS, view_func=referrers.list_referrers)  # end-12
    add(_UPLOAD, view_func=uploads.get_upload)  # end-13
    add(_UPLOAD, view_func=uploads.delete_upload, methods=["DELETE"])  # end-14
    add("/v2/_catalog", view_func=catalog.list_repositories)  # Docker
    bp.before_request(base.refuse_writes_if_read_only)
    bp.after_request(base.name_api_version)
    errors.register(bp)
    return bp
