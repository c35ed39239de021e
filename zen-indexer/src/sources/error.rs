//! Why a source of packages gave none.

use std::io;
use std::path::{Path, PathBuf};

use crate::sources::package::{Ecosystem, PackageError};

/// A package, a folder or a file that could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// What was asked for names no package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The file system refused something.
    #[error("cannot {action} '{}': {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A folder was wanted.
    #[error("'{}' is no folder; give the folder that a package's sources are in", .0.display())]
    NoFolder(PathBuf),
    /// A manifest that cannot be understood.
    #[error("the manifest '{}' cannot be read: {problem}; correct it, or give ecosystem, name and version", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        problem: String,
    },
    /// The ecosystem has no client that fetches sources.
    #[error(
        "{0} packages cannot be installed, only rust, npm, pypi, hex and go; index a working tree, or clone one with --git URL"
    )]
    NoClient(Ecosystem),
    /// The program is not on this machine.
    #[error("'{program}' is not on this machine or not in PATH; {advice}")]
    ProgramMissing {
        /// Its name.
        program: String,
        /// How to get it.
        advice: &'static str,
    },
    /// The program ended with an error.
    #[error("'{command}' failed ({status}){}", said(stderr))]
    ProgramFailed {
        /// The command.
        command: String,
        /// Its exit status.
        status: String,
        /// The end of what it printed.
        stderr: String,
    },
    /// The program took too long.
    #[error(
        "'{command}' was stopped after {seconds} s; it may have waited for a password, or the network is down{}",
        said(stderr)
    )]
    ProgramTooSlow {
        /// The command.
        command: String,
        /// The limit.
        seconds: u64,
        /// The end of what it had printed.
        stderr: String,
    },
    /// The program did well, but what it left is not what it should be.
    #[error("'{command}' succeeded, but {problem}")]
    ProgramOutput {
        /// The command.
        command: String,
        /// What is missing.
        problem: String,
    },
    /// There is no form of the package that can be had without running its code.
    #[error(
        "{package} has no form that can be fetched without running its code: {reason}; allow that with --allow-build if you trust it, or clone its repository with --git URL"
    )]
    NeedsBuild {
        /// The package.
        package: String,
        /// What was tried.
        reason: String,
    },
    /// An address that git is not given.
    #[error("'{url}' is not cloned: {problem}")]
    Url {
        /// The address, without credentials.
        url: String,
        /// Why not.
        problem: &'static str,
    },
    /// A branch, tag or commit that git is not given.
    #[error("'{rev}' can be no branch, tag or commit: {problem}")]
    Revision {
        /// What was given.
        rev: String,
        /// Why not.
        problem: &'static str,
    },
    /// An archive that is broken or hostile.
    #[error("the archive '{}' is not unpacked: {problem}", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A path that leads out of the folder it should be in.
    #[error("'{}' is not read: it is no file below '{}'", path.display(), root.display())]
    Outside {
        /// The path.
        path: PathBuf,
        /// The folder.
        root: PathBuf,
    },
    /// The work was given up.
    #[error("the work on '{}' was given up", .0.display())]
    Cancelled(PathBuf),
}

impl SourceError {
    /// For `map_err`: the file system refused `action` on `path`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }
}

fn said(stderr: &str) -> String {
    if stderr.is_empty() { String::new() } else { format!(":\n{stderr}") }
}
