//! Finding and checking footers.

use super::store::Request;
use super::*;

#[tokio::test]
async fn reads_every_compression() {
    let expected = read("uncompressed.parquet").await;
    assert_eq!(expected.num_rows(), 50);
    assert!(text_of(&expected).contains("| 6  | 6000  | v6 | text 6  | 1.5   | [6, 7]   |"), "{}", text_of(&expected));
    for codec in ["snappy", "gzip", "zstd", "lz4", "lz4_raw", "brotli"] {
        assert_eq!(read(&format!("{codec}.parquet")).await, expected, "{codec}");
    }
}

struct Case {
    store: CountingStore,
    file: u64,
}

const NAME: &str = "lake-data.parquet";

impl Case {
    async fn new() -> Self {
        let bytes = fixture(NAME);
        Self { file: bytes.len() as u64, store: CountingStore::with(&[(NAME, bytes)]).await }
    }

    fn footer_size(&self) -> u64 {
        footer_size(&fixture(NAME))
    }

    fn open(&self, size: u64, facts: ReadFacts) -> LakeParquetReader {
        LakeParquetReader::new(Arc::new(self.store.clone()), Path::from(NAME), size, facts)
    }

    /// Loads the footer and returns the requests that took.
    async fn requests(&self, size: u64, facts: ReadFacts) -> Vec<Request> {
        let metadata = self.open(size, facts).metadata().await.unwrap();
        assert_eq!(metadata.file_metadata().num_rows(), 2100);
        self.store.take_requests()
    }
}

#[tokio::test]
async fn one_request_fetches_a_footer_of_known_size() {
    let case = Case::new().await;
    let footer = case.footer_size();
    let facts = ReadFacts { footer_size: Some(footer), ..facts(NAME) };
    assert_eq!(case.requests(case.file, facts).await, [Request::Range(case.file - footer - 8..case.file)]);
}

#[tokio::test]
async fn wrong_footer_sizes_cost_a_request_at_most() {
    let case = Case::new().await;
    let (file, footer) = (case.file, case.footer_size());
    let requests = case.requests(file, ReadFacts { footer_size: Some(100), ..facts(NAME) }).await;
    assert_eq!(requests, [Request::Range(file - 108..file), Request::Range(file - footer - 8..file - 108)]);
    for footer_size in [None, Some(0), Some(u64::MAX)] {
        let requests = case.requests(file, ReadFacts { footer_size, ..facts(NAME) }).await;
        assert_eq!(requests, [Request::Range(0..file)], "{footer_size:?}");
    }
}

#[tokio::test]
async fn wrong_file_sizes_are_tolerated() {
    let case = Case::new().await;
    let footer_size = Some(case.footer_size());
    for size in [0, 5, 12, case.file - 1, case.file + 1, 10 * case.file, u64::MAX] {
        let requests = case.requests(size, ReadFacts { footer_size, ..facts(NAME) }).await;
        assert_eq!(requests.last(), Some(&Request::Last(case.footer_size() + 8)), "{size}");
        assert!(requests.len() <= 2);
        assert_eq!(try_read(case.open(size, facts(NAME))).await.unwrap().num_rows(), 2100);
        case.store.take_requests();
    }
    let unknown = ReadFacts { size_known: false, footer_size, ..facts(NAME) };
    assert_eq!(case.requests(7, unknown).await, [Request::Last(case.footer_size() + 8)]);
}

#[tokio::test]
async fn neighbouring_columns_are_fetched_together() {
    let case = Case::new().await;
    try_read(case.open(case.file, facts(NAME))).await.unwrap();
    // The footer, and each of two row groups.
    assert_eq!(case.store.take_requests().len(), 3);
}

