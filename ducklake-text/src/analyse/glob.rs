//! Patterns with `*` for anything and `?` for one character.

/// A folded pattern. `\` before a character takes its meaning away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob(Vec<Piece>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Letter(char),
    One,
    Any,
}

impl Glob {
    pub(crate) fn new(pattern: &str) -> Self {
        let mut pieces = Vec::new();
        let mut letters = pattern.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '*' if pieces.last() == Some(&Piece::Any) => {}
                '*' => pieces.push(Piece::Any),
                '?' => pieces.push(Piece::One),
                '\\' => pieces.push(Piece::Letter(letters.next().unwrap_or('\\'))),
                _ => pieces.push(Piece::Letter(letter)),
            }
        }
        Self(pieces)
    }

    /// A pattern for all that begins with a text.
    pub(crate) fn prefix(text: &str) -> Self {
        Self(text.chars().map(Piece::Letter).chain([Piece::Any]).collect())
    }

    /// A pattern for all that holds a text.
    pub(crate) fn around(text: &str) -> Self {
        Self([Piece::Any].into_iter().chain(text.chars().map(Piece::Letter)).chain([Piece::Any]).collect())
    }

    /// What a match begins with.
    pub(crate) fn head(&self) -> String {
        self.0.iter().map_while(Piece::letter).collect()
    }

    /// Texts without wildcards that a match holds.
    pub(crate) fn literals(&self) -> Vec<String> {
        let runs = self.0.split(|piece| piece.letter().is_none());
        runs.filter(|run| !run.is_empty()).map(|run| run.iter().filter_map(Piece::letter).collect()).collect()
    }

    /// Whether the whole text is as the pattern says; takes at most the product of their lengths.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        let (mut at, mut rest) = (0, text.chars());
        // Where to go on when the latest `*` has to take one character more.
        let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            let before = rest.clone();
            match (self.0.get(at), rest.next()) {
                (Some(Piece::Any), _) => {
                    at += 1;
                    rest = before;
                    retry = Some((at, rest.clone()));
                }
                (Some(Piece::One), Some(_)) => at += 1,
                (Some(Piece::Letter(wanted)), Some(letter)) if *wanted == letter => at += 1,
                (None, None) => return true,
                (Some(_), None) => return false,
                (_, Some(_)) => {
                    let Some((piece, from)) = &mut retry else { return false };
                    if from.next().is_none() {
                        return false;
                    }
                    (at, rest) = (*piece, from.clone());
                }
            }
        }
    }
}

impl Piece {
    fn letter(&self) -> Option<char> {
        match self {
            Self::Letter(letter) => Some(*letter),
            Self::One | Self::Any => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*", "abc", true),
            ("a*", "ba", false),
            ("*c", "abc", true),
            ("*c", "abcd", false),
            ("a?c", "aßc", true),
            ("a?c", "ac", false),
            ("*ab*ab", "xabyabab", true),
            ("*ab*ab", "ab", false),
            (r"\*x", "*x", true),
            (r"\*x", "yx", false),
            ("a\\", "a\\", true),
        ] {
            assert_eq!(Glob::new(pattern).is_match(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_certain_of_a_match() {
        let glob = Glob::new("get*by?name*");
        assert_eq!(glob.head(), "get");
        assert_eq!(glob.literals(), ["get", "by", "name"]);
        assert_eq!(Glob::prefix("a*").literals(), ["a*"]);
    }
}
