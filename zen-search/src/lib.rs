//! Finds symbols and documentation in lakes of software packages that `zen-indexer` filled.
//!
//! A [`Searcher`] over one or several [`Lakes`] answers a [`SearchRequest`] with hits: candidates by words, by meaning and
//! by name come from the engine's indexes, lake by lake and table by table (`candidates`), and are then put into one order
//! (`order`, by what `rank` says of each). It also looks symbols up ([`SymbolRequest`]) and who refers to them ([`ReferenceRequest`]). Nothing here
//! writes, prints, or knows a command line.
//!
//! ```no_run
//! use zen_indexer::lake::Location;
//! use zen_search::{LakePlace, Lakes, SearchRequest, Searcher};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let location = Location::default_from(&std::env::current_dir()?);
//! let lakes = Lakes::new(vec![LakePlace { name: "project".into(), location }], None);
//! let searcher = Searcher::new(lakes, None);
//! let found = searcher.search(&SearchRequest::new("spawn a task")).await?;
//! for hit in found.hits {
//!     println!("{} {:?}", hit.score, hit.what);
//! }
//! searcher.close().await;
//! # Ok(())
//! # }
//! ```

// Futures of statements nest deeply: a statement plans queries that may call views and functions.
#![recursion_limit = "256"]

mod candidates;
mod engine;
mod error;
mod filter;
mod hit;
mod kept;
mod lakes;
mod model;
mod name;
mod order;
mod packages;
mod rank;
mod refs;
mod request;
mod search;
mod show;
mod sql;
mod versions;

pub use error::{Result, SearchError};
pub use filter::{Filter, Versions};
pub use hit::{Copy, Doc, Hit, SearchResults, Symbol, What};
pub use lakes::{LakePlace, Lakes, ListedPackage, PackageList, Unanswered};
pub use model::QueryModel;
pub use name::NameFit;
pub use refs::{Certainty, Reference, ReferenceRequest, References};
pub use request::{MAX_LIMIT, Mode, SearchRequest, Within};
pub use search::Searcher;
pub use show::{Excerpt, ShownSymbol, SourceRequest, SymbolRequest, Symbols};
pub use sql::SqlRows;
