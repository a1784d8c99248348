//! Why a text cannot be edited.

/// Why a text cannot be edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotEditable {
    /// It is no TOML.
    #[error("the file is not TOML: {0}")]
    Syntax(String),
    /// The edit names something that is not there, or stands in a form that is not known here.
    #[error("the {0} stands in a form that only a person can edit: change the file by hand")]
    Form(&'static str),
}
