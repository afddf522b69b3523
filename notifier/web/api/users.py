"""Users and robots: who can prove a name here."""

from typing import Any
from uuid import UUID

from flask import Response

from notifier.access import users
from notifier.access.passwords import hash_password
from notifier.access.users import User, named
from notifier.db import Transaction
from notifier.events.event import Action
from notifier.web.api.base import Blueprint
from notifier.web.api.paging import LINK_HEADER, Answer, list_page
from notifier.web.api.record import record
from notifier.web.api.schemas.access import (
    NewUserSchema,
    UserChangesSchema,
    UserPageSchema,
    UserSchema,
)
from notifier.web.api.schemas.paging import PageQuerySchema
from notifier.web.auth.needs import Need
from notifier.web.services import services

blueprint = Blueprint("users", __name__, "Who can prove a name.")


@blueprint.route("/users", methods=["POST"], needs=Need.ADMIN)
@blueprint.arguments(NewUserSchema)
@blueprint.response(201, UserSchema)
@blueprint.alt_response(409, "CONFLICT")
def create_user(fields: dict[str, Any]) -> User:
    """Create a user or a robot.

    They may do nothing until something is granted to them. Once there is a user or a
    grant, nobody may do anything without.
    """
    password = fields.pop("password", None)
    hashed = None if password is None else hash_password(password)
    with services().database.transaction() as transaction:
        user = users.create(transaction, password_hash=hashed, **fields)
        record(transaction, Action.USER_CREATE, user=named(user))
    services().authenticator.look_again()
    return user


@blueprint.route("/users", needs=Need.ADMIN)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, UserPageSchema, headers=LINK_HEADER)
def list_users(arguments: dict[str, Any]) -> Answer:
    """List users and robots."""
    with services().database.read() as connection:
        return list_page(
            "users",
            arguments,
            lambda before, limit: users.list_users(
                connection, after=before, limit=limit
            ),
        )


@blueprint.route("/users/<uuid:user_id>", needs=Need.ADMIN)
@blueprint.response(200, UserSchema)
@blueprint.alt_response(404, "NOT_FOUND")
def get_user(user_id: UUID) -> User:
    """Show a user or a robot."""
    with services().database.read() as connection:
        return users.get(connection, user_id)


@blueprint.route("/users/<uuid:user_id>", methods=["PATCH"], needs=Need.ADMIN)
@blueprint.arguments(UserChangesSchema)
@blueprint.response(200, UserSchema)
@blueprint.alt_response(404, "NOT_FOUND")
def change_user(fields: dict[str, Any], user_id: UUID) -> User:
    """Change a user or a robot.

    With another password, clients of theirs have to log in again; their API tokens
    stay.
    """
    password = fields.get("password")
    hashed = None if password is None else hash_password(password)
    with services().database.transaction() as transaction:
        user = users.get(transaction.connection, user_id)
        if "password" in fields:
            user = users.set_password(transaction, user_id, hashed)
        if "groups" in fields:
            user = users.set_groups(transaction, user_id, fields["groups"])
        if "disabled" in fields:
            user = users.set_disabled(transaction, user_id, disabled=fields["disabled"])
        _record_change(transaction, user, fields)
    services().authenticator.look_again()
    return user


@blueprint.route("/users/<uuid:user_id>", methods=["DELETE"], needs=Need.ADMIN)
@blueprint.response(204)
@blueprint.alt_response(404, "NOT_FOUND")
def remove_user(user_id: UUID) -> Response:
    """Remove a user or a robot, with their grants and tokens."""
    with services().database.transaction() as transaction:
        user = users.remove(transaction, user_id)
        record(transaction, Action.USER_REMOVE, user=named(user))
    services().authenticator.look_again()
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def _record_change(
    transaction: Transaction, user: User, fields: dict[str, Any]
) -> None:
    record(transaction, Action.USER_UPDATE, user=named(user), fields=sorted(fields))
