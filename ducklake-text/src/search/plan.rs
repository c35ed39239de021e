//! A query, given the fields it is asked of.

use crate::analyse::{Analyser, Glob, Role, fold_name, split};
use crate::error::{Result, TextError};
use crate::query::{Atom, Clause, Occur, TextQuery};
use crate::schema::{FieldKind, Ranking, TextSchema};

/// What to look for, and where.
pub(crate) struct Plan {
    pub(crate) clauses: Vec<PlannedClause>,
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) ranking: Ranking,
}

pub(crate) struct PlannedClause {
    pub(crate) occur: Occur,
    /// It holds where one of them does.
    pub(crate) alternatives: Vec<Alternative>,
    /// What gives it a score, by position in [`Plan::leaves`].
    pub(crate) scored: std::ops::Range<usize>,
}

/// Holds where all of its words do.
pub(crate) struct Alternative(pub(crate) Vec<PlannedWord>);

/// Holds where the whole or all of the parts do; positions in [`Plan::leaves`].
pub(crate) struct PlannedWord {
    pub(crate) whole: Option<usize>,
    pub(crate) parts: Vec<usize>,
}

/// One thing to be found in some fields.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Leaf {
    pub(crate) matcher: Matcher,
    /// Positions in the schema, and the boosts.
    pub(crate) fields: Vec<(usize, f32)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Matcher {
    Token(String),
    /// Tokens at consecutive positions; two or more.
    Phrase(Vec<String>),
    /// Tokens of a pattern, and one more that a stem may have become.
    Tokens(Glob, Option<String>),
    Name(String),
    Names(Glob),
}

impl Plan {
    pub(crate) fn new(query: &TextQuery, schema: &TextSchema, boosts: Option<&[(String, f32)]>) -> Result<Self> {
        let mut planner = Planner {
            schema,
            fields: fields(query, schema, boosts)?,
            analyser: Analyser::new(),
            plan: Plan { clauses: Vec::new(), leaves: Vec::new(), ranking: query.ranking.unwrap_or(schema.ranking) },
        };
        let signs_only = !query.clauses.iter().any(|clause| clause.atom.text().contains(char::is_alphanumeric));
        let next = query.clauses.iter().skip(1).map(Some).chain([None]);
        for (at, (clause, next)) in query.clauses.iter().zip(next).enumerate() {
            let repeated = query.clauses.iter().take(at).any(|other| other == clause);
            // Signs between words say nothing, unless there is nothing else.
            let signs = matches!(&clause.atom, Atom::Word(word) if !word.contains(char::is_alphanumeric));
            if !repeated && (signs_only || !signs) {
                planner.clause(clause, next)?;
            }
        }
        Ok(planner.plan)
    }
}

/// Fields to be searched and their boosts.
fn fields(query: &TextQuery, schema: &TextSchema, boosts: Option<&[(String, f32)]>) -> Result<Vec<(usize, f32)>> {
    let position = |name: &str| schema.position(name).ok_or_else(|| schema.unknown(name));
    let mut fields: Vec<(usize, f32)> = match boosts {
        Some(boosts) => {
            let mut fields = Vec::with_capacity(boosts.len());
            for (name, boost) in boosts {
                if !(boost.is_finite() && *boost >= 0.0) {
                    return Err(TextError::Schema { what: format!("the boost of \"{name}\" is {boost}") });
                }
                fields.push((position(name)?, *boost));
            }
            fields.retain(|(_, boost)| *boost > 0.0);
            fields.sort_by_key(|(at, _)| *at);
            fields.dedup_by_key(|(at, _)| *at);
            fields
        }
        None => schema.fields.iter().map(|field| field.boost).enumerate().collect(),
    };
    if let Some(names) = &query.fields {
        let wanted = names.iter().map(|name| position(name)).collect::<Result<Vec<_>>>()?;
        fields.retain(|(at, _)| wanted.contains(at));
    }
    Ok(fields)
}

struct Planner<'a> {
    schema: &'a TextSchema,
    fields: Vec<(usize, f32)>,
    analyser: Analyser,
    plan: Plan,
}

