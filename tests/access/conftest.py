"""What the tests of access are given."""

PASSWORD = "correct horse"
