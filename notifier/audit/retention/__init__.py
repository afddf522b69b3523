"""Retention: what is past its time leaves the log's table for archives.

``rules`` say how long what is kept; ``runs`` are asked for and looked at; the
``runner`` goes on with them in a worker: ``archiving`` finds what is past its time and
writes it to a file, ``removal`` takes it from the table, ``restoration`` puts it back.

An event is in the table or in an archive, never in neither, whoever is killed at any
moment: a row is deleted only when the file that has it is on the disk and has a row of
its own in ``archives``, and only if it was read back from that file.
"""
