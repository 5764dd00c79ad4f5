//! The nouns every room shares: rows, cards, identities, issues, verdicts, outcomes. Values with invariants.
//! Touches nothing, and knows none of the rooms.

mod bytes;
mod card;
mod clean;
mod compact_map;
mod damage;
mod dialect;
mod digest;
mod echo;
pub mod figures;
mod forecast;
mod identity;
mod issue;
mod merge_outlook;
mod merged_card;
mod mojibake;
mod outcome;
mod row;
mod row_shelf;
mod server_rules;
mod severity;
mod source_options;
mod tally;
mod verdict;

pub use bytes::{any_byte, any_two, eight_of, trim};
pub use card::{Channel, ContactCard, Entry, Field, Mapped, Member, Origin};
pub use clean::{is_clean, may_be_damage};
pub use compact_map::{CompactMap, Entry as CompactEntry};
pub use damage::{Carries, DamageCode, Damaged};
pub use dialect::{CsvDialect, TableShape};
pub use digest::{CardDigest, DigestKey, Digester};
pub use echo::Echo;
pub use forecast::{Forecast, TokenOutlook};
pub use identity::{Identity, IdentityKey};
pub use issue::{Binding, Code, Issue, excerpt};
pub use merge_outlook::{Bridge, Group, Hub, MergeCode, MergeOutlook};
pub use merged_card::{MergedCard, OtherName};
pub use mojibake::{Mojibake, mojibake};
pub use outcome::{C3Id, OWN_COLUMNS, Outcome, OutcomeCode, Reason, Status};
pub use row::{ColumnIndex, Header, Ordinal, Row, RowNumber};
pub use row_shelf::RowShelf;
pub use server_rules::{NameAt, ServerRules};
pub use severity::Severity;
pub use source_options::{DelimiterChoice, EncodingChoice, Input, SheetChoice, SourceOptions};
pub use tally::Tally;
pub use verdict::{FatalReason, ServerError, Verdict};
