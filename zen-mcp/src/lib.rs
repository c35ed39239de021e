//! The Model Context Protocol server of `zen`: how coding agents ask an index of packages.
//!
//! A program implements [`Backend`], which answers seven questions, and hands it to [`serve_stdio`], [`serve_http`] or
//! [`serve`]. This crate does everything between the backend and the agent: what the tools are called and how they are
//! described, which arguments they take, answers as JSON with a schema and as short text, sizes that fit a context
//! window, errors an agent can act on, progress and cancellation. It knows no lake and no SQL engine.
//!
//! The protocol is that of <https://modelcontextprotocol.io/specification>, by its official Rust SDK; the revision of
//! 2026-07-28 without a handshake as well as those before with one.

mod answers;
mod arguments;
mod backend;
mod calls;
mod drain;
mod error;
mod fit;
mod http;
mod names;
mod progress;
mod requests;
mod schema;
mod server;
mod stdio;
mod text;
mod tools;

pub use answers::{
    Column, DocHit, DocHits, Indexed, Package, Packages, Reference, References, Rows, Side, Source, SymbolDetails,
    SymbolHit, SymbolHits, Symbols,
};
pub use backend::{Backend, BackendError};
pub use error::McpError;
pub use http::{HttpOptions, HttpServer, Token, serve_http};
pub use names::{Direction, Ecosystem, Language, SearchMode, SymbolKind};
pub use progress::{Progress, Step};
pub use requests::{DocSearch, IndexRequest, PackageFilter, ReferenceSearch, SqlQuery, SymbolLookup, SymbolSearch};
pub use stdio::{serve, serve_stdio};
