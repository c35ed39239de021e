//! Encrypted files in plain, by the recipe of the DuckLake spec.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use parquet::file::metadata::{ParquetMetaDataReader, ParquetMetaDataWriter};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// Decrypts one piece; gives it and its length in the file.
fn open(key: &LessSafeKey, bytes: &[u8]) -> (Vec<u8>, usize) {
    let length = u32::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let nonce = Nonce::try_assume_unique_for_key(&bytes[4..16]).unwrap();
    let mut piece = bytes[16..4 + length].to_vec();
    let plain = key.open_in_place(nonce, Aad::empty(), &mut piece).unwrap().to_vec();
    (plain, 4 + length)
}

/// The same file without encryption.
pub(super) fn plain_file(bytes: &[u8], key: &str) -> Bytes {
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &STANDARD.decode(key).unwrap()).unwrap());
    assert!(bytes.starts_with(b"PARE") && bytes.ends_with(b"PARE"));
    let tail = bytes.len() - 8;
    let footer = &bytes[tail - u32::from_le_bytes(*bytes[tail..].first_chunk().unwrap()) as usize..tail];
    assert_eq!(footer[..5], [0x1c, 0x1c, 0, 0, 0]);
    let (plain, length) = open(&key, &footer[5..]);
    assert_eq!(length + 5, footer.len());
    let metadata = ParquetMetaDataReader::decode_metadata(&plain).unwrap();

    let mut file = b"PAR1".to_vec();
    let mut next = 4;
    let mut builder = metadata.into_builder();
    for group in builder.take_row_groups() {
        let mut group = group.into_builder();
        let mut columns = Vec::new();
        for column in group.take_columns() {
            let (start, length) = column.byte_range();
            // Nothing stands between the chunks.
            assert_eq!(start, next);
            next = start + length;
            let (mut at, begin) = (start as usize, file.len() as i64);
            let mut data = None;
            while at < next as usize {
                if at as i64 == column.data_page_offset() {
                    data = Some(file.len() as i64);
                }
                let (piece, length) = open(&key, &bytes[at..]);
                file.extend(piece);
                at += length;
            }
            let dictionary = column.dictionary_page_offset().map(|_| begin);
            let size = file.len() as i64 - begin;
            let column = column.into_builder().set_dictionary_page_offset(dictionary);
            let column = column.set_data_page_offset(data.unwrap()).set_total_compressed_size(size);
            columns.push(column.build().unwrap());
        }
        builder = builder.add_row_group(group.set_column_metadata(columns).build().unwrap());
    }
    ParquetMetaDataWriter::new(&mut file, &builder.build()).finish().unwrap();
    file.into()
}
