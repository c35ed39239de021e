//! Commits to DuckLake lakes: what may happen together, and how it reaches the catalog.

pub mod files;
