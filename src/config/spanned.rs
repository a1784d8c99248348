//! Values with their places in the file.

use std::any::type_name;
use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config::value_types::Read;
use crate::diagnostic::Spot;

/// Limit on the length of a list.
pub const LIST_MAX: usize = 1_000;

/// A value and its place in the file.
#[derive(Debug, Clone)]
pub struct Spanned<T> {
    pub value: T,
    pub spot: Spot,
}

/// A list with the places of all entries that could be read.
#[derive(Debug, Clone)]
pub struct RawList<T> {
    pub items: Vec<Spanned<T>>,
    /// The place of the whole list.
    pub spot: Spot,
}

impl<T> RawList<T> {
    /// The entries without their places.
    pub fn into_values(self) -> Vec<T> {
        self.items.into_iter().map(|item| item.value).collect()
    }
}

impl<T: Read> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        type_name::<T>().into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        T::schema()
    }
}

impl<T: Read> JsonSchema for RawList<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        type_name::<Self>().into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": T::schema(), "minItems": 1, "maxItems": LIST_MAX })
    }
}
