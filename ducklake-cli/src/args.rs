//! The command line.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::error::CliError;
use crate::output::{Format, Layout, Printer};

const EXAMPLES: &str = "\
Examples:
  # A new lake, with a table made from files
  ducklake-cli init sqlite:meta.sqlite --data-path data/
  ducklake-cli --lake sqlite:meta.sqlite ingest orders --create *.parquet

  # A look around a lake whose catalog is a SQLite file
  ducklake-cli --lake sqlite:meta.sqlite info
  ducklake-cli --lake sqlite:meta.sqlite tables

  # Some columns of some rows, as CSV
  export DUCKLAKE_URI=sqlite:meta.sqlite
  ducklake-cli scan sales.orders --columns id,total --filter 'total > 100'

  # A change; several become one with BEGIN and COMMIT
  ducklake-cli sql -c \"DELETE FROM orders WHERE total = 0\"

  # A query over a lake in PostgreSQL, as it was in January, into a file
  export DUCKLAKE_URI='postgres:dbname=lake host=db.example.com user=reader'
  ducklake-cli --as-of '2026-01-31 12:00:00+00' sql -c 'FROM orders' \\
      --out orders.parquet

  # A lake of DuckDB's own is read as it is, and copied to be written
  ducklake-cli --lake meta.ducklake sql -c 'FROM orders'
  ducklake-cli catalog copy meta.ducklake sqlite:meta.sqlite

  # A shell with history and completion
  ducklake-cli sql

The lake is named by --lake, by DUCKLAKE_URI, or by a profile in ducklake.toml,
which is looked for in this folder, those above it, and ~/.config/ducklake:

  [profiles.default]               # --profile NAME chooses another
  lake = \"postgres:dbname=lake\"    # paths are relative to the file
  data_path = \"s3://bucket/lake/\"  # optional, as are metadata_schema,
                                   # snapshot and as_of
  [profiles.default.storage]       # or the variables AWS_* and R2_*
  endpoint = \"https://…\"           # also region, account_id (of R2),
  access_key_id = \"…\"              # session_token, virtual_host_style
  secret_access_key = \"…\"

Exit codes: 0 done, 1 a statement or the lake failed (nothing was changed,
unless the message says that this is not known), 2 wrong usage,
130 interrupted.";

/// Query and change DuckLake lakes, with no DuckDB.
#[derive(Debug, Parser)]
#[command(name = "ducklake-cli", version, after_help = EXAMPLES, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Which lake, and at which snapshot.
#[derive(Debug, Args)]
#[command(next_help_heading = "Lake")]
pub(crate) struct LakeArgs {
    /// The lake's catalog: sqlite:PATH, postgres:dbname=… host=…, a sqlite:/// or postgres:// URL, or, to read,
    /// duckdb:PATH [env: DUCKLAKE_URI]
    #[arg(long, value_name = "URI", global = true)]
    pub(crate) lake: Option<String>,
    /// Data files are below this folder or URL instead of the one that the lake records; for init, the one to record
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data_path: Option<String>,
    /// Schema of the catalog's tables in the database
    #[arg(long, value_name = "SCHEMA", global = true)]
    pub(crate) metadata_schema: Option<String>,
    /// Profile of ducklake.toml to take what is not given here from
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) profile: Option<String>,
    /// Read everything at the snapshot with this id
    #[arg(long, value_name = "ID", global = true, conflicts_with = "as_of", value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) snapshot: Option<i64>,
    /// Read everything as it was at this time
    #[arg(long, value_name = "TIME", global = true)]
    pub(crate) as_of: Option<String>,
    /// Refuse to change the lake
    #[arg(long, global = true)]
    pub(crate) read_only: bool,
    /// Memory for queries, such as 4GB, beyond which they spill to temporary files or fail; without it, no limit
    #[arg(long, value_name = "SIZE", global = true)]
    pub(crate) memory: Option<String>,
    /// Threads that queries are split over; without it, all processors
    #[arg(long, value_name = "N", global = true, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
}

/// How results are written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Format of the result; without it, what the name of --out says, or table on a terminal and csv elsewhere
    #[arg(long, value_name = "FORMAT", value_enum)]
    output: Option<Format>,
    /// Write to this file, which appears only when it is whole
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Rows of a table that are shown, 0 for all; without it, 200 on a terminal and all elsewhere
    #[arg(long, value_name = "N")]
    max_rows: Option<u64>,
}

/// Rows of a table on a terminal if nothing else is asked for.
const TERMINAL_ROWS: u64 = 200;

