//! Which segments are searched for which rows of the visible data files.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use roaring::{RoaringBitmap, RoaringTreemap};

use super::store::SegmentInfo;

/// A data file that a snapshot has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VisibleFile {
    /// Its id.
    pub(crate) id: i64,
    /// Its path as segments name it.
    pub(crate) name: String,
    /// Physical rows, 0 where the catalog does not tell: then no segment is used.
    pub(crate) rows: u64,
}

/// A segment, and what of it is to be searched.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) info: Arc<SegmentInfo>,
    pub(crate) pieces: Vec<CoveredPiece>,
}

/// A piece of a segment that stands for rows of a visible file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CoveredPiece {
    /// Number of its first row in the segment.
    pub(crate) first: u32,
    /// The file, as an index of the list of files.
    pub(crate) file: usize,
    /// Positions in the file.
    pub(crate) positions: Range<u64>,
}

/// All visible rows, each once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cover {
    /// Rows that segments know.
    pub(crate) parts: Vec<Part>,
    /// Rows that no segment knows.
    pub(crate) rest: Vec<(usize, Range<u64>)>,
}

/// Which rows of a file a search may find.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AllowedRows {
    All,
    Only(Arc<RoaringTreemap>),
}

/// Gives every row to at most one segment; those that know most come first, so that few have to be searched.
pub(crate) fn cover(files: &[VisibleFile], segments: &[Arc<SegmentInfo>]) -> Cover {
    let by_name: HashMap<&str, usize> = files.iter().enumerate().map(|(i, file)| (file.name.as_str(), i)).collect();
    let mut order: Vec<&Arc<SegmentInfo>> = segments.iter().collect();
    order.sort_by_key(|info| (std::cmp::Reverse(info.header.rows()), &info.name));
    let mut covered: Vec<Vec<Range<u64>>> = vec![Vec::new(); files.len()];
    let mut parts = Vec::new();
    for info in order {
        let mut pieces = Vec::new();
        let mut first: u32 = 0;
        for piece in &info.header.pieces {
            let positions = piece.start..piece.start.saturating_add(u64::from(piece.rows));
            let start = first;
            let Some(next) = first.checked_add(piece.rows) else { break };
            first = next;
            let Some(&file) = by_name.get(piece.file.as_str()) else { continue };
            let is_new = covered[file].iter().all(|range| range.end <= positions.start || positions.end <= range.start);
            if is_new && positions.end <= files[file].rows && !positions.is_empty() {
                covered[file].push(positions.clone());
                pieces.push(CoveredPiece { first: start, file, positions });
            }
        }
        if !pieces.is_empty() {
            parts.push(Part { info: Arc::clone(info), pieces });
        }
    }
    let mut rest = Vec::new();
    for (index, ranges) in covered.iter_mut().enumerate() {
        ranges.sort_by_key(|range| range.start);
        let mut at = 0;
        for range in ranges.iter() {
            if range.start > at {
                rest.push((index, at..range.start));
            }
            at = range.end;
        }
        // A file of unknown length is searched to its end.
        let end = if files[index].rows == 0 { u64::MAX } else { files[index].rows };
        if at < end {
            rest.push((index, at..end));
        }
    }
    Cover { parts, rest }
}

/// The rows to read of each file: these, and those that no segment knows.
pub(crate) fn kept(
    files: &[VisibleFile],
    rest: &[(usize, Range<u64>)],
    rows: impl IntoIterator<Item = (usize, u64)>,
) -> HashMap<i64, Option<Arc<RoaringTreemap>>> {
    let mut kept: Vec<Option<RoaringTreemap>> = vec![Some(RoaringTreemap::new()); files.len()];
    for (file, positions) in rest {
        if positions.start == 0 && positions.end >= files[*file].rows {
            kept[*file] = None;
        } else if let Some(rows) = &mut kept[*file] {
            rows.insert_range(positions.clone());
        }
    }
    for (file, position) in rows {
        if let Some(rows) = &mut kept[file] {
            rows.insert(position);
        }
    }
    files.iter().map(|file| file.id).zip(kept.into_iter().map(|rows| rows.map(Arc::new))).collect()
}

