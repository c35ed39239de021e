//! Indexing packages: parsing against bare tree-sitter, embedding against the bare model, a whole package end to end.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use zen_indexer::index::{IndexOptions, Package, index};
use zen_indexer::lake::{Location, ZenLake};
use zen_indexer::progress::{Phase, Progress};
use zen_indexer::sources::{FetchOptions, FileKind, PackageSpec, WalkOptions, fetch, read_text, walk};
use zen_syntax::Language;

use crate::{IndexArgs, IndexPart, Result, report};

/// What is indexed: code of three ecosystems.
const PACKAGES: [&str; 5] =
    ["rust:tokio@1.40.0", "rust:serde@1.0.210", "pypi:pydantic@2.9.2", "npm:zod@3.23.8", "npm:express@4.21.0"];

pub(crate) async fn run(args: &IndexArgs) -> Result<()> {
    report::heading_alone();
    let wanted = |part| args.only.is_none_or(|only| only == part);
    if wanted(IndexPart::Parse) {
        parse(args).await?;
    }
    if wanted(IndexPart::Tokio) {
        end_to_end(args).await?;
    }
    if wanted(IndexPart::Embed) {
        embed(args).await?;
    }
    Ok(())
}

/// A source file in memory.
struct Source {
    language: &'static Language,
    path: String,
    text: String,
}

/// Parsing alone, on one thread: everything that `zen` takes from a file against nothing but the tree.
async fn parse(args: &IndexArgs) -> Result<()> {
    println!(
        "\nparsing on one thread, everything taken from the tree against the tree alone (best of {})",
        args.rounds
    );
    println!(
        "{:24} {:>6} {:>9} {:>11} {:>12} {:>12} {:>6}",
        "", "files", "MB", "bare MB/s", "ours MB/s", "symbols/s", "ratio"
    );
    let mut all = Vec::new();
    for name in PACKAGES {
        let fetched = fetch(&name.parse::<PackageSpec>()?, &FetchOptions::default()).await?;
        let sources = sources(&fetched.root)?;
        compare(name, &sources, args.rounds)?;
        all.extend(sources);
    }
    compare("all of them", &all, args.rounds)
}

fn sources(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for file in walk(root, &WalkOptions::package())?.files {
        if let FileKind::Code(language) = file.kind {
            sources.push(Source { language, text: read_text(&file.absolute)?.0, path: file.path });
        }
    }
    Ok(sources)
}

fn compare(name: &str, sources: &[Source], rounds: u32) -> Result<()> {
    let bytes: usize = sources.iter().map(|source| source.text.len()).sum();
    let (mut bare, mut ours, mut symbols) = (Duration::MAX, Duration::MAX, 0);
    for _ in 0..rounds {
        let started = Instant::now();
        let mut parser = tree_sitter::Parser::new();
        for source in sources {
            parser.set_language(&source.language.grammar()?)?;
            std::hint::black_box(parser.parse(&source.text, None));
        }
        bare = bare.min(started.elapsed());
        let started = Instant::now();
        symbols = 0;
        for source in sources {
            symbols +=
                zen_syntax::parse(source.language, &source.path, &source.text).map_or(0, |file| file.symbols.len());
        }
        ours = ours.min(started.elapsed());
    }
    let (mb, bare, ours) = (bytes as f64 / 1e6, bare.as_secs_f64(), ours.as_secs_f64());
    println!(
        "{name:24} {:>6} {mb:>9.2} {:>11.1} {:>12.1} {:>12.0} {:>6.2}",
        sources.len(),
        mb / bare,
        mb / ours,
        symbols as f64 / ours,
        bare / ours
    );
    Ok(())
}

/// Tells when phases begin and end.
struct Phases(std::sync::Mutex<Vec<(Phase, bool, Instant)>>);

impl Phases {
    fn note(&self, phase: Phase, begins: bool) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((phase, begins, Instant::now()));
    }

    fn took(&self, phase: Phase) -> Duration {
        let notes = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let at = |begins| notes.iter().find(|note| note.0 == phase && note.1 == begins).map(|note| note.2);
        at(true).zip(at(false)).map(|(begin, end)| end - begin).unwrap_or_default()
    }
}

impl Progress for Phases {
    fn begin(&self, phase: Phase, _total: u64) {
        self.note(phase, true);
    }
    fn advance(&self, _phase: Phase, _by: u64) {}
    fn end(&self, phase: Phase) {
        self.note(phase, false);
    }
}

/// A whole package into a new lake, on all processors, without embeddings.
async fn end_to_end(args: &IndexArgs) -> Result<()> {
    println!("\ntokio 1.40.0 into a new lake, without embeddings ({} rounds)", args.rounds);
    for _ in 0..args.rounds {
        let started = Instant::now();
        let fetched = fetch(&PACKAGES[0].parse::<PackageSpec>()?, &FetchOptions::default()).await?;
        let fetching = started.elapsed();
        let folder = tempfile::tempdir()?;
        let location = Location::default_from(folder.path());
        let lake = ZenLake::create(&location).await?;
        let package = Package {
            root: fetched.root.clone(),
            manifest: fetched.manifest.clone(),
            downloads: None,
            walk: WalkOptions::package(),
        };
        let phases = Arc::new(Phases(Vec::new().into()));
        let started = Instant::now();
        let progress: Arc<dyn Progress> = Arc::<Phases>::clone(&phases);
        let indexed = index(&lake, package, IndexOptions::default(), progress).await?;
        let whole = started.elapsed();
        lake.close().await;
        println!(
            "{} files, {:.2} MB, {} symbols, {} chunks, {} references: {} ms, of which parsing {}, writing {} (fetching before: {})",
            indexed.files,
            indexed.bytes as f64 / 1e6,
            indexed.symbols,
            indexed.chunks,
            indexed.refs,
            report::ms(whole),
            report::ms(phases.took(Phase::Parse)),
            report::ms(phases.took(Phase::Write)),
            report::ms(fetching),
        );
    }
    Ok(())
}

/// Embeddings: the example program of `zen-indexer` that measures them, on the texts of a real package.
async fn embed(args: &IndexArgs) -> Result<()> {
    println!("\nembeddings of pydantic's texts, against the bare model");
    let fetched = fetch(&PACKAGES[2].parse::<PackageSpec>()?, &FetchOptions::default()).await?;
    let program = std::env::current_exe()?.with_file_name("examples").join("embed_rate");
    let mut measuring = Command::new(&program);
    measuring.arg("--texts").arg(args.texts.to_string()).arg(&fetched.root);
    let status = measuring.status().map_err(|error| format!("starting {}: {error}", program.display()))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", program.display()).into()) }
}
