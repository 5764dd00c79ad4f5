//! Rows that share a contact, found before anything is sent: two looks at the whole table. The first sees which
//! contacts several rows have, and keeps hashes only; the second gathers what those rows say. Then the table is read
//! once more, and the first row of each group carries the card of all.

use std::collections::HashMap;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::BATCH_ROWS;
use super::feed::{Desk, EarlierResults, Fate, FeedError, Judged, Parcel};
use super::progress::Look;
use super::remember::Memory;
use crate::journal::Subject;
use crate::mapping::Scraps;
use crate::model::{
    CardDigest, ContactCard, Digester, Field, IdentityKey, MergedCard, Ordinal, OtherName, OutcomeCode, Reason, Row,
    RowNumber, excerpt,
};
use crate::plan::{Gathering, RowGroup, SharedIdentities, Watch};
use crate::source::{ReadEnd, SourceError, Table};

/// How much is kept of rows that share a contact: some 180,000 of them with five values each, and what holds those.
const GATHERED_BYTES_MAX: usize = 256 << 20;

/// How many rows of a group are named.
const ROWS_NAMED_MAX: usize = 6;

/// How much of a name is shown.
const NAME_CHARS_MAX: usize = 60;

/// Opens the table once more.
pub struct Reopen(pub Box<dyn Fn() -> Result<Table, SourceError> + Send + Sync>);

impl fmt::Debug for Reopen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reopen")
    }
}

/// Why rows cannot go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeError {
    /// They say more than is kept of them.
    TooMuch {
        /// The row that was too much.
        row: RowNumber,
    },
    /// The input is not what it was a moment ago.
    Changed {
        /// The row that is another, where one is.
        row: Option<RowNumber>,
    },
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MergeError::TooMuch { row } => write!(
                f,
                "the rows that share a contact, up to row {row}, say more than the {} MiB that --merge-rows keeps in \
                 memory: see with c3import check which contacts very many rows share, or leave --merge-rows out",
                GATHERED_BYTES_MAX >> 20
            ),
            MergeError::Changed { row: Some(row) } => {
                write!(f, "the input was changed while it was read: row {row} is not what it was at the first look")
            }
            MergeError::Changed { row: None } => {
                f.write_str("the input was changed while it was read: rows that were there at the first look are gone")
            }
        }
    }
}

/// All rows that go with others.
#[derive(Debug, Default)]
pub struct Together {
    groups: Vec<Arc<Group>>,
    /// By the row's number: its group, and the how manieth of it.
    places: HashMap<u64, (u32, u32)>,
}

/// What the looks came to.
pub enum Found {
    /// The table, opened once more, and its rows that go with others.
    Rows(Table, Together),
    /// The house was closed meanwhile.
    Stopped,
}

/// Rows that go as one card.
#[derive(Debug)]
pub struct Group {
    /// Which of all groups.
    pub number: u32,
    /// At least two, in input order; the first carries the card.
    pub members: Vec<Member>,
    merged: MergedCard,
}

/// A row that goes with others.
#[derive(Debug)]
pub struct Member {
    pub ordinal: Ordinal,
    /// What its record is about: the row by itself, so that it is known again whoever it goes with.
    pub subject: Subject,
    /// What was left out of its card, and its name, if the card has another.
    pub warnings: Vec<Reason>,
    /// Whether it may have been sent before, and nobody knows what came of that.
    pub sent_before: bool,
}

/// A row's place in its group.
#[derive(Clone, Debug)]
pub struct Place {
    pub group: Arc<Group>,
    pub nth: usize,
}

impl Together {
    /// Looks at the table twice; gives it back opened once more. A row that does not go now, because it has ended or has
    /// nothing to be recognised by, goes with nobody.
    pub fn find(
        desk: &Desk,
        table: Table,
        reopen: &Reopen,
        digester: &Digester,
        memory: Option<&mut Memory>,
    ) -> Result<Found, FeedError> {
        let found = Together::seek(desk, table, reopen, digester, memory);
        desk.progress.look(None, 0, 0);
        found
    }

