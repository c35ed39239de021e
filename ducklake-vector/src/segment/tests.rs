use std::ops::ControlFlow;

use proptest::prelude::*;

use super::*;
use crate::{BuildOptions, SegmentBuilder, exact_top_k};

const METRICS: [Metric; 3] = [Metric::Cosine, Metric::L2, Metric::InnerProduct];

fn random_vectors(count: usize, dimensions: usize, seed: u64) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..count * dimensions).map(|_| random.f32() - 0.5).collect()
}

fn options(metric: Metric) -> BuildOptions {
    BuildOptions { metric, m: 12, ef_construction: 80, threads: 2 }
}

/// A segment over twice as many rows as there are vectors: every second row has one.
fn bytes_of(vectors: &[f32], dimensions: usize, options: BuildOptions) -> Vec<u8> {
    let rows = 2 * (vectors.len() / dimensions) as u32;
    let mut builder = SegmentBuilder::new(dimensions, rows, options).unwrap();
    for (i, vector) in vectors.chunks_exact(dimensions).enumerate() {
        builder.push(2 * i as u32, vector).unwrap();
    }
    builder.finish(&|_, _| ControlFlow::Continue(())).unwrap()
}

fn segment_of(vectors: &[f32], dimensions: usize, options: BuildOptions) -> VectorSegment {
    VectorSegment::open(bytes_of(vectors, dimensions, options).into()).unwrap()
}

fn rows(found: &[Neighbour]) -> Vec<u32> {
    found.iter().map(|found| found.entry).collect()
}

/// The `k` nearest of the allowed rows, by the numbers as they were given.
fn truth(metric: Metric, query: &[f32], vectors: &[f32], k: usize, allowed: impl Fn(u32) -> bool) -> Vec<u32> {
    let all = exact_top_k(metric, query, vectors, usize::MAX);
    all.iter().map(|near| 2 * near.entry).filter(|row| allowed(*row)).take(k).collect()
}

#[test]
fn a_walk_finds_nearly_all() {
    for metric in METRICS {
        let (count, dimensions) = (8_000, 16);
        let vectors = random_vectors(count, dimensions, 1);
        let segment = segment_of(&vectors, dimensions, options(metric));
        assert_eq!((segment.len(), segment.rows(), segment.metric()), (8_000, 16_000, metric));
        let (mut hits, mut walked) = (0, 0);
        for seed in 0..100 {
            let query = random_vectors(1, dimensions, 1_000 + seed);
            let truth = truth(metric, &query, &vectors, 10, |_| true);
            let found = segment.search(&query, 10, Some(80), None).unwrap();
            hits += truth.iter().filter(|row| rows(&found).contains(row)).count();
            walked += segment.walk(&Query::new(&segment, &query).unwrap(), 80, 10, None).len();
            for near in found {
                let vector = &vectors[near.entry as usize / 2 * dimensions..][..dimensions];
                assert!((near.distance - metric.distance(&query, vector)).abs() < 1e-4);
            }
        }
        assert_eq!(walked, 1_000);
        assert!(hits >= 970, "{metric}: {hits} of 1000");
    }
}

#[test]
fn filters_keep_recall() {
    let (count, dimensions) = (8_000, 16);
    let vectors = random_vectors(count, dimensions, 2);
    let segment = segment_of(&vectors, dimensions, options(Metric::L2));
    for step in [2, 4, 20, 200, 3_000] {
        let allowed: RoaringBitmap = (0..2 * count as u32).step_by(step).collect();
        let (mut hits, mut wanted) = (0, 0);
        for seed in 0..30 {
            let query = random_vectors(1, dimensions, 2_000 + seed);
            let truth = truth(Metric::L2, &query, &vectors, 10, |row| allowed.contains(row));
            let found = rows(&segment.search(&query, 10, Some(64), Some(&allowed)).unwrap());
            assert!(found.iter().all(|row| allowed.contains(*row)));
            assert_eq!(found.len(), truth.len());
            hits += truth.iter().filter(|row| found.contains(row)).count();
            wanted += truth.len();
        }
        assert!(hits * 100 >= wanted * 97, "every {step}th row: {hits} of {wanted}");
    }
}

