//! The table of serialised objects. Their stream carries no lengths, so that what is not needed has to be known too.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::error::{Error, Result};

/// One kind of object.
#[derive(Debug)]
pub(crate) struct Spec {
    pub name: &'static str,
    pub fields: Vec<Field>,
    /// The field that tells which of `variants` it is.
    pub tag: Option<u16>,
    pub variants: Vec<(u64, Spec)>,
}

#[derive(Debug)]
pub(crate) struct Field {
    pub id: u16,
    pub kind: Kind,
}

/// What a field holds.
#[derive(Debug)]
pub(crate) enum Kind {
    UInt,
    Int,
    Bool,
    Text,
    Double,
    Type,
    Value,
    Object(&'static str),
    List(Box<Kind>),
    Nullable(Box<Kind>),
    Map(Box<Kind>, Box<Kind>),
    Pair(Box<Kind>, Box<Kind>),
}

#[derive(Debug)]
pub(crate) struct Grammar {
    objects: HashMap<&'static str, Spec>,
}

impl Spec {
    pub(crate) fn field(&self, id: u16) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    pub(crate) fn variant(&self, tag: u64) -> Option<&Self> {
        self.variants.iter().find(|(value, _)| *value == tag).map(|(_, spec)| spec)
    }
}

impl Grammar {
    /// The grammar of the releases that are supported.
    pub(crate) fn get() -> &'static Self {
        static GRAMMAR: OnceLock<Grammar> = OnceLock::new();
        // A line that is no rule would leave an object unknown, which a test excludes.
        GRAMMAR.get_or_init(|| Self::parse(include_str!("grammar.txt")).unwrap_or(Self { objects: HashMap::new() }))
    }

    pub(crate) fn object(&self, name: &str) -> Result<&Spec> {
        self.objects.get(name).ok_or_else(|| Error::unsupported(format!("objects {name}"), crate::error::NEWER))
    }

    fn parse(text: &'static str) -> Option<Self> {
        let mut objects = HashMap::new();
        let mut current: Option<Spec> = None;
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            let depth = line.len() - line.trim_start().len();
            if depth == 0 {
                objects.extend(current.replace(parse_head(line)?).map(|spec| (spec.name, spec)));
                continue;
            }
            let (tag, rest) = line.trim().strip_prefix('=')?.split_once(' ')?;
            let variant = parse_head(rest)?;
            let outer = current.as_mut()?;
            let parent = if depth == 1 { outer } else { &mut outer.variants.last_mut()?.1 };
            parent.variants.push((tag.parse().ok()?, variant));
        }
        objects.extend(current.map(|spec| (spec.name, spec)));
        Some(Self { objects })
    }
}

/// `Name/F: fields`.
fn parse_head(line: &'static str) -> Option<Spec> {
    let (head, fields) = line.split_once(':')?;
    let (name, tag) = match head.split_once('/') {
        Some((name, tag)) => (name, Some(tag.parse().ok()?)),
        None => (head, None),
    };
    let fields = split_outside(fields).into_iter().map(parse_field).collect::<Option<_>>()?;
    Some(Spec { name, fields, tag, variants: Vec::new() })
}

fn parse_field(text: &'static str) -> Option<Field> {
    let mut words = text.trim().splitn(3, ' ');
    let id = words.next()?.parse().ok()?;
    words.next()?;
    Some(Field { id, kind: parse_kind(words.next()?)? })
}

/// Splits at commas that stand in no brackets.
fn split_outside(text: &'static str) -> Vec<&'static str> {
    let mut depth = 0;
    let parts = text.split(move |c| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => (),
        }
        c == ',' && depth == 0
    });
    parts.filter(|part| !part.trim().is_empty()).collect()
}

fn parse_kind(text: &'static str) -> Option<Kind> {
    let text = text.trim();
    if let Some(inner) = text.strip_suffix('?') {
        return Some(Kind::Nullable(Box::new(parse_kind(inner)?)));
    }
    let between = |start, end| text.strip_prefix(start).and_then(|rest: &'static str| rest.strip_suffix(end));
    if let Some(element) = between('[', ']') {
        return Some(Kind::List(Box::new(parse_kind(element)?)));
    }
    if let Some(map) = between('{', '}') {
        let (key, value) = map.split_once(':')?;
        return Some(Kind::Map(Box::new(parse_kind(key)?), Box::new(parse_kind(value)?)));
    }
    if let Some(pair) = between('(', ')') {
        let (first, second) = pair.split_once(',')?;
        return Some(Kind::Pair(Box::new(parse_kind(first)?), Box::new(parse_kind(second)?)));
    }
    Some(match text {
        "u" => Kind::UInt,
        "i" => Kind::Int,
        "b" => Kind::Bool,
        "s" => Kind::Text,
        "d" => Kind::Double,
        "T" => Kind::Type,
        "V" => Kind::Value,
        name => Kind::Object(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_kind(grammar: &Grammar, kind: &Kind) {
        match kind {
            Kind::Object(name) => assert!(grammar.objects.contains_key(name), "{name}"),
            Kind::List(inner) | Kind::Nullable(inner) => check_kind(grammar, inner),
            Kind::Map(first, second) | Kind::Pair(first, second) => {
                check_kind(grammar, first);
                check_kind(grammar, second);
            }
            _ => (),
        }
    }

    fn check(grammar: &Grammar, spec: &Spec) {
        assert!(spec.fields.is_sorted_by_key(|field| field.id) || spec.name == "AlterInfo", "{}", spec.name);
        spec.fields.iter().for_each(|field| check_kind(grammar, &field.kind));
        assert_eq!(spec.tag.is_some(), !spec.variants.is_empty(), "{}", spec.name);
        spec.variants.iter().for_each(|(_, variant)| check(grammar, variant));
    }

    #[test]
    fn every_rule_is_known() {
        let grammar = Grammar::parse(include_str!("grammar.txt")).unwrap();
        assert_eq!(grammar.objects.len(), 39);
        grammar.objects.values().for_each(|spec| check(&grammar, spec));
        let create = grammar.object("CreateInfo").unwrap();
        assert_eq!((create.tag, create.variants.len()), (Some(100), 9));
        let alter = grammar.object("AlterInfo").unwrap();
        assert_eq!(alter.variant(1).unwrap().variants.len(), 17);
    }
}
