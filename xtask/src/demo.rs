//! The command line at work: a lake made, filled, changed and looked back at, from the time zone database.

use std::path::Path;
use std::process::ExitCode;

use tempfile::TempDir;

use crate::run::{Result, cargo, check, root};

/// One command of the demo: what it shows, and its arguments.
struct Step {
    what: &'static str,
    args: Vec<String>,
}

pub(crate) fn demo() -> Result<ExitCode> {
    eprintln!("building the command line (the first time takes some minutes)");
    check(cargo().args(["build", "--quiet", "--package", "ducklake-cli"]), "building ducklake-cli")?;
    let folder = TempDir::with_prefix("quacklake-demo-")?;
    for step in source(folder.path()).into_iter().chain(lake(folder.path())) {
        let shown: Vec<String> = step.args.iter().map(|arg| shell(arg)).collect();
        eprintln!("\n# {}\n$ ducklake-cli {}", step.what, shown.join(" "));
        let mut cli = cargo();
        cli.args(["run", "--quiet", "--package", "ducklake-cli", "--"]);
        check(cli.args(&step.args), step.what)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Takes two tables out of the lake that DuckDB made for the tests, as files.
fn source(folder: &Path) -> Vec<Step> {
    let demo = root().join("tests/demo");
    let (lake, data) =
        (format!("sqlite:{}", demo.join("demo.sqlite").display()), demo.join("data").display().to_string());
    let export = |what, args: &[&str], file: &str| {
        let out = folder.join(file).display().to_string();
        let given = ["--lake", &lake, "--data-path", &data].into_iter().chain(args.iter().copied());
        Step { what, args: given.chain(["--out", &out]).map(str::to_string).collect() }
    };
    vec![
        export(
            "A table of a lake that DuckDB made, as it was at a snapshot, into a file",
            &["scan", "zones", "--snapshot", "5"],
            "zones.parquet",
        ),
        export("Another one", &["scan", "countries"], "countries.csv"),
    ]
}

/// Makes a lake of the files, changes it, and looks back.
fn lake(folder: &Path) -> Vec<Step> {
    let path = |name: &str| folder.join(name).display().to_string();
    let uri = format!("sqlite:{}", path("meta.sqlite"));
    let step = |what, args: &[&str]| {
        let args = ["--lake", &uri].into_iter().chain(args.iter().copied()).map(str::to_string).collect();
        Step { what, args }
    };
    let sql = |what, text| step(what, &["sql", "-c", text]);
    vec![
        step("A new lake: a SQLite file and a folder", &["init", "--data-path", &path("data")]),
        step("A table made from a file", &["ingest", "countries", "--create", &path("countries.csv")]),
        sql(
            "A table with partitions",
            "CREATE TABLE zones (zone VARCHAR NOT NULL, area VARCHAR, countries VARCHAR[], \
             place STRUCT(lat DOUBLE, lon DOUBLE), note VARCHAR); ALTER TABLE zones SET PARTITIONED BY (area)",
        ),
        step(
            "Its rows, with a message for the history",
            &["ingest", "zones", "--message", "zones of the world", &path("zones.parquet")],
        ),
        sql(
            "Several changes, one transaction: nobody lives there; a new column; some rows of it",
            "BEGIN; DELETE FROM zones WHERE area = 'Antarctica' AND zone <> 'Antarctica/Troll'; \
             ALTER TABLE zones ADD COLUMN hemisphere VARCHAR DEFAULT 'north'; \
             UPDATE zones SET hemisphere = 'south' WHERE place.lat < 0; COMMIT",
        ),
        sql(
            "What is known gets a note, what is new comes in",
            "MERGE INTO zones USING (VALUES ('Europe/Zurich', 'Europe'), ('Etc/UTC', 'Etc')) AS news (zone, area) \
             ON zones.zone = news.zone WHEN MATCHED THEN UPDATE SET note = 'merged' \
             WHEN NOT MATCHED THEN INSERT (zone, area) VALUES (news.zone, news.area)",
        ),
        step("What happened?", &["snapshots"]),
        step(
            "Rows, filtered: only the files that can hold them are read",
            &["scan", "zones", "--columns", "zone,hemisphere,place", "--filter", "area = 'Australia'", "--limit", "5"],
        ),
        step(
            "The same table before the changes: no deletes, other columns",
            &["scan", "zones", "--snapshot", "4", "--filter", "area = 'Antarctica'", "--limit", "3"],
        ),
        sql(
            "Two snapshots in one query: what was deleted in between?",
            "SELECT zone FROM zones AT (VERSION => 4) WHERE zone NOT IN (SELECT zone FROM zones) ORDER BY zone",
        ),
        sql(
            "Any SQL",
            "SELECT area, count(*) AS zones, count(*) FILTER (WHERE hemisphere = 'south') AS southern FROM zones \
             GROUP BY area ORDER BY zones DESC, area",
        ),
        step("The files behind a table", &["files", "zones"]),
        step("The lake as a whole", &["info"]),
    ]
}

/// An argument as a shell wants it.
fn shell(arg: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_,./:=".contains(c);
    if arg.chars().all(plain) { arg.to_string() } else { format!("\"{arg}\"") }
}
