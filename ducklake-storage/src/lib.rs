//! Bytes at paths.
//!
//! Turns the full path of a data or delete file, as DuckLake's path rules give it, into an object store and a key in
//! it. Stores are opendal operators, presented as the `object_store` that DataFusion reads from. Knows no table and no
//! snapshot.

mod error;
mod options;
mod storage;
mod store;

pub use error::StorageError;
pub use options::StorageOptions;
pub use storage::{Located, Storage, Tracked};