/// All rows that may be found are far from the query: a walk does not come there, and rows are looked at one by one.
#[test]
fn rows_allowed_far_away_are_found() {
    let mut vectors = random_vectors(8_000, 8, 3);
    vectors[8 * 4_000..].iter_mut().for_each(|number| *number += 10.0);
    let segment = segment_of(&vectors, 8, options(Metric::L2));
    let far: RoaringBitmap = (8_000..16_000).collect();
    let query = random_vectors(1, 8, 4);
    let mut found = rows(&segment.search(&query, 10, Some(10), Some(&far)).unwrap());
    let mut truth = truth(Metric::L2, &query, &vectors, 10, |row| row >= 8_000);
    found.sort_unstable();
    truth.sort_unstable();
    assert_eq!(found, truth);
}

#[test]
fn bytes_do_not_depend_on_threads() {
    let vectors = random_vectors(3_000, 10, 5);
    for metric in METRICS {
        let [one, two, three] =
            [1, 2, 3].map(|threads| bytes_of(&vectors, 10, BuildOptions { threads, ..options(metric) }));
        assert!(one == two && two == three);
    }
}

#[test]
fn nothing_one_and_all_equal() {
    for metric in METRICS {
        let empty = segment_of(&[], 5, options(metric));
        assert!(empty.is_empty());
        assert_eq!(empty.search(&[1.0; 5], 3, None, None).unwrap(), []);
        let one = segment_of(&[1.0; 5], 5, options(metric));
        assert_eq!(rows(&one.search(&[2.0; 5], 3, None, None).unwrap()), [0]);
        let equal = segment_of(&[1.0; 5 * 6_000], 5, options(metric));
        assert_eq!(rows(&equal.search(&[2.0; 5], 4, Some(6_000), None).unwrap()), [0, 2, 4, 6]);
        let found = equal.search(&[2.0; 5], 4, Some(8), None).unwrap();
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|near| near.distance == found[0].distance));
    }
}

/// Copies of vectors, as several versions of one package have them, do not cut the others off.
#[test]
fn duplicates_do_not_hide_others() {
    let vectors = random_vectors(300, 8, 6).repeat(20);
    let segment = segment_of(&vectors, 8, options(Metric::L2));
    let mut hits = 0;
    for (original, vector) in vectors.chunks_exact(8).take(300).enumerate() {
        let found = segment.search(vector, 25, Some(50), None).unwrap();
        let copies: Vec<u32> = (0..20).map(|copy| 2 * (300 * copy + original as u32)).collect();
        hits += usize::from(rows(&found[..20]) == copies);
        assert_eq!(found.len(), 25);
    }
    assert_eq!(segment.header().count, 300);
    assert!(hits >= 298, "{hits} of 300");
}

#[test]
fn what_cannot_be_found_is_refused() {
    let bad = [[f32::NAN, 1.0], [f32::INFINITY, 1.0], [1e30, 1.0]];
    for metric in METRICS {
        let mut builder = SegmentBuilder::new(2, 10, options(metric)).unwrap();
        for (row, vector) in (0..).zip(&bad) {
            assert!(!builder.push(row, vector).unwrap());
        }
        assert_eq!(builder.push(3, &[0.0, 0.0]).unwrap(), metric != Metric::Cosine);
        assert!(builder.push(4, &[1e-30, 1.0]).unwrap());
        assert_eq!(builder.refused() + builder.len(), 5);
        assert!(matches!(
            builder.push(4, &[1.0, 1.0]),
            Err(VectorError::RowOrder { row: 4, after: Some(4), rows: 10 })
        ));
        assert!(matches!(builder.push(10, &[1.0, 1.0]), Err(VectorError::RowOrder { .. })));
        assert!(matches!(builder.push(5, &[1.0]), Err(VectorError::Dimensions { expected: 2, found: 1 })));
        let segment = VectorSegment::open(builder.finish(&|_, _| ControlFlow::Continue(())).unwrap().into()).unwrap();
        assert!(segment.contains(4) && !segment.contains(0) && !segment.contains(11));
        for query in &bad {
            assert_eq!(segment.search(query, 1, None, None), Err(VectorError::Query));
        }
        assert!(matches!(segment.search(&[1.0], 1, None, None), Err(VectorError::Dimensions { .. })));
    }
    assert!(matches!(SegmentBuilder::new(0, 1, options(Metric::L2)), Err(VectorError::Option { .. })));
    let none = BuildOptions { m: 1, ..options(Metric::L2) };
    assert!(matches!(SegmentBuilder::new(2, 1, none), Err(VectorError::Option { option: "m", .. })));
}

