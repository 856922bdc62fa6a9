"""`zhtui --web`, as a real server on loopback: whom it lets in, whom it does not, what it shows."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import psutil
import pytest
import pytest_asyncio
from aiohttp import web
from textual_serve.download_manager import DownloadManager

from zhtui.cli import app
from zhtui.cli.web import (
    LOOPBACK,
    MOST_LABS,
    MOST_WAITING,
    PATIENCE,
    Lab,
    LabServer,
    serve,
    sound,
)
from zhtui.errors import LabError


@pytest_asyncio.fixture
async def served() -> AsyncIterator[LabServer]:
    """A server in this process; whom it lets in to a lab is tested with one of its own."""
    listener = socket.create_server((LOOPBACK, 0))
    server = LabServer("false", listener.getsockname()[1])
    runner = web.AppRunner(await server.guarded())
    await runner.setup()
    await web.SockSite(runner, listener).start()
    yield server
    await runner.cleanup()


async def status(url: str, **headers: str) -> int:
    async with aiohttp.ClientSession() as client, client.get(url, headers=headers) as answer:
        return answer.status


async def test_the_printed_address_shows_a_page_that_loads_nothing_from_elsewhere(
    served: LabServer,
) -> None:
    async with aiohttp.ClientSession() as client, client.get(served.address) as answer:
        page = await answer.text()
        assert answer.status == 200
        assert f"ws://{served.own_host}/{served.token}/ws" in page
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in answer.headers
    scripts = re.findall(r'src="([^"]+)"', page)
    assert scripts
    assert [await status(each) for each in scripts] == [200] * len(scripts)


@pytest.mark.parametrize(
    "path", ["", "ws", "static/js/textual.js", "download/x", "{wrong}/", "{wrong}/ws", "{short}/"]
)
async def test_nothing_is_there_without_the_token(served: LabServer, path: str) -> None:
    wrong = served.token[:-1] + ("x" if served.token[-1] != "x" else "y")
    path = path.format(wrong=wrong, short=served.token[:-1])
    url = f"{served.public_url}/{path}"
    assert await status(url) == 404
    with pytest.raises(aiohttp.WSServerHandshakeError, match="404"):
        await greeted(url, served.public_url)


@pytest.mark.parametrize("host", ["evil.example", "localhost:{port}", "127.0.0.1", "127.0.0.1:1"])
async def test_another_host_is_refused(served: LabServer, host: str) -> None:
    host = host.format(port=served.port)
    assert await status(served.address, Host=host) == 403
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await greeted(f"{served.address}ws", served.public_url, Host=host)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", ""])
async def test_a_websocket_is_opened_for_the_own_page_alone(served: LabServer, origin: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await greeted(f"{served.address}ws", origin)


async def greeted(url: str, origin: str, **headers: str) -> None:
    """Opens a websocket as a page of that origin would."""
    known = {"Origin": origin, **headers} if origin else headers
    async with aiohttp.ClientSession() as client, client.ws_connect(url, headers=known):
        pass


def test_every_start_has_a_token_of_its_own() -> None:
    tokens = {LabServer("true", 1).token for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 43, "256 bits"


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(LabError, match=rf"port {port} cannot be used .*another --port"):
            serve(tmp_path, port)


@contextmanager
def zhtui(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`zhtui --web` and the address that it prints."""
    command = [sys.executable, "-P", "-m", "zhtui", "--web", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield child, child.stdout.readline().split()[-1]
        finally:
            child.kill()


async def test_the_lab_itself_is_shown_typed_into_and_ended(store: Path) -> None:
    with zhtui("--store", str(store)) as (child, address):
        port = int(address.split(":")[2].split("/")[0])
        known = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        bound = {row[1] for row in known if int(row[1].split(":")[1], 16) == port}
        assert bound == {f"0100007F:{port:04X}"}, "on 127.0.0.1 and nowhere else"
        told = Path(f"/proc/{child.pid}/cmdline").read_bytes()
        assert address.split("/")[3].encode() not in told, "other users may read that"
        origin = {"Origin": f"http://{LOOPBACK}:{port}"}
        url = address.replace("http", "ws") + "ws?width=100&height=30"
        client = aiohttp.ClientSession()
        async with client, client.ws_connect(url, headers=origin) as page:
            await until(page, "micrograd")
            await page.send_str(json.dumps(["stdin", "?"]))
            await until(page, "What is on this screen")
            await page.send_str(json.dumps(["stdin", "q"]))
            await page.send_str(json.dumps(["stdin", "q"]))
            while (await page.receive(timeout=30)).type != aiohttp.WSMsgType.CLOSE:
                pass
        child.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(child.wait, 30) in (0, 130)


async def until(page: aiohttp.ClientWebSocketResponse, text: str) -> None:
    """Reads until the lab has sent a text."""
    seen = b""
    while text.encode() not in seen:
        seen += await page.receive_bytes(timeout=30)


async def test_a_lab_ends_with_its_server_even_a_killed_one(store: Path) -> None:
    with zhtui("--store", str(store)) as (child, address):
        url, origin = address.replace("http", "ws") + "ws", address.rsplit("/", 2)[0]
        client = aiohttp.ClientSession()
        async with client, client.ws_connect(url, headers={"Origin": origin}) as page:
            await until(page, "micrograd")
            labs = psutil.Process(child.pid).children(recursive=True)
            assert labs
            child.kill()
            async for _ in page:  # until the end of it has come
                pass
            _, left = await asyncio.to_thread(psutil.wait_procs, labs, 30)
            assert not left


def test_without_textual_serve_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "zhtui.cli.web", None)
    monkeypatch.setattr(sys, "argv", ["zhtui", "--web"])
    with pytest.raises(SystemExit) as left:
        app.main()
    assert left.value.code == 1
    assert "pip install 'zhtui[web]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    ['["stdin", 5]', '["stdin"]', "5", "[]", "{}", '["resize", 3]', '["resize", {"width": "x"}]',
     '["resize", {"width": 1e400, "height": 3}]', '["ping"]', "no json",
     "[" * 100_000, '[["stdin"]]'],
    ids=lambda text: text[:24],
)  # fmt: skip
def test_what_no_page_of_ours_says_is_not_heard(text: str) -> None:
    assert not sound(text)


