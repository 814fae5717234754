"""Placeholder."""


class ScriptQueue: ...
