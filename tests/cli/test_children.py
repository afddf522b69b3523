"""Processes that are kept running, each tried in a parent of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.receiver import wait_until

_PRELUDE = """
import os, signal, sys, time
from notifier.cli import children
from notifier.cli.children import Child, Children
children._PAUSES_S = (0.0, 0.0)
children._STOP_S = 0.5
# All at once: the processes share their output.
def tell(*words): os.write(1, (" ".join(map(str, words)) + "\\n").encode())
def never(): return False
def always(): return True
def ready(): tell("ready", os.getpid())
def sleep(): tell("child", os.getpid()); time.sleep(60)
def fail(): sys.exit(3)
"""


def test_one_that_ends_again_and_again_is_given_up() -> None:
    done = _run(
        """
        def say(): tell("child"); time.sleep(0.2); fail()
        try:
            Children([], [Child("it", say), Child("other", sleep)]).run(always, ready)
        except children.ChildrenFailed as error:
            print(error)
        """
    )

    lines = done.splitlines()
    assert lines.count("child") == 3
    assert lines[-1] == "it ended 3 times in a row, at last with status 3: giving up"
    assert not _is_alive(_pid(done, "child "))


def test_one_that_has_run_for_long_may_end_now_and_then() -> None:
    done = _run(
        """
        children._STEADY_AFTER_S = 0.0
        children._PAUSES_S = (0.0,)
        ends = []
        class Counted(Child):
            def start(self):
                ends.append(1)
                if len(ends) == 5:
                    os.kill(os.getpid(), signal.SIGTERM)
                super().start()
        Children([], [Counted("it", fail)]).run(always, ready)
        print("stopped")
        """
    )

    assert done.endswith("stopped\n")


def test_one_that_is_not_vital_may_end_as_often_as_it_likes() -> None:
    done = _run(
        """
        ends = []
        class Counted(Child):
            def start(self):
                ends.append(1)
                if len(ends) == 6:
                    os.kill(os.getpid(), signal.SIGTERM)
                super().start()
        Children([Counted("it", fail, vital=False)], []).run(always, ready)
        print("stopped")
        """
    )

    assert done.endswith("stopped\n")


def test_one_that_cannot_be_started_just_now_is_started_later() -> None:
    done = _run(
        """
        tries = []
        start = children._forks.Process.start
        def sparse(process):
            tries.append(1)
            if len(tries) == 2:
                raise BlockingIOError("no more processes")
            if len(tries) == 3:
                os.kill(os.getpid(), signal.SIGTERM)
            start(process)
        children._forks.Process.start = sparse
        Children([], [Child("it", fail)]).run(always, ready)
        print("stopped after", len(tries))
        """
    )

    assert "child_not_started" in done
    assert done.endswith("stopped after 3\n")


def test_one_that_cannot_be_started_at_first_leaves_none_behind() -> None:
    done = _run(
        """
        def refuse(process):
            raise BlockingIOError("no more processes")
        first = Child("first", sleep)
        first.start()
        children._forks.Process.start = refuse
        second = Child("second", sleep)
        try:
            second.start()
        except OSError:
            children._stop([second, first])
        print("stopped", first.status())
        """
    )

    assert done.endswith("stopped -15\n")


def test_one_that_is_killed_again_and_again_is_not_given_up() -> None:
    done = _run(
        """
        ends = []
        def die(): os.kill(os.getpid(), signal.SIGKILL)
        class Counted(Child):
            def start(self):
                ends.append(1)
                if len(ends) == 6:
                    os.kill(os.getpid(), signal.SIGTERM)
                super().start()
        Children([], [Counted("it", die)]).run(always, ready)
        print("stopped")
        """
    )

    assert done.endswith("stopped\n")


def test_one_that_ends_before_all_are_ready_ends_all() -> None:
    done = _run(
        """
        try:
            Children([Child("helper", sleep)], [Child("it", fail)]).run(never, ready)
        except children.ChildrenFailed as error:
            print(error)
        """
    )

    assert done.endswith("it did not start: it ended with status 3\n")
    assert "ready" not in done


def test_one_that_does_not_stop_is_killed_with_its_own_children() -> None:
    done = _run(
        """
        there, here = os.pipe()
        def stubborn():
            os.fork()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.write(1, b"child %d%c" % (os.getpid(), 10))
            os.write(here, b"x")
            time.sleep(60)
        def both(): return os.read(there, 1) + os.read(there, 1)
        def stop(): os.kill(os.getpid(), signal.SIGTERM)
        Children([], [Child("it", stubborn)]).run(both, stop)
        print("stopped")
        """
    )

    assert done.endswith("stopped\n")
    pids = [int(line.split()[1]) for line in done.splitlines() if "child" in line]
    assert len(pids) == 2
    wait_until(lambda: not any(map(_is_alive, pids)))


def test_a_request_to_stop_before_all_are_ready_is_heeded() -> None:
    done = _run(
        """
        def stop(): os.kill(os.getppid(), signal.SIGINT); sleep()
        Children([], [Child("it", stop)]).run(never, ready)
        print("stopped")
        """
    )

    assert "ready" not in done
    assert done.endswith("stopped\n")


def test_a_hang_up_stops_all_unless_it_is_ignored() -> None:
    program = """
        Children([], [Child("it", sleep)]).run(always, ready)
    """
    with (
        _start(program) as told,
        _start(
            f"signal.signal(signal.SIGHUP, signal.SIG_IGN)\n{_dedented(program)}"
        ) as nohup,
    ):
        for process in (told, nohup):
            assert process.stdout is not None
            assert "ready" in process.stdout.readline() + process.stdout.readline()
            process.send_signal(signal.SIGHUP)

        assert told.wait(10) == 0
        time.sleep(0.3)
        assert nohup.poll() is None
        nohup.terminate()
        assert nohup.wait(10) == 0


def test_no_child_outlives_a_parent_that_is_killed() -> None:
    with _start('Children([], [Child("it", sleep)]).run(never, ready)') as process:
        assert process.stdout is not None
        child = int(process.stdout.readline().split()[1])

        process.kill()

        wait_until(lambda: not _is_alive(child))


def test_no_child_outlives_its_parent_where_the_kernel_does_not_help() -> None:
    program = """
        from notifier.cli import parentage
        parentage._libc = None
        parentage._LOOK_EVERY_S = 0.05
        Children([], [Child("it", sleep)]).run(never, ready)
    """
    with _start(program) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline().split()[1])

        process.kill()

        wait_until(lambda: not _is_alive(child))


def test_a_child_whose_parent_is_gone_already_ends_at_once() -> None:
    program = "from notifier.cli import parentage; parentage.die_with(1); print('here')"

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=False
    )

    assert done.returncode == 1
    assert done.stdout == b""


def _start(program: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", _PRELUDE + _dedented(program)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _run(program: str) -> str:
    with _start(program) as process:
        output, _ = process.communicate(timeout=20)
    assert process.returncode == 0, output
    return output


def _dedented(program: str) -> str:
    lines = program.strip("\n").splitlines()
    indent = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(line[indent:] for line in lines)


def _pid(output: str, word: str) -> int:
    return next(
        int(line.split()[1]) for line in output.splitlines() if line[:6] == word
    )


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # A zombie waits for whoever adopted it.
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False
