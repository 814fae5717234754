"""Test suites of other people, each in a process of its own."""

#: Without plugins that such a suite would not have, and that take seconds to import.
LIGHT = ("-p", "no:schemathesis", "-p", "no:hypothesispytest")
