"""SIGTERM right after the host says where it listens must end it: sigterm.py [STARTS], by default 60. Last line: N passed, N failed."""

import sys
import time

from host import Host


def main():
    starts = int((sys.argv + ["60"])[1])
    lost = []
    for number in range(starts):
        # The first milliseconds are those in which a signal can meet a program that is not ready for it.
        host = Host("--threads", "1")
        time.sleep((0, 0.0005, 0.001, 0.002, 0.004, 0.02)[number % 6])
        status = host.end(seconds=8)
        if status != 0:
            lost.append(number)
            print(f"start {number}: " + ("SIGTERM had no effect" if status is None else f"exit status {status}"))
        host.remove()
        if len(lost) == 5:
            print("five are enough")
            break
    print(f"{number + 1 - len(lost)} passed, {len(lost)} failed")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
