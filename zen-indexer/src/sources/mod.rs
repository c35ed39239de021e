//! Where packages come from: working trees, the ecosystems' own clients, git.

pub mod archive;
mod at_hand;
pub mod client;
pub mod decode;
pub mod error;
pub mod manifest;
pub mod package;
mod process;
pub mod walk;

pub use archive::{Limits, Unpacked, unpack};
pub use at_hand::{at_hand, read_within};
pub use client::{FetchOptions, Fetched, fetch, fetch_git};
pub use decode::read_text;
pub use error::SourceError;
pub use manifest::{Manifest, find_manifest, read_manifest};
pub use package::{Ecosystem, PackageError, PackageId, PackageSpec};
pub use walk::{FileKind, SkipReason, Skipped, SourceFile, Walk, WalkOptions, walk};
