//! The command line.

mod reading;

use std::num::NonZero;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use zen_indexer::sources::WalkOptions;

pub(crate) use reading::{Filters, Refs, Search, Serve, Show};

const EXAMPLES: &str = "\
Examples:
  # This project's own source, and everything its lock file names
  zen index .
  zen onboard

  # One version of one package, by the ecosystem's own client
  zen install rust:tokio@1.40.0
  zen install npm:zod pypi:requests
  zen install --git https://github.com/serde-rs/serde --rev v1.0.219

  # What is there
  zen search \"run blocking code without stalling the runtime\"
  zen search JoinHandle::abort --package tokio
  zen show spawn --package tokio --context 5
  zen refs spawn_blocking --callers
  zen list
  ducklake-cli --lake sqlite:.zenith/lake/catalog.sqlite sql \\
      -c \"SELECT kind, name, signature FROM zen.api_symbols WHERE package = 'tokio'\"

  # A lake of a whole team, alone or with others
  zen --lake 'postgres:dbname=zen host=db.example.com' --data-path s3://bucket/zen/ \\
      install go:github.com/spf13/cobra
  zen --profile work search \"retry with backoff\"

  # For coding agents
  zen serve --mcp

Without --lake, --profile, ZEN_LAKE and ZEN_PROFILE, the lake is .zenith/lake/ in this folder or
the nearest above that has one. Any DuckLake client can open it, DuckDB included.

