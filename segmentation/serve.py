"""Serves what is published to this machine only."""

from functools import partial
from html import escape
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

from segmentation.errors import UserError
from segmentation.publish import FILE

HOSTS = ("localhost", "127.0.0.1")
PAGES = {"Report": "report.html", "Documentation": "docs/index.html", "All files": ""}


def serve_published(folder: Path, port: str) -> None:
    """Serves a folder until somebody presses Ctrl-C, and says under which addresses.

    port: as the person gave it. Raises UserError where nothing is published, or the port cannot be
    had.
    """
    if not (folder / FILE).exists():
        raise UserError("Nothing is published yet: run `make build`.")
    if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise UserError(f'PORT is "{port}": it takes a number from 1 to 65535, such as 8000.')
    try:
        server = ThreadingHTTPServer(
            ("127.0.0.1", int(port)), partial(Handler, directory=str(folder))
        )
    except OSError as error:
        raise UserError(
            f"Port {port} cannot be had ({error.strerror}): name another one in PORT, such as "
            "`make serve PORT=8001`."
        ) from error
    for title, path in PAGES.items():
        if (folder / path).exists():
            print(f"{title}: http://localhost:{port}/{path}", flush=True)
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


class Handler(SimpleHTTPRequestHandler):
    """Serves files and lists folders, but for names that begin with a dot.

    These are of publishing itself; what is left of an earlier publication may be among them. A page
    of another host, whose name leads here, is refused: it could read the files otherwise.
    """

    def send_head(self) -> object:
        if self.headers.get("Host", "localhost").rsplit(":", 1)[0] not in HOSTS:
            return self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
        asked = Path(self.translate_path(self.path)).relative_to(self.directory)
        if "\0" in str(asked) or any(part.startswith(".") for part in asked.parts):
            return self.send_error(HTTPStatus.NOT_FOUND)
        return super().send_head()

    def list_directory(self, path: str) -> BytesIO:
        names = sorted(entry.name for entry in Path(path).iterdir() if entry.name[0] != ".")
        links = "".join(f'<li><a href="{quote(name)}">{escape(name)}</a>' for name in names)
        page = f"<!doctype html><meta charset=utf-8><title>Published</title><ul>{links}".encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        return BytesIO(page)
