"""The Python models: the program that model.json names, which runs one trial (docs/protocol.md)."""

import asyncio_pool
import asyncio_tasks
import processes
import sequential
import threads
from kit.trial import main

main(
    {
        "python-sequential": sequential.run,
        "python-asyncio": asyncio_tasks.run,
        "python-uvloop": asyncio_tasks.run_on_uvloop,
        "python-threads": threads.run,
        "python-processes": processes.run,
        "python-asyncio-pool": asyncio_pool.run,
    },
    settings={"python-threads": {"cpus"}},
)
