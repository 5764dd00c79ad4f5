//! Free read-back: every answer repeats the card, so every answer can be held against what was sent (API facts, "Free
//! read-back from the echo").

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::model::{
    C3Id, CompactMap, ContactCard, Echo, Field, Identity, IdentityKey, OutcomeCode, ServerRules, excerpt,
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

/// Remembers, at 16 bytes a card, which ids came back and roughly for which identities.
#[derive(Debug, Default)]
pub struct ReadBack {
    rules: ServerRules,
    cards: CompactMap<2, 2>,
    counts: CardCounts,
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
            self.cards.insert(id_key(id), [u32::MAX; 2]);
        }
    }

    /// Holds an answer against the card that was sent, `lost` times before with an unknown outcome. `Err` when the id
    /// belongs to rows that share no contact with this one: then the server recognises people by something that we do
    /// not know of, and the run must stop.
    pub fn check(
        &mut self,
        card: &ContactCard,
        lost: usize,
        id: Option<&C3Id>,
        echo: Option<&Echo>,
    ) -> Result<Vec<Oddity>, String> {
        let met_before = match id {
            Some(id) => self.meet(card, lost, id, echo)?,
            None => {
                self.counts.not_told += 1;
                false
            }
        };
        Ok(echo.map(|echo| oddities(card, echo, met_before)).unwrap_or_default())
    }

    /// Whether an earlier row of this run got the same card.
    fn meet(&mut self, card: &ContactCard, lost: usize, id: &C3Id, echo: Option<&Echo>) -> Result<bool, String> {
        let key = id_key(id);
        let sent: Vec<u64> = self.rules.recognised_by(card).map(|(key, _)| marks(key)).collect();
        let known = self.cards.get(&key).map(|[high, low]| u64::from(high) << 32 | u64::from(low));
        let all = match echo {
            Some(echo) => self
                .rules
                .recognised_again_by(echo)
                .map(marks)
                .chain(sent.iter().copied())
                .fold(known.unwrap_or(0), |all, marks| all | marks),
            // Without an echo the card may hold anything, so that no later row is a stranger to it.
            None => u64::MAX,
        };
        self.cards.insert(key, [(all >> 32) as u32, all as u32]);
        match (known, echo) {
            (Some(known), _) if !sent.iter().any(|marks| known & marks == *marks) => {
                return Err(format!(
                    "id {id} came back, which belongs to rows that share no contact with this one (if it recognises \
                     people by custom fields, say --match-custom)"
                ));
            }
            (Some(_), _) => self.counts.same_as_another_row += 1,
            (None, None) => self.counts.not_told += 1,
            (None, Some(echo)) if holds_more(card, lost, echo) => self.counts.already_there += 1,
            (None, Some(_)) => self.counts.new_in_this_run += 1,
        }
        Ok(known.is_some())
    }
}

/// `met_before`: whether an earlier row got the same card. What both sent stands twice on it, as the server promises.
fn oddities(card: &ContactCard, echo: &Echo, met_before: bool) -> Vec<Oddity> {
    let mut found = Vec::new();
    let echoed: Vec<IdentityKey> = echo.identities().collect();
    for (field, value) in card.values() {
        if let Field::Channel(channel, _) = field
            && !echoed.contains(&Identity::new(channel, value).key())
        {
            let message = format!("stored, but the answer lacks \"{}\"", excerpt(value, SHOWN_CHARS));
            found.push(Oddity { code: OutcomeCode::EchoMissing, field: Some(field), message });
        }
    }
    if card.name.is_some() && echo.name.as_deref().is_none_or(|name| name.trim().is_empty()) {
        let message = "stored, but the answer has no name: the server may want it elsewhere, see --name-at".to_owned();
        found.push(Oddity { code: OutcomeCode::EchoMissing, field: Some(Field::Name), message });
    }
    let custom = if met_before { &[][..] } else { &card.custom };
    for (at, sent) in custom.iter().enumerate() {
        let times = echo.custom.iter().filter(|(label, value)| *label == sent.label && *value == sent.value).count();
        if times > 1 {
            let message =
                format!("stored, but \"{}\" now stands {times} times on the card", excerpt(&sent.label, SHOWN_CHARS));
            found.push(Oddity { code: OutcomeCode::EchoDoubled, field: Some(Field::Custom(at)), message });
        }
    }
    found
}

