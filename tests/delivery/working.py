"""A worker by the environment's settings, without the command line around it."""

import sys

from notifier.config import Settings
from notifier.delivery.worker import run

if __name__ == "__main__":
    sys.exit(run(Settings.from_environment()))
