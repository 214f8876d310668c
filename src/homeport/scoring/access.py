"""What the access log says of one request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Access:
    """Times in milliseconds, `size` in bytes; `size` is None for an answer that is streamed."""

    method: str
    path: str
    query: str
    status: int
    took: float
    size: int | None
    request_id: str
    traceparent: str | None = None  # as the client sent it, for whoever joins logs by trace

    def text(self) -> str:
        """The reference's line, and the id of the request."""
        query = f"?{self.query}" if self.query else ""
        size = "N/A" if self.size is None else self.size
        line = f"{self.method} {self.path}{query} {self.status} {self.took:.3f}ms {size}"
        return f"{line} {self.request_id}" if self.request_id else line

    def members(self) -> dict[str, object]:
        """The same as members of a JSON line."""
        found: dict[str, object] = {
            "request_id": self.request_id,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "status": self.status,
            "ms": round(self.took, 3),
            "bytes": self.size,
        }
        if self.traceparent:
            found["traceparent"] = self.traceparent
        return found
