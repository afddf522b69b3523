"""Repairs: what endpoints have missed is sent to them again, or at last.

A redelivery makes deliveries due once more, a replay makes new ones of the log's
events. Either may be of millions, so it is a row that the workers go on with:
``selection`` says what is meant, ``redelivery`` and ``replay`` find it part by part and
do it, ``repairer`` takes the steps, at the rate that was asked for and no faster than
the endpoint takes what is due.
"""
