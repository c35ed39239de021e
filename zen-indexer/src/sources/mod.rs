//! Where packages come from: working trees, the ecosystems' own clients, git.

pub mod package;

pub use package::{Ecosystem, PackageError, PackageId, PackageSpec};
