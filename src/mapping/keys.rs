//! Every key of a mapping, once, as data: the parser takes its known keys from here, and the JSON Schema is made of it.

/// One key of a table.
#[derive(Debug)]
pub(super) struct Key {
    pub name: &'static str,
    pub kind: Kind,
    /// What an editor shows.
    pub about: &'static str,
}

/// What stands behind a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// The number 1.
    Version,
    /// Not empty.
    Text,
    /// Empty or not.
    AnyText,
    Truth,
    /// A whole number, both bounds included.
    Number(u64, u64),
    /// A name or a whole number.
    NameOrNumber,
    /// One of a few words.
    Word(&'static [&'static str]),
    /// A list of texts.
    Texts,
    /// A text, or a list of some.
    TextOrTexts,
    /// A list of lists of two texts.
    Pairs,
    /// A table whose values are texts.
    TextByText,
    /// Two letters, or a table.
    Country,
    /// One source.
    Source,
    /// A source or a list of some.
    Sources,
    /// A table of labels with their sources.
    Custom,
    /// A condition or a list of some.
    Conditions,
    /// A table whose keys are codes of findings.
    Findings,
    /// Another table of this file.
    Table(&'static [Key]),
}

const fn key(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, kind, about }
}

/// The file as a whole.
pub(super) const ROOT: &[Key] = &[
    key("version", Kind::Version, "The version of the mapping language."),
    key("source", Kind::Table(SOURCE_TABLE), "How to read the table; flags on the command line win."),
    key("rows", Kind::Table(ROWS), "Which rows are sent."),
    key("card", Kind::Table(CARD), "Which columns become which parts of a contact card."),
];

/// `[source]`.
pub(super) const SOURCE_TABLE: &[Key] = &[
    key("sheet", Kind::NameOrNumber, "The sheet of a workbook: its name, or its place as a number."),
    key("header_row", Kind::Number(1, 1_048_576), "The row that holds the column names, as the spreadsheet counts."),
    key("delimiter", Kind::Text, "What stands between cells: one character, \"tab\", or \"auto\"."),
    key("encoding", Kind::Text, "The encoding of a text table, such as \"windows-1252\", or \"auto\"."),
    key(
        "expect_columns",
        Kind::Texts,
        "All columns of the table, in order; another table is refused before anything is sent.",
    ),
];

/// `[rows]`.
pub(super) const ROWS: &[Key] = &[
    key(
        "require_identity",
        Kind::Truth,
        "Whether a row needs an e-mail, phone, facebook, vk or line entry (default: true).",
    ),
    key("skip_if", Kind::Conditions, "Rows for which one of these holds are left out."),
    key("only_if", Kind::Conditions, "Rows for which one of these does not hold are left out."),
    key(
        "on_finding",
        Kind::Findings,
        "What a finding does to its row: \"error\" keeps it back, \"warn\" leaves the value out and sends the rest.",
    ),
];

/// A condition of `[rows]`.
pub(super) const CONDITION: &[Key] = &[
    key("column", Kind::Text, "The column to look at."),
    key("equals", Kind::Text, "Holds when the trimmed cell is this text; case counts."),
    key("in", Kind::Texts, "Holds when the trimmed cell is one of these texts."),
    key("blank", Kind::Truth, "Holds when the cell is blank (true), or not (false)."),
    key("matches", Kind::Text, "Holds when this regular expression is found in the trimmed cell."),
];

/// `[card]`.
pub(super) const CARD: &[Key] = &[
    key("name", Kind::Source, "The person's name."),
    key("email", Kind::Sources, "E-mail addresses."),
    key("facebook", Kind::Sources, "Facebook accounts."),
    key("vk", Kind::Sources, "VKontakte accounts."),
    key("line", Kind::Sources, "LINE accounts."),
    key("voice", Kind::Sources, "Phone numbers."),
    key("custom", Kind::Custom, "Labels and values, in this order."),
];

/// A source with options.
pub(super) const SOURCE: &[Key] = &[
    key("column", Kind::Text, "The column: its header, its place (\"#7\", \"#C\"), or a family (\"Phone * - Value\")."),
    key("template", Kind::Text, "Text with columns in braces."),
    key("value", Kind::Text, "The same text for every row; for name and custom."),
    key("optional", Kind::Truth, "Whether the table may lack the column (default: false)."),
    key("label", Kind::Text, "For custom: the column that holds the label."),
    key("country", Kind::Country, "For voice: whose national numbers these are."),
    key("split", Kind::TextOrTexts, "What stands between several values in one cell."),
    key("trim", Kind::Truth, "For custom: false keeps white space at the ends (default: true)."),
    key("strip", Kind::Text, "Characters taken off both ends of a value."),
    key("replace", Kind::Pairs, "Pairs of texts: the first is written as the second wherever it stands."),
    key("match", Kind::Text, "A regular expression; values in which it is not found are left out."),
    key("extract", Kind::Text, "A regular expression; its first group, or all it finds, is the value."),
    key("case", Kind::Word(&["lower", "upper", "title"]), "How the value is written."),
    key("values", Kind::TextByText, "Whole values written as others: { old = \"new\" }; \"\" leaves a value out."),
    key(
        "date_format",
        Kind::Text,
        "For custom: how dates are written, such as \"DD.MM.YYYY\"; they are sent as YYYY-MM-DD.",
    ),
    key("max_length", Kind::Number(1, 32_767), "How many characters a value may have."),
    key("join", Kind::AnyText, "Puts all values of the source together into one, with this between them."),
    key("default", Kind::Text, "For name and custom: what is sent when there is no value."),
    key("required", Kind::Truth, "Whether a row without a value is refused (default: false)."),
];

/// `country` as a table.
pub(super) const COUNTRY: &[Key] = &[
    key("column", Kind::Text, "The column that names the country."),
    key("values", Kind::TextByText, "What the column says for which country: { Sverige = \"SE\" }."),
    key("default", Kind::Text, "The country of rows in which the column is blank."),
];
