//! A folder of source and text behind the protocol: `folder DIR` over standard input and output,
//! `folder DIR --http 127.0.0.1:8420 [--token TOKEN]` over HTTP until Ctrl-C.

mod backend;
mod files;

use std::path::Path;
use std::sync::Arc;

use backend::Folders;
use zen_mcp::{HttpOptions, HttpServer, Token, serve_stdio};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1)).cloned()
    };
    let folder = arguments.first().ok_or("usage: folder DIR [--http ADDRESS:PORT [--token TOKEN]]")?;
    let backend = Arc::new(Folders::open(Path::new(folder)).await?);
    let Some(address) = value("--http") else { return Ok(serve_stdio(backend).await?) };
    let mut options = HttpOptions::default();
    options.address = address.parse()?;
    options.token = value("--token").map(Token::new).transpose()?;
    let server = HttpServer::bind(options).await?;
    eprintln!("{}", server.url());
    let stopped = async {
        // Without a handler there is nothing to wait for but the process's end.
        let _ = tokio::signal::ctrl_c().await;
    };
    Ok(server.serve(backend, stopped).await?)
}
