//! The bytes of a segment.
//!
//! All numbers are little-endian. A header of 192 bytes is followed by the sections, each filled up with zeros to a
//! multiple of 64 bytes. Their lengths follow from the header. With `n` vectors, `s` = dimensions rounded up to a multiple
//! of 32, and `c1 >= c2 >= …` vectors on the levels above the lowest:
//!
//! | header at | type     | what |
//! |-----------|----------|------|
//! | 0         | 8 bytes  | `QLVECSEG` |
//! | 8         | u32      | version of the layout: 1 |
//! | 12        | u32      | metric: 0 cosine, 1 Euclidean, 2 inner product |
//! | 16        | u32      | dimensions |
//! | 20        | u32      | rows that the segment is over |
//! | 24        | u32      | vectors, all different: `n` |
//! | 28        | u32      | links of a vector on each upper level: `m`; on the lowest there are places for `2m` |
//! | 32        | u32      | levels above the lowest, up to 16 |
//! | 36        | u32 × 16 | `c1`, `c2`, …; 0 for levels that there are not |
//! | 100       | u32 × 9  | CRC-32 of each section with its filling |
//! | 136       | u32      | rows that have a vector: `r`, at least `n` |
//! | 188       | u32      | CRC-32 of the header up to here |
//!
//! | section       | bytes             | what |
//! |---------------|-------------------|------|
//! | rows          | 4 r               | the rows of the first vector, of the second, and so on, those of one ascending (u32) |
//! | ends          | 4 n               | of each vector where its rows end (u32) |
//! | scales        | 4 n               | of each vector the factor of its high bytes (f32) |
//! | squares       | 4 n or 0          | of each vector its square as its high bytes have it (f32), for the Euclidean metric |
//! | upper vectors | 4 c1              | which vectors stand on the first level (u32); the first c2 of them also on the second, and so on |
//! | upper links   | 4 m (c1 + c2 + …) | of each level the links, as positions on that level (u32) |
//! | links         | 8 m n             | of each vector links to others (u32) |
//! | high          | s n               | the high bytes of the codes |
//! | low           | s n               | the low bytes of the codes |
//!
//! Links end with `0xffffffff` where there are fewer than places. A walk begins at the first vector. A number of a vector
//! is `scale * (high + low / 256)`, both signed; vectors of the cosine metric are normalised.

use bytes::Bytes;

use crate::builder::{BuildOptions, Graph, MOST_DIMENSIONS, Vectors};
use crate::codes::stride;
use crate::graph::{Le, MOST_ENTRIES, NONE};
use crate::{Metric, SegmentError};

const MAGIC: &[u8; 8] = b"QLVECSEG";
const VERSION: u32 = 1;
const HEADER: usize = 192;
const ALIGNMENT: usize = 64;
const MOST_LEVELS: usize = 16;
const COUNTS_AT: usize = 36;
const CHECKSUMS_AT: usize = COUNTS_AT + 4 * MOST_LEVELS;
const LISTED_AT: usize = CHECKSUMS_AT + 4 * SECTIONS.len();
const HEADER_CHECKSUM_AT: usize = HEADER - 4;
const METRICS: [Metric; 3] = [Metric::Cosine, Metric::L2, Metric::InnerProduct];

/// The sections in their order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Section {
    Rows,
    Ends,
    Scales,
    Squares,
    UpperVectors,
    UpperLinks,
    Links,
    High,
    Low,
}

const SECTIONS: [(Section, &str); 9] = [
    (Section::Rows, "rows"),
    (Section::Ends, "ends of rows"),
    (Section::Scales, "scales"),
    (Section::Squares, "squares"),
    (Section::UpperVectors, "upper vectors"),
    (Section::UpperLinks, "upper links"),
    (Section::Links, "links"),
    (Section::High, "high bytes"),
    (Section::Low, "low bytes"),
];

/// What the header says.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) metric: Metric,
    pub(super) dimensions: usize,
    pub(super) rows: u32,
    /// Vectors, all different.
    pub(super) count: u32,
    /// Rows that have one of them.
    pub(super) listed: u32,
    pub(super) m: usize,
    /// Vectors on each level above the lowest.
    pub(super) levels: Vec<u32>,
}