Several lakes are searched together: --lake more than once, or a profile in
~/.config/zen/config.toml, whose paths are relative to it:
  [profiles.work]
  lakes = [
      { name = \"project\" },
      { name = \"team\", uri = \"postgres:dbname=zen host=db\", data_path = \"s3://bucket/zen/\" },
  ]
One without a uri is the project's own. One that cannot be reached is a warning.

Embeddings need the model all-MiniLM-L6-v2 (from a hub's cache, --model-dir, or downloaded on
first use) and the ONNX runtime (ORT_DYLIB_PATH, or `pip install onnxruntime`).
--no-embeddings does without; `zen embed` fills them in later.

Exit codes: 0 done, also where nothing was found; 1 something failed, 2 wrong usage,
130 interrupted; the lake is as it was before the package that was being indexed.";

/// Index the source and documentation of software packages into a lake.
#[derive(Debug, Parser)]
#[command(name = "zen", version, after_help = EXAMPLES, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Which lake, and how results are written.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The lake's catalog: sqlite:PATH, postgres:dbname=… host=…, or a URL of these; again for each further lake to
    /// read [env: ZEN_LAKE]
    #[arg(long, value_name = "URI", global = true)]
    pub(crate) lake: Vec<String>,
    /// Data files are below this folder or URL; for a new lake, the one to record; once for each --lake
    #[arg(long, value_name = "DIR", env = "ZEN_DATA_PATH", global = true)]
    pub(crate) data_path: Vec<String>,
    /// The lakes of this profile in ~/.config/zen/config.toml [env: ZEN_PROFILE]
    #[arg(long, value_name = "NAME", global = true, conflicts_with = "lake")]
    pub(crate) profile: Option<String>,
    /// Time that a lake may take to answer; of several, 10 s where nothing is said
    #[arg(long, value_name = "SECONDS", global = true)]
    pub(crate) timeout: Option<f64>,
    /// One JSON object for each package, symbol or dependency, a line each; one for a search and for references
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No progress bars
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Index a folder: a package's source as it stands there, .gitignore honoured
    Index(Index),
    /// Get packages from their registries, or a git repository, and index them
    Install(Install),
    /// Index what this project's manifests and lock files name and the lake has not
    Onboard(Onboard),
    /// Find symbols and documentation
    Search(Search),
    /// List the packages in the lake
    List(List),
    /// Show symbols with everything that is known of them, and their source where it is on this machine
    Show(Show),
    /// Show who refers to a symbol, and what it refers to
    Refs(Refs),
    /// Remove a package: one version, or all
    Remove(Remove),
    /// Compute the embeddings that --no-embeddings left out
    Embed(Embed),
    /// Bring the search indexes up to date: make those that are missing, and index files that no index has yet
    Refresh,
    /// Answer coding agents
    Serve(Serve),
}

/// How packages are indexed.
#[derive(Debug, Args)]
pub(crate) struct Indexing {
    /// Leave embeddings out: search by name and full text works without
    #[arg(long)]
    pub(crate) no_embeddings: bool,
    #[command(flatten)]
    pub(crate) model: Model,
    /// Index tests too
    #[arg(long)]
    pub(crate) tests: bool,
    /// Index examples and benchmarks too
    #[arg(long)]
    pub(crate) examples: bool,
    /// Index generated code too
    #[arg(long)]
    pub(crate) generated: bool,
    /// Leave the search indexes as they are: searches look through what they lack, and `zen refresh` indexes it later
    #[arg(long)]
    pub(crate) no_refresh: bool,
    /// Threads that parse; without it, all processors
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZero<usize>>,
    /// Show every file that was skipped
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

impl Indexing {
    /// Which files count.
    pub(crate) fn walk(&self, usual: WalkOptions) -> WalkOptions {
        WalkOptions {
            include_tests: self.tests,
            include_examples: self.examples,
            include_generated: self.generated,
            ..usual
        }
    }
}

/// Where the embedding model is.
#[derive(Debug, Args)]
pub(crate) struct Model {
    /// Folder with model.onnx and tokenizer.json of all-MiniLM-L6-v2
    #[arg(long, value_name = "DIR", env = "ZEN_MODEL_DIR")]
    pub(crate) model_dir: Option<PathBuf>,
    /// Never download the model
    #[arg(long, env = "ZEN_OFFLINE")]
    pub(crate) offline: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Index {
    /// The package's folder
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Instead of what the manifest tells: rust, npm, pypi, hex, go, …
    #[arg(long)]
    pub(crate) ecosystem: Option<String>,
    /// Instead of the manifest's name
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Instead of the manifest's version
    #[arg(long)]
    pub(crate) version: Option<String>,
    #[command(flatten)]
    pub(crate) indexing: Indexing,
}

#[derive(Debug, Args)]
pub(crate) struct Install {
    /// Packages: ECOSYSTEM:NAME[@VERSION]; no version means the latest
    #[arg(required_unless_present = "git", conflicts_with = "git", value_name = "PACKAGE")]
    pub(crate) packages: Vec<String>,
    /// A git repository instead, cloned without its history
    #[arg(long, value_name = "URL")]
    pub(crate) git: Option<String>,
    /// Branch, tag or commit of the repository
    #[arg(long, value_name = "REV", requires = "git")]
    pub(crate) rev: Option<String>,
    /// Run a package's own build where there is no other way to its files: only for packages that you trust
    #[arg(long)]
    pub(crate) allow_build: bool,
    #[command(flatten)]
    pub(crate) indexing: Indexing,
}

#[derive(Debug, Args)]
pub(crate) struct Onboard {
    /// The project's folder
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Also what dependencies depend on, as the lock file tells
    #[arg(long)]
    pub(crate) transitive: bool,
    /// Also what is only needed for development
    #[arg(long)]
    pub(crate) dev: bool,
    /// Packages at a time
    #[arg(long, short, value_name = "N", default_value = "4")]
    pub(crate) jobs: NonZero<usize>,
    /// Only show what would be indexed
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) indexing: Indexing,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only packages of this ecosystem
    #[arg(long)]
    pub(crate) ecosystem: Option<String>,
    /// What this project depends on, and whether that is indexed
    #[arg(long)]
    pub(crate) dependencies: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// ECOSYSTEM:NAME[@VERSION]; no version means all
    pub(crate) package: String,
}

#[derive(Debug, Args)]
pub(crate) struct Embed {
    /// Only this package: ECOSYSTEM:NAME[@VERSION]
    pub(crate) package: Option<String>,
    /// Leave the search indexes as they are
    #[arg(long)]
    pub(crate) no_refresh: bool,
    #[command(flatten)]
    pub(crate) model: Model,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{Cli, Command};

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
        let cli = Cli::try_parse_from([
            "zen",
            "--lake",
            "sqlite:a",
            "--lake",
            "sqlite:b",
            "search",
            "open",
            "a",
            "file",
            "-k",
            "fn,struct",
            "--in",
            "docs",
        ]);
        let cli = cli.unwrap();
        assert_eq!(cli.global.lake, ["sqlite:a", "sqlite:b"]);
        let Command::Search(search) = cli.command else { panic!("another command") };
        assert_eq!((search.query.join(" ").as_str(), search.kind.len(), search.limit), ("open a file", 2, 10));
        assert!(Cli::try_parse_from(["zen", "--profile", "x", "--lake", "sqlite:a", "list"]).is_err());
        assert!(Cli::try_parse_from(["zen", "refs", "x", "--callers", "--callees"]).is_err());
        assert!(Cli::try_parse_from(["zen", "serve"]).is_err());
    }
}
