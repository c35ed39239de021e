//! Benchmarks of reading and writing. `cargo xtask bench` builds and runs them.
//!
//! Nothing here passes or fails by its speed: the numbers are for reading. What is checked is that all engines give the
//! same answers.
#![expect(clippy::print_stdout, reason = "the report is what this program is for")]
// Futures of statements nest deeply.
#![recursion_limit = "256"]

mod duck;
mod duckfile;
mod first_row;
mod index;
mod planning;
mod report;
mod retrieval;
mod search;
mod tpch;
mod vector;
mod write;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::duck::Duck;

/// The allocator of `ducklake-cli`, which is what is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A failure is only ever shown to a person.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Benchmarks of Quacklake
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Reading a lake: TPC-H, time to the first row, planning over many files
    Scan(ScanArgs),
    /// DuckDB files: scanning a table of one, planning over a lake whose catalog is one
    #[command(name = "duckfile")]
    DuckFile(DuckFileArgs),
    /// Indexing packages: parsing, embedding, a whole package end to end
    Index(IndexArgs),
    /// Nearest neighbours: building and searching segments
    Vector(VectorArgs),
    /// How well search finds what is meant, by text, by vectors and by both
    Retrieval(RetrievalArgs),
    /// Searching a lake of real packages, in new processes and in a warm one
    Search(SearchArgs),
    /// Writing a lake: small commits, a bulk load, changes of a large table, appenders in processes of their own
    Write(WriteArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct IndexArgs {
    /// Times that everything is measured
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Texts that are embedded
    #[arg(long, default_value_t = 500)]
    texts: usize,
    /// Only this part
    #[arg(long, value_enum)]
    only: Option<IndexPart>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum IndexPart {
    Parse,
    Tokio,
    Embed,
}

#[derive(Debug, clap::Args)]
pub(crate) struct VectorArgs {
    /// A Python that has DuckDB and its extensions; usearch and `vss` are left out if it lacks them
    #[arg(long, env = "QUACKLAKE_PYTHON")]
    python: PathBuf,
    /// Vectors that are searched
    #[arg(long, default_value_t = 100_000)]
    vectors: usize,
    /// Vectors that are searched for
    #[arg(long, default_value_t = 1_000, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    queries: usize,
    /// A file of vectors (32-bit floating point numbers, little-endian) to repeat with noise; random ones if absent
    #[arg(long)]
    file: Option<PathBuf>,
    /// Numbers of a vector of the file
    #[arg(long, default_value_t = 384)]
    dimensions: usize,
    /// Length of the noise, where vectors have length 1
    #[arg(long, default_value_t = 0.3)]
    noise: f32,
    /// Threads that build; all cores if absent
    #[arg(long)]
    threads: Option<usize>,
    /// Engines that are left out: some take an hour over a million vectors
    #[arg(long, value_enum, value_delimiter = ',')]
    without: Vec<VectorEngine>,
}

/// What segments are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum VectorEngine {
    HnswRs,
    Exact,
    Usearch,
    Vss,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RetrievalArgs {
    /// What is searched
    #[arg(long, value_delimiter = ',', default_values = [
        "rust:tokio@1.40.0",
        "rust:serde@1.0.210",
        "rust:regex@1.11.0",
        "rust:bytes@1.7.2",
        "rust:semver@1.0.23",
    ])]
    packages: Vec<String>,
    /// An empty folder in which the lake, the sources and the questions are left
    #[arg(long)]
    keep: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SearchArgs {
    /// A folder for the lake that later runs use again
    #[arg(long)]
    cache: PathBuf,
    /// The program that is measured
    #[arg(long, default_value_os_t = search::default_zen())]
    zen: PathBuf,
    /// Times that every query is asked
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

#[derive(Debug, clap::Args)]
pub(crate) struct WriteArgs {
    /// A Python that has DuckDB and its extensions
    #[arg(long, env = "QUACKLAKE_PYTHON")]
    python: PathBuf,
    /// Size of the TPC-H tables
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Small commits
    #[arg(long, default_value_t = 3_000)]
    commits: u32,
    /// Processes that append at the same time
    #[arg(long, default_value_t = 8)]
    writers: u32,
    /// Commits of each of them
    #[arg(long, default_value_t = 40)]
    appends: u32,
    /// Threads for each engine; all cores if absent
    #[arg(long)]
    threads: Option<usize>,
    /// A PostgreSQL server as keyword/value pairs; databases are made in it and dropped again
    #[arg(long, env = "QUACKLAKE_PG")]
    postgres: Option<String>,
    /// Only this part
    #[arg(long, value_enum)]
    only: Option<WritePart>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum WritePart {
    Small,
    Bulk,
    Appenders,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ScanArgs {
    /// A Python that has DuckDB and its extensions
    #[arg(long, env = "QUACKLAKE_PYTHON")]
    python: PathBuf,
    /// A folder for lakes that later runs use again
    #[arg(long)]
    cache: PathBuf,
    /// Size of the TPC-H tables; 1 is about a gigabyte of raw data
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Times that everything is measured
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Threads for each engine; all cores if absent
    #[arg(long)]
    threads: Option<usize>,
    /// A PostgreSQL server as keyword/value pairs, for planning; a database is made in it and dropped again
    #[arg(long, env = "QUACKLAKE_PG")]
    postgres: Option<String>,
    /// Data files of the table that is planned over
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(3..))]
    files: u32,
    /// Only this part
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// Only these TPC-H queries, by number
    #[arg(long, value_delimiter = ',')]
    queries: Vec<usize>,
    /// Print the plans of these TPC-H queries as they ran (EXPLAIN ANALYZE), of Quacklake and of plain DataFusion
    #[arg(long)]
    explain: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Tpch,
    FirstRow,
    Planning,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DuckFileArgs {
    /// A Python that has DuckDB and its extensions
    #[arg(long, env = "QUACKLAKE_PYTHON")]
    python: PathBuf,
    /// A folder for files that later runs use again
    #[arg(long)]
    cache: PathBuf,
    /// Rows of the table
    #[arg(long, default_value_t = 10_000_000)]
    rows: u32,
    /// Data files of the lake that is planned over
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(2..))]
    files: u32,
    /// Times that everything is measured
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Threads for each engine; all cores if absent
    #[arg(long)]
    threads: Option<usize>,
    /// Only this part
    #[arg(long, value_enum)]
    only: Option<DuckFilePart>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DuckFilePart {
    Scan,
    Planning,
}

fn main() -> ExitCode {
    let what = Args::parse().what;
    let asked = match &what {
        What::Scan(args) => args.threads,
        What::Write(args) => args.threads,
        What::Vector(args) => args.threads,
        What::DuckFile(args) => args.threads,
        What::Index(_) | What::Retrieval(_) | What::Search(_) => None,
    };
    let threads = asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let done = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(Into::into)
        // On a worker, as an embedding program would: the caller's own thread does none of the work.
        .and_then(|runtime| runtime.block_on(async { tokio::spawn(measure(what, threads)).await? }));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(what: What, threads: usize) -> Result<()> {
    match what {
        What::Scan(args) => scan(args, threads).await,
        What::DuckFile(args) => {
            let mut duck = Duck::start(&args.python)?;
            report::heading(&mut duck, threads)?;
            duckfile::run(&args, threads, &mut duck).await
        }
        What::Index(args) => index::run(&args).await,
        What::Vector(args) => vector::run(&args, threads),
        What::Retrieval(args) => retrieval::run(&args).await,
        What::Search(args) => search::run(&args).await,
        What::Write(args) => {
            let mut duck = Duck::start(&args.python)?;
            report::heading(&mut duck, threads)?;
            write::run(&args, threads, &mut duck).await
        }
    }
}

async fn scan(args: ScanArgs, threads: usize) -> Result<()> {
    let mut duck = Duck::start(&args.python)?;
    report::heading(&mut duck, threads)?;
    let wanted = |part| args.only.is_none_or(|only| only == part);
    if wanted(Part::Tpch) {
        tpch::run(&args, threads, &mut duck).await?;
    }
    if wanted(Part::FirstRow) {
        first_row::run(&args, &mut duck)?;
    }
    if wanted(Part::Planning) {
        planning::run(&args, threads, &mut duck).await?;
    }
    Ok(())
}
