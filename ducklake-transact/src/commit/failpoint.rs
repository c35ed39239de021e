//! Steps of a commit at which a test can end the process, to see what a crash leaves behind.

use std::ffi::OsString;
use std::sync::OnceLock;

/// Files are in place, the catalog is untouched.
pub(super) const FILES_WRITTEN: &str = "files-written";
/// The catalog's transaction holds the snapshot.
pub(super) const SNAPSHOT_WRITTEN: &str = "snapshot-written";
/// The catalog's transaction is complete, and not committed.
pub(super) const ROWS_WRITTEN: &str = "rows-written";
/// The commit has happened, and nobody was told.
pub(super) const COMMITTED: &str = "committed";

/// Ends the process, without any tidying up, where `QUACKLAKE_FAILPOINT` names this step.
pub(super) fn failpoint(step: &str) {
    static CHOSEN: OnceLock<Option<OsString>> = OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| std::env::var_os("QUACKLAKE_FAILPOINT"));
    if chosen.as_deref().is_some_and(|chosen| chosen == step) {
        std::process::abort();
    }
}
