//! The commands: each turns arguments into calls of the library, and answers into text.

mod embed;
mod index;
mod install;
mod list;
mod onboard;
mod remove;
mod show;

use std::sync::Arc;

use zen_indexer::ZenError;
use zen_indexer::embed::{Embedder, ModelOptions, open_model};
use zen_indexer::index::IndexOptions;
use zen_indexer::lake::{Location, ZenLake};

use crate::args::{Cli, Command, Global, Indexing, Model};
use crate::failure::Failure;
use crate::signals::guard;

/// Runs the command.
pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
    let global = cli.global;
    match cli.command {
        Command::Index(args) => with_new_lake(&global, async |lake| index::run(lake, &args, &global).await).await,
        Command::Install(args) => with_new_lake(&global, async |lake| install::run(lake, &args, &global).await).await,
        Command::Onboard(args) => with_new_lake(&global, async |lake| onboard::run(lake, &args, &global).await).await,
        Command::List(args) => with_lake(&global, async |lake| list::run(lake, &args, &global).await).await,
        Command::Show(args) => with_lake(&global, async |lake| show::run(lake, &args, &global).await).await,
        Command::Remove(args) => with_lake(&global, async |lake| remove::run(lake, &args, &global).await).await,
        Command::Embed(args) => with_lake(&global, async |lake| embed::run(lake, &args, &global).await).await,
    }
}

/// Where the lake is.
fn location(global: &Global) -> Result<Location, Failure> {
    if let Some(uri) = &global.lake {
        return Ok(Location::of(uri.clone(), global.data_path.clone()));
    }
    let here = std::env::current_dir().map_err(|source| ZenError::Io { path: ".".into(), source })?;
    Ok(Location::default_from(&here))
}

/// Works on the lake that is there.
async fn with_lake(global: &Global, work: impl AsyncFnOnce(&ZenLake) -> Result<(), Failure>) -> Result<(), Failure> {
    let lake = ZenLake::open(&location(global)?).await?;
    conclude(&lake, guard(work(&lake)).await).await
}

/// Works on the lake, which is made where there is none.
async fn with_new_lake(
    global: &Global,
    work: impl AsyncFnOnce(&ZenLake) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let lake = ZenLake::create(&location(global)?).await?;
    conclude(&lake, guard(work(&lake)).await).await
}

/// However it ended: files of what did not become a snapshot are removed before the program is.
async fn conclude(lake: &ZenLake, result: Result<(), Failure>) -> Result<(), Failure> {
    lake.close().await;
    result
}

/// How packages are indexed.
async fn options(indexing: &Indexing) -> Result<IndexOptions, Failure> {
    let embedder = if indexing.no_embeddings { None } else { Some(embedder(&indexing.model).await?) };
    Ok(IndexOptions { threads: indexing.threads, with_tests: indexing.tests, embedder })
}

/// The model; loading it reads 90 MB.
async fn embedder(model: &Model) -> Result<Arc<dyn Embedder>, Failure> {
    let options =
        ModelOptions { model_dir: model.model_dir.clone(), offline: model.offline, ..ModelOptions::default() };
    let opened = tokio::task::spawn_blocking(move || open_model(&options)).await;
    let opened = opened.map_err(|error| ZenError::Thread { reason: error.to_string() })?;
    Ok(Arc::from(opened.map_err(ZenError::from)?))
}
