//! Free read-back: every answer repeats the card, so every answer can be held against what was sent (API facts, "Free
//! read-back from the echo").

use std::borrow::Cow;
use std::collections::HashMap;

use crate::model::{
    C3Id, CompactEntry, CompactMap, ContactCard, Echo, Field, Identity, IdentityKey, Member, OutcomeCode, ServerRules,
    excerpt,
};

/// How much of a value is shown.
const SHOWN_CHARS: usize = 60;

/// Cards of this run by what their answers prove.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CardCounts {
    /// Came back for the first time in this run, with nothing on it that the row did not send.
    pub new_in_this_run: u64,
    /// Came back for an earlier row already.
    pub same_as_another_row: u64,
    /// Came back for the first time in this run, with something on it that the row did not send.
    pub already_there: u64,
    /// The answer told no id, or did not repeat the card.
    pub not_told: u64,
}

/// What is odd about one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oddity {
    pub code: OutcomeCode,
    pub field: Option<Field>,
    pub message: String,
}

/// A card as it was sent.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    pub card: &'a ContactCard,
    /// What the server may recognise it by; first its contact entries, in their order.
    pub identities: &'a [IdentityKey],
    /// How often before, with an unknown outcome.
    pub lost: usize,
}

/// Remembers, at 6 bytes a card, which ids came back and roughly for which identities.
#[derive(Debug, Default)]
pub struct ReadBack {
    rules: ServerRules,
    cards: CompactMap<Met>,
    /// The same for ids that are not plain numbers of 32 bits.
    odd: HashMap<C3Id, u32>,
    counts: CardCounts,
}

/// Twenty bits of an id, and [marks](marks).
#[derive(Clone, Copy, Debug)]
struct Met([u16; 3]);

impl Met {
    fn new(id: u32, marks: u32) -> Met {
        let bits = u64::from(id) << MARKS | u64::from(marks);
        Met([(bits >> 32) as u16, (bits >> 16) as u16, bits as u16])
    }

    fn bits(self) -> u64 {
        self.0.iter().fold(0, |bits, &part| bits << 16 | u64::from(part))
    }

    fn marks(self) -> u32 {
        self.bits() as u32 & ALL_MARKS
    }
}

impl CompactEntry for Met {
    type Key = u32;

    fn key(&self) -> u32 {
        (self.bits() >> MARKS) as u32
    }
}

impl ReadBack {
    /// Nothing came back yet.
    pub fn new(rules: ServerRules) -> ReadBack {
        ReadBack { rules, ..ReadBack::default() }
    }

    /// Cards so far.
    pub fn counts(&self) -> CardCounts {
        self.counts
    }

    /// A card came back in an earlier session. Nobody told us what it holds, so that no row is a stranger to it.
    pub fn recall(&mut self, id: Option<&C3Id>) {
        if let Some(id) = id {
            self.remember(id, ALL_MARKS);
        }
    }

    /// Holds an answer against the card that was sent. `Err` when the id belongs to rows that share no contact with this
    /// one: then the server recognises people by something that we do not know of, and the run must stop.
    pub fn check(&mut self, sent: Sent<'_>, id: Option<&C3Id>, echo: Option<&Echo>) -> Result<Vec<Oddity>, String> {
        let back = echo.map(|echo| Back::new(sent, echo));
        let met_before = match id {
            Some(id) => self.meet(sent, id, back.as_ref())?,
            None => {
                self.counts.not_told += 1;
                false
            }
        };
        Ok(back.map(|back| oddities(sent, &back, met_before)).unwrap_or_default())
    }

