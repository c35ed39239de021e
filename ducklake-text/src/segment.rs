//! A segment, open.

use std::sync::Arc;

use bytes::Bytes;
use roaring::RoaringBitmap;
use tantivy::columnar::StrColumn;
use tantivy::directory::OwnedBytes;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::{Index, InvertedIndexReader, SegmentReader};

use crate::container;
use crate::directory::{SEGMENT_ID, SegmentDirectory};
use crate::error::{Result, TextError};
use crate::schema::{IndexField, TextSchema, tantivy_schema};

/// The part that has the rows' numbers, where there are gaps between them.
pub(crate) const ROWS_PART: &str = "rows";
/// What an open segment needs besides its bytes.
const OVERHEAD: usize = 32 << 10;

/// The index of some rows' texts. Immutable; it can be shared by threads.
pub struct TextSegment {
    schema: TextSchema,
    len: u32,
    rows: Option<RoaringBitmap>,
    bytes: usize,
    /// None without rows.
    index: Option<OpenIndex>,
}

pub(crate) struct OpenIndex {
    pub(crate) reader: SegmentReader,
    pub(crate) fields: Vec<OpenField>,
}

/// The readers of one field.
pub(crate) struct OpenField {
    pub(crate) index: IndexField,
    pub(crate) tokens: Arc<InvertedIndexReader>,
    /// How many tokens each document has.
    pub(crate) lengths: FieldNormReader,
    pub(crate) name: Option<OpenName>,
}

/// Whole names and their trigrams.
pub(crate) struct OpenName {
    pub(crate) whole: Arc<InvertedIndexReader>,
    pub(crate) trigrams: Arc<InvertedIndexReader>,
}

impl TextSegment {
    /// Opens what [`SegmentBuilder::finish`](crate::SegmentBuilder::finish) made. Nothing is copied when nobody else
    /// holds the bytes.
    ///
    /// # Errors
    /// [`TextError::Corrupt`] for other bytes, [`TextError::Version`] for bytes of another version,
    /// [`TextError::OtherSchema`] where fields or kinds differ; boosts and ranking may.
    pub fn open(bytes: Bytes, schema: &TextSchema) -> Result<Self> {
        let (header, parts) = container::unpack(&bytes, schema)?;
        let rows = match parts.iter().find(|(name, _)| name == ROWS_PART) {
            Some((_, range)) => Some(read_rows(bytes.get(range.clone()).unwrap_or_default(), header.rows)?),
            None => None,
        };
        let size = bytes.len();
        let index = match header.rows {
            0 => None,
            rows => Some(open_index(bytes, parts, rows, schema)?),
        };
        Ok(Self { schema: schema.clone(), len: header.rows, rows, bytes: size, index })
    }

    /// Rows in the segment.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of memory that it takes, about.
    pub fn memory_bytes(&self) -> usize {
        self.bytes + OVERHEAD
    }

    pub(crate) fn index(&self) -> Option<&OpenIndex> {
        self.index.as_ref()
    }

    pub(crate) fn schema(&self) -> &TextSchema {
        &self.schema
    }

    /// The row that is the index's document.
    pub(crate) fn row(&self, document: u32) -> u32 {
        match &self.rows {
            Some(rows) => rows.select(document).unwrap_or(u32::MAX),
            None => document,
        }
    }

    /// Documents of rows.
    pub(crate) fn documents(&self, rows: &RoaringBitmap) -> RoaringBitmap {
        match &self.rows {
            // Ranks of ascending rows ascend.
            Some(own) => (own & rows).iter().map(|row| saturated(own.rank(row).saturating_sub(1))).collect(),
            None => {
                let mut documents = rows.clone();
                documents.remove_range(self.len..);
                documents
            }
        }
    }

    /// Rows of documents.
    pub(crate) fn rows(&self, documents: RoaringBitmap) -> RoaringBitmap {
        match &self.rows {
            Some(_) => documents.iter().map(|document| self.row(document)).collect(),
            None => documents,
        }
    }
}

