//! `zen search`: symbols and documentation.

use std::sync::Arc;

use zen_indexer::embed::ModelOptions;
use zen_search::{Filter, QueryModel, SearchRequest, SearchResults, Searcher, Unanswered, Versions};

use crate::args::{Filters, Global, Model, Search};
use crate::failure::{Failure, hint, warn};
use crate::output::{self, Page};

pub(super) async fn run(searcher: &Searcher, args: &Search, global: &Global) -> Result<(), Failure> {
    let request = request(args)?;
    let found = searcher.search(&request).await?;
    tell_unanswered(&found.unanswered);
    for note in &found.notes {
        warn(note);
    }
    if found.hits.is_empty() {
        hint(&nothing(&found));
    }
    if global.json {
        return output::json(&found);
    }
    let page = Page::stdout();
    for (at, hit) in found.hits.iter().enumerate() {
        if at > 0 {
            output::line("")?;
        }
        output::line(&output::hit(hit, &page, searcher.lakes().are_several()))?;
    }
    Ok(())
}

fn request(args: &Search) -> Result<SearchRequest, Failure> {
    let mut filter = filter(&args.filters)?;
    filter.kinds.clone_from(&args.kind);
    filter.language.clone_from(&args.language);
    filter.visibility.clone_from(&args.visibility);
    filter.check()?;
    Ok(SearchRequest {
        query: args.query.join(" "),
        mode: args.mode.into(),
        within: args.within.into(),
        filter,
        limit: args.limit,
    })
}

/// Which rows count, as the command line says.
pub(super) fn filter(args: &Filters) -> Result<Filter, Failure> {
    let mut filter = Filter::default();
    if let Some(ecosystem) = &args.ecosystem {
        filter.set_ecosystem(ecosystem)?;
    }
    if let Some(package) = &args.package {
        filter.set_package(package);
    }
    if let Some(version) = &args.version {
        filter.versions = Versions::Exactly(version.clone());
    }
    if args.all_versions {
        filter.versions = Versions::All;
    }
    Ok(filter)
}

/// The model for queries, which is not loaded before there is use for it.
pub(super) fn model(args: &Model) -> Arc<QueryModel> {
    Arc::new(QueryModel::new(model_options(args)))
}

/// The same for a program that goes on.
pub(super) fn model_for_many(args: &Model) -> Arc<QueryModel> {
    Arc::new(QueryModel::for_many(model_options(args)))
}

fn model_options(args: &Model) -> ModelOptions {
    ModelOptions { model_dir: args.model_dir.clone(), offline: args.offline, ..ModelOptions::default() }
}

/// Warns of lakes that did not answer.
pub(super) fn tell_unanswered(unanswered: &[Unanswered]) {
    for one in unanswered {
        warn(&format!("lake '{}' was left out: {}", one.lake, one.reason));
    }
}

fn nothing(found: &SearchResults) -> String {
    match &found.near[..] {
        [] => "nothing was found; other or fewer words may help, and `zen list` shows which packages are there".into(),
        near => format!("nothing was found; there is {}", near.join(", ")),
    }
}
