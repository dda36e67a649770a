"""A plug-in of pytest that writes each test's name, outcome, seconds and reason into the file $OUTCOMES."""

import os

_seconds = {}
_outcomes = {}


def pytest_runtest_logreport(report):
    _seconds[report.nodeid] = _seconds.get(report.nodeid, 0) + report.duration
    worst = _outcomes.get(report.nodeid, ("passed", ""))
    if report.failed:
        reason = getattr(report.longrepr, "reprcrash", None)
        worst = ("failed", f"{report.when}: {reason.message if reason else report.longrepr}")
    elif report.skipped and worst[0] != "failed":
        worst = ("skipped", report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr))
    _outcomes[report.nodeid] = worst
    if report.when == "teardown":
        how, reason = worst
        words = " ".join(reason.split())[:300]
        with open(os.environ["OUTCOMES"], "a", encoding="utf-8") as file:
            file.write(f"{report.nodeid}\t{how}\t{_seconds[report.nodeid]:.2f}\t{words}\n")
