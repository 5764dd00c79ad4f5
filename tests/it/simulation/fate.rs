//! What happens to requests.

use crate::support::Chance;

/// What happens to a request.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    Stored,
    /// Stored, and the quota is used up.
    StoredQuiet,
    Refused(u16),
    Throttled(Option<u64>),
    /// The client knows nothing; stored so long after it was sent, if at all.
    Lost(Option<u64>),
    /// A status that leaves it open; stored or not.
    Failed(u16, bool),
    /// Nothing for a minute; stored before or after the client gave up, or never.
    Hangs(Option<u64>),
    Unreachable,
    Unauthorized,
    WebPage(bool),
}

/// The longest that a lost attempt takes to be stored after the client has given it up: less than the pause that is made
/// for it. Beyond that no client can avoid a double.
const LATE: u64 = 2_900;

/// What happens, in this weather: the first few kinds are storms, in which for a while everything goes the same way.
pub fn fate(chance: &mut Chance, weather: u64) -> Fate {
    let stored = chance.one_in(2);
    let late = Some(chance.below(LATE));
    match (weather, chance.below(40)) {
        (0, _) => Fate::Failed(502, stored),
        (1, _) => Fate::Unreachable,
        (2, _) => Fate::Throttled(Some(chance.below(20_000))),
        (3, _) => Fate::Lost(late.filter(|_| stored)),
        (_, 0) => Fate::Refused(chance.of(&[400, 406, 409, 413, 422])),
        (_, 1) => Fate::Throttled(None),
        (_, 2) => Fate::Throttled(Some(chance.below(5_000))),
        (_, 3..=5) => Fate::Lost(late.filter(|_| stored)),
        (_, 6 | 7) => Fate::Failed(chance.of(&[500, 502, 504]), stored),
        (_, 8) => Fate::Hangs(chance.of(&[None, Some(59_000), Some(60_000 + LATE)])),
        (_, 9) => Fate::Unreachable,
        (_, 10) => Fate::StoredQuiet,
        (_, 11) if chance.one_in(8) => Fate::Refused(chance.of(&[403, 404])),
        (_, 11) if chance.one_in(16) => Fate::Unauthorized,
        (_, 11) if chance.one_in(16) => Fate::WebPage(stored),
        (_, 11) if chance.one_in(16) => Fate::Throttled(Some(10_000_000)),
        _ => Fate::Stored,
    }
}
