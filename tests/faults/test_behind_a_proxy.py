"""Behind nginx as docs/deploy configures it: who asked, by which address, how much, how slowly; and stopping politely.

Skipped, visibly, where there is no nginx. Every test of this module shares one installation.
"""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from sqlalchemy import create_engine, text

from demo.visitors import Untouched
from sandbox.mailbox import free_port
from tests.faults.certificates import self_signed
from tests.faults.sites import site
from tests.stack import HOST, PASSWORD, ROOT, SECRET_KEY, Stack, eventually

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
NAME = "give.example.org"
WHO = "finance@planete-nepal.example"
DEPLOY = ROOT / "docs" / "deploy" / "nginx-sahayog.conf"
AROUND = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; {user}
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""
needs_nginx = pytest.mark.skipif(NGINX is None, reason="there is no nginx here")
pytestmark = pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")


@dataclass
class Installation:
    """Two web processes on SQLite, and perhaps nginx in front of them."""

    folder: Path
    env: dict[str, str]
    ports: list[int]
    plain: int
    secure: int
    leaving: ExitStack
    programs: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, place: int) -> None:
        """Start a web process, for the first time or again."""
        port = self.ports[place]
        running = self.leaving.enter_context(site(ROOT, self.env, self.folder / f"site-{port}.log", port))
        self.programs[place : place + 1] = [running]

    def url(self, path: str) -> str:
        return f"https://{HOST}:{self.secure}{path}"

    def ask(self, method: str, path: str, session: requests.Session | None = None, **more) -> requests.Response:
        """Through nginx, as a visitor of give.example.org."""
        headers = {"Host": NAME, "Referer": f"https://{NAME}{path}", **more.pop("headers", {})}
        asking = session or requests
        return asking.request(
            method, self.url(path), headers=headers, verify=False, allow_redirects=False, timeout=60, **more
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("installed")
    ports, plain, secure = [free_port(), free_port()], free_port(), free_port()
    env = {
        **os.environ, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": f"sqlite:///{folder / 'sahayog.db'}",
        "QUEUE_URL": "none", "PUBLIC_URL": f"https://{NAME}", "TRUSTED_PROXIES": "1", "LOG_LEVEL": "INFO",
    }  # fmt: skip
    for words in (("db", "upgrade"), ("seed", "--password", PASSWORD)):
        subprocess.run(Stack.flask(*words), cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    with ExitStack() as leaving:
        made = Installation(folder, env, ports, plain, secure, leaving)
        for place in range(len(ports)):
            made.start(place)
        yield made


@pytest.fixture(scope="module")
def behind(installed) -> Iterator[Installation]:
    """Nginx with our own file, but for its ports and the place of its certificate."""
    folder = installed.folder
    certificate, key = self_signed(folder, NAME)
    text_of = DEPLOY.read_text(encoding="utf-8")
    for old, new in (
        ("127.0.0.1:8001", f"127.0.0.1:{installed.ports[0]}"), ("127.0.0.1:8002", f"127.0.0.1:{installed.ports[1]}"),
        ("listen 80;", f"listen {HOST}:{installed.plain};"), ("listen 443 ", f"listen {HOST}:{installed.secure} "),
        (f"/etc/letsencrypt/live/{NAME}/fullchain.pem", str(certificate)),
        (f"/etc/letsencrypt/live/{NAME}/privkey.pem", str(key)),
    ):  # fmt: skip
        assert old in text_of
        text_of = text_of.replace(old, new)
    text_of = re.sub(r"^ *listen \[::\].*\n", "", text_of, flags=re.MULTILINE)
    (folder / "site.conf").write_text(text_of, encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user), encoding="utf-8")
    command = [str(NGINX), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: _listens(installed.secure), "nginx")
        yield installed
    finally:
        running.terminate()
        running.wait(20)


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex((HOST, port)) == 0


@needs_nginx
def test_plain_http_leads_to_https_and_keeps_the_address(behind):
    answer = requests.get(
        f"http://{HOST}:{behind.plain}/give/soutenir?lang=ne", headers={"Host": NAME}, allow_redirects=False, timeout=30
    )

    assert (answer.status_code, answer.headers["Location"]) == (308, f"https://{NAME}/give/soutenir?lang=ne")


@needs_nginx
def test_signing_in_works_over_https_with_cookies_for_https_alone(behind):
    with requests.Session() as session:
        page = behind.ask("GET", "/sign-in", session)
        typed = {**Untouched.values_of(page.text), "email": WHO, "password": PASSWORD}
        cookie = page.headers["Set-Cookie"].partition(";")[0]
        answer = behind.ask("POST", "/sign-in", session, data=typed, headers={"Cookie": cookie})

    assert answer.status_code == 303, answer.text[-2000:]
    for each in (page, answer):
        assert "Secure" in each.headers["Set-Cookie"]
        assert "HttpOnly" in each.headers["Set-Cookie"]
        assert "max-age" in each.headers["Strict-Transport-Security"]
    assert answer.headers["Location"].startswith(("/", f"https://{NAME}/"))


@needs_nginx
def test_a_form_sent_from_another_site_is_refused(behind):
    page = behind.ask("GET", "/sign-in")
    typed = {**Untouched.values_of(page.text), "email": WHO, "password": PASSWORD}
    headers = {"Cookie": page.headers["Set-Cookie"].partition(";")[0], "Referer": "https://evil.example/sign-in"}

    assert behind.ask("POST", "/sign-in", data=typed, headers=headers).status_code in {400, 403}


@needs_nginx
def test_a_visitor_cannot_say_who_they_are_or_number_their_own_requests(behind):
    page = behind.ask("GET", "/sign-in")
    typed = {**Untouched.values_of(page.text), "email": WHO, "password": "not her password"}
    headers = {
        "Cookie": page.headers["Set-Cookie"].partition(";")[0], "X-Forwarded-For": "198.51.100.7",
        "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Request-ID": "chosen-by-a-visitor",
    }  # fmt: skip
    answer = behind.ask("POST", "/sign-in", data=typed, headers=headers)

    assert answer.status_code == 422
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])
    assert "evil.example" not in answer.text
    engine = create_engine(behind.env["DATABASE_URL"])
    with engine.connect() as connection:
        addresses = set(connection.execute(text("SELECT address FROM failed_sign_in")).scalars())
    engine.dispose()
    assert addresses == {HOST}
    logged = "".join(log.read_text() for log in behind.folder.glob("site-*.log"))
    assert answer.headers["X-Request-ID"] in logged
    assert "chosen-by-a-visitor" not in logged


