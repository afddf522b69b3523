"""The dialects: how each kind of registry tells what has happened.

distribution   registry:2, registry:3 and GitLab: envelopes of events
acr            Azure: one bare event
harbor         Harbor: its Default payload, and CloudEvents
dockerhub      Docker Hub: a push by tag
quay           Quay: tags that were updated
"""
