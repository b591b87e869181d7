"""Records of steps, as a process that may be killed at any moment leaves them."""

from pathlib import Path

from cyclegan.train import journal


def journal_of(tmp_path: Path, *steps: int) -> Path:
    path = tmp_path / "journal.jsonl"
    for step in steps:
        journal.append(path, {"step": step})
    return path


def steps_in(path: Path) -> list[int]:
    return [record["step"] for record in journal.read(path)]


def test_records_are_read_in_the_order_they_were_added(tmp_path: Path) -> None:
    assert steps_in(journal_of(tmp_path, 1, 2, 3)) == [1, 2, 3]


def test_no_file_holds_no_records(tmp_path: Path) -> None:
    assert steps_in(tmp_path / "none.jsonl") == []


def test_records_of_later_steps_are_forgotten(tmp_path: Path) -> None:
    path = journal_of(tmp_path, 10, 20, 30)
    journal.forget_after(path, 20)
    assert steps_in(path) == [10, 20]


def test_a_line_that_was_cut_short_is_no_record_and_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = journal_of(tmp_path, 10)
    with path.open("a") as file:
        file.write('{"step": 2')
    assert steps_in(path) == [10]
    journal.forget_after(path, 20)
    journal.append(path, {"step": 30})
    assert steps_in(path) == [10, 30]
