//! Other programs, run so that their failures say what was attempted.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A task's failure is only ever shown to a person.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    // Cargo says at run time where the sources are now; what was known when this was built may be another clone.
    let own = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    own.parent().unwrap_or(&own).to_path_buf()
}

/// The cargo that runs this task.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    // What `cargo run` tells this program about itself. Build scripts watch these, ring's among them: with them, every
    // change between `cargo xtask` and plain cargo would build it anew, and with it all of DataFusion.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// A program of the workspace, beside this one.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    Ok(own.with_file_name(name).with_extension(std::env::consts::EXE_EXTENSION))
}

/// Runs a command to its end; `what` is what the user is told when it fails.
pub(crate) fn check(command: &mut Command, what: &str) -> Result<()> {
    let status = command.status().map_err(|error| format!("{what}: {:?}: {error}", command.get_program()))?;
    if status.success() { Ok(()) } else { Err(format!("{what}: {command:?} ended with {status}").into()) }
}

/// What a command prints, without blanks at the end; `None` if it cannot run or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let done = command.stderr(Stdio::null()).output().ok()?;
    done.status.success().then(|| String::from_utf8_lossy(&done.stdout).trim_end().to_string())
}

/// Whether this is the superuser.
pub(crate) fn is_root() -> bool {
    output(Command::new("id").arg("-u")).as_deref() == Some("0")
}

/// Installs a Debian package if that is possible here; `need` says what it is for.
pub(crate) fn install(package: &str, need: &str) -> Result<()> {
    let advice = format!("{need}: install the package {package} (apt-get install {package})");
    if !is_root() || output(Command::new("apt-get").arg("--version")).is_none() {
        return Err(advice.into());
    }
    eprintln!("installing {package} ({need})");
    let apt = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(args).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let wanted = ["install", "-y", "-qq", "--no-install-recommends", package];
    if apt(&wanted) || (apt(&["update", "-qq"]) && apt(&wanted)) { Ok(()) } else { Err(advice.into()) }
}