/// Whether the card holds something that was not sent. What stands on it twice was, if an attempt was `lost`.
fn holds_more(card: &ContactCard, lost: usize, echo: &Echo) -> bool {
    let sent: Vec<IdentityKey> = card.identities().map(|identity| identity.key()).collect();
    echo.identities().any(|key| !sent.contains(&key))
        || echo
            .custom
            .iter()
            .any(|(label, value)| !card.custom.iter().any(|own| own.label == *label && own.value == *value))
        || echo.custom.len() > card.custom.len() * (lost + 1)
}

fn id_key(id: &C3Id) -> [u32; 2] {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    let hash = hasher.finish();
    [(hash >> 32) as u32, hash as u32]
}

/// Three bits of 64 that stand for an identity: with four identities on a card, one stranger in two hundred is taken
/// for a friend.
fn marks(key: IdentityKey) -> u64 {
    [0, 6, 12].into_iter().fold(0, |marks, shift| marks | 1 << (key.0 >> shift & 63))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Channel, CustomField, Entry, Origin};

    fn card(emails: &[&str], custom: &[&str]) -> ContactCard {
        let entry = |value: &&str| Entry { value: (*value).to_owned(), origin: Origin(0) };
        let field = |value: &&str| CustomField { label: "ID".into(), value: (*value).to_owned(), origin: Origin(1) };
        ContactCard {
            email: emails.iter().map(entry).collect(),
            custom: custom.iter().map(field).collect(),
            ..ContactCard::default()
        }
    }

    fn echo(emails: &[&str], custom: &[&str]) -> Echo {
        Echo {
            name: None,
            entries: emails.iter().map(|email| (Channel::Email, (*email).to_owned())).collect(),
            custom: custom.iter().map(|value| ("ID".to_owned(), (*value).to_owned())).collect(),
        }
    }

    fn codes(card: &ContactCard, echo: &Echo) -> Vec<OutcomeCode> {
        oddities(card, echo, false).into_iter().map(|oddity| oddity.code).collect()
    }

    #[test]
    fn what_is_missing_or_doubled_is_told() {
        assert_eq!(codes(&card(&["A@x.se"], &["1"]), &echo(&["a@x.se", "b@x.se"], &["1", "2"])), []);
        assert_eq!(codes(&card(&["a@x.se", "c@x.se"], &[]), &echo(&["a@x.se"], &[])), [OutcomeCode::EchoMissing]);
        assert_eq!(codes(&card(&["a@x.se"], &["1"]), &echo(&["a@x.se"], &["1", "1"])), [OutcomeCode::EchoDoubled]);
        assert_eq!(oddities(&card(&["a@x.se"], &["1"]), &echo(&["a@x.se"], &["1", "1"]), true), []);
        let named =
            ContactCard { name: Some(Entry { value: "A".into(), origin: Origin(0) }), ..card(&["a@x.se"], &[]) };
        assert_eq!(codes(&named, &echo(&["a@x.se"], &[])), [OutcomeCode::EchoMissing]);
        assert_eq!(codes(&named, &Echo { name: Some("B".into()), ..echo(&["a@x.se"], &[]) }), []);
    }

    #[test]
    fn cards_are_counted_by_what_is_proven() {
        let mut back = ReadBack::default();
        let id = |text: &str| C3Id::new(text);
        let mut meet = |emails: &[&str], id: Option<C3Id>, echo: Option<Echo>| {
            back.check(&card(emails, &[]), 0, id.as_ref(), echo.as_ref())
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
            let first = back.check(&card(&["a@x.se"], &[]), 0, C3Id::new("13").as_ref(), Some(&echo(&["a@x.se"], &[])));
            assert!(first.is_ok());
            let other = format!("{stranger}@x.se");
            let both = echo(&["a@x.se", &other], &[]);
            alarms += usize::from(back.check(&card(&[&other], &[]), 0, C3Id::new("13").as_ref(), Some(&both)).is_err());
        }
        assert!(alarms > 97, "{alarms} of 100");
    }

    #[test]
    fn where_custom_fields_count_who_shares_one_is_no_stranger() {
        let share = |rules: ServerRules, second: &[&str]| {
            let mut back = ReadBack::new(rules);
            let id = C3Id::new("13");
            let first = back.check(&card(&["a@x.se"], &["1"]), 0, id.as_ref(), Some(&echo(&["a@x.se"], &["1"])));
            assert!(first.is_ok());
            let both = echo(&["a@x.se", "b@x.se"], &["1", "1"]);
            back.check(&card(&["b@x.se"], second), 0, id.as_ref(), Some(&both)).is_ok()
        };
        let custom = ServerRules { matches_custom: true, ..ServerRules::default() };
        assert!(share(custom, &["1"]) && !share(custom, &["2"]) && !share(ServerRules::default(), &["1"]));
    }
}
