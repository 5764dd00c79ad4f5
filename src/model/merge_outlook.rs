//! What the merge plan came to: a value that the plan makes and reports tell of.

/// Which rows will end on one card. From this file alone, at least: the server may know more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergeOutlook {
    /// Rows looked at: all that are fit to be sent.
    pub rows: u64,
    /// Rows with nothing to be recognised by; each makes a card of its own, unless it repeats one.
    pub rows_without_identity: u64,
    /// Different identities.
    pub identities: u64,
    /// Cards that the rows make where the server knows nobody yet.
    pub cards: u64,
    /// Bytes of documents, each card once.
    pub document_bytes: u64,
    /// Persons, if rows that share an identity, also by way of others, are one.
    pub persons: u64,
    /// Persons with several rows.
    pub groups: u64,
    /// Rows of those.
    pub rows_in_groups: u64,
    /// Rows that say exactly what an earlier one says; an import does not send them.
    pub identical_rows: u64,
    /// Rows that go with the card of an earlier row, because that was asked for; identical ones among them.
    pub merged_rows: u64,
    /// Whether there may be more identical rows than that: more was to be remembered than is allowed for it.
    pub identical_is_least: bool,
    /// Rows that belong to two cards or more; the server adds them to one, and the others stay apart.
    pub bridges: u64,
    /// The first of those.
    pub first_bridges: Vec<Bridge>,
    /// Groups whose rows give different names.
    pub groups_with_names: u64,
    /// Identities that very many rows share, most of all first.
    pub hubs: Vec<Hub>,
    /// How many of those there are.
    pub hub_count: u64,
    /// How many rows make an identity a hub.
    pub hub_rows_min: u64,
    /// The largest groups, largest first.
    pub largest: Vec<Group>,
}

/// Stable names of what a merge plan warns of. The names never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MergeCode {
    /// A row whose identities stand on different cards.
    Bridge,
    /// An identity that very many rows share.
    Hub,
    /// Rows of one card that give different names.
    NamesDiffer,
    /// A group with more rows than were allowed.
    GroupTooLarge,
    /// Rows that say exactly what an earlier one says.
    Identical,
}

impl MergeCode {
    /// Every code.
    pub const ALL: [MergeCode; 5] =
        [MergeCode::GroupTooLarge, MergeCode::Bridge, MergeCode::Hub, MergeCode::NamesDiffer, MergeCode::Identical];

    /// As written in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            MergeCode::Bridge => "merge.bridge",
            MergeCode::Hub => "merge.hub",
            MergeCode::NamesDiffer => "merge.names_differ",
            MergeCode::GroupTooLarge => "merge.group_too_large",
            MergeCode::Identical => "merge.identical",
        }
    }
}

impl MergeOutlook {
    /// Rows whose cards an import sends when nothing comes in between: all but identical ones, and those that go with
    /// others.
    pub fn rows_to_send(&self) -> u64 {
        self.rows - self.identical_rows - self.merged_rows
    }

    /// Cards of rows with nothing to be recognised by: each is somebody, unless it repeats one. All other persons have
    /// several rows, or one.
    pub fn cards_without_identity(&self) -> u64 {
        let others = (self.rows - self.rows_without_identity).saturating_sub(self.rows_in_groups) + self.groups;
        self.persons.saturating_sub(others)
    }

    /// Rows of the largest group; 0 when there is none.
    pub fn largest_rows(&self) -> u64 {
        self.largest.first().map_or(0, |group| group.rows)
    }
}

/// Rows that end on one card, or would if the server saw that they are one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// How many rows.
    pub rows: u64,
    /// The first of them, in order; the very first always.
    pub first_rows: Vec<u64>,
    /// Whether they give different names.
    pub names_differ: bool,
    /// What they share, as people read it; some of it, and nothing for some groups of a very large file.
    pub shared: Vec<String>,
    /// Names that they give; some of those, and not that of the first row.
    pub names: Vec<String>,
}

/// A row whose identities stand on different cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bridge {
    /// The row.
    pub row: u64,
    /// Its name.
    pub name: String,
    /// For each of the cards: what it shares with it, and the row that made it.
    pub cards: Vec<(String, u64)>,
}

/// An identity that very many rows share: a mailbox or switchboard of a company, or a stand-in such as `none@none.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    /// The identity as people read it; empty for some of a very large file.
    pub value: String,
    /// How many different rows.
    pub rows: u64,
    /// The row that made the card on which it stands.
    pub card_row: u64,
}
