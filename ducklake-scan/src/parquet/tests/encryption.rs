//! Encrypted files read as their plain counterparts do.

use arrow::array::{ArrayRef, Float64Array, Int32Array, StringArray};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};

use super::*;

#[tokio::test]
async fn reads_what_ducklake_encrypted() {
    for kind in ["data", "partial"] {
        let plain = read(&format!("lake-{kind}.parquet")).await;
        assert_eq!(read(&format!("encrypted-{kind}.parquet")).await, plain, "{kind}");
    }
}

#[tokio::test]
async fn reads_other_key_lengths_and_page_versions() {
    assert_eq!(read("aes256.parquet").await, read("uncompressed.parquet").await);
}

#[tokio::test]
async fn reads_what_the_standard_encrypts() {
    let metadata = open("standard.parquet").await.metadata().await.unwrap();
    assert_eq!(metadata.row_groups().iter().map(RowGroupMetaData::num_rows).collect::<Vec<_>>(), [20, 20, 10]);
    let batch = read("standard.parquet").await;
    let numbers: Int32Array = (0..50).collect();
    let texts: StringArray = (0..50).map(|i| Some(format!("v{}", i % 7))).collect();
    let quarters: Float64Array = (0..50).map(|i| f64::from(i) / 4.0).collect();
    let expected: [ArrayRef; 3] = [Arc::new(numbers), Arc::new(texts), Arc::new(quarters)];
    assert_eq!(batch.columns(), expected);
}

#[tokio::test]
async fn reads_parts_of_an_encrypted_file() {
    let whole = read("lake-data.parquet").await;
    for column in 0..whole.num_columns() {
        for batch_size in [64, 5000] {
            let reader = open("encrypted-data.parquet").await;
            let builder = ParquetRecordBatchStreamBuilder::new(reader).await.unwrap();
            let mask = ProjectionMask::roots(builder.parquet_schema(), [column]);
            // Skips rows at the beginning, across pages and the second row group's first rows.
            let selectors = [(7, true), (5, false), (1500, true), (400, false), (150, true), (38, false)];
            let selection: RowSelection = selectors
                .map(|(rows, skip)| if skip { RowSelector::skip(rows) } else { RowSelector::select(rows) })
                .to_vec()
                .into();
            let stream = builder
                .with_projection(mask)
                .with_batch_size(batch_size)
                .with_row_selection(selection)
                .build()
                .unwrap();
            let batches: Vec<_> = stream.try_collect().await.unwrap();
            let read = concat_batches(&batches[0].schema(), &batches).unwrap();
            let expected = whole.project(&[column]).unwrap();
            let expected = [expected.slice(7, 5), expected.slice(1512, 400), expected.slice(2062, 38)];
            assert_eq!(read, concat_batches(&read.schema(), &expected).unwrap(), "column {column}");
        }
    }
}

/// Any range of the file is the same part of the decrypted chunks, and chunks keep their places.
#[tokio::test]
async fn ranges_are_cut_from_decrypted_chunks() {
    let mut reader = open("encrypted-data.parquet").await;
    let size = fixture("encrypted-data.parquet").len() as u64;
    let whole = reader.get_bytes(0..size).await.unwrap();
    let metadata = reader.metadata().await.unwrap();
    let mut chunks: Vec<_> = metadata
        .row_groups()
        .iter()
        .flat_map(|group| group.columns().iter().map(ColumnChunkMetaData::byte_range))
        .collect();
    chunks.sort_unstable();
    assert_eq!(chunks.len(), 12);
    for (start, len) in &chunks {
        let chunk = reader.get_bytes(*start..start + len).await.unwrap();
        assert_eq!(chunk, whole.slice(*start as usize..(start + len) as usize));
        assert_eq!(chunk[0], 0x15, "a page header begins here");
    }
    let ranges: Vec<_> = (0..size - 3000).step_by(1777).map(|start| start..start + start % 3000).collect();
    for (range, bytes) in ranges.iter().zip(reader.get_byte_ranges(ranges.clone()).await.unwrap()) {
        assert_eq!(bytes, whole.slice(range.start as usize..range.end as usize), "{range:?}");
    }
    let error = reader.get_bytes(size - 5..size + 1).await.unwrap_err();
    assert!(error.to_string().contains("do not lie in a file"), "{error}");
}

