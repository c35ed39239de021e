//! Columns of text: their widths, and fitting them into a terminal.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns are not squeezed below this while others could be hidden instead.
const MIN_WIDTH: usize = 12;

/// The room that a text takes, in terminal cells.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// How cells stand in their column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
    Centre,
}

/// Appends `text` in a field of `room` cells, cut with `…` if it is longer.
pub(super) fn push_cell(text: &str, room: usize, align: Align, out: &mut String) {
    let text = clip(text, room);
    let spare = room.saturating_sub(width(&text));
    let before = match align {
        Align::Left => 0,
        Align::Right => spare,
        Align::Centre => spare / 2,
    };
    out.extend(std::iter::repeat_n(' ', before));
    out.push_str(&text);
    out.extend(std::iter::repeat_n(' ', spare - before));
}

fn clip(text: &str, room: usize) -> Cow<'_, str> {
    if width(text) <= room {
        return Cow::Borrowed(text);
    }
    let mut used = 1;
    let kept: String = text
        .chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= room
        })
        .collect();
    Cow::Owned(if room == 0 { kept } else { kept + "…" })
}

/// Which columns are shown, and how wide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fit {
    /// Width of each column that is shown, with its index; `None` stands for the hidden ones in the middle.
    pub(super) columns: Vec<Option<(usize, usize)>>,
}

impl Fit {
    /// Fits columns of the given natural widths into `room` cells (all of it, if there is no limit). Each takes three
    /// cells more than its text, and the whole one more.
    pub(super) fn new(widths: &[usize], room: Option<usize>) -> Self {
        let all = || widths.iter().copied().enumerate().map(Some);
        let Some(room) = room else { return Self { columns: all().collect() } };
        if let Some(cap) = cap(widths, room, MIN_WIDTH) {
            return Self { columns: all().map(|c| c.map(|(i, w)| (i, w.min(cap)))).collect() };
        }
        // Keep columns from both ends while they fit at their least width, beside a column of dots.
        let least = |i: usize| widths[i].min(MIN_WIDTH) + 3;
        let mut free = room.saturating_sub(1 + 4);
        let (mut left, mut right) = (0, widths.len());
        while left < right {
            let next = if left <= widths.len() - right { left } else { right - 1 };
            let is_first = left == 0 && right == widths.len();
            if least(next) > free && !is_first {
                break;
            }
            free = free.saturating_sub(least(next));
            if next == left { left += 1 } else { right -= 1 }
        }
        let shown: Vec<usize> = (0..left).chain(right..widths.len()).collect();
        let natural: Vec<usize> = shown.iter().map(|&i| widths[i]).collect();
        let hides = left < right;
        let room = room.saturating_sub(if hides { 4 } else { 0 });
        let cap = cap(&natural, room, 1).unwrap_or(1);
        let mut columns: Vec<_> = shown.iter().map(|&i| Some((i, widths[i].min(cap)))).collect();
        if hides {
            columns.insert(left, None);
        }
        Self { columns }
    }

    /// How many columns are shown.
    pub(super) fn shown(&self) -> usize {
        self.columns.iter().flatten().count()
    }
}

/// The greatest width, at least `min`, to which columns must be cut to fit; `None` if that is not enough.
fn cap(widths: &[usize], room: usize, min: usize) -> Option<usize> {
    let total = |cap: usize| widths.iter().map(|w| w.min(&cap) + 3).sum::<usize>() + 1;
    let widest = widths.iter().copied().max().unwrap_or(0).max(min);
    if total(widest) <= room {
        return Some(widest);
    }
    if total(min) > room {
        return None;
    }
    // `low` fits, `high` does not.
    let (mut low, mut high) = (min, widest);
    while high - low > 1 {
        let middle = low.midpoint(high);
        if total(middle) <= room { low = middle } else { high = middle }
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(fit: &Fit) -> usize {
        fit.columns.iter().map(|c| c.map_or(1, |(_, w)| w) + 3).sum::<usize>() + 1
    }

    #[test]
    fn columns_that_fit_keep_their_width() {
        let fit = Fit::new(&[5, 10], Some(80));
        assert_eq!(fit.columns, [Some((0, 5)), Some((1, 10))]);
        assert_eq!(Fit::new(&[500, 900], None).columns, [Some((0, 500)), Some((1, 900))]);
    }

    #[test]
    fn the_widest_columns_are_cut_first() {
        let fit = Fit::new(&[5, 300, 40], Some(80));
        assert!((79..=80).contains(&total(&fit)), "{fit:?}");
        assert_eq!(fit.columns[0], Some((0, 5)));
        assert_eq!(fit.shown(), 3);
    }

    #[test]
    fn columns_in_the_middle_are_hidden_when_there_are_too_many() {
        let fit = Fit::new(&[20; 30], Some(80));
        assert!(total(&fit) <= 80, "{fit:?}");
        assert!(fit.columns.contains(&None));
        assert_eq!(fit.columns.first().copied().flatten().map(|c| c.0), Some(0));
        assert_eq!(fit.columns.last().copied().flatten().map(|c| c.0), Some(29));
    }

    #[test]
    fn absurd_rooms_do_not_break() {
        for room in 0..20 {
            let fit = Fit::new(&[30, 0, 7], Some(room));
            assert!(fit.shown() >= 1);
        }
        assert_eq!(Fit::new(&[], Some(10)).shown(), 0);
    }

    #[test]
    fn cells_are_cut_and_padded_by_terminal_width() {
        let mut out = String::new();
        push_cell("日本語", 4, Align::Left, &mut out);
        push_cell("ab", 5, Align::Right, &mut out);
        push_cell("ab", 6, Align::Centre, &mut out);
        assert_eq!(out, "日…    ab  ab  ");
        assert_eq!(width("日…"), 3);
    }
}
