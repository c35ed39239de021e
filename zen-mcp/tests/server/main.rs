//! The server as clients meet it: the SDK's own client over streams in memory, and bare HTTP.

#[path = "../../examples/folder/backend.rs"]
mod backend;
#[path = "../../examples/folder/files.rs"]
mod files;

mod calls;
mod client;
mod http;
mod lifetime;
mod odd;
mod tools;
