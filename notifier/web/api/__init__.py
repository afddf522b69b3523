"""The REST API, ``/api/v1``: endpoints, their deliveries, and the audit log.

A view reads the request by a schema, calls what is below `web`, and answers by a
schema; ``openapi`` makes the document of both. ``refusals`` says what becomes of each
error.
"""
