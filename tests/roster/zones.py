"""Reads lines `zone file, instant`, and writes what Python's zoneinfo says: offset, short name, next change of the clocks."""

import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

# No zone is left alone for longer and then changed again in the years that are asked for; a day sees one change at most.
AHEAD_DAYS = 400

zones = {}


def offset(zone, at):
    moment = datetime.fromtimestamp(at, timezone.utc).astimezone(zone)
    return int(moment.utcoffset().total_seconds())


def next_change(zone, at):
    now = offset(zone, at)
    for day in range(AHEAD_DAYS):
        start, end = at + day * 86400, at + (day + 1) * 86400
        if offset(zone, end) != now:
            while end - start > 1:
                middle = (start + end) // 2
                if offset(zone, middle) == now:
                    start = middle
                else:
                    end = middle
            return end
    return "none"


for line in sys.stdin:
    path, at, wants_change = line.rstrip("\n").split("\t")
    if path not in zones:
        with open(path, "rb") as file:
            zones[path] = ZoneInfo.from_file(file)
    zone, at = zones[path], int(at)
    name = datetime.fromtimestamp(at, timezone.utc).astimezone(zone).tzname()
    change = next_change(zone, at) if wants_change == "1" else "-"
    print(f"{offset(zone, at)} {name} {change}")
