"""Execute many notebooks: on this machine's cores, or on the workers of a Dask cluster."""

import json
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict

from .execute import Execution, Settings, execute

__all__ = ["Job", "run"]

#: Key and notebook.
Job = tuple[str, str]


def run(
    jobs: Iterable[Job], settings: Settings, *, workers: int | None = None, scheduler: str = ""
) -> Iterator[tuple[str, Execution]]:
    """Execute notebooks, and give each result as soon as it is there.

    Parameters
    ----------
    jobs : iterable of (str, str)
        Key and notebook.
    settings : Settings
        How to execute.
    workers : int, optional
        How many at a time here; by default as many as there are cores.
    scheduler : str, optional
        Address of a Dask scheduler. Only execution goes to its workers, which need this course and
        bubblewrap; marks and the gradebook stay here.
    """
    if scheduler:
        yield from _distributed(list(jobs), settings, scheduler)
        return
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        futures = {pool.submit(execute, source, settings): key for key, source in jobs}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _remote(source: str, settings: str) -> str:
    """Execute on a worker; only text travels."""
    from .limits import Limits

    given = json.loads(settings)
    given["limits"] = Limits(**given["limits"])
    return json.dumps(asdict(execute(source, Settings(**given | {"seed": None}))))


def _distributed(
    jobs: list[Job], settings: Settings, address: str
) -> Iterator[tuple[str, Execution]]:
    from distributed import Client
    from distributed import as_completed as completed

    given = json.dumps(settings.to_json())
    with Client(address, timeout=30) as client:
        futures = {
            client.submit(_remote, source, given, pure=False, retries=2): key
            for key, source in jobs
        }
        for future in completed(list(futures)):
            yield futures[future], Execution(**json.loads(future.result()))
