//! A mapping as its author wrote it, checked for form but not yet held against a table's columns.

use std::ops::Range;

use super::condition::Condition;
use super::phone::Country;
use super::shape::Shape;
use super::template::Template;
use crate::model::{Channel, Code, Member, SourceOptions};

/// The whole file.
#[derive(Clone, Debug, Default)]
pub(super) struct Document {
    pub source: SourceOptions,
    /// The columns that the table must have, all of them and in this order.
    pub expected: Option<Expected>,
    pub rows: Rows,
    /// In the order in which they stand in the file; each becomes one origin or, for a family of columns, several.
    pub sources: Vec<Source>,
}

/// `expect_columns`.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    /// Trimmed.
    pub names: Vec<String>,
    pub span: Range<usize>,
}

/// The `[rows]` table.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// Whether a row needs an entry that the server can recognise a person by.
    pub require_identity: bool,
    /// A row for which any of these holds is left out.
    pub skip_if: Vec<Condition<ColumnName>>,
    /// A row for which one of these does not hold is left out.
    pub only_if: Vec<Condition<ColumnName>>,
    /// Findings that do not keep a row from being sent.
    pub warn: Vec<(Code, Range<usize>)>,
}

impl Default for Rows {
    fn default() -> Self {
        // A card without an identity becomes a new card each time it is sent (API facts, "May a row be sent again?").
        Rows { require_identity: true, skip_if: Vec::new(), only_if: Vec::new(), warn: Vec::new() }
    }
}

/// One place that values come from, and where they go.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub target: Target,
    pub content: Content,
    /// What may stand between several entries in one cell; any of these.
    pub split: Vec<String>,
    /// By whose rules national phone numbers are read.
    pub country: Option<CountryRule<ColumnName>>,
    /// What happens to every value on its way.
    pub shape: Shape,
    /// What all values of the source are put together with, to make one of them.
    pub join: Option<String>,
    /// The column that holds the custom label.
    pub label: Option<ColumnName>,
    /// Whether the table may lack the columns.
    pub optional: bool,
    /// Where in the mapping's text.
    pub span: Range<usize>,
}

/// Whose national phone numbers these are.
#[derive(Clone, Debug)]
pub(super) enum CountryRule<C> {
    /// Always the same country's.
    Always(Country),
    /// The one that a column names.
    Column {
        column: C,
        /// What the column says for a country, where that is not its two letters.
        values: Vec<(String, Country)>,
        /// For rows in which the column is blank.
        default: Option<Country>,
    },
}

/// Where a value goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Name,
    Channel(Channel),
    Custom { label: String },
}

impl Target {
    /// The name in a mapping: `email`, or a custom label.
    pub fn key(&self) -> &str {
        match self {
            Target::Name => "name",
            Target::Channel(channel) => channel.as_str(),
            Target::Custom { label } => label,
        }
    }

    /// Where in the document its values stand, and under which label: a custom value's own, or the target's.
    pub fn place<'a>(&'a self, label: Option<&'a str>) -> (Member, &'a str) {
        match self {
            Target::Name => (Member::Name, ""),
            Target::Channel(channel) => (Member::Channel(*channel), ""),
            Target::Custom { label: usual } => (Member::Custom, label.unwrap_or(usual)),
        }
    }
}

/// What a value is made of.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Column(ColumnName),
    Template(Template<ColumnName>),
    Constant(String),
}

impl Content {
    /// The columns it names, in order.
    pub fn columns(&self) -> Vec<&ColumnName> {
        match self {
            Content::Column(name) => vec![name],
            Content::Template(template) => template.columns().collect(),
            Content::Constant(_) => Vec::new(),
        }
    }
}

/// A column as the mapping names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ColumnName {
    /// Trimmed, never empty.
    pub name: String,
    /// Where in the mapping's text.
    pub span: Range<usize>,
}

impl ColumnName {
    /// What stands before and after the `*` of a pattern.
    pub fn pattern(&self) -> Option<(&str, &str)> {
        self.name.split_once('*').filter(|(_, after)| !after.contains('*'))
    }

    /// The member of the family with this number.
    pub fn numbered(&self, number: &str) -> ColumnName {
        ColumnName { name: self.name.replacen('*', number, 1), span: self.span.clone() }
    }
}