@pytest.mark.parametrize(
    "text",
    ['["stdin", "a"]', '["resize", {"width": 80, "height": 24}]', '["ping", 5]', '["blur"]',
     '["focus"]'],
)  # fmt: skip
def test_what_a_page_of_ours_says_is_heard(text: str) -> None:
    assert sound(text)


async def test_a_page_that_says_nonsense_has_its_lab_still(store: Path) -> None:
    with zhtui("--store", str(store)) as (_, address):
        url, origin = address.replace("http", "ws") + "ws", address.rsplit("/", 2)[0]
        client = aiohttp.ClientSession()
        async with client, client.ws_connect(url, headers={"Origin": origin}) as page:
            await until(page, "micrograd")
            for text in ('["stdin", 5]', "[]", '["resize", {"width": "x", "height": {}}]'):
                await page.send_str(text)
            await page.send_str(json.dumps(["stdin", "?"]))
            await until(page, "What is on this screen")


STUBBORN = f"""{sys.executable} -c "
import sys, time
sys.stdout.write('__GANGLION__\\\\n'); sys.stdout.flush()
time.sleep(600)
" """


async def test_a_lab_that_does_not_leave_ends_with_its_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("zhtui.cli.web.ENDS", 0.5)
    lab = Lab("exec " + STUBBORN, write_bytes=None, write_str=None, close=None,  # type: ignore[arg-type]
              download_manager=DownloadManager())  # fmt: skip
    await lab.start(80, 24)
    process = lab._process
    assert process is not None
    await asyncio.sleep(0.3)
    await lab.stop()
    assert process.returncode is not None
    await lab.stop()


async def test_so_many_labs_are_open_at_a_time(served: LabServer) -> None:
    served.labs = MOST_LABS
    with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
        await greeted(f"{served.address}ws", served.public_url)
    assert served.labs == MOST_LABS


class Connection:
    """A connection of which it is seen whether it was sent away."""

    gone = False

    def force_close(self) -> None:
        self.gone = True


def test_who_makes_no_request_is_sent_away() -> None:
    server = LabServer("true", 1)
    slow, asked = Connection(), Connection()
    server._asked.add(id(asked))
    server.sweep([slow, asked], 0.0)
    server.sweep([slow, asked], PATIENCE - 1)
    assert not slow.gone
    server.sweep([slow, asked], PATIENCE + 1)
    assert slow.gone
    assert not asked.gone
    many = [Connection() for _ in range(MOST_WAITING + 5)]
    for count in range(len(many)):
        server.sweep(many[: count + 1], 100.0 + count / 100)
    assert [each.gone for each in many] == [True] * 5 + [False] * MOST_WAITING


async def test_a_half_open_request_ends(store: Path) -> None:
    with zhtui("--store", str(store)) as (_, address):
        port = int(address.split(":")[2].split("/")[0])
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(b"GET / HTTP/1.1\r\nHost: ")
        await writer.drain()
        assert await asyncio.wait_for(reader.read(), 3 * PATIENCE) == b""
        writer.close()
