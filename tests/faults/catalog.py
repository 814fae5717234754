"""The one list of faults: what the server does, and what a caller must then get."""

from faults.body_faults import bodies, pages
from faults.fault import Fault
from faults.status_faults import error_bodies, foreign_404s, redirects, retry_headers, statuses
from faults.wire_faults import connections, cuts, not_http

FAULTS: tuple[Fault, ...] = (
    *connections(),
    *cuts(),
    *not_http(),
    *bodies(),
    *statuses(),
    *error_bodies(),
    *retry_headers(),
    *redirects(),
    *foreign_404s(),
    *pages(),
)
