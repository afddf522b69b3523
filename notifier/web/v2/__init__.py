"""The registry's HTTP API, ``/v2/``: the OCI distribution specification and Docker's.

``routes`` is the table of all of it. A view reads the request, calls the registry core
within one transaction, announces what happened, and writes the response.
"""
