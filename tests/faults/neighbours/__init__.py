"""Whether one receiver suffers from what others do: `make neighbours`.

``trial`` is the story: a server is used at a steady rate, and tells a healthy
receiver and six neighbours that behave as badly as they can; in the middle some of
them recover. ``manners`` is how they behave, ``findings`` what must hold.
"""
