//! Builds and searches a segment, beside bare `hnsw_rs` and an exact search.
//!
//! ```text
//! cargo run --release -p ducklake-vector --example recall -- COUNT [FILE DIMENSIONS NOISE]
//! ```
//!
//! The vectors are COUNT random ones in clusters, or those of a file (32-bit floating point numbers, little-endian),
//! repeated with noise of the given length. `cargo xtask bench vector` measures the same beside other engines.
#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "../../bench/src/vector/clock.rs"]
mod clock;
#[path = "../../bench/src/vector/data.rs"]
mod data;
#[path = "../../bench/src/vector/measure.rs"]
mod measure;

use data::Vectors;
use measure::{Task, bare_hnsw, exact, segment};

const QUERIES: usize = 1_000;

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut random = fastrand::Rng::with_seed(1);
    let count = arguments.first().map_or(Ok(100_000), |count| count.parse())?;
    let vectors = match arguments.get(1..4) {
        Some([file, dimensions, noise]) => {
            let originals = Vectors::read(file.as_ref(), dimensions.parse()?)?;
            originals.replicated(count + QUERIES, noise.parse()?, &mut random)
        }
        _ => Vectors::clustered(count + QUERIES, 384, &mut random),
    };
    let task = Task::new(vectors, QUERIES);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let segment = segment(&task, threads)?;
    segment.print();
    let graph = bare_hnsw(&task);
    graph.print();
    if let (Some(ours), Some(theirs)) = (segment.per_second(), graph.per_second()) {
        let built = graph.build.as_secs_f64() / segment.build.as_secs_f64();
        println!(
            "at recall {}: {:.1} times hnsw_rs's queries/s; built {built:.1} times as fast",
            measure::ENOUGH,
            ours / theirs
        );
    }
    exact(&task).print();
    Ok(())
}
