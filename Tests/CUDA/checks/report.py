"""The JSON report and the table at the end."""

import json
import platform
import subprocess
import time

from .context import ask_card
from .finding import FAILED, NOT_RUN, PASSED
from .targets import judge


def card():
    """The card's name, driver, MiB and compute capability, or why they are not known."""
    try:
        return ask_card("name,driver_version,memory.total,compute_cap")
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no nvidia-smi: {error}"


class Report:
    def __init__(self, is_dry, version, path):
        """path: where the JSON goes, or None."""
        self.is_dry = is_dry
        self.path = path
        self.start = time.monotonic()
        self.head = {
            "is_dry": is_dry, "modelhost": version, "card": card(), "machine": platform.platform(), "processor": processor(),
        }
        self.checks = []

    def add_all(self, checks, found):
        for check, findings in zip(checks, found):
            self.add(check, findings)

    def add(self, check, findings):
        self.checks.append((check, findings))
        counts = {verdict: sum(finding.verdict == verdict for finding in findings) for verdict in (PASSED, FAILED, NOT_RUN)}
        told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
        print(f"{check.name}: {told or 'measured'} ({check.took:.1f} s)", flush=True)
        for finding in findings:
            if finding.verdict != PASSED:
                print(f"  {finding.item}: {finding.verdict}; {finding.text}", flush=True)
        # Anew after each, so that whatever ends the run leaves a report.
        if self.path:
            self.write()

    @property
    def correctness(self):
        return [finding for check, findings in self.checks for finding in findings if not check.is_speed]

    @property
    def seconds(self):
        return time.monotonic() - self.start

    def write(self):
        targets = judge(self.numbers, self.is_dry)
        self.path.write_text(json.dumps({
            **self.head, "seconds": self.seconds,
            "targets": [dict(zip(("target", "wanted", "seen", "verdict"), row)) for row in targets],
            "checks": [{
                "check": check.name, "seconds": check.took, "is_speed": check.is_speed,
                "findings": [vars(finding) for finding in findings],
            } for check, findings in self.checks],
        }, indent=1) + "\n")

    @property
    def numbers(self):
        return {(check.name, finding.item): finding.numbers for check, findings in self.checks for finding in findings}

    def show(self, has_targets):
        kind = "DRY RUN, the processor for the card: " if self.is_dry else ""
        print(f"\n{kind}{self.head['modelhost']}; {self.head['card']}; {self.seconds:.0f} s\n")
        if has_targets:
            print(f"{'TARGET':50}{'WANTED':>12}{'SEEN':>10}  VERDICT")
            for name, wanted, seen, verdict in judge(self.numbers, self.is_dry):
                print(f"{name:50}{wanted:>12}{seen:>10}  {verdict}")
            print()
        found = self.correctness
        for verdict in (FAILED, NOT_RUN):
            for check, findings in self.checks:
                for finding in findings if not check.is_speed else ():
                    if finding.verdict == verdict:
                        print(f"{verdict}: {check.name}: {finding.item}")
        counts = [sum(finding.verdict == verdict for finding in found) for verdict in (PASSED, FAILED, NOT_RUN)]
        print("Correctness: {} passed, {} failed, {} not run".format(*counts))


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()