impl Cover {
    /// The files of which segments know rows.
    pub(crate) fn covered_files(&self) -> Vec<usize> {
        let mut files: Vec<usize> = self.parts.iter().flat_map(|part| &part.pieces).map(|piece| piece.file).collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Takes a segment out that cannot be used: its rows are searched without it.
    pub(crate) fn give_up(&mut self, is_lost: impl Fn(&Part) -> bool) {
        let (lost, parts) = std::mem::take(&mut self.parts).into_iter().partition(is_lost);
        self.parts = parts;
        let lost: Vec<Part> = lost;
        self.rest.extend(lost.into_iter().flat_map(|part| part.pieces).map(|piece| (piece.file, piece.positions)));
    }
}

impl Part {
    /// The segment's rows that may be found, `None` for all that it has.
    pub(crate) fn allowed(&self, rows_of: impl Fn(usize) -> AllowedRows) -> Option<RoaringBitmap> {
        let rows: Vec<AllowedRows> = self.pieces.iter().map(|piece| rows_of(piece.file)).collect();
        let is_whole = self.pieces.len() == self.info.header.pieces.iter().filter(|piece| piece.rows > 0).count();
        if is_whole && rows.iter().all(|rows| *rows == AllowedRows::All) {
            return None;
        }
        let mut allowed = RoaringBitmap::new();
        for (piece, rows) in self.pieces.iter().zip(rows) {
            // A piece's length is that of a u32.
            let length = (piece.positions.end - piece.positions.start) as u32;
            match rows {
                AllowedRows::All => {
                    allowed.insert_range(piece.first..piece.first + length);
                }
                AllowedRows::Only(rows) => {
                    let mut iter = rows.iter();
                    iter.advance_to(piece.positions.start);
                    let within = iter.take_while(|position| *position < piece.positions.end);
                    allowed.extend(within.map(|position| piece.first + (position - piece.positions.start) as u32));
                }
            }
        }
        Some(allowed)
    }

    /// The file and the position of one of the segment's rows; `None` for rows that are not searched.
    pub(crate) fn place(&self, row: u32) -> Option<(usize, u64)> {
        let index = self.pieces.partition_point(|piece| piece.first <= row).checked_sub(1)?;
        let piece = self.pieces.get(index)?;
        let position = piece.positions.start + u64::from(row - piece.first);
        (position < piece.positions.end).then_some((piece.file, position))
    }
}

#[cfg(test)]
mod tests {
    use super::super::container::{Header, Piece};
    use super::*;

    fn file(id: i64, rows: u64) -> VisibleFile {
        VisibleFile { id, name: format!("f{id}"), rows }
    }

    fn segment(name: &str, pieces: &[(i64, u64, u32)]) -> Arc<SegmentInfo> {
        let pieces =
            pieces.iter().map(|(id, start, rows)| Piece { file: format!("f{id}"), start: *start, rows: *rows });
        let header = Header { version: 1, index: String::new(), pieces: pieces.collect(), payload: 0, crc32: 0 };
        Arc::new(SegmentInfo { name: name.into(), header })
    }

    #[test]
    fn every_row_is_searched_once() {
        let files = [file(1, 10), file(2, 5), file(3, 7), file(4, 0)];
        let segments = [
            segment("small", &[(1, 0, 10)]),
            segment("large", &[(1, 0, 10), (9, 0, 4), (2, 0, 5)]),
            segment("part", &[(3, 2, 3)]),
            // It knows more rows than the file has.
            segment("wrong", &[(3, 5, 9)]),
        ];
        let found = cover(&files, &segments);
        let names: Vec<&str> = found.parts.iter().map(|part| part.info.name.as_str()).collect();
        assert_eq!(names, ["large", "part"]);
        assert_eq!(found.rest, [(2, 0..2), (2, 5..7), (3, 0..u64::MAX)]);

        let large = &found.parts[0];
        assert_eq!(large.place(3), Some((0, 3)));
        assert_eq!(large.place(12), None);
        assert_eq!(large.place(14), Some((1, 0)));
        assert_eq!(large.place(19), None);
        assert_eq!(found.parts[1].place(1), Some((2, 3)));
        // One of its files is not visible, so not all of it may be found.
        let all = large.allowed(|_| AllowedRows::All).unwrap();
        assert_eq!(all, (0..10).chain(14..19).collect());
        let some = Arc::new(RoaringTreemap::from_iter([1, 9, 12]));
        let some =
            large.allowed(|file| if file == 0 { AllowedRows::Only(Arc::clone(&some)) } else { AllowedRows::All });
        assert_eq!(some.unwrap(), [1, 9].into_iter().chain(14..19).collect());
        assert_eq!(found.parts[1].allowed(|_| AllowedRows::All), None);
        let later = Arc::new(RoaringTreemap::from_iter([2, 4, 6]));
        let later = found.parts[1].allowed(|_| AllowedRows::Only(Arc::clone(&later)));
        assert_eq!(later.unwrap(), [0, 2].into_iter().collect());
    }

    #[test]
    fn rows_to_read() {
        let files = [file(1, 10), file(2, 5), file(3, 7)];
        let rows = kept(&files, &[(1, 0..5), (2, 4..7)], [(0, 3), (1, 1), (2, 0)]);
        let set = |rows: &[u64]| Some(Arc::new(rows.iter().copied().collect::<RoaringTreemap>()));
        assert_eq!(rows, HashMap::from([(1, set(&[3])), (2, None), (3, set(&[0, 4, 5, 6]))]));
    }

    #[test]
    fn lost_segments_are_made_up_for() {
        let files = [file(1, 10)];
        let mut found = cover(&files, &[segment("a", &[(1, 0, 10)])]);
        found.give_up(|part| part.info.name == "a");
        assert!(found.parts.is_empty());
        assert_eq!(found.rest, [(0, 0..10)]);
    }
}
