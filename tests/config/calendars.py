"""The shifts of calendars, as the packages icalendar and recurring-ical-events read them.

Each line of the input is a file, a month, and a time zone; each line of the output is the shifts in that month, sorted, as
`title start end` with seconds since 1970.
"""

import datetime
import sys
import zoneinfo

import icalendar
import recurring_ical_events


def instant(time, zone):
    if not isinstance(time, datetime.datetime):
        time = datetime.datetime.combine(time, datetime.time())
    if time.tzinfo is None:
        time = time.replace(tzinfo=zone)
    return int(time.astimezone(datetime.timezone.utc).timestamp())


for line in sys.stdin:
    path, month, name = line.rstrip("\n").split("\t")
    zone = zoneinfo.ZoneInfo(name)
    year, number = (int(part) for part in month.split("-"))
    first = datetime.datetime(year, number, 1, tzinfo=zone)
    after = datetime.datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)
    bounds = instant(first, zone), instant(after, zone)
    with open(path, "rb") as file:
        calendar = icalendar.Calendar.from_ical(file.read())
    margin = datetime.timedelta(days=3)
    shifts = set()
    for event in recurring_ical_events.of(calendar).between(first - margin, after + margin):
        start, end = instant(event.start, zone), instant(event.end, zone)
        start, end = max(start, bounds[0]), min(end, bounds[1])
        if start < end:
            shifts.add((start, end, str(event["SUMMARY"])))
    print("; ".join(f"{title} {start} {end}" for start, end, title in sorted(shifts)))
