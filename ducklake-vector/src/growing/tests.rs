use super::*;
use crate::exact_top_k;

fn random_vectors(count: usize, dimensions: usize, seed: u64) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..count * dimensions).map(|_| random.f32() - 0.5).collect()
}

#[test]
fn few_vectors_are_searched_exactly() {
    for metric in [Metric::Cosine, Metric::L2, Metric::InnerProduct] {
        let vectors = random_vectors(300, 20, 1);
        let ids: Vec<u64> = (0..300).map(|entry| 1_000_000_000_000 + 2 * entry).collect();
        let mut index = GrowingIndex::new(20, metric).unwrap();
        index.append(&ids[..100], &vectors[..2000]).unwrap();
        index.append(&ids[100..], &vectors[2000..]).unwrap();
        let query = random_vectors(1, 20, 2);
        let exact = exact_top_k(metric, &query, &vectors, 300);
        let exact: Vec<_> = exact.into_iter().map(|near| (ids[near.entry as usize], near.distance)).collect();
        assert_eq!(index.search(&query, 7, None, None).unwrap(), exact[..7]);
        assert_eq!(index.search(&query, 1000, Some(1), None).unwrap(), exact);
        let odd = |id: u64| id % 4 == 2;
        let allowed: Vec<_> = exact.into_iter().filter(|(id, _)| odd(*id)).collect();
        assert_eq!(index.search(&query, 9, None, Some(&odd)).unwrap(), allowed[..9]);
    }
}

#[test]
fn the_graph_finds_nearly_all_and_distances_are_exact() {
    for metric in [Metric::Cosine, Metric::L2, Metric::InnerProduct] {
        let (scanned, count) = (1_000, 2_000);
        let vectors = random_vectors(count, 4, 3);
        let ids: Vec<u64> = (0..count as u64).collect();
        let mut index = GrowingIndex { scanned, ..GrowingIndex::new(4, metric).unwrap() };
        index.append(&ids[..scanned], &vectors[..4 * scanned]).unwrap();
        assert!(index.graph.is_none());
        let small = index.memory_bytes();
        index.append(&ids[scanned..], &vectors[4 * scanned..]).unwrap();
        assert!(index.graph.is_some() && index.memory_bytes() > small);
        let mut hits = 0;
        for seed in 0..50 {
            let query = random_vectors(1, 4, 100 + seed);
            let exact = exact_top_k(metric, &query, &vectors, 10);
            let exact: Vec<_> = exact.into_iter().map(|near| (u64::from(near.entry), near.distance)).collect();
            let found = index.search(&query, 10, None, None).unwrap();
            hits += found.iter().filter(|found| exact.contains(found)).count();
            assert_eq!(index.search(&query, 10, Some(count), None).unwrap(), exact);
        }
        assert!(hits > 450, "{metric}: {hits} of 500");
    }
}

#[test]
fn what_cannot_be_found_is_refused() {
    let mut index = GrowingIndex::new(2, Metric::Cosine).unwrap();
    index.append(&[1, 2, 3, 4], &[1.0, 0.0, 0.0, 0.0, f32::NAN, 1.0, f32::INFINITY, 1.0]).unwrap();
    assert_eq!((index.len(), index.refused()), (1, 3));
    assert!(matches!(index.append(&[5], &[1.0]), Err(VectorError::Dimensions { expected: 2, found: 1 })));
    assert!(matches!(index.search(&[0.0, 0.0], 1, None, None), Err(VectorError::Query)));
    assert!(matches!(index.search(&[0.0], 1, None, None), Err(VectorError::Dimensions { .. })));
    assert!(GrowingIndex::new(0, Metric::L2).is_err());
    assert_eq!(index.search(&[2.0, 0.0], 5, None, None).unwrap(), [(1, 0.0)]);
}
