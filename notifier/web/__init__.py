"""HTTP: the only package that knows Flask.

``v2`` is the registry's API, ``api`` the REST API, ``health`` what operators watch.
"""
