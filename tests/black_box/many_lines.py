"""Teaches schemathesis bodies of many lines."""

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def to_lines(_context, value):
    return str(value).encode("utf-8", "replace")


@schemathesis.deserializer("application/x-ndjson")
def from_lines(_context, response):
    return response.content.decode()