#[tokio::test]
async fn cached_footers_need_no_request() {
    let case = Case::new().await;
    let cache = FooterCache::default();
    let factory = LakeReaderFactory::new(Arc::new(case.store.clone()), "memory:///", cache.clone());
    for expected in [1, 0] {
        factory.open(Path::from(NAME), case.file, facts(NAME)).metadata().await.unwrap();
        assert_eq!(case.store.take_requests().len(), expected);
    }
    assert_eq!(cache.len(), 1);

    // The check against the catalog holds for a cached footer too.
    let wrong = ReadFacts { record_count: Some(1), ..facts(NAME) };
    let error = factory.open(Path::from(NAME), case.file, wrong).metadata().await.unwrap_err();
    assert!(matches!(error, ParquetFileError::RecordCount { catalog: 1, file: 2100, .. }), "{error}");
    assert_eq!(case.store.take_requests(), []);

    let elsewhere = LakeReaderFactory::new(Arc::new(case.store.clone()), "other:///", cache.clone());
    elsewhere.open(Path::from(NAME), case.file, facts(NAME)).metadata().await.unwrap();
    assert_eq!(case.store.take_requests().len(), 1);
}

#[tokio::test]
async fn a_full_cache_forgets() {
    let case = Case::new().await;
    let cache = FooterCache::new(100);
    let factory = LakeReaderFactory::new(Arc::new(case.store.clone()), "memory:///", cache.clone());
    factory.open(Path::from(NAME), case.file, facts(NAME)).metadata().await.unwrap();
    assert!(cache.is_empty());
}

#[tokio::test]
async fn record_count_must_agree() {
    let right = ReadFacts { record_count: Some(50), ..facts("zstd.parquet") };
    assert!(try_read(reader_for("zstd.parquet", fixture("zstd.parquet"), right).await).await.is_ok());
    let wrong = ReadFacts { record_count: Some(51), ..facts("zstd.parquet") };
    let error = try_read(reader_for("zstd.parquet", fixture("zstd.parquet"), wrong).await).await.unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("zstd.parquet: the catalog says 51 rows, the file has 50"), "{text}");
}

#[tokio::test]
async fn broken_files_say_what_is_wrong() {
    let file = fixture("zstd.parquet");
    let case = async |bytes: Bytes| try_read(reader_for("f", bytes, facts("f")).await).await.unwrap_err();

    let store = CountingStore::with(&[]).await;
    let missing = LakeParquetReader::new(Arc::new(store), Path::from("f"), 100, facts("f"));
    assert!(matches!(try_read(missing).await.unwrap_err(), ParquetFileError::Missing { .. }));

    assert!(matches!(case(Bytes::new()).await, ParquetFileError::NotParquet { size: 0, .. }));
    assert!(matches!(case(Bytes::from_static(b"PAR1")).await, ParquetFileError::Truncated { size: 4, .. }));
    assert!(matches!(case(Bytes::from(vec![b'x'; 500])).await, ParquetFileError::NotParquet { size: 500, .. }));
    assert!(matches!(case(file.slice(..900)).await, ParquetFileError::Truncated { size: 900, .. }));
    assert!(matches!(case(file.slice(900..)).await, ParquetFileError::Corrupt { .. }));
    // A footer longer than the file.
    let mut bytes = file.to_vec();
    let length_at = bytes.len() - 6;
    bytes[length_at] = 0xff;
    assert!(matches!(case(bytes.into()).await, ParquetFileError::Corrupt { .. }));
}

/// Whatever byte is wrong: an answer or an error, no panic. For plain pages that is not in our hands: the parquet crate
/// panics on some that contradict their header.
#[tokio::test]
async fn corrupt_bytes_do_not_panic() {
    for name in ["lake-partial.parquet", "encrypted-partial.parquet", "interval.parquet", "standard.parquet"] {
        let file = fixture(name);
        let footer = file.len() - 8 - footer_size(&file) as usize;
        let mut errors = 0;
        for at in (0..file.len()).filter(|at| key_of(name).is_some() || *at >= footer) {
            for change in [0x01, 0x80, 0xff] {
                let mut bytes = file.to_vec();
                bytes[at] ^= change;
                errors += usize::from(try_read(reader_for(name, bytes.into(), facts(name)).await).await.is_err());
            }
        }
        assert!(errors > 100, "{name}: {errors}");
        for len in 0..file.len() {
            assert!(try_read(reader_for(name, file.slice(..len), facts(name)).await).await.is_err(), "{name} {len}");
        }
    }
}