impl Planner<'_> {
    fn clause(&mut self, clause: &Clause, next: Option<&Clause>) -> Result<()> {
        let (fields, atom) = match &clause.field {
            None => (self.fields.clone(), clause.atom.clone()),
            Some((name, written)) => match self.schema.position(name) {
                Some(at) => {
                    let boost = self.fields.iter().find(|(field, _)| *field == at).map(|(_, boost)| *boost);
                    let boost = boost.or_else(|| self.schema.fields.get(at).map(|field| field.boost));
                    (vec![(at, boost.unwrap_or(1.0))], clause.atom.clone())
                }
                None => (self.fields.clone(), Atom::Word(written.clone())),
            },
        };
        let start = self.plan.leaves.len();
        let alternatives = match &atom {
            Atom::Word(word) => self.word(word, &fields),
            Atom::Phrase(text) => self.by_kind(&fields, |planner, kind, fields| planner.phrase(text, kind, fields)),
            Atom::Prefix(text) => self.pattern(&folded_pattern(text), true, &fields),
            Atom::Wildcard(text) => self.pattern(&folded_pattern(text), false, &fields),
            Atom::NameExact(name) => self.name(Matcher::Name(fold_name(name)), &fields)?,
            Atom::NamePrefix(name) => self.name(Matcher::Names(Glob::prefix(&fold_name(name))), &fields)?,
            Atom::NameWildcard(pattern) => self.name(Matcher::Names(Glob::new(&fold_name(pattern))), &fields)?,
            Atom::NameSubstring(text) => self.name(Matcher::Names(Glob::around(&fold_name(text))), &fields)?,
        };
        if let (Atom::Word(word), Some(Clause { occur, field, atom: Atom::Word(next) })) = (&atom, next)
            && *occur == clause.occur
            && *field == clause.field
        {
            self.pair(word, next, &fields);
        }
        if !alternatives.is_empty() {
            let scored = start..self.plan.leaves.len();
            self.plan.clauses.push(PlannedClause { occur: clause.occur, alternatives, scored });
        }
        Ok(())
    }

    /// Fields of prose and of code are asked apart where they split the text differently.
    fn by_kind(
        &mut self,
        fields: &[(usize, f32)],
        mut plan: impl FnMut(&mut Self, FieldKind, Vec<(usize, f32)>) -> Option<Alternative>,
    ) -> Vec<Alternative> {
        let is_prose = |at: usize| self.schema.fields.get(at).is_some_and(|field| field.kind == FieldKind::Text);
        let (prose, code): (Vec<_>, Vec<_>) = fields.iter().partition(|(at, _)| is_prose(*at));
        let groups = [(FieldKind::Text, prose), (FieldKind::Code, code)];
        groups
            .into_iter()
            .filter(|(_, fields)| !fields.is_empty())
            .filter_map(|(kind, fields)| plan(self, kind, fields))
            .collect()
    }

    fn word(&mut self, word: &str, fields: &[(usize, f32)]) -> Vec<Alternative> {
        if words_of(FieldKind::Text, word) == words_of(FieldKind::Code, word) {
            return self.words(word, FieldKind::Code, fields.to_vec()).into_iter().collect();
        }
        self.by_kind(fields, |planner, kind, fields| planner.words(word, kind, fields))
    }

    fn words(&mut self, text: &str, kind: FieldKind, fields: Vec<(usize, f32)>) -> Option<Alternative> {
        if fields.is_empty() {
            return None;
        }
        let mut words = Vec::new();
        for word in words_of(kind, text) {
            let whole = word.whole.map(|token| self.token(&token, &fields));
            let parts = word.parts.iter().map(|token| self.token(token, &fields)).collect();
            for short in word.shorts {
                self.token(&short, &fields);
            }
            words.push(PlannedWord { whole, parts });
        }
        (!words.is_empty()).then_some(Alternative(words))
    }

    /// What two words in a row are worth besides each of them; belongs to the first.
    fn pair(&mut self, one: &str, two: &str, fields: &[(usize, f32)]) {
        let plain = |word: &str| match words_of(FieldKind::Code, word).as_slice() {
            [Word { whole: None, parts, .. }] => parts.first().cloned(),
            _ => None,
        };
        let (Some(one), Some(two)) = (plain(one), plain(two)) else { return };
        let weighted = |weight: f32| fields.iter().map(|(at, boost)| (*at, boost * weight)).collect();
        let Ranking { joined, adjacent, .. } = self.plan.ranking;
        if joined > 0.0 {
            self.leaf(Matcher::Token(self.analyser.stem(&format!("{one}{two}"))), weighted(joined));
        }
        if adjacent > 0.0 {
            let tokens = vec![self.analyser.stem(&one), self.analyser.stem(&two)];
            self.leaf(Matcher::Phrase(tokens), weighted(adjacent));
        }
    }

    fn token(&mut self, token: &str, fields: &[(usize, f32)]) -> usize {
        self.leaf(Matcher::Token(self.analyser.stem(token)), fields.to_vec())
    }

    fn phrase(&mut self, text: &str, kind: FieldKind, fields: Vec<(usize, f32)>) -> Option<Alternative> {
        let mut tokens = Vec::new();
        self.analyser.each(kind, text, |token, role, _| {
            if role == Role::Part {
                tokens.push(token.to_owned());
            }
        });
        let matcher = match tokens.len() {
            0 => return None,
            1 => Matcher::Token(tokens.remove(0)),
            _ => Matcher::Phrase(tokens),
        };
        let leaf = self.leaf(matcher, fields);
        Some(Alternative(vec![PlannedWord { whole: Some(leaf), parts: Vec::new() }]))
    }

    fn pattern(&mut self, text: &str, prefix: bool, fields: &[(usize, f32)]) -> Vec<Alternative> {
        let matcher = match prefix {
            true => Matcher::Tokens(Glob::prefix(text), Some(self.analyser.stem(text))),
            false => Matcher::Tokens(Glob::new(text), None),
        };
        self.single(matcher, fields.to_vec())
    }

    fn name(&mut self, matcher: Matcher, fields: &[(usize, f32)]) -> Result<Vec<Alternative>> {
        let mut names = fields.to_vec();
        names.retain(|(at, _)| self.schema.fields.get(*at).is_some_and(|field| field.kind == FieldKind::Name));
        if names.is_empty() {
            return Err(TextError::NoNames { known: self.schema.known() });
        }
        Ok(self.single(matcher, names))
    }

    fn single(&mut self, matcher: Matcher, fields: Vec<(usize, f32)>) -> Vec<Alternative> {
        let leaf = self.leaf(matcher, fields);
        vec![Alternative(vec![PlannedWord { whole: Some(leaf), parts: Vec::new() }])]
    }

    fn leaf(&mut self, matcher: Matcher, fields: Vec<(usize, f32)>) -> usize {
        self.plan.leaves.push(Leaf { matcher, fields });
        self.plan.leaves.len() - 1
    }
}

/// One identifier or word of a query, not yet stemmed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Word {
    whole: Option<String>,
    parts: Vec<String>,
    shorts: Vec<String>,
}

fn words_of(kind: FieldKind, text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    // Bytes of the whole that its parts have yet to make up.
    let mut open = 0;
    split(kind, text, &mut |token, role, _| match role {
        Role::Whole => {
            open = token.len();
            words.push(Word { whole: Some(token.to_owned()), ..Word::default() });
        }
        Role::Part => {
            if open == 0 {
                words.push(Word::default());
            }
            open = open.saturating_sub(token.len());
            if let Some(word) = words.last_mut() {
                word.parts.push(token.to_owned());
            }
        }
        // A single letter says too little to rank by.
        Role::Short if token.chars().nth(1).is_some() => {
            if let Some(word) = words.last_mut() {
                word.shorts.push(token.to_owned());
            }
        }
        Role::Short => {}
    });
    words
}

/// Tokens have neither case nor joints.
fn folded_pattern(text: &str) -> String {
    fold_name(text).replace(['_', '-'], "")
}
