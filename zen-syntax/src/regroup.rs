//! Taking symbols out of a file again, once all of it is known.

use crate::symbol::{FileSymbols, Source};

/// What becomes of a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It stays.
    Keep,
    /// It is part of this earlier one (a further clause of the same function): its references are that one's.
    Into(usize),
    /// It goes; its references are those of what contains it.
    Drop,
}

/// Applies a fate to each symbol. What refers to symbols by their place still does.
pub(crate) fn regroup(file: &mut FileSymbols, fates: &[Fate]) {
    if fates.iter().all(|fate| *fate == Fate::Keep) {
        return;
    }
    let mut places: Vec<Option<usize>> = Vec::with_capacity(fates.len());
    let mut kept = 0;
    for (symbol, fate) in file.symbols.iter().zip(fates) {
        let place = |at: usize| places.get(at).copied().flatten();
        let at = match fate {
            Fate::Keep => {
                kept += 1;
                Some(kept - 1)
            }
            Fate::Into(other) => place(*other),
            Fate::Drop => symbol.container.as_ref().and_then(|container| container.symbol).and_then(place),
        };
        places.push(at);
    }
    let mut fate = fates.iter();
    file.symbols.retain(|_| matches!(fate.next(), Some(Fate::Keep) | None));
    for container in file.symbols.iter_mut().filter_map(|symbol| symbol.container.as_mut()) {
        container.symbol = container.symbol.and_then(|at| places.get(at).copied().flatten());
    }
    for reference in &mut file.references {
        if let Source::Symbol(at) = reference.from {
            reference.from = places.get(at).copied().flatten().map_or(Source::File, Source::Symbol);
        }
    }
}