fn saturated(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn read_rows(bytes: &[u8], expected: u32) -> Result<RoaringBitmap> {
    let rows =
        RoaringBitmap::deserialize_from(bytes).map_err(|error| TextError::corrupt(format!("its rows: {error}")))?;
    if rows.len() != u64::from(expected) {
        return Err(TextError::corrupt(format!("it has {expected} rows, but numbers for {}", rows.len())));
    }
    Ok(rows)
}

fn open_index(
    bytes: Bytes,
    parts: Vec<(String, std::ops::Range<usize>)>,
    rows: u32,
    schema: &TextSchema,
) -> Result<OpenIndex> {
    let (index_schema, fields) = tantivy_schema(schema);
    let meta = serde_json::json!({
        "segments": [{ "segment_id": SEGMENT_ID, "max_doc": rows, "deletes": null }],
        "schema": index_schema,
        "opstamp": 0,
    });
    let meta = serde_json::to_vec(&meta).map_err(std::io::Error::from)?;
    let directory = SegmentDirectory::new(meta, OwnedBytes::new(Vec::from(bytes)), parts);
    let index = Index::open(directory)?;
    let segments = index.searchable_segments()?;
    let segment = segments.first().ok_or_else(|| TextError::corrupt("it has no index"))?;
    let reader = SegmentReader::open(segment)?;
    let fields = fields.into_iter().map(|index| {
        let name = match index.name {
            Some(name) => Some(OpenName {
                whole: reader.inverted_index(name.whole)?,
                trigrams: reader.inverted_index(name.trigrams)?,
            }),
            None => None,
        };
        Ok(OpenField {
            tokens: reader.inverted_index(index.tokens)?,
            lengths: reader.get_fieldnorms_reader(index.tokens)?,
            name,
            index,
        })
    });
    let fields = fields.collect::<Result<_>>()?;
    Ok(OpenIndex { reader, fields })
}

impl OpenField {
    /// Whole names by document.
    pub(crate) fn whole_names(&self, index: &OpenIndex) -> Result<Option<StrColumn>> {
        match self.index.name {
            Some(name) => Ok(index.reader.fast_fields().str(index.reader.schema().get_field_name(name.whole))?),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FieldKind, FieldSpec, SegmentBuilder, TextQuery, matches, search};

    fn schema() -> TextSchema {
        TextSchema::new(vec![FieldSpec::new("name", FieldKind::Name), FieldSpec::new("doc", FieldKind::Text)]).unwrap()
    }

    /// Rows 3, 10, 17 and so on.
    fn bytes(rows: u32) -> Vec<u8> {
        let mut builder = SegmentBuilder::new(&schema(), 1 << 20).unwrap();
        for row in 0..rows {
            builder.add(row * 7 + 3, &[Some("parse_json"), (row % 2 == 0).then_some("A text")]).unwrap();
        }
        builder.finish().unwrap()
    }

    #[test]
    fn the_same_rows_give_the_same_bytes() {
        assert_eq!(bytes(40), bytes(40));
    }

    #[test]
    fn no_damage_goes_unnoticed() {
        let bytes = bytes(5);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            let opened = TextSegment::open(damaged.into(), &schema());
            assert!(matches!(opened, Err(TextError::Corrupt { .. } | TextError::Version { .. })), "byte {at}");
            let cut = bytes.get(..at).unwrap().to_vec();
            assert!(matches!(TextSegment::open(cut.into(), &schema()), Err(TextError::Corrupt { .. })), "{at} bytes");
        }
    }

    #[test]
    fn another_schema_is_refused_unless_only_boosts_differ() {
        let mut other = schema();
        other.fields[0].boost = 9.0;
        assert_eq!(TextSegment::open(bytes(1).into(), &other).unwrap().len(), 1);
        other.fields[1].kind = FieldKind::Code;
        let refused = TextSegment::open(bytes(1).into(), &other);
        assert!(matches!(refused, Err(TextError::OtherSchema { .. })));
    }

    #[test]
    fn rows_with_gaps_keep_their_numbers() {
        let segment = TextSegment::open(bytes(5).into(), &schema()).unwrap();
        let query = TextQuery::words("text");
        assert_eq!(matches(&segment, &query).unwrap(), RoaringBitmap::from([3, 17, 31]));
        let allowed = RoaringBitmap::from([0, 4, 10, 17, 900]);
        let hits = search(&[(&segment, Some(&allowed))], &query, 5, None).unwrap();
        assert_eq!(hits.iter().map(|hit| hit.row).collect::<Vec<_>>(), [17]);
    }

    #[test]
    fn a_segment_without_rows_is_found_empty() {
        let empty = TextSegment::open(bytes(0).into(), &schema()).unwrap();
        let full = TextSegment::open(bytes(2).into(), &schema()).unwrap();
        assert!(empty.is_empty() && matches(&empty, &TextQuery::words("text")).unwrap().is_empty());
        let hits = search(&[(&empty, None), (&full, None)], &TextQuery::words("text"), 5, None).unwrap();
        assert_eq!(hits.iter().map(|hit| (hit.segment, hit.row)).collect::<Vec<_>>(), [(1, 3)]);
    }

    #[test]
    fn rows_without_texts_are_rows() {
        let mut builder = SegmentBuilder::new(&schema(), 0).unwrap();
        builder.add(0, &[None, None]).unwrap();
        builder.add(1, &[None, None]).unwrap();
        let segment = builder.into_segment().unwrap();
        assert_eq!(segment.len(), 2);
        assert_eq!(search(&[(&segment, None)], &TextQuery::parse("a* \"b c\" d"), 5, None).unwrap(), []);
        assert_eq!(matches(&segment, &TextQuery::name_substring("a")).unwrap().len(), 0);
        assert_eq!(matches(&segment, &TextQuery::parse("-a")).unwrap().len(), 2);
    }

    #[test]
    fn rows_come_in_order_with_all_their_texts() {
        let mut builder = SegmentBuilder::new(&schema(), 0).unwrap();
        builder.add(4, &[None, None]).unwrap();
        assert!(matches!(builder.add(4, &[None, None]), Err(TextError::RowOrder { row: 4, last: 4 })));
        assert!(matches!(builder.add(5, &[None]), Err(TextError::TextCount { found: 1, expected: 2, .. })));
        assert_eq!(builder.len(), 1);
    }
}
