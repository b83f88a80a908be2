"""An SFTP server on loopback for public_test.py, run by the system's Python (Debian's python3-asyncssh).

    sftp_server.py FOLDER

FOLDER holds host_key, authorized_keys and root/, which is all that a client sees. Prints its port.
"""
import asyncio
import pathlib
import sys
import warnings

warnings.simplefilter("ignore")
import asyncssh  # noqa: E402

folder = pathlib.Path(sys.argv[1])


class Jailed(asyncssh.SFTPServer):
    def __init__(self, channel):
        super().__init__(channel, chroot=str(folder / "root"))


async def main():
    server = await asyncssh.listen("127.0.0.1", 0, server_host_keys=[str(folder / "host_key")],
                                   authorized_client_keys=str(folder / "authorized_keys"), sftp_factory=Jailed)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