    /// Whether an earlier row of this run got the same card.
    fn meet(&mut self, sent: Sent<'_>, id: &C3Id, back: Option<&Back<'_>>) -> Result<bool, String> {
        let known = self.known(id);
        let all = match back {
            Some(back) => {
                let custom = back.echo.custom().filter(|_| self.rules.matches_custom);
                let custom = custom.map(|(label, value)| IdentityKey::of_custom(label, value));
                let here = sent.identities.iter().chain(&*back.identities).copied().chain(custom);
                here.fold(known.unwrap_or(0), |all, key| all | marks(key))
            }
            // Without an echo the card may hold anything, so that no later row is a stranger to it.
            None => ALL_MARKS,
        };
        if known != Some(all) {
            self.remember(id, all);
        }
        match (known, back) {
            (Some(known), _) if !sent.identities.iter().any(|&key| known & marks(key) == marks(key)) => {
                return Err(format!(
                    "id {id} came back, which belongs to rows that share no contact with this one (if it recognises \
                     people by custom fields, say --match-custom)"
                ));
            }
            (Some(_), _) => self.counts.same_as_another_row += 1,
            (None, None) => self.counts.not_told += 1,
            (None, Some(back)) if holds_more(sent, back) => self.counts.already_there += 1,
            (None, Some(_)) => self.counts.new_in_this_run += 1,
        }
        Ok(known.is_some())
    }

    fn known(&self, id: &C3Id) -> Option<u32> {
        match plain(id) {
            Some((shard, rest)) => self.cards.get(shard, &rest).map(Met::marks),
            None => self.odd.get(id).copied(),
        }
    }

    fn remember(&mut self, id: &C3Id, marks: u32) {
        match plain(id) {
            Some((shard, rest)) => self.cards.insert(shard, Met::new(rest, marks)),
            None => drop(self.odd.insert(id.clone(), marks)),
        }
    }
}

/// A card as it came back.
struct Back<'a> {
    echo: &'a Echo,
    /// Of its contact entries, in their order.
    identities: Cow<'a, [IdentityKey]>,
    /// Whether entries and custom fields are just those that were sent.
    as_sent: bool,
}

impl<'a> Back<'a> {
    fn new(sent: Sent<'a>, echo: &'a Echo) -> Back<'a> {
        if is_as_sent(sent.card, echo) {
            let identities = Cow::Borrowed(&sent.identities[..echo.entries().len()]);
            return Back { echo, identities, as_sent: true };
        }
        // What came back in its place as it was sent has the key that it had.
        let mut sent = sent.card.identities().zip(sent.identities);
        let keys = echo.entries().map(|(channel, value)| {
            let back = Identity::new(channel, value);
            sent.next().filter(|(identity, _)| *identity == back).map_or_else(|| back.key(), |(_, key)| *key)
        });
        Back { echo, identities: keys.collect(), as_sent: false }
    }
}

fn is_as_sent(card: &ContactCard, echo: &Echo) -> bool {
    let sent = card.entries().map_while(|entry| match entry.member {
        Member::Channel(channel) => Some((channel, entry.value)),
        Member::Custom | Member::Name => None,
    });
    sent.eq(echo.entries()) && card.custom().map(|field| (field.label, field.value)).eq(echo.custom())
}

/// `met_before`: whether an earlier row got the same card. What both sent stands twice on it, as the server promises.
fn oddities(sent: Sent<'_>, back: &Back<'_>, met_before: bool) -> Vec<Oddity> {
    let (card, echo) = (sent.card, back.echo);
    let mut found = Vec::new();
    if !back.as_sent {
        for ((field, value), key) in card.values().zip(sent.identities) {
            if let Field::Channel(..) = field
                && !back.identities.contains(key)
            {
                let message = format!("stored, but the answer lacks \"{}\"", excerpt(value, SHOWN_CHARS));
                found.push(Oddity { code: OutcomeCode::EchoMissing, field: Some(field), message });
            }
        }
    }
    if card.name().is_some() && echo.name().is_none_or(|name| name.trim().is_empty()) {
        let message = "stored, but the answer has no name: the server may want it elsewhere, see --name-at".to_owned();
        found.push(Oddity { code: OutcomeCode::EchoMissing, field: Some(Field::Name), message });
    }
    let looks = !met_before && !back.as_sent;
    for (at, sent) in card.custom().enumerate().take_while(|_| looks) {
        let times = echo.custom().filter(|(label, value)| *label == sent.label && *value == sent.value).count();
        if times > 1 {
            let message =
                format!("stored, but \"{}\" now stands {times} times on the card", excerpt(sent.label, SHOWN_CHARS));
            found.push(Oddity { code: OutcomeCode::EchoDoubled, field: Some(Field::Custom(at)), message });
        }
    }
    found
}

