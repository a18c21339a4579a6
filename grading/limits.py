"""What one submission may use."""

from dataclasses import asdict, dataclass

__all__ = ["Limits"]

MB = 1024**2


@dataclass(frozen=True)
class Limits:
    """Limits of one notebook's execution.

    Parameters
    ----------
    cell_seconds, notebook_seconds : float
        Time on the clock.
    cpu_seconds : int
        Of all its processes together.
    memory : int
        Bytes, of all its processes together; also the data segment of each.
    disk : int
        Bytes in each of the writable folders, which live in memory.
    file : int
        Bytes of one file.
    open_files, processes : int
        Per process; in all, threads included.
    output : int
        Bytes of everything that the kernel sends.
    message : int
        Bytes of one message.
    threads : int
        How many threads numerical libraries start.
    """

    cell_seconds: float = 600
    notebook_seconds: float = 1800
    cpu_seconds: int = 3600
    memory: int = 3000 * MB
    disk: int = 256 * MB
    file: int = 64 * MB
    open_files: int = 512
    processes: int = 256
    output: int = 30 * MB
    message: int = 16 * MB
    threads: int = 2

    def to_json(self) -> dict[str, float]:
        """Return the limits as JSON takes them."""
        return asdict(self)
