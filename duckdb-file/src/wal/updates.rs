//! Values that replace those of rows.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::vector::{Data, Vector};

/// The last replacement of each row, by column path.
///
/// A path begins with a physical column. An element above 0 goes on to that member of a struct, counted from 1; a 0 at
/// the end means whether the value is NULL, which is replaced apart from the value.
#[derive(Debug, Default)]
pub(crate) struct Updates(BTreeMap<Vec<u64>, BTreeMap<u64, Replacement>>);

#[derive(Clone, Debug)]
struct Replacement {
    values: Arc<Vector>,
    row: usize,
}

impl Updates {
    pub(crate) fn add(&mut self, path: Vec<u64>, row_ids: impl Iterator<Item = u64>, values: Vector) {
        let values = Arc::new(values);
        let replacements = row_ids.enumerate().map(|(row, id)| (id, Replacement { values: values.clone(), row }));
        self.0.entry(path).or_default().extend(replacements);
    }

    /// Forgets a column; those behind it move up.
    pub(crate) fn drop_column(&mut self, column: u64) {
        let kept = std::mem::take(&mut self.0).into_iter().filter(|(path, _)| path.first() != Some(&column));
        self.0 = kept
            .map(|(mut path, rows)| {
                if let Some(first) = path.first_mut().filter(|first| **first > column) {
                    *first -= 1;
                }
                (path, rows)
            })
            .collect();
    }

    /// Whether a value of a column is replaced in these rows.
    pub(crate) fn touches(&self, column: u64, row_ids: Range<u64>) -> bool {
        let mut paths = self.0.range(vec![column]..vec![column + 1]);
        paths.any(|(_, rows)| rows.range(row_ids.clone()).next().is_some())
    }

    /// Replaces values of a column, which are those of these row ids.
    pub(crate) fn apply(&self, column: u64, row_ids: Range<u64>, vector: &mut Vector) -> Result<()> {
        for (path, rows) in self.0.range(vec![column]..vec![column + 1]) {
            for (row_id, replacement) in rows.range(row_ids.clone()) {
                let row = (row_id - row_ids.start) as usize;
                replace(vector, &path[1..], row, replacement)?;
            }
        }
        Ok(())
    }
}

fn replace(vector: &mut Vector, path: &[u64], row: usize, replacement: &Replacement) -> Result<()> {
    let (theirs, from) = (&replacement.values, replacement.row);
    if row >= vector.rows() || from >= theirs.rows() {
        return Err(mismatch());
    }
    match (path, &mut vector.data, &theirs.data) {
        ([0], ..) => vector.valid[row] = theirs.valid[from],
        ([], Data::Fixed { width, bytes }, Data::Fixed { width: same, bytes: new }) if width == same => {
            let width = *width;
            bytes[row * width..(row + 1) * width].copy_from_slice(&new[from * width..(from + 1) * width]);
        }
        ([], Data::Strings(strings), Data::Strings(new)) => strings.replace(row, new, from)?,
        ([member, rest @ ..], Data::Struct(members), _) => {
            let member = usize::try_from(member - 1).ok().and_then(|member| members.get_mut(member));
            replace(member.ok_or_else(mismatch)?, rest, row, replacement)?;
        }
        _ => return Err(mismatch()),
    }
    Ok(())
}

fn mismatch() -> Error {
    Error::corrupt("an update of values of another type")
}
