//! Why a text cannot be edited.

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotEditable {
    /// Invalid TOML.
    #[error("the file is not TOML: {0}")]
    Syntax(String),
    /// The item is missing or in a form that edits do not support.
    #[error("the {0} cannot be edited automatically; edit the file by hand")]
    Form(&'static str),
}
