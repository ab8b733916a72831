"""Real jq, asked in-process through the `jq` package of PyPI, which carries libjq.

Holds the pinned version, the virtual environment it lives in, and one question: what does this program answer for
this input? Knows nothing of corpus files or of the engine under test.
"""

import functools
import json
import mmap
import os
import signal
import subprocess
import sys
import tempfile

PACKAGE = "jq==1.13.0"  # carries libjq 1.8.2
JQ_VERSION = "1.8.2"
VENV = os.path.join(tempfile.gettempdir(), "larboard-jq-oracle-1.13.0")


def enter_venv():
    """Runs this script again inside the virtual environment that has the oracle, making it if need be."""
    os.environ["TZ"] = "UTC"
    os.environ["LC_ALL"] = "C"
    python = os.path.join(VENV, "bin", "python")
    if os.path.realpath(sys.prefix) == os.path.realpath(VENV):
        return
    if not os.path.exists(os.path.join(VENV, "ready")):
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PACKAGE], check=True)
        open(os.path.join(VENV, "ready"), "w").close()
    os.execv(python, [python] + sys.argv)


def ask(program, input_text, variables=None, balanced=False):
    """Asks jq, with three seconds to answer; a question that takes longer ends this process and names itself.

    Returns {"compile_error": True} or {"outputs": [JSON text, …], "error": JSON text or None}.

    The outputs pass through jq's own `tojson`, so that their text is jq's and not Python's. An error is the value
    that `catch` would see, as JSON text: a string for jq's own errors, anything for `error(…)`.
    """
    watch(f"{program} on {input_text}")
    wrapped = compiled(program, spell(variables or {}), balanced)
    if wrapped is None:
        signal.alarm(0)
        return {"compile_error": True}
    outputs, error = [], None
    for ok, text in wrapped.input_text(input_text):
        if ok:
            outputs.append(text)
        else:
            error = text
    signal.alarm(0)
    return {"outputs": outputs, "error": error}


@functools.lru_cache(maxsize=64)
def compiled(program, variables, balanced=False):
    """The program, wrapped so that outputs and the error are told apart; None if it does not compile.

    `balanced`: the program is known to close every bracket it opens, so that the wrapping cannot make sense of nonsense.
    """
    import jq

    arguments = json.loads(variables) or None
    try:
        if not balanced:
            jq.compile(program, args=arguments)
        return jq.compile("try ((" + program + "\n) | [true, tojson]) catch [false, tojson]", args=arguments)
    except ValueError:
        return None


ASKED = mmap.mmap(-1, 1 << 16)


def watch(message):
    """Notes what is being asked and ends the process three seconds from now: libjq lets no handler of Python run."""
    ASKED.seek(0)
    ASKED.write(message.encode()[: (1 << 16) - 1] + b"\0")
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(3)


def guarded(work):
    """Does the work in a child, and says what was being asked if the child dies of it. Returns the exit code."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            code = work() or 0
        except SystemExit as leave:
            print(leave.code, file=sys.stderr)
            code = 1
        sys.stdout.flush()
        os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        ASKED.seek(0)
        print(f"signal {os.WTERMSIG(status)}, asked {ASKED.read().split(bytes(1))[0].decode()}", file=sys.stderr)
        return 1
    return os.waitstatus_to_exitcode(status)


def builtins():
    """The names of jq's builtins, as `name/arity`."""
    import jq

    return sorted(jq.compile("builtins").input_value(None).first())


def version():
    """The version of libjq, read from the paths of the compiled library."""
    import re

    import jq

    found = re.search(rb"build/jq-([0-9]+\.[0-9]+\.[0-9]+)/", open(jq.__file__, "rb").read())
    return found.group(1).decode() if found else "unknown"


def spell(value):
    """JSON text of a Python value, as short as jq writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
