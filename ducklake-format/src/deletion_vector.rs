//! Deletion vectors: delete files of format `puffin`, which hold the deleted positions of one data file.
//!
//! DuckLake 1.0 writes one bare `deletion-vector-v1` blob as the whole file. 1.1-dev may also write a Puffin
//! container with several blobs, one per snapshot and each cumulative. Both are told apart by their bytes.

use roaring::{RoaringBitmap, RoaringTreemap};
use serde_json::Value;

use crate::FormatError;

const BLOB_MAGIC: [u8; 4] = [0xD1, 0xD3, 0x39, 0x64];
const BLOB_TYPE: &str = "deletion-vector-v1";
const CONTAINER_MAGIC: [u8; 4] = *b"PFA1";
const SNAPSHOT_PROPERTY: &str = "ducklake-snapshot-id";

/// Decodes a deletion vector file: the positions (0-based, physical) that are deleted at `snapshot`.
///
/// A bare blob carries no snapshots and counts whole; the catalog says since when it is valid. Of a container
/// the blob with the greatest snapshot `<= snapshot` counts (a blob without the property is older than all
/// others), and the result is empty if there is none.
///
/// Rules: DuckLake spec "Deletion vectors", Iceberg's Puffin spec.
///
/// # Errors
/// [`FormatError::InvalidBytes`] if the bytes are neither form, or damaged (lengths, checksum, bitmaps).
pub fn decode(bytes: &[u8], snapshot: i64) -> Result<RoaringTreemap, FormatError> {
    if bytes.starts_with(&CONTAINER_MAGIC) {
        match visible_blob(bytes, snapshot)? {
            Some(blob) => decode_blob(blob),
            None => Ok(RoaringTreemap::new()),
        }
    } else {
        decode_blob(bytes)
    }
}

/// Encodes positions as a bare blob, the form that every DuckLake version reads.
///
/// A vector of 4 GiB or more, which the format's length field cannot express, gives a blob that is refused when read;
/// it would take a data file of more than 10^9 rows.
pub fn encode(positions: &RoaringTreemap) -> Vec<u8> {
    let vector_size = positions.serialized_size();
    let mut blob = Vec::with_capacity(vector_size + 12);
    let length = u32::try_from(vector_size + BLOB_MAGIC.len()).unwrap_or(u32::MAX);
    blob.extend(length.to_be_bytes());
    blob.extend(BLOB_MAGIC);
    // The treemap's own serialisation is the vector: i64 count, then (u32 key, portable bitmap) in key order.
    positions.serialize_into(&mut blob).unwrap_or_else(|_| unreachable!("writing to a Vec cannot fail"));
    let checksum = crc32fast::hash(&blob[4..]);
    blob.extend(checksum.to_be_bytes());
    blob
}

fn invalid(problem: impl Into<String>) -> FormatError {
    FormatError::invalid_bytes("deletion vector", problem)
}

/// Splits `N` bytes off the front.
fn take<'a, const N: usize>(bytes: &mut &'a [u8], what: &str) -> Result<&'a [u8; N], FormatError> {
    let (head, rest) = bytes.split_first_chunk::<N>().ok_or_else(|| invalid(format!("it ends inside the {what}")))?;
    *bytes = rest;
    Ok(head)
}

fn decode_blob(blob: &[u8]) -> Result<RoaringTreemap, FormatError> {
    let mut rest = blob;
    let length = u32::from_be_bytes(*take(&mut rest, "length")?) as usize;
    let (body, mut rest) = rest
        .split_at_checked(length)
        .ok_or_else(|| invalid(format!("its length field says {length} bytes, but only {} follow", rest.len())))?;
    let stored = u32::from_be_bytes(*take(&mut rest, "checksum")?);
    if !rest.is_empty() {
        return Err(invalid(format!("{} bytes follow the checksum", rest.len())));
    }
    let mut body_rest = body;
    if *take::<4>(&mut body_rest, "magic")? != BLOB_MAGIC {
        return Err(invalid("its magic bytes are not D1 D3 39 64"));
    }
    let computed = crc32fast::hash(body);
    if stored != computed {
        return Err(invalid(format!("its checksum is {stored:08x}, but its content has {computed:08x}")));
    }
    decode_bitmaps(body_rest)
}

/// The vector behind the magic. Keys come in any order (the reference writes them unordered), but once each.
fn decode_bitmaps(mut bytes: &[u8]) -> Result<RoaringTreemap, FormatError> {
    let count = i64::from_le_bytes(*take(&mut bytes, "bitmap count")?);
    if count < 0 {
        return Err(invalid(format!("its bitmap count is {count}")));
    }
    let mut bitmaps: Vec<(u32, RoaringBitmap)> = Vec::new();
    for _ in 0..count {
        let key = i32::from_le_bytes(*take(&mut bytes, "bitmap key")?);
        let key = u32::try_from(key).map_err(|_| invalid(format!("it has the negative bitmap key {key}")))?;
        let bitmap = RoaringBitmap::deserialize_from(&mut bytes)
            .map_err(|error| invalid(format!("bitmap {key} is not a Roaring bitmap: {error}")))?;
        bitmaps.push((key, bitmap));
    }
    if !bytes.is_empty() {
        return Err(invalid(format!("{} bytes follow its last bitmap", bytes.len())));
    }
    bitmaps.sort_by_key(|(key, _)| *key);
    if let Some(pair) = bitmaps.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(invalid(format!("bitmap key {} comes twice", pair[0].0)));
    }
    Ok(RoaringTreemap::from_bitmaps(bitmaps))
}

