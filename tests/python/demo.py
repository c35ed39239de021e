#!/usr/bin/env python3
"""Make the demo lake in tests/demo with DuckDB: the time zone database's tables of countries and zones (zone1970.tab and
iso3166.tab, in the public domain), as the package pytz carries them."""

import os
import re
import shutil
import sqlite3
import sys

sys.dont_write_bytecode = True

import oracle  # noqa: E402
import pytz  # noqa: E402

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "demo")


def rows(name):
    with pytz.open_resource(name) as file:
        for line in file.read().decode().splitlines():
            if line and not line.startswith("#"):
                yield line.split("\t")


def degrees(text):
    """±DDMM or ±DDDMMSS as degrees, to four places."""
    sign, whole, minutes, seconds = re.fullmatch(r"([+-])(\d{2,3})(\d\d)(\d\d)?", text).groups()
    return round(float(sign + "1") * (int(whole) + int(minutes) / 60 + int(seconds or 0) / 3600), 4)


def zones():
    for codes, place, zone, *comment in rows("zone1970.tab"):
        latitude, longitude = re.fullmatch(r"([+-]\d+)([+-]\d+)", place).groups()
        area = zone.split("/")[0]
        yield zone, area, codes.split(","), {"lat": degrees(latitude), "lon": degrees(longitude)}, (comment or [None])[0]


def main():
    os.chdir(FOLDER)
    shutil.rmtree("data", ignore_errors=True)
    if os.path.exists("demo.sqlite"):
        os.remove("demo.sqlite")
    lake = oracle.Lake(oracle.connect, "demo", "sqlite", "sqlite:demo.sqlite", "data", 0, [])
    lake.attach()
    found = list(zones())
    lake.con.execute("CREATE TABLE memory.zones (zone VARCHAR, area VARCHAR, countries VARCHAR[], place STRUCT(lat DOUBLE, lon DOUBLE), note VARCHAR)")
    lake.con.executemany("INSERT INTO memory.zones VALUES (?, ?, ?, ?, ?)", found)
    lake.con.execute("CREATE TABLE memory.countries (code VARCHAR, name VARCHAR)")
    lake.con.executemany("INSERT INTO memory.countries VALUES (?, ?)", list(rows("iso3166.tab")))
    lake.sql(
        "CREATE TABLE countries (code VARCHAR NOT NULL, name VARCHAR)",
        "INSERT INTO countries SELECT * FROM memory.countries ORDER BY code",
        "CREATE TABLE zones (zone VARCHAR NOT NULL, area VARCHAR, countries VARCHAR[], place STRUCT(lat DOUBLE, lon DOUBLE), note VARCHAR)",
        "ALTER TABLE zones SET PARTITIONED BY (area)",
        "INSERT INTO zones SELECT * FROM memory.zones ORDER BY area, zone",
        "COMMENT ON TABLE zones IS 'Time zones that agree since 1970'",
        # Nobody lives there.
        "DELETE FROM zones WHERE area = 'Antarctica' AND zone <> 'Antarctica/Troll'",
        "ALTER TABLE zones ADD COLUMN hemisphere VARCHAR DEFAULT 'north'",
        "UPDATE zones SET hemisphere = 'south' WHERE place.lat < 0",
        "ALTER TABLE zones RENAME COLUMN note TO remark",
    )
    lake.reattach(inline=10)
    lake.sql("INSERT INTO zones VALUES ('Etc/UTC', 'Etc', [], NULL, 'no place at all', NULL)")
    lake.sql("CREATE VIEW southern AS SELECT zone, area FROM zones WHERE hemisphere = 'south'")
    lake.detach()
    catalog = sqlite3.connect("demo.sqlite")
    catalog.execute("PRAGMA page_size = 1024")
    catalog.execute("VACUUM")
    catalog.close()


if __name__ == "__main__":
    main()