/// Whether the card holds something that was not sent. What stands on it twice was, if an attempt was lost.
fn holds_more(sent: Sent<'_>, back: &Back<'_>) -> bool {
    if back.as_sent {
        return false;
    }
    let (card, echo) = (sent.card, back.echo);
    let own = &sent.identities[..card.identities().count()];
    back.identities.iter().any(|key| !own.contains(key))
        || echo.custom().any(|(label, value)| !card.custom().any(|own| own.label == label && own.value == value))
        || echo.custom().len() > card.custom().count() * (sent.lost + 1)
}

/// A plain number, spread over all 32 bits, as twelve and twenty bits of it; nothing for an id that is none.
fn plain(id: &C3Id) -> Option<(u32, u32)> {
    let text = id.as_str();
    let number: u32 = text.parse().ok().filter(|_| !text.starts_with(['0', '+']))?;
    // By an odd number, so that no two become one.
    let spread = number.wrapping_mul(0x9e37_79b1);
    Some((spread >> 20, spread & 0xf_ffff))
}

/// How many marks there are.
const MARKS: u32 = 28;

const ALL_MARKS: u32 = (1 << MARKS) - 1;

/// Two bits of 28 that stand for an identity: with two identities on a card, one stranger in fifty is taken for a friend,
/// and where there is one stranger, there are more.
fn marks(key: IdentityKey) -> u32 {
    let bit = |part: u32| 1 << ((u64::from(part) * u64::from(MARKS)) >> 32);
    bit(key.0 as u32) | bit((key.0 >> 32) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Channel, Entry, Origin};

    fn card(emails: &[&str], custom: &[&str]) -> ContactCard {
        let mut card = ContactCard::default();
        for (member, label, values) in [(Member::Channel(Channel::Email), "", emails), (Member::Custom, "ID", custom)] {
            values.iter().for_each(|value| card.add(Entry { member, label, value, origin: Origin(0) }));
        }
        card
    }

    fn echo(emails: &[&str], custom: &[&str]) -> Echo {
        let mut echo = Echo::default();
        emails.iter().for_each(|email| echo.add_entry(Channel::Email, email));
        custom.iter().for_each(|value| echo.add_custom("ID", value));
        echo
    }

    fn told(card: &ContactCard, echo: &Echo, met_before: bool) -> Vec<Oddity> {
        let keys = keys(card);
        let sent = Sent { card, identities: &keys, lost: 0 };
        oddities(sent, &Back::new(sent, echo), met_before)
    }

    fn keys(card: &ContactCard) -> Vec<IdentityKey> {
        let rules = ServerRules { matches_custom: true, ..ServerRules::default() };
        rules.recognised_by(card).map(|(key, _)| key).collect()
    }

    fn check(
        back: &mut ReadBack,
        card: &ContactCard,
        id: Option<&C3Id>,
        echo: Option<&Echo>,
    ) -> Result<Vec<Oddity>, String> {
        let keys: Vec<IdentityKey> = back.rules.recognised_by(card).map(|(key, _)| key).collect();
        back.check(Sent { card, identities: &keys, lost: 0 }, id, echo)
    }

    fn codes(card: &ContactCard, echo: &Echo) -> Vec<OutcomeCode> {
        told(card, echo, false).into_iter().map(|oddity| oddity.code).collect()
    }

    #[test]
    fn what_is_missing_or_doubled_is_told() {
        assert_eq!(codes(&card(&["A@x.se"], &["1"]), &echo(&["a@x.se", "b@x.se"], &["1", "2"])), []);
        assert_eq!(codes(&card(&["a@x.se", "c@x.se"], &[]), &echo(&["a@x.se"], &[])), [OutcomeCode::EchoMissing]);
        assert_eq!(codes(&card(&["a@x.se"], &["1"]), &echo(&["a@x.se"], &["1", "1"])), [OutcomeCode::EchoDoubled]);
        assert_eq!(told(&card(&["a@x.se"], &["1"]), &echo(&["a@x.se"], &["1", "1"]), true), []);
        let mut named = card(&["a@x.se"], &[]);
        named.add(Entry { member: Member::Name, label: "", value: "A", origin: Origin(0) });
        assert_eq!(codes(&named, &echo(&["a@x.se"], &[])), [OutcomeCode::EchoMissing]);
        let mut renamed = echo(&["a@x.se"], &[]);
        renamed.set_name("B");
        assert_eq!(codes(&named, &renamed), []);
    }

    #[test]
    fn cards_are_counted_by_what_is_proven() {
        let mut back = ReadBack::default();
        let id = |text: &str| C3Id::new(text);
        let mut meet = |emails: &[&str], id: Option<C3Id>, echo: Option<Echo>| {
            check(&mut back, &card(emails, &[]), id.as_ref(), echo.as_ref())
        };
        assert!(meet(&["a@x.se"], id("13"), Some(echo(&["a@x.se"], &[]))).is_ok());
        assert!(meet(&["a@x.se", "b@x.se"], id("13"), Some(echo(&["a@x.se", "b@x.se"], &[]))).is_ok());
        assert!(meet(&["c@x.se"], id("14"), Some(echo(&["old@x.se", "c@x.se"], &[]))).is_ok());
        assert!(meet(&["old@x.se"], id("14"), Some(echo(&["old@x.se", "c@x.se"], &[]))).is_ok(), "it was on the card");
        assert!(meet(&["d@x.se"], None, None).is_ok());
        assert!(meet(&["e@x.se"], id("15"), None).is_ok());
        assert!(meet(&["f@x.se"], id("15"), None).is_ok(), "nobody told what card 15 holds");
        let counts = CardCounts { new_in_this_run: 1, same_as_another_row: 3, already_there: 1, not_told: 2 };
        assert_eq!(back.counts(), counts);
    }

    #[test]
    fn an_id_that_strangers_share_is_an_alarm() {
        let mut alarms = 0;
        for stranger in 0..100 {
            let mut back = ReadBack::default();
            let first =
                check(&mut back, &card(&["a@x.se"], &[]), C3Id::new("13").as_ref(), Some(&echo(&["a@x.se"], &[])));
            assert!(first.is_ok());
            let other = format!("{stranger}@x.se");
            let both = echo(&["a@x.se", &other], &[]);
            alarms +=
                usize::from(check(&mut back, &card(&[&other], &[]), C3Id::new("13").as_ref(), Some(&both)).is_err());
        }
        assert!(alarms > 97, "{alarms} of 100");
    }

    #[test]
    fn where_custom_fields_count_who_shares_one_is_no_stranger() {
        let share = |rules: ServerRules, second: &[&str]| {
            let mut back = ReadBack::new(rules);
            let id = C3Id::new("13");
            let first = check(&mut back, &card(&["a@x.se"], &["1"]), id.as_ref(), Some(&echo(&["a@x.se"], &["1"])));
            assert!(first.is_ok());
            let both = echo(&["a@x.se", "b@x.se"], &["1", "1"]);
            check(&mut back, &card(&["b@x.se"], second), id.as_ref(), Some(&both)).is_ok()
        };
        let custom = ServerRules { matches_custom: true, ..ServerRules::default() };
        assert!(share(custom, &["1"]) && !share(custom, &["2"]) && !share(ServerRules::default(), &["1"]));
    }
}