/// The blob of a Puffin container that is valid at `snapshot`.
fn visible_blob(bytes: &[u8], snapshot: i64) -> Result<Option<&[u8]>, FormatError> {
    let (blobs, footer) = split_container(bytes)?;
    let footer: Value = serde_json::from_slice(footer)
        .map_err(|error| invalid(format!("the footer of its container is not JSON: {error}")))?;
    let entries = footer
        .get("blobs")
        .and_then(Value::as_array)
        .ok_or_else(|| invalid("the footer of its container has no list 'blobs'"))?;
    let mut best: Option<(Option<i64>, &[u8])> = None;
    for entry in entries.iter().filter(|entry| entry.get("type").and_then(Value::as_str) == Some(BLOB_TYPE)) {
        let blob = entry_bytes(blobs, entry)?;
        let since = entry_snapshot(entry)?;
        let visible = since.is_none_or(|since| since <= snapshot);
        if visible && best.is_none_or(|(other, _)| other < since) {
            best = Some((since, blob));
        }
    }
    Ok(best.map(|(_, blob)| blob))
}

/// Splits a container into what lies before its footer (blob offsets count from there) and the footer's JSON.
fn split_container(bytes: &[u8]) -> Result<(&[u8], &[u8]), FormatError> {
    let ends_early = || invalid("its container has no complete footer");
    let (rest, magic) = bytes.split_last_chunk::<4>().ok_or_else(ends_early)?;
    let (rest, flags) = rest.split_last_chunk::<4>().ok_or_else(ends_early)?;
    let (rest, payload_size) = rest.split_last_chunk::<4>().ok_or_else(ends_early)?;
    if *magic != CONTAINER_MAGIC {
        return Err(invalid("its container does not end with PFA1"));
    }
    if u32::from_le_bytes(*flags) != 0 {
        return Err(invalid(format!("the footer of its container has the unsupported flags {flags:02x?}")));
    }
    let payload_size = u32::from_le_bytes(*payload_size) as usize;
    let payload_start = rest.len().checked_sub(payload_size).ok_or_else(ends_early)?;
    let (rest, payload) = rest.split_at(payload_start);
    let blobs = rest.strip_suffix(&CONTAINER_MAGIC).ok_or_else(ends_early)?;
    // The file's first magic is not the footer's.
    if blobs.len() < CONTAINER_MAGIC.len() {
        return Err(ends_early());
    }
    Ok((blobs, payload))
}

fn entry_bytes<'a>(blobs: &'a [u8], entry: &Value) -> Result<&'a [u8], FormatError> {
    if entry.get("compression-codec").is_some_and(|codec| !codec.is_null()) {
        return Err(invalid("a blob of its container is compressed, which is not supported"));
    }
    let number = |name| entry.get(name).and_then(Value::as_u64).and_then(|value| usize::try_from(value).ok());
    let range = || {
        let start = number("offset")?;
        let end = start.checked_add(number("length")?)?;
        if start < CONTAINER_MAGIC.len() {
            return None;
        }
        blobs.get(start..end)
    };
    range().ok_or_else(|| invalid("a blob of its container has no 'offset' and 'length' inside the file"))
}

