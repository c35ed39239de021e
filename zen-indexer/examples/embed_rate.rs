//! Texts a second of `embed_all`, against the model alone as fastembed runs it: the same texts in the order given, in its
//! default batches on all cores; and, for the best there is, sorted by length in several sizes of batches.
//!
//!     cargo run --release -p zen-indexer --example embed_rate -- [--texts N] FILE_OR_FOLDER...
//!
//! Texts are made of the sources' paragraphs, from one line to far more than the model reads. Needs `ZEN_MODEL_DIR` and
//! `ORT_DYLIB_PATH` (`cargo xtask env` says to what).
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a program for developers")]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use fastembed::{InitOptionsUserDefined, Pooling, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel};
use zen_indexer::embed::{MAX_TOKENS, ModelOptions, chunk_text, embed_all, open_model};

/// Sizes of batches that the bare model is tried with on sorted texts.
const SIZES: [usize; 4] = [8, 16, 32, 64];

fn main() {
    let (mut wanted, mut run) = (1000, None);
    let mut files = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--texts" => wanted = args.next().and_then(|text| text.parse().ok()).expect("--texts takes a number"),
            "--run" => run = args.next(),
            path => collect(Path::new(path), &mut files),
        }
    }
    let texts = texts(&files, wanted);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    match run.as_deref() {
        None => compare(&texts),
        Some("embed_all") => run_ours(&texts),
        Some("bare") => run_bare(&texts, None),
        Some(size) => run_bare(&texts, Some(size.parse().unwrap())),
    }
}

/// Runs each way in a process of its own (a process has one ONNX Runtime) and prints the ratios.
fn compare(texts: &[&str]) {
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let cores = std::thread::available_parallelism().unwrap();
    println!("{} distinct texts, {} bytes each on average, {cores} cores", texts.len(), bytes / texts.len().max(1));
    let (mut ours, mut bare) = (Rate::default(), Rate::default());
    // In turns, so that a busy machine hits both.
    for _ in 0..2 {
        ours = ours.best(child("embed_all", "embed_all"));
        bare = bare.best(child("bare", "bare, as given, batches of 256"));
    }
    let sorted = SIZES.map(|size| child(&size.to_string(), &format!("bare, sorted by length, batches of {size}")));
    let sorted = sorted.into_iter().fold(Rate::default(), Rate::best);
    let ratio = |name: &str, other: Rate| {
        let (wall, cpu) = (ours.wall / other.wall, ours.cpu / other.cpu);
        println!("{name}: {wall:.2} by the clock, {cpu:.2} by processor time");
    };
    ratio("embed_all / bare as given (wanted: 0.95)", bare);
    ratio("embed_all / best bare sorted", sorted);
}

/// Texts a second, by the clock and of processor time.
#[derive(Clone, Copy, Default)]
struct Rate {
    wall: f64,
    cpu: f64,
}

impl Rate {
    fn best(self, other: Rate) -> Rate {
        Rate { wall: self.wall.max(other.wall), cpu: self.cpu.max(other.cpu) }
    }
}

/// One way in a process of its own, given the same texts.
fn child(run: &str, name: &str) -> Rate {
    let mut child = Command::new(std::env::current_exe().unwrap());
    let done = child.args(["--run", run]).args(std::env::args().skip(1)).stderr(Stdio::inherit()).output().unwrap();
    assert!(done.status.success(), "{name} failed");
    let text = String::from_utf8(done.stdout).unwrap();
    let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let [texts, seconds, cpu] = numbers[..] else { panic!("{text}") };
    let rate = Rate { wall: texts / seconds, cpu: texts / cpu };
    let busy = cpu / seconds;
    println!("{name:<40} {:>7.1} texts/s {:>7.1} texts/CPU-s {busy:>5.2} cores busy", rate.wall, rate.cpu);
    rate
}

fn run_ours(texts: &[&str]) {
    let embedder = open_model(&ModelOptions::default()).unwrap();
    let embed = |texts: &[&str]| embed_all(&*embedder, texts, &mut |_, _| ControlFlow::Continue(())).unwrap().len();
    // Further copies are loaded when they are first needed: not part of the rate.
    embed(&texts[..texts.len().min(200)]);
    measure(texts.len(), || embed(texts));
}

fn run_bare(texts: &[&str], sorted: Option<usize>) {
    let mut model = bare_model();
    let mut texts = texts.to_vec();
    if sorted.is_some() {
        texts.sort_by_key(|text| text.len());
    }
    model.embed(&texts[..texts.len().min(20)], None).unwrap();
    measure(texts.len(), || model.embed(&texts, sorted).unwrap().len());
}

/// Runs once and prints how many texts took how many seconds by the clock and of processor time.
fn measure(texts: usize, run: impl FnOnce() -> usize) {
    let (start, cpu) = (Instant::now(), cpu_seconds());
    assert_eq!(run(), texts);
    println!("{texts} {} {}", start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
}

/// Processor time of this process, where /proc tells it.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, which may hold blanks: user and system time in hundredths of a second.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or(f64::NAN);
    (ticks(11) + ticks(12)) / 100.0
}

fn bare_model() -> TextEmbedding {
    let folder = PathBuf::from(std::env::var_os("ZEN_MODEL_DIR").expect("ZEN_MODEL_DIR names the model"));
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    let tokenizer = TokenizerFiles {
        tokenizer_file: read("tokenizer.json"),
        config_file: read("config.json"),
        special_tokens_map_file: read("special_tokens_map.json"),
        tokenizer_config_file: read("tokenizer_config.json"),
    };
    let model = UserDefinedEmbeddingModel::new(read("model.onnx"), tokenizer).with_pooling(Pooling::Mean);
    TextEmbedding::try_new_from_user_defined(model, InitOptionsUserDefined::new().with_max_length(MAX_TOKENS)).unwrap()
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let mut entries: Vec<PathBuf> = fs::read_dir(path).unwrap().flatten().map(|entry| entry.path()).collect();
        entries.sort();
        entries.iter().for_each(|entry| collect(entry, files));
    } else if path.extension().is_some_and(|end| ["rs", "md", "py", "go"].iter().any(|known| end == *known)) {
        files.push(path.into());
    }
}

/// Paragraphs of the files, every third with the two behind it, spread over all of them.
fn texts(files: &[PathBuf], wanted: usize) -> Vec<String> {
    let mut texts = Vec::new();
    for file in files {
        let Ok(content) = fs::read_to_string(file) else { continue };
        let paragraphs: Vec<&str> = content.split("\n\n").filter(|text| text.trim().len() > 20).collect();
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        for (number, paragraph) in paragraphs.iter().enumerate() {
            let long = paragraphs[number..paragraphs.len().min(number + 3)].join("\n\n");
            texts.push(chunk_text(&name, if number % 3 == 0 { &long } else { paragraph }));
        }
    }
    texts.sort_by_cached_key(|text| {
        text.bytes().fold(7u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()))
    });
    texts.dedup();
    texts.truncate(wanted);
    texts
}