@needs_nginx
def test_what_is_too_large_is_refused_by_a_page_of_ours_and_the_absurd_by_nginx(behind):
    ours = behind.ask("POST", "/sign-in", data=b"x" * (8 * 1024 * 1024 + 200_000))
    nginxs = behind.ask("POST", "/sign-in", data=b"x" * (13 * 1024 * 1024))

    assert (ours.status_code, "nginx" in ours.text) == (413, False)
    assert (nginxs.status_code, "nginx" in nginxs.text) == (413, True)


@needs_nginx
def test_what_is_for_machines_is_not_for_visitors(behind):
    assert behind.ask("GET", "/readyz").status_code == 403
    assert behind.ask("GET", "/metrics").status_code == 404
    assert behind.ask("GET", "/healthz").json() == {"status": "ok"}


@needs_nginx
def test_slow_clients_keep_nobody_waiting(behind):
    """Fifty who send their requests a few bytes at a time; the product's four threads never hear of them."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    slow = [context.wrap_socket(socket.create_connection((HOST, behind.secure))) for _ in range(50)]
    for each in slow:
        each.sendall(f"POST /sign-in HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 1000\r\n\r\nabc".encode())

    answers = [behind.ask("GET", "/healthz").status_code for _ in range(10)]

    for each in slow:
        each.close()
    assert answers == [200] * 10


def wait_for_more(answers):
    seen = len(answers)
    eventually(lambda: len(answers) > seen + 5, "visitors")


@needs_nginx
def test_one_process_after_the_other_is_restarted_and_no_visitor_notices(behind):
    stop, answers = threading.Event(), []

    def visit():
        while not stop.is_set():
            answers.append(behind.ask("GET", "/sign-in").status_code)

    visitors = [threading.Thread(target=visit) for _ in range(3)]
    for visitor in visitors:
        visitor.start()
    for place in range(len(behind.ports)):
        wait_for_more(answers)
        behind.programs[place].terminate()
        assert behind.programs[place].wait(40) == 0
        wait_for_more(answers)
        behind.start(place)
        wait_for_more(answers)
    stop.set()
    for visitor in visitors:
        visitor.join()
    assert set(answers) == {200}


def test_a_process_that_is_told_to_stop_answers_what_it_has_in_hand(installed, tmp_path):
    port = free_port()
    with site(ROOT, installed.env, tmp_path / "site.log", port) as running:
        with socket.create_connection((HOST, port)) as half:
            half.sendall(
                f"POST /sign-in HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 1000\r\n\r\n".encode() + b"x" * 500
            )
            assert requests.get(f"http://{HOST}:{port}/healthz", timeout=30).status_code == 200
            running.send_signal(signal.SIGTERM)
            eventually(lambda: not _listens(port), "the end of listening")
            half.sendall(b"x" * 500)
            half.settimeout(30)
            said = half.recv(65_536).decode()
        assert running.wait(40) == 0
    assert said.startswith("HTTP/1.1 4")
    assert "x-request-id" in said.lower()
