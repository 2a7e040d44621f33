#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""serve PORT: sends everything back.  send ADDRESS PORT FROM TO: sends the file FROM, and has what
comes back in TO.
"""
import asyncio
import sys


async def echo(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def serve(port):
    server = await asyncio.start_server(echo, "::", int(port))
    async with server:
        await server.serve_forever()


async def keep(reader, path):
    with open(path, "wb") as f:
        while data := await reader.read(65536):
            f.write(data)
            f.flush()


async def send(address, port, source, copy):
    reader, writer = await asyncio.open_connection(address, int(port))
    back = asyncio.create_task(keep(reader, copy))
    with open(source, "rb") as f:
        while data := f.read(16384):
            writer.write(data)
            await writer.drain()
    writer.write_eof()
    await back
    writer.close()
    await writer.wait_closed()


asyncio.run({"serve": serve, "send": send}[sys.argv[1]](*sys.argv[2:]))
