"""Repairs: what endpoints have missed is sent to them again, or at last.

A redelivery makes deliveries due once more. It may be of millions, so it is a row that
the workers go on with: ``selection`` says what is meant, ``work`` finds it part by
part, ``repairer`` takes the steps, at the rate that was asked for and no faster than
the endpoint takes what is due.
"""
