"""Asks this container's own web server, as the platform's host, and exits 1 unless it answers 200."""

import http.client
import os
import sys

connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=3)
headers = {"Host": os.environ["PLATFORM_HOST"], "X-Forwarded-Proto": "https"}
connection.request("GET", sys.argv[1], headers=headers)
sys.exit(connection.getresponse().status != 200)
