//! The merge plan's place in the corridor: it sees every row that is ready to be sent, in input order.

use std::borrow::Cow;
use std::sync::Arc;

use crate::mapping::Mapper;
use crate::model::{IdentityKey, Mapped, MergeOutlook, Row, RowNumber, ServerRules, excerpt};
use crate::plan::{MergePlan, Said, Sightings};

/// How much of a value is told.
const VALUE_CHARS_MAX: usize = 80;

/// Sees rows, and tells of some what they say.
#[derive(Debug)]
pub struct Lookout {
    plan: MergePlan,
    mapper: Arc<Mapper>,
    rules: ServerRules,
}

impl Lookout {
    /// With what rows mean, and what is assumed of the server.
    pub fn new(mapper: Arc<Mapper>, rules: ServerRules) -> Lookout {
        Lookout { plan: MergePlan::default(), mapper, rules }
    }

    /// Sees the next rows. Those that become examples are mapped once more: there are few of them, and so no card has
    /// to be carried along for the sake of all others. Returns those, in order, that say the very same as an earlier one.
    pub fn see<'a>(
        &mut self,
        sightings: &Sightings,
        row: impl Fn(RowNumber) -> Option<Cow<'a, Row>>,
    ) -> Vec<RowNumber> {
        let Lookout { plan, mapper, rules } = self;
        plan.add(sightings, &mut |number, key| {
            row(number).map(|row| said(mapper, *rules, &row, key)).unwrap_or_default()
        })
    }

    /// What it came to.
    pub fn finish(self) -> MergeOutlook {
        self.plan.finish()
    }
}

fn said(mapper: &Mapper, rules: ServerRules, row: &Row, key: IdentityKey) -> Said {
    let Mapped::Card { card, .. } = mapper.map(row) else { return Said::default() };
    let value = rules.recognised_by(&card).find(|(known, _)| *known == key).map(|(_, value)| value);
    Said {
        value: excerpt(value.unwrap_or_default(), VALUE_CHARS_MAX),
        name: excerpt(card.name().unwrap_or_default(), VALUE_CHARS_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Mapping;
    use crate::model::{Digester, Header};

    #[test]
    fn examples_are_told_in_the_words_of_the_table() {
        let mapping = "version = 1\n[card]\nname = \"Name\"\nemail = \"E-mail\"\n";
        let header = Header { row: RowNumber(1), names: vec!["Name".into(), "E-mail".into()] };
        let mapper = Mapping::parse(mapping).expect("it is sound").compile(&header).expect("it fits");
        let mut lookout = Lookout::new(Arc::new(mapper), ServerRules::default());
        let mut rows = Vec::new();
        let mut sightings = Sightings::default();
        for (number, name) in (2..).zip(["Åsa", "B\u{202e}o"]) {
            let mut row = Row::new(RowNumber(number));
            row.push(name);
            row.push("info@example.com");
            let Mapped::Card { card, .. } = lookout.mapper.map(&row) else { panic!("it is fit") };
            let keys = ServerRules::default().recognised_by(&card).map(|(key, _)| key).collect::<Vec<_>>();
            sightings.add(row.number, &card, keys, Digester::default().digest(name.as_bytes()), Some(100));
            rows.push(row);
        }
        lookout.see(&sightings, |number| rows.iter().find(|row| row.number == number).map(Cow::Borrowed));
        let group = &lookout.finish().largest[0];
        assert_eq!(group.shared, ["info@example.com"]);
        assert_eq!(group.names, ["B\\u{202e}o"]);
    }
}
