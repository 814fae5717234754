"""The API's schemas, as data: requests are checked against them, `/openapi.json` serves them.

They say what Portkey's published specification says, and beyond it only what later versions of
the API accept (`reasoning_effort`, the `json_schema` format, ranking options), the limits that the
specification gives in prose alone, and the operations on admin keys.
"""
