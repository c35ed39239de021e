//! Serialised objects as trees of fields.

use super::grammar::{Grammar, Kind, Spec};
use crate::error::{Error, Result};
use crate::serial::{END, Reader};
use crate::types::LogicalType;
use crate::value::Value;

/// An object: its fields that are there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Object(Vec<(u16, Node)>);

/// What a field holds.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Null,
    UInt(u64),
    Int,
    Bool(bool),
    Double,
    Text(String),
    Type(LogicalType),
    Value(Value),
    Object(Object),
    List(Vec<Node>),
}

impl Object {
    /// Reads an object of the grammar.
    pub(crate) fn read(reader: &mut Reader, name: &str) -> Result<Self> {
        read_object(reader, Grammar::get().object(name)?)
    }

    /// The field, `None` if it is missing or null.
    pub(crate) fn get(&self, field: u16) -> Option<&Node> {
        self.0.iter().find(|(id, _)| *id == field).map(|(_, node)| node).filter(|node| !matches!(node, Node::Null))
    }

    pub(crate) fn uint(&self, field: u16) -> u64 {
        if let Some(Node::UInt(value)) = self.get(field) { *value } else { 0 }
    }

    pub(crate) fn bool(&self, field: u16) -> bool {
        matches!(self.get(field), Some(Node::Bool(true)))
    }

    pub(crate) fn text(&self, field: u16) -> &str {
        if let Some(Node::Text(text)) = self.get(field) { text } else { "" }
    }

    pub(crate) fn object(&self, field: u16) -> Option<&Self> {
        if let Some(Node::Object(object)) = self.get(field) { Some(object) } else { None }
    }

    pub(crate) fn value(&self, field: u16) -> Option<&Value> {
        if let Some(Node::Value(value)) = self.get(field) { Some(value) } else { None }
    }

    pub(crate) fn logical_type(&self, field: u16) -> Option<&LogicalType> {
        if let Some(Node::Type(logical_type)) = self.get(field) { Some(logical_type) } else { None }
    }

    pub(crate) fn list(&self, field: u16) -> &[Node] {
        if let Some(Node::List(nodes)) = self.get(field) { nodes } else { &[] }
    }

    pub(crate) fn objects(&self, field: u16) -> impl Iterator<Item = &Self> {
        self.list(field).iter().filter_map(|node| if let Node::Object(object) = node { Some(object) } else { None })
    }

    pub(crate) fn texts(&self, field: u16) -> impl Iterator<Item = &str> {
        self.list(field).iter().filter_map(|node| if let Node::Text(text) = node { Some(text.as_str()) } else { None })
    }
}

fn read_object(reader: &mut Reader, spec: &Spec) -> Result<Object> {
    let mut fields = Vec::new();
    // The object's own fields and those of the variant that it turned out to be, innermost last.
    let mut active = vec![spec];
    loop {
        let id = reader.field()?;
        if id == END {
            return Ok(Object(fields));
        }
        let found = active.iter().rev().find_map(|spec| spec.field(id));
        let innermost = active[active.len() - 1];
        let Some(field) = found else {
            return Err(Error::unsupported(
                format!("the unknown field {id} in {}", innermost.name),
                crate::error::NEWER,
            ));
        };
        let node = read_node(reader, &field.kind)?;
        if innermost.tag == Some(id)
            && let Node::UInt(tag) = node
        {
            let variant = innermost.variant(tag).ok_or_else(|| {
                Error::unsupported(format!("the unknown kind {tag} of {}", innermost.name), crate::error::NEWER)
            })?;
            active.push(variant);
        }
        fields.push((id, node));
    }
}

fn read_node(reader: &mut Reader, kind: &Kind) -> Result<Node> {
    Ok(match kind {
        Kind::UInt => Node::UInt(reader.uint()?),
        Kind::Int => {
            reader.int()?;
            Node::Int
        }
        Kind::Bool => Node::Bool(reader.bool()?),
        Kind::Text => Node::Text(reader.string()?),
        Kind::Double => {
            reader.array::<8>()?;
            Node::Double
        }
        Kind::Type => Node::Type(LogicalType::read(reader)?),
        Kind::Value => Node::Value(Value::read(reader, None)?),
        Kind::Object(name) => {
            let spec = Grammar::get().object(name)?;
            Node::Object(reader.nested(|reader| read_object(reader, spec))?)
        }
        Kind::List(element) => Node::List(reader.list(|reader| read_node(reader, element))?),
        Kind::Nullable(inner) => reader.nullable(|reader| read_node(reader, inner))?.unwrap_or(Node::Null),
        Kind::Map(key, value) => Node::List(reader.list(|reader| read_pair(reader, key, value))?),
        Kind::Pair(first, second) => read_pair(reader, first, second)?,
    })
}

/// An object with the fields 0 and 1.
fn read_pair(reader: &mut Reader, first: &Kind, second: &Kind) -> Result<Node> {
    let mut fields = Vec::new();
    for (id, kind) in [(0, first), (1, second)] {
        if reader.has(id)? {
            fields.push((id, read_node(reader, kind)?));
        }
    }
    reader.end("a pair")?;
    Ok(Node::Object(Object(fields)))
}
