"""A headless Chromium, told what to do over a pipe (the DevTools protocol). It reaches no network: names do not resolve."""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys

import inkwire_process as ink

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


def program():
    """The path of a Chromium; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Chromium:
    """One browser with one page; use it as a context, so that it ends with the block."""

    def __init__(self):
        self.folder = ink.TemporaryFolder("inkwire-chromium")
        (their_in, our_out), (our_in, their_out) = os.pipe(), os.pipe()
        arguments = [program(), "--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--hide-scrollbars", "--mute-audio",
                     "--font-render-hinting=none", "--disable-lcd-text", "--force-color-profile=srgb", "--disable-dev-shm-usage",
                     "--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking", f"--user-data-dir={self.folder / 'profile'}"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")  # Its sandbox refuses to run as root.

        def connect():  # It reads from 3 and writes to 4.
            os.dup2(os.dup(their_in), 103), os.dup2(os.dup(their_out), 104)
            os.dup2(103, 3), os.dup2(104, 4)

        self.child = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                      preexec_fn=connect, pass_fds=(3, 4))
        os.close(their_in), os.close(their_out)
        self.input, self.output = os.fdopen(our_in, "rb"), os.fdopen(our_out, "wb")
        self.number, self.rest, self.session = 0, b"", None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.session = None
            self.call("Browser.close")
            self.child.wait(10)
        except (OSError, EOFError, subprocess.TimeoutExpired):
            self.child.kill()
            self.child.wait()
        self.input.close(), self.output.close()
        self.folder.remove()

    def message(self):
        while b"\0" not in self.rest:
            part = os.read(self.input.fileno(), 1 << 20)
            if not part:
                raise EOFError("Chromium ended")
            self.rest += part
        one, self.rest = self.rest.split(b"\0", 1)
        return json.loads(one)

    def call(self, method, **parameters):
        """What the browser answers. Raises RuntimeError where it refuses."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.output.write(json.dumps(message).encode() + b"\0")
        self.output.flush()
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def open(self, path):
        """Shows a file, and returns when it has loaded."""
        self.call("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
        while self.message().get("method") != "Page.loadEventFired":
            pass

    def evaluate(self, expression):
        """The value of an expression of the page, awaited. Raises RuntimeError with what the page threw."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def picture(self, path, width, height, scale):
        """The PNG of a file of this extent (px of the page), with so many px of the picture for one of the page."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)
        self.open(path)
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])


def require(what):
    """Says aloud that a step is left out where there is no Chromium, and ends well."""
    if program() is None:
        print(f"skipped: {what}: no Chromium is here (`apt-get install chromium` brings it)", flush=True)
        sys.exit(0)
