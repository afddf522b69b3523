"""The registry core: what the OCI distribution and image specifications say.

No HTTP here and no events: functions take a connection and return values, or raise a
`errors.RegistryError` by its name in the specification.
"""