fn entry_snapshot(entry: &Value) -> Result<Option<i64>, FormatError> {
    let Some(value) = entry.get("properties").and_then(|properties| properties.get(SNAPSHOT_PROPERTY)) else {
        return Ok(None);
    };
    let parsed = match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    };
    parsed.map(Some).ok_or_else(|| invalid(format!("its container has the {SNAPSHOT_PROPERTY} {value}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of the specification: positions 1 and 3.
    const ONE_AND_THREE: [u8; 44] = [
        0x00, 0x00, 0x00, 0x24, 0xd1, 0xd3, 0x39, 0x64, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x3a, 0x30, 0, 0, 0x01,
        0, 0, 0, 0, 0, 0x01, 0, 0x10, 0, 0, 0, 0x01, 0, 0x03, 0, 0x68, 0x34, 0x97, 0xa9,
    ];

    fn positions(values: &[u64]) -> RoaringTreemap {
        values.iter().copied().collect()
    }

    fn container(blobs: &[(Option<i64>, &[u64])]) -> Vec<u8> {
        let mut file = CONTAINER_MAGIC.to_vec();
        let mut entries = Vec::new();
        for (snapshot, values) in blobs {
            let blob = encode(&positions(values));
            let mut properties = serde_json::json!({"referenced-data-file": "a.parquet", "cardinality": "1"});
            if let Some(snapshot) = snapshot {
                properties[SNAPSHOT_PROPERTY] = snapshot.to_string().into();
            }
            entries.push(serde_json::json!({
                "type": BLOB_TYPE, "fields": [], "snapshot-id": -1, "sequence-number": -1,
                "offset": file.len(), "length": blob.len(), "properties": properties,
            }));
            file.extend(blob);
        }
        let payload = serde_json::json!({"blobs": entries, "properties": {}}).to_string();
        file.extend(CONTAINER_MAGIC);
        file.extend(payload.as_bytes());
        file.extend((payload.len() as u32).to_le_bytes());
        file.extend(0u32.to_le_bytes());
        file.extend(CONTAINER_MAGIC);
        file
    }

    #[test]
    fn example_of_the_specification() {
        assert_eq!(decode(&ONE_AND_THREE, 0).unwrap(), positions(&[1, 3]));
        assert_eq!(encode(&positions(&[1, 3])), ONE_AND_THREE);
    }

    #[test]
    fn every_damaged_byte_is_noticed() {
        for at in 0..ONE_AND_THREE.len() {
            let mut damaged = ONE_AND_THREE;
            damaged[at] ^= 0x10;
            assert!(decode(&damaged, 0).is_err(), "byte {at}");
            assert!(decode(&ONE_AND_THREE[..at], 0).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn bitmap_keys_may_come_unordered_but_not_twice() {
        let bitmap = |key: i32, value: u32| {
            let mut bytes = key.to_le_bytes().to_vec();
            RoaringBitmap::from([value]).serialize_into(&mut bytes).unwrap();
            bytes
        };
        let blob = |bitmaps: &[Vec<u8>]| {
            let mut body = BLOB_MAGIC.to_vec();
            body.extend((bitmaps.len() as i64).to_le_bytes());
            body.extend(bitmaps.concat());
            let mut blob = (body.len() as u32).to_be_bytes().to_vec();
            let checksum = crc32fast::hash(&body);
            blob.extend(body);
            blob.extend(checksum.to_be_bytes());
            blob
        };
        assert_eq!(decode(&blob(&[bitmap(1, 5), bitmap(0, 7)]), 0).unwrap(), positions(&[7, (1 << 32) + 5]));
        assert!(decode(&blob(&[bitmap(1, 5), bitmap(1, 7)]), 0).is_err());
        assert!(decode(&blob(&[bitmap(-1, 5)]), 0).is_err());
    }

    #[test]
    fn container_gives_the_blob_of_the_snapshot() {
        let file = container(&[(Some(7), &[1, 2, 3]), (Some(3), &[1]), (Some(5), &[1, 2])]);
        for (snapshot, expected) in [(2, &[][..]), (3, &[1]), (4, &[1]), (5, &[1, 2]), (6, &[1, 2]), (7, &[1, 2, 3])] {
            assert_eq!(decode(&file, snapshot).unwrap(), positions(expected), "snapshot {snapshot}");
        }
        let file = container(&[(Some(7), &[1, 2]), (None, &[1])]);
        assert_eq!(decode(&file, 6).unwrap(), positions(&[1]));
        assert_eq!(decode(&file, 7).unwrap(), positions(&[1, 2]));
        for cut in 0..file.len() {
            assert!(decode(&file[..cut], 7).is_err(), "cut at {cut}");
        }
    }

    proptest! {
        #[test]
        fn encoded_positions_decode(values in proptest::collection::vec(
            prop_oneof![0..200_000u64, 0..1u64 << 40, 0..1u64 << 63], 0..300), run in 0..70_000u64)
        {
            let mut expected: RoaringTreemap = values.into_iter().collect();
            expected.insert_range(1000..1000 + run);
            prop_assert_eq!(decode(&encode(&expected), 0).unwrap(), expected);
        }

        #[test]
        fn random_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), snapshot in any::<i64>()) {
            let _ = decode(&bytes, snapshot);
            let _ = decode(&[&CONTAINER_MAGIC[..], &bytes].concat(), snapshot);
            // A valid frame, so that the bitmaps are reached.
            let body = [&BLOB_MAGIC[..], &bytes].concat();
            let frame = [&(body.len() as u32).to_be_bytes(), &body[..], &crc32fast::hash(&body).to_be_bytes()].concat();
            let _ = decode(&frame, snapshot);
            let _ = decode_bitmaps(&[&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x3b, 0x30][..], &bytes].concat());
        }

        #[test]
        fn changed_containers_do_not_panic(at in 0..500usize, byte in any::<u8>()) {
            let mut file = container(&[(Some(3), &[1]), (Some(5), &[1, 2])]);
            let at = at % file.len();
            file[at] = byte;
            let _ = decode(&file, 4);
        }
    }
}