#[test]
fn building_can_be_cancelled() {
    let mut builder = SegmentBuilder::new(4, 2_000, options(Metric::L2)).unwrap();
    for (row, vector) in (0..).zip(random_vectors(2_000, 4, 7).chunks_exact(4)) {
        builder.push(row, vector).unwrap();
    }
    let end_halfway = |done, total| if 2 * done > total { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    assert_eq!(builder.finish(&end_halfway), Err(VectorError::Cancelled));
}

#[test]
fn damage_is_told() {
    for metric in METRICS {
        let good = bytes_of(&random_vectors(40, 3, 8), 3, options(metric));
        for end in 0..good.len() {
            assert!(VectorSegment::open(good[..end].to_vec().into()).is_err());
        }
        for place in 0..good.len() {
            let mut bad = good.clone();
            bad[place] ^= 1 << (place % 8);
            assert!(VectorSegment::open(bad.into()).is_err(), "byte {place} of {}", good.len());
        }
        let longer = [good.as_slice(), &[0]].concat();
        assert!(matches!(VectorSegment::open(longer.into()), Err(SegmentError::Length { .. })));
    }
    assert_eq!(VectorSegment::open(Bytes::new()).unwrap_err(), SegmentError::Magic);
}

/// With checksums made good again, damage is noticed by its values, or does no harm.
#[test]
fn damage_with_good_checksums_does_no_harm() {
    let good = bytes_of(&random_vectors(60, 3, 9), 3, options(Metric::L2));
    let mut noticed = 0;
    for place in 8..good.len() {
        for bit in [0, 3, 7] {
            let mut bad = good.clone();
            bad[place] ^= 1 << bit;
            layout::seal(&mut bad);
            match VectorSegment::open(bad.into()) {
                Err(_) => noticed += 1,
                Ok(segment) => {
                    let query = vec![0.1; segment.dimensions()];
                    let found = segment.search(&query, 5, None, None).unwrap();
                    assert!(found.iter().all(|near| segment.contains(near.entry)));
                    segment.walk(&Query::new(&segment, &query).unwrap(), 10, 5, None);
                }
            }
        }
    }
    assert!(noticed > 1_000);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// With a beam of all vectors the answer is the exact one, and so are distances but for the last bits.
    #[test]
    fn a_full_beam_is_exact(
        metric in prop::sample::select(METRICS.to_vec()),
        dimensions in 1_usize..40,
        count in 1_usize..300,
        k in 1_usize..20,
        keep in prop::collection::vec(any::<bool>(), 300),
        filtered: bool,
        seed: u64,
    ) {
        let vectors = random_vectors(count, dimensions, seed);
        let segment = segment_of(&vectors, dimensions, options(metric));
        let query = random_vectors(1, dimensions, !seed);
        let allowed: RoaringBitmap = (0..count as u32).filter(|i| !filtered || keep[*i as usize]).map(|i| 2 * i).collect();
        let found = segment.search(&query, k, Some(count), filtered.then_some(&allowed)).unwrap();
        prop_assert_eq!(&found, &segment.search_exact(&query, k, Some(&allowed)).unwrap());
        let truth = truth(metric, &query, &vectors, k, |row| allowed.contains(row));
        prop_assert_eq!(found.len(), truth.len());
        for (near, truth) in found.iter().zip(truth) {
            let distance = |row: u32| metric.distance(&query, &vectors[row as usize / 2 * dimensions..][..dimensions]);
            // Another row in its place is as near, but for what 16 bits leave out.
            prop_assert!((distance(near.entry) - distance(truth)).abs() < 1e-3);
            prop_assert!((near.distance - distance(truth)).abs() < 1e-3);
        }
    }
}