impl Header {
    /// Bytes of a section without its filling.
    fn length(&self, section: Section) -> u64 {
        let (count, m) = (u64::from(self.count), self.m as u64);
        match section {
            Section::Rows => 4 * u64::from(self.listed),
            Section::Ends | Section::Scales => 4 * count,
            Section::Squares => {
                if self.metric == Metric::L2 {
                    4 * count
                } else {
                    0
                }
            }
            Section::UpperVectors => 4 * u64::from(self.levels.first().copied().unwrap_or(0)),
            Section::UpperLinks => 4 * m * self.levels.iter().map(|count| u64::from(*count)).sum::<u64>(),
            Section::Links => 8 * m * count,
            Section::High | Section::Low => stride(self.dimensions) as u64 * count,
        }
    }

    /// Bytes of a section with its filling.
    fn filled(&self, section: Section) -> u64 {
        self.length(section).next_multiple_of(ALIGNMENT as u64)
    }

    /// Bytes of the segment.
    fn total(&self) -> u64 {
        HEADER as u64 + SECTIONS.iter().map(|(section, _)| self.filled(*section)).sum::<u64>()
    }

    fn to_bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(MAGIC);
        let metric = METRICS.iter().position(|metric| *metric == self.metric).unwrap_or(0);
        let numbers = [VERSION, metric as u32, self.dimensions as u32, self.rows, self.count, self.m as u32];
        let numbers = numbers.into_iter().chain([self.levels.len() as u32]).chain(self.levels.iter().copied());
        for (place, number) in bytes[8..].chunks_exact_mut(4).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes[LISTED_AT..LISTED_AT + 4].copy_from_slice(&self.listed.to_le_bytes());
        bytes
    }

    /// Reads and checks a header.
    fn parse(bytes: &[u8; HEADER]) -> Result<Self, SegmentError> {
        let (magic, rest) = bytes.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(SegmentError::Magic);
        }
        let (numbers, _) = rest.as_chunks::<4>();
        let number = |place: usize| u32::from_le_bytes(numbers[place]);
        if number(0) != VERSION {
            return Err(SegmentError::Version { found: number(0), known: VERSION });
        }
        let checksum = u32::from_le_bytes([bytes[188], bytes[189], bytes[190], bytes[191]]);
        if crc32fast::hash(&bytes[..HEADER_CHECKSUM_AT]) != checksum {
            return Err(SegmentError::Checksum { section: "header" });
        }
        let invalid = |what| SegmentError::Invalid { what };
        let metric = *METRICS.get(number(1) as usize).ok_or(invalid("a metric that there is not"))?;
        let (dimensions, rows, count, m) = (number(2) as usize, number(3), number(4), number(5) as usize);
        let levels = number(6) as usize;
        let listed = number((LISTED_AT - MAGIC.len()) / 4);
        if !(1..=MOST_DIMENSIONS).contains(&dimensions) || !(1..=1024).contains(&m) || levels > MOST_LEVELS {
            return Err(invalid("sizes that are out of range"));
        }
        if rows > MOST_ENTRIES || listed > rows || count > listed {
            return Err(invalid("more vectors than rows"));
        }
        let levels: Vec<u32> = (0..levels).map(|level| number(7 + level)).collect();
        let within = std::iter::once(&count).chain(&levels).is_sorted_by(|lower, upper| lower >= upper);
        if !within || levels.last() == Some(&0) {
            return Err(invalid("levels that grow upwards"));
        }
        Ok(Self { metric, dimensions, rows, count, listed, m, levels })
    }
}

/// A segment's header and sections, the bytes of which are those that were written.
pub(super) struct Sections {
    pub(super) header: Header,
    bytes: Bytes,
    starts: [usize; SECTIONS.len()],
}

impl Sections {
    /// Takes the bytes apart and compares the checksums.
    pub(super) fn open(bytes: Bytes) -> Result<Self, SegmentError> {
        let header = bytes.first_chunk::<HEADER>().ok_or(SegmentError::Magic)?;
        let checksums: Vec<u32> =
            header[CHECKSUMS_AT..].as_chunks::<4>().0.iter().map(|sum| u32::from_le_bytes(*sum)).collect();
        let header = Header::parse(header)?;
        if header.total() != bytes.len() as u64 {
            return Err(SegmentError::Length { expected: header.total(), found: bytes.len() as u64 });
        }
        let mut starts = [0; SECTIONS.len()];
        let mut start = HEADER;
        for (((section, name), place), checksum) in SECTIONS.iter().zip(&mut starts).zip(checksums) {
            *place = start;
            // The total length, which is the sum of these, has been compared with that of bytes in memory.
            let end = start + header.filled(*section) as usize;
            if crc32fast::hash(&bytes[start..end]) != checksum {
                return Err(SegmentError::Checksum { section: name });
            }
            start = end;
        }
        Ok(Self { header, bytes, starts })
    }

