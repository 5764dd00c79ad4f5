//! A mapping as its author wrote it, checked for form but not yet held against a table's columns.

use std::ops::Range;

use super::phone::Country;
use super::template::Template;
use crate::model::{Channel, SourceOptions};

/// The whole file.
#[derive(Clone, Debug, Default)]
pub(super) struct Document {
    pub source: SourceOptions,
    pub rows: Rows,
    /// In the order in which they stand in the file; each becomes one origin.
    pub sources: Vec<Source>,
}

/// The `[rows]` table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows {
    /// Whether a row needs an entry that the server can recognise a person by.
    pub require_identity: bool,
}

impl Default for Rows {
    fn default() -> Self {
        // A card without an identity becomes a new card each time it is sent (API facts, "May a row be sent again?").
        Rows { require_identity: true }
    }
}

/// One place that values come from, and where they go.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub target: Target,
    pub content: Content,
    /// What stands between several entries in one cell.
    pub split: Option<String>,
    /// By whose rules national phone numbers are read.
    pub country: Option<Country>,
}

/// Where a value goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Name,
    Channel(Channel),
    Custom { label: String },
}

/// What a value is made of.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Column(ColumnName),
    Template(Template<ColumnName>),
    Constant(String),
}

/// A column as the mapping names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ColumnName {
    /// Trimmed, never empty.
    pub name: String,
    /// Where in the mapping's text.
    pub span: Range<usize>,
}
