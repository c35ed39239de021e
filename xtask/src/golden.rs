//! The kept lakes of old format versions, made anew.

use std::process::{Command, ExitCode};

use crate::env;
use crate::run::{Result, check, root};

/// Version of DuckDB, and what its DuckLake extension writes.
const WRITERS: [(&str, &[&str]); 5] = [
    ("1.3.2", &["make", "v0.2"]),
    ("1.3.2", &["first"]),
    ("1.4.4", &["make", "v0.3"]),
    ("1.5.0", &["make", "v0.4"]),
    ("1.5.5", &["make", "v1.0"]),
];

pub(crate) fn golden() -> Result<ExitCode> {
    let python = env::python()?;
    for (version, make) in WRITERS {
        let folder = env::cache()?.join(format!("duckdb-{version}"));
        if !folder.exists() {
            let mut pip = Command::new(&python);
            pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"]).arg(&folder);
            pip.arg(format!("duckdb=={version}"));
            for extension in ["ducklake", "sqlite-scanner", "icu", "json"] {
                pip.arg(format!("duckdb-extension-{extension}=={version}"));
            }
            check(&mut pip, "installing an old DuckDB")?;
        }
        let mut script = Command::new(&python);
        script.env("PYTHONPATH", &folder).env("PYTHONDONTWRITEBYTECODE", "1");
        script.arg(root().join("tests/python/golden.py")).args(make);
        check(&mut script, "making a lake of an old format")?;
    }
    Ok(ExitCode::SUCCESS)
}