    fn seek(
        desk: &Desk,
        table: Table,
        reopen: &Reopen,
        digester: &Digester,
        mut memory: Option<&mut Memory>,
    ) -> Result<Found, FeedError> {
        let header = table.header().clone();
        let again = || match (reopen.0)() {
            Ok(table) if *table.header() == header => Ok(table),
            Ok(_) => Err(FeedError::Merge(MergeError::Changed { row: Some(header.row) })),
            Err(error) => Err(FeedError::Source(error)),
        };
        let mut shared = SharedIdentities::default();
        let mut keys: Vec<IdentityKey> = Vec::new();
        let looked = look(desk, Look::First, table, |_, _, judged, scraps| {
            if let Judged::Fit { card, .. } = judged {
                if card.has_identity() {
                    keys.clear();
                    keys.extend(desk.rules.recognised_by(&card).map(|(key, _)| key));
                    shared.add(&keys);
                }
                scraps.take_back(card);
            }
            Ok(())
        })?;
        if looked.is_break() {
            return Ok(Found::Stopped);
        }
        if !shared.any() {
            return Ok(Found::Rows(again()?, Together::default()));
        }
        let mut gathering = Gathering::with_room(GATHERED_BYTES_MAX);
        // Cards are kept here, and leave nothing behind.
        let looked = look(desk, Look::Second, again()?, |ordinal, row, judged, _| {
            let Judged::Fit { card, warnings, sent_before } = judged else { return Ok(()) };
            if !card.has_identity() || !desk.rules.recognised_by(&card).any(|(key, _)| shared.contains(key)) {
                return Ok(());
            }
            let parcel = desk.parcel(row.number, card, warnings, sent_before, digester);
            let fate = match &mut memory {
                Some(memory) => memory.judge(parcel).map_err(FeedError::Journal)?,
                None => Fate::Card(parcel),
            };
            let Some(parcel) = fate.goes() else { return Ok(()) };
            let subject = parcel.subject();
            let Parcel { card, warnings, sent_before, .. } = *parcel;
            let contacts: Vec<String> = desk.rules.contacts(&card).collect();
            let member = Member { ordinal, subject, warnings, sent_before };
            match gathering.add(row.number, card, contacts.into_iter(), member) {
                true => Ok(()),
                false => Err(FeedError::Merge(MergeError::TooMuch { row: row.number })),
            }
        })?;
        if looked.is_break() {
            return Ok(Found::Stopped);
        }
        if let Some(memory) = memory {
            memory.begin_anew();
        }
        drop(shared);
        Ok(Found::Rows(again()?, Together::of(gathering.finish(), desk)))
    }

    fn of(groups: Vec<RowGroup<Member>>, desk: &Desk) -> Together {
        let mut together = Together::default();
        for (RowGroup { rows, mut merged }, number) in groups.into_iter().zip(0u32..) {
            for ((row, _), nth) in rows.iter().zip(0u32..) {
                together.places.insert(row.0, (number, nth));
            }
            let mut members: Vec<Member> = rows.into_iter().map(|(_, member)| member).collect();
            let named = merged.source(Field::Name).map(|source| members[source].subject.row);
            let other_names = std::mem::take(&mut merged.other_names);
            if let (Some(own), Some(row)) = (merged.card().name(), named) {
                for OtherName { source, name, origin } in other_names {
                    let [sent, other] = [own, &name].map(|name| excerpt(name, NAME_CHARS_MAX));
                    members[source].warnings.push(Reason {
                        code: OutcomeCode::RowNameDiffers,
                        columns: desk.mapper.columns(origin).to_vec(),
                        message: format!("the card has the name of row {row}, \"{sent}\", and not \"{other}\""),
                    });
                }
            }
            together.groups.push(Arc::new(Group { number, members, merged }));
        }
        together
    }

    /// Where a row belongs, if it goes with others.
    pub fn place(&self, row: RowNumber) -> Option<Place> {
        let &(group, nth) = self.places.get(&row.0)?;
        Some(Place { group: Arc::clone(&self.groups[group as usize]), nth: nth as usize })
    }

    /// How the reading ends when so many rows came that go with others.
    pub fn all_came(&self, came: usize, end: ReadEnd) -> Result<ReadEnd, FeedError> {
        if !end.stopped && came < self.places.len() {
            return Err(FeedError::Merge(MergeError::Changed { row: None }));
        }
        Ok(end)
    }
}

impl Group {
    /// The card of all.
    pub fn card(&self) -> &ContactCard {
        self.merged.card()
    }

    /// Which of the members gave a value.
    pub fn source(&self, field: Field) -> Option<usize> {
        self.merged.source(field)
    }

    /// Whether what any of them says may have been sent before.
    pub fn sent_before(&self) -> bool {
        self.members.iter().any(|member| member.sent_before)
    }

    /// The row that carries the card.
    pub fn first_row(&self) -> RowNumber {
        self.members[0].subject.row
    }

    /// `rows 2, 57 and 314`.
    pub fn named(&self) -> String {
        let named: Vec<String> =
            self.members.iter().take(ROWS_NAMED_MAX).map(|member| member.subject.row.to_string()).collect();
        match (self.members.len() - named.len(), named.split_last()) {
            (0, Some((last, others))) => format!("rows {} and {last}", others.join(", ")),
            (more, _) => format!("rows {} and {more} more", named.join(", ")),
        }
    }
}