    /// The bytes of a section without its filling.
    pub(super) fn get(&self, section: Section) -> &[u8] {
        let start = self.starts[section as usize];
        &self.bytes[start..start + self.header.length(section) as usize]
    }

    /// A section of numbers of four bytes.
    pub(super) fn numbers(&self, section: Section) -> &[Le] {
        self.get(section).as_chunks::<4>().0
    }

    /// Bytes of the whole segment.
    pub(super) fn total(&self) -> usize {
        self.bytes.len()
    }
}

/// Writes a segment whose vectors are in `order`, which holds each of them once.
pub(crate) fn write(
    vectors: &Vectors,
    graph: &Graph,
    order: &[u32],
    dimensions: usize,
    rows: u32,
    options: BuildOptions,
) -> Vec<u8> {
    let levels = graph.upper().map(|(count, _)| count).collect();
    let (count, listed) = (graph.count(), vectors.rows.len() as u32);
    let header = Header { metric: options.metric, dimensions, rows, count, listed, m: options.m, levels };
    let mut new_place = vec![0_u32; order.len()];
    for (place, entry) in (0..).zip(order) {
        new_place[*entry as usize] = place;
    }
    let mut bytes = Vec::with_capacity(header.total() as usize);
    bytes.extend(header.to_bytes());
    for (index, (section, _)) in SECTIONS.into_iter().enumerate() {
        let start = bytes.len();
        let entries = order.iter().map(|entry| *entry as usize);
        match section {
            Section::Rows => bytes.extend(entries.flat_map(|entry| vectors.rows_of(entry)).flatten()),
            Section::Ends => {
                let ends = entries.scan(0, |end, entry| {
                    *end += vectors.rows_of(entry).len() as u32;
                    Some(end.to_le_bytes())
                });
                bytes.extend(ends.flatten());
            }
            Section::Scales => bytes.extend(entries.flat_map(|entry| vectors.scales[entry])),
            Section::Squares if header.metric == Metric::L2 => {
                bytes.extend(entries.flat_map(|entry| vectors.squares[entry].to_le_bytes()));
            }
            Section::Squares => {}
            Section::UpperVectors => {
                let count = header.levels.first().map_or(0, |count| *count as usize);
                bytes.extend(new_place[..count].iter().flat_map(|place| place.to_le_bytes()));
            }
            Section::UpperLinks => {
                bytes.extend(graph.upper().flat_map(|(_, links)| links.places.iter().flatten().copied()));
            }
            Section::Links => {
                for entry in order {
                    bytes.extend(graph.lowest().of(*entry).iter().flat_map(|link| match *link {
                        NONE => NONE,
                        link => new_place[u32::from_le_bytes(link) as usize].to_le_bytes(),
                    }));
                }
            }
            Section::High | Section::Low => {
                let plane = if matches!(section, Section::High) { &vectors.high } else { &vectors.low };
                let stride = stride(dimensions);
                entries.for_each(|entry| bytes.extend_from_slice(&plane[entry * stride..][..stride]));
            }
        }
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        let checksum = crc32fast::hash(&bytes[start..]).to_le_bytes();
        bytes[CHECKSUMS_AT + 4 * index..][..4].copy_from_slice(&checksum);
    }
    let checksum = crc32fast::hash(&bytes[..HEADER_CHECKSUM_AT]).to_le_bytes();
    bytes[HEADER_CHECKSUM_AT..HEADER].copy_from_slice(&checksum);
    bytes
}

/// Makes all checksums good again, as far as there are bytes for them.
#[cfg(test)]
pub(super) fn seal(bytes: &mut [u8]) {
    let sum_up = |bytes: &mut [u8]| {
        let checksum = crc32fast::hash(&bytes[..HEADER_CHECKSUM_AT]).to_le_bytes();
        bytes[HEADER_CHECKSUM_AT..HEADER].copy_from_slice(&checksum);
    };
    sum_up(bytes);
    let Some(Ok(header)) = bytes.first_chunk::<HEADER>().map(Header::parse) else { return };
    let mut start = HEADER;
    for (index, (section, _)) in SECTIONS.into_iter().enumerate() {
        let end = start + header.filled(section) as usize;
        let Some(section) = bytes.get(start..end) else { return };
        let checksum = crc32fast::hash(section).to_le_bytes();
        bytes[CHECKSUMS_AT + 4 * index..][..4].copy_from_slice(&checksum);
        start = end;
    }
    sum_up(bytes);
}
