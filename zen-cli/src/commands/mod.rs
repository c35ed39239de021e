//! The commands: each turns arguments into calls of the library, and answers into text.

mod embed;
mod index;
mod install;
mod list;
mod onboard;
mod refresh;
mod refs;
mod remove;
mod search;
mod show;

use std::sync::Arc;

use zen_indexer::ZenError;
use zen_indexer::embed::{Embedder, ModelOptions, open_model};
use zen_indexer::index::IndexOptions;
use zen_indexer::lake::ZenLake;
use zen_search::{QueryModel, Searcher};

use crate::args::{Cli, Command, Global, Indexing, Model};
use crate::failure::Failure;
use crate::signals::guard;
use crate::{lakes, serve};

/// Runs the command.
pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
    let global = cli.global;
    match cli.command {
        Command::Index(args) => with_new_lake(&global, async |lake| index::run(lake, &args, &global).await).await,
        Command::Install(args) => with_new_lake(&global, async |lake| install::run(lake, &args, &global).await).await,
        Command::Onboard(args) => with_new_lake(&global, async |lake| onboard::run(lake, &args, &global).await).await,
        Command::Search(args) => {
            let model = Some(search::model(&args.model));
            with_searcher(&global, model, async |searcher| search::run(searcher, &args, &global).await).await
        }
        Command::List(args) if args.dependencies => {
            with_lake(&global, async |lake| list::dependencies(lake, &args, &global).await).await
        }
        Command::List(args) => {
            with_searcher(&global, None, async |searcher| list::run(searcher, &args, &global).await).await
        }
        Command::Show(args) => {
            with_searcher(&global, None, async |searcher| show::run(searcher, &args, &global).await).await
        }
        Command::Refs(args) => {
            with_searcher(&global, None, async |searcher| refs::run(searcher, &args, &global).await).await
        }
        Command::Remove(args) => with_lake(&global, async |lake| remove::run(lake, &args, &global).await).await,
        Command::Embed(args) => with_lake(&global, async |lake| embed::run(lake, &args, &global).await).await,
        Command::Serve(args) => serve::run(&args, &global, search::model_for_many(&args.model)).await,
        Command::Refresh => with_lake(&global, async |lake| refresh::run(lake, &global).await).await,
    }
}

/// Works on the lake that is there.
async fn with_lake(global: &Global, work: impl AsyncFnOnce(&ZenLake) -> Result<(), Failure>) -> Result<(), Failure> {
    let lake = ZenLake::open(&lakes::one(global)?).await?;
    conclude(&lake, guard(work(&lake)).await).await
}

/// Works on the lake, which is made where there is none.
async fn with_new_lake(
    global: &Global,
    work: impl AsyncFnOnce(&ZenLake) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let lake = ZenLake::create(&lakes::one(global)?).await?;
    conclude(&lake, guard(work(&lake)).await).await
}

/// Reads one or several lakes.
async fn with_searcher(
    global: &Global,
    model: Option<Arc<QueryModel>>,
    work: impl AsyncFnOnce(&Searcher) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let searcher = Searcher::new(lakes::all(global)?, model);
    let result = guard(work(&searcher)).await;
    searcher.close().await;
    result
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
