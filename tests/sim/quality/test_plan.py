"""The whole laboratory in small: it runs, repeats itself, and its plan is complete."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tagwatch.cli import app
from tagwatch.sim.quality.experiment import QUICK, Setting
from tagwatch.sim.quality.plan import EXPERIMENTS, chosen, run
from tagwatch.sim.quality.table import Row, Verdict

SMALL = replace(
    QUICK,
    weeks=1,
    week_days=0.1,
    entries=4,
    discs=2,
    resamples=50,
    wearers=2,
    crossings=6,
    arrivals=1,
)
FILES_NEEDED = {"fixes with truth", "real errors, past the zone", "real errors, true entries"}


def table(
    words: list[str], seed: int = 1, processes: int = 1, keep: Path | None = None
) -> list[Row]:
    setting = Setting(sizes=SMALL, seed=seed)
    done = run(chosen(words), setting, processes, lambda _words, _share: None, keep)
    return [row for _, rows in done for row in rows]


@pytest.mark.parametrize("name", [e.name for e in EXPERIMENTS if e.name not in FILES_NEEDED])
def test_each_experiment_makes_rows_of_itself_and_says_on_how_much(name: str) -> None:
    rows = table([name])
    assert {row.experiment for row in rows} == {name}
    assert all(row.trials for row in rows)
    assert all((row.verdict is Verdict.NONE) == (row.target is None) for row in rows)


def test_without_files_their_experiments_are_empty() -> None:
    assert table(["real errors", "fixes with truth"]) == []


def test_the_seed_decides_and_neither_processes_nor_shares_do() -> None:
    words = ["true entries"]
    one = repr(table(words))
    assert one == repr(table(words, processes=2))
    assert one != repr(table(words, seed=2))


def test_what_was_done_is_kept_and_read_by_the_next_run(tmp_path: Path) -> None:
    words = ["true entries"]
    plain = repr(table(words))
    assert plain == repr(table(words, keep=tmp_path))
    kept = sorted(tmp_path.rglob("*.pickle"))
    kept[0].unlink()  # as if interrupted
    written = {path: path.stat().st_mtime_ns for path in kept[1:]}
    assert plain == repr(table(words, keep=tmp_path))
    assert {path: path.stat().st_mtime_ns for path in kept[1:]} == written
    assert sorted(tmp_path.rglob("*.pickle")) == kept
    assert repr(table(words, seed=2, keep=tmp_path)) != plain


def test_a_word_that_names_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no experiment is named 'sharks'"):
        chosen(["sharks"])


def test_the_command_prints_a_table_and_json(tmp_path: Path) -> None:
    street = tmp_path / "street.csv"
    rows = [f"{k},{52.5 + 2e-4},13.37,4,6,52.5,13.37" for k in range(200)]
    head = "t_s,lat,lon,sigma_e_m,sigma_n_m,truth_lat,truth_lon"
    street.write_text("\n".join([head, *rows]), encoding="utf-8")
    asked = ["quality", "--quick", "--processes", "1", "--street", str(street), "fixes with truth"]
    answer = CliRunner().invoke(app, asked)
    assert answer.exit_code == 0, answer.output
    assert "street files pooled" in answer.output
    assert "targets shown" in answer.output
    lines = CliRunner().invoke(app, [*asked, "--json"]).stdout.splitlines()
    found = [json.loads(line) for line in lines]
    assert {line["experiment"] for line in found} == {"fixes with truth"}
    assert any(line["of"] == "plain Gaussian" for line in found)


def test_a_wrong_file_or_a_wrong_wish_is_one_sentence(tmp_path: Path) -> None:
    odd = tmp_path / "odd.csv"
    odd.write_text("a,b\n1,2\n", encoding="utf-8")
    for asked in (["--street", str(odd)], ["--quick", "--full"], ["sharks", "--quick"]):
        answer = CliRunner().invoke(app, ["quality", "--processes", "1", *asked])
        assert answer.exit_code == 1
        assert "Traceback" not in answer.output
