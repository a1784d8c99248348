//! JSON that keeps duplicate keys and limits nesting.

use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

/// Valid input never nests deeper; the limit keeps the parser's stack small.
pub const DEPTH_MAX: usize = 8;

#[derive(Debug, PartialEq)]
pub enum Tree {
    Null,
    Bool(bool),
    Natural(u64),
    Number(f64),
    Text(String),
    List(Vec<Tree>),
    /// An object, with duplicate keys kept.
    Map(Vec<(String, Tree)>),
}

/// Why a body was rejected.
#[derive(Debug, PartialEq, Eq)]
pub enum NotATree {
    /// Nested deeper than [`DEPTH_MAX`].
    TooDeep,
    /// Not JSON from this position on.
    Broken { line: usize, column: usize },
}

/// Reads a whole body.
///
/// # Errors
///
/// The body is not JSON or is nested too deep.
pub fn read(json: &[u8]) -> Result<Tree, NotATree> {
    let mut input = serde_json::Deserializer::from_slice(json);
    let read = Within(DEPTH_MAX).deserialize(&mut input).and_then(|tree| input.end().map(|()| tree));
    read.map_err(|error| {
        // The only data error here is nesting depth.
        if error.is_data() {
            NotATree::TooDeep
        } else {
            NotATree::Broken { line: error.line(), column: error.column() }
        }
    })
}

/// A value that may nest this many more levels.
#[derive(Clone, Copy)]
struct Within(usize);

impl Within {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        self.0.checked_sub(1).map(Self).ok_or_else(|| E::custom("too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Within {
    type Value = Tree;
    fn deserialize<D: serde::Deserializer<'de>>(self, input: D) -> Result<Tree, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Within {
    type Value = Tree;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Natural(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        // For other numbers only the sign matters.
        Ok(u64::try_from(value).map_or(Tree::Number(-1.0), Tree::Natural))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Tree, E> {
        Ok(Tree::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tree, A::Error> {
        let deeper = self.deeper::<A::Error>()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(deeper)? {
            values.push(value);
        }
        Ok(Tree::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let deeper = self.deeper::<A::Error>()?;
        let mut entries = Vec::new();
        while let Some(key) = map.next_key()? {
            entries.push((key, map.next_value_seed(deeper)?));
        }
        Ok(Tree::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_at_most_so_deep() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(nested(8).as_bytes()).is_ok());
        assert_eq!(read(nested(9).as_bytes()), Err(NotATree::TooDeep));
        assert_eq!(read("[".repeat(200_000).as_bytes()), Err(NotATree::TooDeep));
        assert_eq!(read(br#"{"a":1,"#), Err(NotATree::Broken { line: 1, column: 7 }));
        assert_eq!(read(br#"{"a":-1,"a":2}"#).unwrap(), {
            Tree::Map(vec![("a".into(), Tree::Number(-1.0)), ("a".into(), Tree::Natural(2))])
        });
    }
}
