"""A program of checks. Usage: PROGRAM BOOTSTRAP CHECK, or PROGRAM --list"""

import sys
import time

CHECKS = {}


def check(function):
    CHECKS[function.__name__] = function
    return function


def until(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not come within {seconds} s"
        time.sleep(0.05)


def main(run):
    """Lists the checks, or has `run` run the one that is asked for: it is given the check and the bootstrap address."""
    if sys.argv[1] == "--list":
        print("\n".join(CHECKS))
    else:
        run(CHECKS[sys.argv[2]], sys.argv[1])
