from datetime import date, datetime

import holidays
import pendulum
import pytz
from babel.dates import format_date
from dateutil.relativedelta import relativedelta

PACKAGES = ["pytz", "tzdata", "python-dateutil", "babel", "pendulum", "holidays"]
EXPECTED = ["+0100", "2026-03-31", "1. Januar 2026", "Europe/Berlin", "Neujahr"]
KIND = "data files, and languages imported by name"
ROOT = True


def answer():
    zone = pytz.timezone("Europe/Berlin")
    later = date(2026, 2, 28) + relativedelta(months=1, day=31)
    found = [zone.localize(datetime(2026, 1, 1)).strftime("%z"), later.isoformat()]
    found += [
        format_date(date(2026, 1, 1), "long", "de"),
        pendulum.datetime(2026, 1, 1, tz="Europe/Berlin").timezone_name,
    ]
    return [*found, holidays.country_holidays("DE", language="de")[date(2026, 1, 1)]]
