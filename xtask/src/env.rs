//! Real DuckDB in a Python environment of its own, made once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Result, check, install, root};

/// Where what is installed stays between runs: `$QUACKLAKE_CACHE`, else `quacklake` in the user's cache folder.
pub(crate) fn cache() -> Result<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from("QUACKLAKE_CACHE")
        .or_else(|| from("XDG_CACHE_HOME").map(|folder| folder.join("quacklake")))
        .or_else(|| from("HOME").map(|folder| folder.join(".cache/quacklake")))
        .ok_or_else(|| "no cache folder: set HOME or QUACKLAKE_CACHE".into())
}

/// The Python of the environment that `tests/python/requirements.txt` describes; made if it is not there yet.
pub(crate) fn python() -> Result<PathBuf> {
    let folder = cache()?.join("venv");
    let wanted = root().join("tests/python/requirements.txt");
    let requirements = fs::read_to_string(&wanted)?;
    let python = folder.join("bin/python3");
    let stamp = folder.join("installed-requirements.txt");
    if python.exists() && fs::read_to_string(&stamp).is_ok_and(|done| done == requirements) {
        return Ok(python);
    }
    eprintln!("installing real DuckDB in {} (once)", folder.display());
    create(&folder)?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&wanted);
    check(&mut pip, "installing the tests' Python packages (is the package index reachable?)")?;
    fs::write(&stamp, requirements)?;
    Ok(python)
}

/// Makes an empty environment.
fn create(folder: &Path) -> Result<()> {
    let base = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let venv = || {
        let mut command = Command::new(&base);
        command.args(["-m", "venv", "--clear"]).arg(folder);
        command
    };
    if venv().output().is_ok_and(|done| done.status.success()) {
        return Ok(());
    }
    // Debian ships Python without the parts a virtual environment needs.
    install("python3-venv", "Python with virtual environments")?;
    check(&mut venv(), "making a Python environment")
}
