"""Where the time of one score went: into the histograms, and into its `Server-Timing` header."""

from __future__ import annotations

import time

from homeport.scoring.job import Job
from homeport.scoring.messages import Answer, Reply
from homeport.scoring.metrics import Metrics


def record(metrics: Metrics, job: Job, reply: Reply, answer: Answer, *, header: bool) -> None:
    """Called once for each score, when its answer is complete but for the ids.

    Queue is the time until a worker took the job; run and encode are the worker's own figures. What is left of the
    total is the way to the worker and back.
    """
    now = time.perf_counter()
    total = now - job.made
    about = reply.about
    if reply.outcome not in ("ok", "response"):
        metrics.errors.add(reply.outcome)
    queued = (job.taken or now) - job.made
    run, encode = about.get("ms", 0.0), about.get("encode_ms", 0.0)
    metrics.queue.observe(queued)
    metrics.total.observe(total)
    if "ms" in about:
        metrics.run.observe(run / 1000)
        metrics.encode.observe(encode / 1000)
    if job.answered:
        metrics.batch.observe(job.answered)
    if header:
        timing = b"queue;dur=%.3f, run;dur=%.3f, encode;dur=%.3f, total;dur=%.3f"
        answer.headers.append((b"server-timing", timing % (queued * 1000, run, encode, total * 1000)))