impl Place {
    /// The row.
    pub fn member(&self) -> &Member {
        &self.group.members[self.nth]
    }

    /// Whether it carries the card.
    pub fn is_first(&self) -> bool {
        self.nth == 0
    }

    /// Whether it stands where it stood, and says what it said, when it was looked at.
    pub fn is_still(&self, ordinal: Ordinal, digest: CardDigest) -> bool {
        self.member().ordinal == ordinal && self.says_still(digest)
    }

    /// Whether it says what it said then. That is enough where it is found by its number alone.
    pub fn says_still(&self, digest: CardDigest) -> bool {
        self.member().subject.digest == digest
    }

    /// What is said of a row whose values stand on the card of another.
    pub fn merged(&self) -> Option<Reason> {
        let message = format!("part of the card of row {}", self.group.first_row());
        (!self.is_first()).then(|| Reason { code: OutcomeCode::RowMerged, columns: Vec::new(), message })
    }
}

/// Judges every row that a run would read; breaks off when the house is closed.
fn look(
    desk: &Desk,
    which: Look,
    table: Table,
    mut each: impl FnMut(Ordinal, &Row, Judged, &mut Scraps) -> Result<(), FeedError>,
) -> Result<ControlFlow<()>, FeedError> {
    let earlier = EarlierResults::find(table.header());
    let mut scraps = Scraps::default();
    let mut next = 0;
    let mut failure = None;
    let mut flow = ControlFlow::Continue(());
    let end = table.read(&mut |row| {
        if next % BATCH_ROWS as u64 == 0 {
            desk.progress.look(Some(which), next, row.position);
            if desk.seats.is_closed() {
                flow = ControlFlow::Break(());
                return flow;
            }
        }
        // Columns are watched when the rows are sent.
        let judged = desk.judge(earlier.as_ref(), row, &mut scraps, &mut Watch::default());
        if let Err(error) = each(Ordinal(next), row, judged, &mut scraps) {
            failure = Some(error);
            return ControlFlow::Break(());
        }
        next += 1;
        if next == desk.rows_max { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match failure {
        Some(error) => Err(error),
        None => end.map(|_| flow).map_err(FeedError::Source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Mapping;
    use crate::model::{Input, ServerRules, SourceOptions};
    use crate::pipeline::progress::Progress;
    use crate::pipeline::seats::Seats;
    use crate::schedule::OnUncertain;
    use crate::source;

    /// Looks at 1,200 rows, three of one person. Before each further reading something may happen.
    fn find(between: fn(&Seats, &Progress)) -> Result<Found, FeedError> {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let path = folder.path().join("t.csv");
        let row =
            |n: u32| if n.is_multiple_of(500) { "a@example.com".to_owned() } else { format!("p{n:03}@example.com") };
        let text: Vec<String> = (0..1_200).map(row).collect();
        std::fs::write(&path, format!("E-mail\n{}\n", text.join("\n"))).expect("written");
        let open = move || source::open(&Input::File(path.clone()), &SourceOptions::default());
        let table = open().map_err(FeedError::Source)?;
        let mapping = Mapping::parse("version = 1\n[card]\nemail = \"E-mail\"\n").expect("it is sound");
        let desk = Desk {
            mapper: Arc::new(mapping.compile(table.header()).expect("it fits")),
            rules: ServerRules::default(),
            merge: None,
            plans_merges: false,
            on_uncertain: OnUncertain::Retry,
            rows_max: u64::MAX,
            seats: Arc::new(Seats::new(4)),
            progress: Arc::default(),
        };
        desk.progress.expect(table.shape().size_hint);
        let (seats, progress) = (Arc::clone(&desk.seats), Arc::clone(&desk.progress));
        let reopen = Reopen(Box::new(move || {
            between(&seats, &progress);
            open()
        }));
        Together::find(&desk, table, &reopen, &Digester::default(), None)
    }

    #[test]
    fn a_look_tells_how_far_it_is() {
        let found = find(|_, progress| {
            let now = progress.snapshot();
            assert!(matches!(now.look, Some((_, 1_024))) && now.fraction.is_some_and(|part| part > 0.8), "{now:?}");
        });
        assert!(matches!(found, Ok(Found::Rows(_, together)) if together.places.len() == 3));
    }

    #[test]
    fn a_look_breaks_off_when_the_house_is_closed() {
        let found = find(|seats, _| seats.close());
        assert!(matches!(found, Ok(Found::Stopped)));
    }
}
