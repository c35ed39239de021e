//! Benchmarks, optimised, next to the engines they compare with.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::Subcommand;

use crate::run::{Result, cargo, check, root};
use crate::servers::Servers;

#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Reading: TPC-H, time to the first row, planning over 100,000 files
    Scan {
        /// Size of the TPC-H tables
        #[arg(long, default_value = "1")]
        scale: String,
        /// Only this part: tpch, first-row or planning
        #[arg(long)]
        only: Option<String>,
        /// Further arguments, as the benchmarks' own --help shows them
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// DuckDB files: scanning one, planning over a lake whose catalog is one
    Duckfile {
        /// Only this part: scan or planning
        #[arg(long)]
        only: Option<String>,
        /// Further arguments, as the benchmarks' own --help shows them
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Indexing packages: parsing against bare tree-sitter, embedding against the bare model, a whole package
    Index {
        /// Only this part: parse, tokio or embed
        #[arg(long)]
        only: Option<String>,
        /// Further arguments, as the benchmarks' own --help shows them
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Nearest neighbours: segments beside hnsw_rs, usearch, DuckDB's vss and exact search
    Vector {
        /// Vectors that are searched
        #[arg(long, default_value = "100000")]
        vectors: String,
        /// Further arguments, as the benchmarks' own --help shows them
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// How well search finds what is meant: MRR and recall by text, by vectors and by both
    Retrieval {
        /// Further arguments, as the benchmarks' own --help shows them
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Searching a lake of real packages, in new processes and in a warm one
    Search {
        /// Further arguments, as the benchmarks' own --help shows them
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Writing: small commits, a bulk load, changes of a large table, appenders in processes of their own
    Write {
        /// Size of the TPC-H tables
        #[arg(long, default_value = "1")]
        scale: String,
        /// Only this part: small, bulk or appenders
        #[arg(long)]
        only: Option<String>,
        /// Further arguments, as the benchmarks' own --help shows them
        #[arg(last = true)]
        args: Vec<String>,
    },
}

pub(crate) fn bench(what: &Bench) -> Result<ExitCode> {
    let (name, scale, only, args) = match what {
        Bench::Scan { scale, only, args } => ("scan", Some(scale), only, args),
        Bench::Write { scale, only, args } => ("write", Some(scale), only, args),
        Bench::Duckfile { only, args } => ("duckfile", None, only, args),
        Bench::Index { only, args } => ("index", None, only, args),
        Bench::Vector { args, .. } => ("vector", None, &None, args),
        Bench::Retrieval { args } => ("retrieval", None, &None, args),
        Bench::Search { args } => ("search", None, &None, args),
    };
    let given = std::env::var_os("QUACKLAKE_PYTHON").filter(|python| !python.is_empty());
    let python = given.map_or_else(crate::env::python, |python| Ok(PathBuf::from(python)))?;
    let cache = crate::env::cache()?;
    eprintln!("building with optimisation (the first time takes many minutes)");
    let packages = ["--package", "quacklake-bench", "--package", "ducklake-cli", "--package", "zen-cli"];
    check(cargo().args(["build", "--quiet", "--release"]).args(packages), "building the benchmarks")?;
    // Beside the folder of the profile that this program was built with.
    let own = std::env::current_exe()?;
    let target = own.ancestors().nth(2).ok_or("this program has no target folder")?;
    let mut bench = Command::new(target.join("release/quacklake-bench"));
    bench.env("CARGO_MANIFEST_DIR", root().join("bench"));
    bench.arg(name).args(args);
    if matches!(name, "index" | "retrieval" | "search") {
        bench.envs(crate::model::model(&python)?.environment);
    } else {
        bench.arg("--python").arg(&python);
    }
    if let Some(scale) = scale {
        bench.args(["--scale", scale]);
    }
    if let Bench::Vector { vectors, .. } = what {
        bench.args(["--vectors", vectors]);
    }
    if matches!(name, "scan" | "duckfile" | "search") {
        bench.arg("--cache").arg(&cache);
    }
    if let Some(only) = only {
        bench.args(["--only", only]);
    }
    // A server of one's own is taken as it is.
    let needs_server = matches!(name, "scan" | "write")
        && only.as_deref().is_none_or(|only| matches!(only, "planning" | "small" | "appenders"))
        && std::env::var_os("QUACKLAKE_PG").is_none();
    let servers = if needs_server { Some(Servers::start(&python)?) } else { None };
    if let Some(servers) = &servers {
        bench.envs(servers.environment.iter().map(|(name, value)| (name, value)));
    }
    check(&mut bench, "the benchmarks")?;
    Ok(ExitCode::SUCCESS)
}
