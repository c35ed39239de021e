//! `zen serve --mcp`: lakes as tools of coding agents.

mod answers;
mod backend;
mod indexing;
mod rows;

use std::sync::Arc;

use zen_mcp::{HttpOptions, HttpServer, Token, serve_stdio};
use zen_search::{QueryModel, Searcher};

use crate::args::{Global, Serve};
use crate::failure::{Failure, note};
use crate::lakes;
use crate::signals::{guard, stopped};

use backend::LakeBackend;
use indexing::Writer;

/// Serves until the client goes or a signal comes.
pub(crate) async fn run(args: &Serve, global: &Global, model: Arc<QueryModel>) -> Result<(), Failure> {
    let searcher = Arc::new(Searcher::new(lakes::all(global)?, Some(Arc::clone(&model))));
    let is_local = args.http.is_none_or(|address| address.ip().is_loopback());
    let writer = lakes::one(global).ok().map(|location| Writer::new(location, model, is_local));
    let backend = Arc::new(LakeBackend::new(Arc::clone(&searcher), writer));
    let result = match args.http {
        None => guard(async { Ok(serve_stdio(backend.clone()).await?) }).await,
        Some(address) => {
            let mut options = HttpOptions::default();
            options.address = address;
            options.token = args.token_env.as_deref().map(token).transpose()?;
            let server = HttpServer::bind(options).await?;
            note(&format!("serving {}", server.url()));
            // A signal is how this ends.
            let shutdown = async {
                stopped().await;
            };
            Ok(server.serve(backend.clone(), shutdown).await?)
        }
    };
    backend.close().await;
    searcher.close().await;
    result
}

fn token(variable: &str) -> Result<Token, Failure> {
    let usage =
        |message: String| Failure::Usage { message, hint: Some(format!("set {variable} to a long random text")) };
    let text = std::env::var(variable).map_err(|_| usage(format!("there is no token in the variable {variable}")))?;
    Token::new(text).map_err(|error| usage(error.to_string()))
}