impl OutputArgs {
    /// Whether results go to a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        self.out.is_none() && std::io::stdout().is_terminal()
    }

    /// A printer for what is asked; `answers` if `jsonl` is to mean one line for each statement, `is_record` if a table
    /// is to have its names down the side.
    pub(crate) fn printer(&self, answers: bool, is_record: bool) -> Result<Printer, CliError> {
        let is_terminal = self.is_terminal();
        let default = if is_terminal || is_record { Format::Table } else { Format::Csv };
        let format = self.output.or_else(|| Format::of_file(self.out.as_deref()?)).unwrap_or(default);
        let width = is_terminal.then(terminal_size::terminal_size).flatten();
        let layout = Layout {
            width: width.map(|(width, _)| usize::from(width.0)),
            max_rows: self.max_rows.or(is_terminal.then_some(TERMINAL_ROWS)).filter(|rows| *rows > 0),
            is_record,
        };
        Printer::new(format, self.out.clone(), layout, answers)
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print rows of a table
    Scan(ScanArgs),
    /// Run SQL: a shell on a terminal, or statements from -c, -f or standard input
    Sql(SqlArgs),
    /// Create a lake
    Init(InitArgs),
    /// Add the rows of files to a table, all in one transaction
    Ingest(IngestArgs),
    /// List tables and views
    Tables(ListArgs),
    /// List the columns of a table
    Describe(TableArgs),
    /// List the snapshots
    Snapshots(ListArgs),
    /// List the data files of a table with their delete files
    Files(TableArgs),
    /// Tell what the lake is: catalog, format, data path, snapshot, sizes
    Info(ListArgs),
    /// Look after the catalog
    #[command(subcommand)]
    Catalog(CatalogCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// Add indexes to the catalog that make planning over many files quick
    ///
    /// They are ordinary indexes of the metadata tables. DuckDB takes no notice of them, and the lake does not change.
    /// Running it again changes nothing.
    Index,
    /// Copy a lake's whole catalog to another database, in one transaction
    Copy(CopyArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ducklake-cli catalog copy meta.ducklake sqlite:meta.sqlite
  ducklake-cli catalog copy meta.ducklake 'postgres:dbname=lake host=db'
  ducklake-cli catalog copy sqlite:meta.sqlite 'postgres:dbname=lake' \\
      --to-schema lake2

FROM is a DuckDB file, a SQLite file or a PostgreSQL database, TO one of the
latter two, without a lake. A SQLite file is made where there is none. Snapshots,
ids and inlined rows stay what they are, and all rows are read back and compared
before the copy becomes visible. Data files stay where they are: both catalogs
name the same ones, so go on with one of them only. A relative data path is
recorded from the root on; --data-path records another.")]
pub(crate) struct CopyArgs {
    /// The catalog to copy, as for --lake
    #[arg(value_name = "FROM")]
    pub(crate) from: String,
    /// Where to copy it to
    #[arg(value_name = "TO")]
    pub(crate) to: String,
    /// Schema of the copy's tables, made where it does not exist; --metadata-schema is that of the original
    #[arg(long, value_name = "SCHEMA")]
    pub(crate) to_schema: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ducklake-cli scan orders --limit 10
  ducklake-cli scan sales.orders --filter \"total > 100 AND region = 'EU'\"
  ducklake-cli scan orders --snapshot 12 --output json
  ducklake-cli scan orders --columns 'rowid,*' --out orders.parquet

A name that holds dots, commas or quotes is written in double quotes:
  --columns '\"a,b\",c'
Each row of jsonl is an object on a line of its own.")]
pub(crate) struct ScanArgs {
    /// The table, as TABLE or SCHEMA.TABLE
    #[arg(value_name = "TABLE")]
    pub(crate) table: String,
    /// Columns, separated by commas; rowid, snapshot_id, filename and file_row_number are there too
    #[arg(long, value_name = "NAMES")]
    pub(crate) columns: Option<String>,
    /// Only rows for which this SQL condition holds
    #[arg(long, value_name = "SQL")]
    pub(crate) filter: Option<String>,
    /// At most this many rows
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ducklake-cli init sqlite:meta.sqlite --data-path data/
  ducklake-cli init 'postgres:dbname=lake host=db' --data-path s3://bucket/lake/
  ducklake-cli init sqlite:meta.sqlite --data-path data/ --encrypted

The lake has format 1.0, which DuckDB reads and writes too. A SQLite file is made
where there is none; a PostgreSQL database has to exist. A local data path is
recorded from the root on. Where there is a lake already, nothing changes, and
the exit code is 1.")]
pub(crate) struct InitArgs {
    /// The catalog to make the lake in, as for --lake
    #[arg(value_name = "URI")]
    pub(crate) uri: Option<String>,
    /// Encrypt every data file, with keys that are in the catalog; this cannot be changed later
    #[arg(long)]
    pub(crate) encrypted: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ducklake-cli ingest events day-*.parquet
  ducklake-cli ingest sales.orders --create orders.csv
  ducklake-cli ingest events --evolve --message 'new fields' new.json

Columns go by name, in any order; those that a file has not take their defaults.
A file with other columns is an error, unless --evolve is given. CSV has a line
of names first; JSON has an object a line, or is one array of objects. Either all
rows of all files are added, in one snapshot, or none.")]
pub(crate) struct IngestArgs {
    /// The table, as TABLE or SCHEMA.TABLE
    #[arg(value_name = "TABLE")]
    pub(crate) table: String,
    /// Files on this machine
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<String>,
    /// Create the table, if it is missing, with the columns of the first file
    #[arg(long)]
    pub(crate) create: bool,
    /// Add columns that the table has not, and widen types where that loses nothing
    #[arg(long)]
    pub(crate) evolve: bool,
    /// Format of the files; without it, what their names say
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) format: Option<InputFormat>,
    /// Author to record with the snapshot
    #[arg(long, value_name = "TEXT")]
    pub(crate) author: Option<String>,
    /// Message to record with the snapshot
    #[arg(long, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Formats of files to ingest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputFormat {
    /// Parquet
    Parquet,
    /// Comma-separated values; tabs where the name ends in .tsv
    Csv,
    /// JSON
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ducklake-cli sql -c 'SELECT region, sum(total) FROM orders GROUP BY region'
  ducklake-cli sql -c \"ATTACH 'ducklake:sqlite:meta.sqlite' AS l\" \\
      -c 'FROM l.orders AT (VERSION => 3)'
  ducklake-cli sql -c \"BEGIN; DELETE FROM orders WHERE total = 0; COMMIT\"
  ducklake-cli sql -f report.sql --output markdown
  ducklake-cli sql -c \"CREATE INDEX words ON docs USING FTS (title, body)\" \\
      -c \"SELECT title FROM docs WHERE body @@ 'expire snapshots'\"
  ducklake-cli sql -c \"CREATE INDEX near ON docs USING HNSW (embedding)\" \\
      -c \"FROM vector_search('docs', 'embedding', [0.1, 0.7], k => 5)\"
  ducklake-cli sql                 # a shell; .help lists its commands

The lake of --lake is attached as \"lake\". Without one, ATTACH does it. It also
attaches DuckDB files, to be read: ATTACH 'sales.duckdb' AS d (READ_ONLY).
-c and -f may be given several times and run in order; each may hold several
statements. -f - is standard input.

With --output jsonl each statement is answered by one line, flushed at once:
  {\"columns\":[\"a\"],\"types\":[\"int32\"],\"rows\":[[1],[2]]}
  {\"error\":\"no table 'x'\"}
Statements without rows have empty lists. If a statement fails after a part of
a long answer was sent, its line ends with an \"error\" too. With
--on-error continue, this lets another program talk to the engine.")]
pub(crate) struct SqlArgs {
    /// Run these statements
    #[arg(short, long, value_name = "SQL")]
    command: Vec<String>,
    /// Run the statements of this file
    #[arg(short, long, value_name = "FILE")]
    file: Vec<PathBuf>,
    /// What to do after a statement failed; the exit code is 1 in both cases
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = OnError::Stop)]
    pub(crate) on_error: OnError,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// The statements of -c and -f in the order of the command line.
    #[arg(skip)]
    pub(crate) scripts: Vec<Script>,
}

/// What follows a failed statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnError {
    /// Nothing
    Stop,
    /// The next statement
    Continue,
}

/// SQL of one `-c` or `-f`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Script {
    /// The text itself.
    Text(String),
    /// A file that holds it.
    File(PathBuf),
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TableArgs {
    /// The table, as TABLE or SCHEMA.TABLE
    #[arg(value_name = "TABLE")]
    pub(crate) table: String,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl Cli {
    /// Parses the command line of the process.
    pub(crate) fn parse_process() -> Result<Self, clap::Error> {
        Self::from_matches(&Self::command().try_get_matches()?)
    }

    fn from_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut cli = Self::from_arg_matches(matches)?;
        if let (Command::Sql(sql), Some(matches)) = (&mut cli.command, matches.subcommand_matches("sql")) {
            sql.scripts = scripts(matches);
        }
        Ok(cli)
    }
}

/// The values of -c and -f in the order in which they were given.
fn scripts(matches: &ArgMatches) -> Vec<Script> {
    let texts = matches.indices_of("command").into_iter().flatten();
    let texts = texts.zip(matches.get_many::<String>("command").into_iter().flatten().cloned().map(Script::Text));
    let files = matches.indices_of("file").into_iter().flatten();
    let files = files.zip(matches.get_many::<PathBuf>("file").into_iter().flatten().cloned().map(Script::File));
    let mut scripts: Vec<(usize, Script)> = texts.chain(files).collect();
    scripts.sort_by_key(|(index, _)| *index);
    scripts.into_iter().map(|(_, script)| script).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Cli, clap::Error> {
        let args = std::iter::once(&"ducklake-cli").chain(args);
        Cli::from_matches(&Cli::command().try_get_matches_from(args)?)
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn scripts_keep_their_order() {
        let cli = parse(&["sql", "-c", "a", "-f", "b.sql", "-c", "c"]).unwrap();
        let Command::Sql(sql) = cli.command else { panic!() };
        let expected = [Script::Text("a".into()), Script::File("b.sql".into()), Script::Text("c".into())];
        assert_eq!(sql.scripts, expected);
    }

    #[test]
    fn the_lake_may_be_named_on_both_sides_of_the_command() {
        for args in [["--lake", "sqlite:x", "tables"], ["tables", "--lake", "sqlite:x"]] {
            assert_eq!(parse(&args).unwrap().lake.lake.as_deref(), Some("sqlite:x"));
        }
        assert!(parse(&["tables", "--snapshot", "1", "--as-of", "x"]).is_err());
        assert!(parse(&["tables", "--snapshot", "-1"]).is_err());
    }
}
