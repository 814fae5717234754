"""The spans that a test has made, and questions about them."""

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


class Spans:
    """Collects spans in memory.

    Attributes:
        provider: To be instrumented with.
    """

    def __init__(self) -> None:
        """Have none yet."""
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))

    def all(self) -> list[ReadableSpan]:
        """Give all that have ended, as they began."""
        return sorted(self._exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    def named(self, name: str) -> list[ReadableSpan]:
        """Give those of a name."""
        return [span for span in self.all() if span.name == name]

    def only(self, name: str) -> ReadableSpan:
        """Give the one of a name."""
        (span,) = self.named(name)
        return span

    def below(self, parent: ReadableSpan) -> list[str]:
        """Name the children of a span, as they began."""
        return [one.name for one in self.all() if one.parent and one.parent == parent.context]


def nothing_is_current() -> bool:
    """Tell whether no span is current."""
    return trace.get_current_span() is trace.INVALID_SPAN


def text_of(span: ReadableSpan) -> str:
    """Give all that an exporter is told of a span."""
    return str(span.to_json())
