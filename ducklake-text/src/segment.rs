//! A segment, open.

use std::sync::Arc;

use bytes::Bytes;
use roaring::RoaringBitmap;
use tantivy::columnar::StrColumn;
use tantivy::directory::OwnedBytes;
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
    let rows = RoaringBitmap::deserialize_from(bytes).map_err(|error| TextError::corrupt(format!("its rows: {error}")))?;
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
        Ok(OpenField { tokens: reader.inverted_index(index.tokens)?, name, index })
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