#[tokio::test]
async fn keys_must_fit() {
    let case = async |name: &str, key: Option<Arc<FileKey>>| {
        let facts = ReadFacts { key, ..ReadFacts::plain(name) };
        try_read(reader_for(name, fixture(name), facts).await).await.unwrap_err()
    };
    for name in ["encrypted-data.parquet", "standard.parquet"] {
        assert!(matches!(case(name, None).await, ParquetFileError::KeyMissing { .. }));
        assert!(matches!(case(name, key_of("encrypted-partial.parquet")).await, ParquetFileError::WrongKey { .. }));
        assert!(matches!(case(name, key_of("aes256.parquet")).await, ParquetFileError::WrongKey { .. }));
    }
    let error = case("lake-data.parquet", key_of("encrypted-data.parquet")).await;
    assert!(matches!(error, ParquetFileError::NotEncrypted { .. }));
    assert!(error.to_string().starts_with("lake-data.parquet: "), "{error}");
}

#[tokio::test]
async fn cached_footers_keep_their_key() {
    let name = "encrypted-data.parquet";
    let file = fixture(name);
    let size = file.len() as u64;
    let store = Arc::new(CountingStore::with(&[(name, file)]).await);
    let factory = LakeReaderFactory::new(store, "memory:///", FooterCache::default());
    let case = async |key| {
        let facts = ReadFacts { key, ..ReadFacts::plain(name) };
        factory.open(Path::from(name), size, facts).metadata().await
    };
    case(key_of(name)).await.unwrap();
    case(key_of(name)).await.unwrap();
    assert!(matches!(case(None).await.unwrap_err(), ParquetFileError::KeyMissing { .. }));
    let wrong = case(key_of("encrypted-partial.parquet")).await.unwrap_err();
    assert!(matches!(wrong, ParquetFileError::WrongKey { .. }), "{wrong}");
}

#[tokio::test]
async fn cached_footers_of_plain_files_fit_no_key() {
    let name = "lake-data.parquet";
    let file = fixture(name);
    let size = file.len() as u64;
    let store = Arc::new(CountingStore::with(&[(name, file)]).await);
    let factory = LakeReaderFactory::new(store, "memory:///", FooterCache::default());
    factory.open(Path::from(name), size, facts(name)).metadata().await.unwrap();
    let facts = ReadFacts { key: key_of("encrypted-data.parquet"), ..ReadFacts::plain(name) };
    let error = factory.open(Path::from(name), size, facts).metadata().await.unwrap_err();
    assert!(matches!(error, ParquetFileError::NotEncrypted { .. }), "{error}");
}

#[tokio::test]
async fn other_forms_of_encryption_are_refused() {
    for (name, part) in [
        ("standard-ctr.parquet", "AES_GCM_CTR_V1"),
        ("standard-column-keys.parquet", "keys of their own"),
        ("standard-plaintext-footer.parquet", "behind a plain footer"),
    ] {
        let key = key_of(name).filter(|_| !name.contains("plaintext"));
        let facts = ReadFacts { key, ..ReadFacts::plain(name) };
        let error = try_read(reader_for(name, fixture(name), facts).await).await.unwrap_err();
        assert!(matches!(error, ParquetFileError::UnsupportedEncryption { .. }), "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }
}

/// A page exchanged for one of another column is noticed where the standard's form of encryption tells them apart, a
/// changed page always.
#[tokio::test]
async fn changed_pages_are_refused() {
    for name in ["encrypted-partial.parquet", "standard.parquet"] {
        let mut bytes = fixture(name).to_vec();
        bytes[30] ^= 1;
        let error = try_read(reader_for(name, bytes.into(), facts(name)).await).await.unwrap_err();
        assert!(matches!(error, ParquetFileError::Corrupt { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("row group 0, column 0, page at offset 4: the page header does not decrypt"), "{text}");
    }
}

#[test]
fn key_texts() {
    assert_eq!(FileKey::from_base64("not base64!").unwrap_err(), FileKeyError::NotBase64);
    assert_eq!(FileKey::from_base64("").unwrap_err(), FileKeyError::Length(0));
    assert_eq!(FileKey::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYX").unwrap_err(), FileKeyError::Length(24));
    let shown = format!("{:?}", FileKey::from_base64("AAECAwQFBgcICQoLDA0ODw==").unwrap());
    assert_eq!(shown, "FileKey { algorithm: AES_128_GCM, .. }");
}
