//! The command line on a small lake that DuckDB made from the time zone database.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use tempfile::TempDir;

use crate::run::{Result, cargo, check, root};

const STEPS: [(&str, &[&str]); 9] = [
    ("What is in the lake?", &["tables"]),
    ("The columns of a table", &["describe", "zones"]),
    ("Its history", &["snapshots"]),
    (
        "Some rows, filtered: only the files that can hold them are read",
        &["scan", "zones", "--columns", "zone,hemisphere,place", "--filter", "area = 'Australia'", "--limit", "5"],
    ),
    (
        "The same table as it was at an earlier snapshot: no deletes, other columns",
        &["scan", "zones", "--snapshot", "5", "--filter", "area = 'Antarctica'"],
    ),
    (
        "Any SQL",
        &[
            "sql",
            "-c",
            "SELECT area, count(*) AS zones, count(*) FILTER (WHERE hemisphere = 'south') AS southern FROM zones GROUP BY area ORDER BY zones DESC",
        ],
    ),
    (
        "Two snapshots in one query: what was deleted in between?",
        &[
            "sql",
            "-c",
            "SELECT zone FROM zones AT (VERSION => 5) WHERE zone NOT IN (SELECT zone FROM zones) ORDER BY zone",
        ],
    ),
    ("The files behind a table", &["files", "zones"]),
    ("The lake as a whole", &["info"]),
];

pub(crate) fn demo() -> Result<ExitCode> {
    eprintln!("building the command line (the first time takes some minutes)");
    check(cargo().args(["build", "--quiet", "--package", "ducklake-cli"]), "building ducklake-cli")?;
    // A copy, elsewhere than where it was made: the recorded data path is overridden.
    let folder = TempDir::with_prefix("quacklake-demo-")?;
    copy(&root().join("tests/demo"), folder.path())?;
    let lake = format!("sqlite:{}/demo.sqlite", folder.path().display());
    let data = format!("{}/data/", folder.path().display());
    for (what, args) in STEPS {
        let shown: Vec<String> = args.iter().map(|arg| shell(arg)).collect();
        eprintln!("\n# {what}\n$ ducklake-cli --lake {lake} --data-path {data} {}", shown.join(" "));
        let mut cli = cargo();
        cli.args(["run", "--quiet", "--package", "ducklake-cli", "--", "--lake", &lake, "--data-path", &data]);
        check(cli.args(args), what)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// An argument as a shell wants it.
fn shell(arg: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_,./:=".contains(c);
    if arg.chars().all(plain) { arg.to_string() } else { format!("\"{arg}\"") }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
