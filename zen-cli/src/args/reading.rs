//! Arguments of the commands that read lakes.

use std::net::SocketAddr;

use clap::{Args, ValueEnum};
use zen_search::{Mode, Within};

use super::Model;

/// Which rows count.
#[derive(Debug, Args)]
pub(crate) struct Filters {
    /// Only of this package: [ECOSYSTEM:]NAME[@VERSION]
    #[arg(long, short, value_name = "NAME")]
    pub(crate) package: Option<String>,
    /// Only of this version, instead of the newest
    #[arg(long)]
    pub(crate) version: Option<String>,
    /// Of all versions, instead of the newest
    #[arg(long, conflicts_with = "version")]
    pub(crate) all_versions: bool,
    /// Only of this ecosystem: rust, npm, pypi, hex, go, …
    #[arg(long)]
    pub(crate) ecosystem: Option<String>,
}

const SEARCH_HELP: &str = "\
A query that is a name (HashMap::insert, parse_json) finds that name first, then what is like it.
In the query, \"words in quotes\" follow each other, +word has to be there, -word must not, and
spawn* is any word that begins so.

Of each package the newest release that the lake has is searched. What is the same in several
versions, packages or lakes is shown once, with their number. Private symbols come after public
ones; packages that are downloaded more come first where all else is equal.

With several lakes, similarity counts as it is: all have the same model. Scores of words depend on
what else a lake has, so these are measured by the best of each lake.

Without embeddings in the lake, or without a model here, a hybrid search is one by words, and says so.

--json writes one object:
  query, mode, mode_used, notes [text], unanswered [{lake, reason}], near [name]
  hits [{rank, score, name_fit, text_score, similarity, lake, type, …, more, copies}], where
    type is symbol: id, ecosystem, package, version, kind, name, container, signature, doc, file,
                    line_start, line_end, visibility, language
    type is doc:    id, ecosystem, package, version, title, content, file, format, chunk
    name_fit is exact, spelling, prefix, wildcard or part
    more is the number of copies; some are in copies [{lake, id, package, version, file, line}]";

#[derive(Debug, Args)]
#[command(after_help = SEARCH_HELP)]
pub(crate) struct Search {
    /// Words, a question, or a name
    #[arg(required = true, value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// Only of this kind: function, method, struct, class, …; several with commas
    #[arg(long, short, value_delimiter = ',')]
    pub(crate) kind: Vec<String>,
    /// Only in this language: rust, python, typescript, …
    #[arg(long, short)]
    pub(crate) language: Option<String>,
    /// Only of this visibility: public, protected, internal, private
    #[arg(long)]
    pub(crate) visibility: Option<String>,
    /// By words and meaning, by meaning, by words, or by the symbol's name (with * and ? for what is unknown)
    #[arg(long, short, value_enum, default_value = "hybrid")]
    pub(crate) mode: SearchMode,
    /// In what packages declare, in what they say, or in both
    #[arg(long = "in", value_enum, default_value = "both", value_name = "WHAT")]
    pub(crate) within: SearchWithin,
    /// At most so many
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) model: Model,
}

/// How a query is compared.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SearchMode {
    Hybrid,
    Vector,
    Text,
    Name,
}

impl From<SearchMode> for Mode {
    fn from(mode: SearchMode) -> Self {
        match mode {
            SearchMode::Hybrid => Self::Hybrid,
            SearchMode::Vector => Self::Vector,
            SearchMode::Text => Self::Text,
            SearchMode::Name => Self::Name,
        }
    }
}

/// What is searched.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SearchWithin {
    Symbols,
    Docs,
    Both,
}

impl From<SearchWithin> for Within {
    fn from(within: SearchWithin) -> Self {
        match within {
            SearchWithin::Symbols => Self::Symbols,
            SearchWithin::Docs => Self::Docs,
            SearchWithin::Both => Self::Both,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// A symbol's name, also with what it is in (Runtime::spawn), its id, or the id's first 8 digits or more
    pub(crate) symbol: String,
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// Only of this kind: function, method, struct, …
    #[arg(long, short)]
    pub(crate) kind: Option<String>,
    /// Lines of source to show around the symbol, where its files are at hand: in this project, or where cargo, npm, pip,
    /// mix and go keep packages
    #[arg(long, short = 'C', value_name = "N", default_value_t = 0)]
    pub(crate) context: usize,
    /// Do not look for its source
    #[arg(long, conflicts_with = "context")]
    pub(crate) no_source: bool,
    /// At most so many
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10)]
    pub(crate) limit: usize,
}

const REFS_HELP: &str = "\
References are what zen saw when it indexed a package. One is certain where the name can mean only
one symbol of the package; likely where it is written with what the symbol is in; possible where it
is called so, and may be another's: a method of a value whose type is not written.

--json writes one object: symbols [{id, kind, name, …}], callers and callees
[{lake, relation, certainty, written, symbol, ecosystem, package, version, file, lines}], more_callers,
more_callees, unanswered [{lake, reason}].";

#[derive(Debug, Args)]
#[command(after_help = REFS_HELP)]
pub(crate) struct Refs {
    /// A symbol's name, also with what it is in (Runtime::spawn), its id, or the id's first 8 digits or more
    pub(crate) symbol: String,
    /// Only who refers to it
    #[arg(long)]
    pub(crate) callers: bool,
    /// Only what it refers to
    #[arg(long, conflicts_with = "callers")]
    pub(crate) callees: bool,
    /// Only this relation: calls, implements, extends, imports; several with commas
    #[arg(long, value_delimiter = ',')]
    pub(crate) relation: Vec<String>,
    /// Which packages refer
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// At most so many, of each direction
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The Model Context Protocol, over standard input and output
    #[arg(long, required = true)]
    pub(crate) mcp: bool,
    /// Over HTTP instead, on this address: 127.0.0.1:8080
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) http: Option<SocketAddr>,
    /// The environment variable with the token that HTTP clients have to show; needed beyond this machine
    #[arg(long, value_name = "NAME", requires = "http")]
    pub(crate) token_env: Option<String>,
    #[command(flatten)]
    pub(crate) model: Model,
}
