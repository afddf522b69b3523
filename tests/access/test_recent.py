"""What is remembered, and what is forgotten."""

import threading

from notifier.access.recent import Recent


def test_what_was_not_asked_for_longest_is_forgotten() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("b", 2)

    assert recent.get("a") == 1
    recent.put("c", 3)

    assert [recent.get(key) for key in "abc"] == [1, None, 3]


def test_a_value_is_replaced_or_dropped() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("a", 2)

    assert recent.get("a") == 2
    recent.drop("a")
    recent.drop("a")
    assert recent.get("a") is None


def test_threads_share_it() -> None:
    recent: Recent[int, int] = Recent(8)

    def work() -> None:
        for number in range(5000):
            recent.put(number % 20, number + 1)
            recent.get((number * 7) % 20)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(recent._values) == 8
