//! Which columns go into cards in such a way that damage to their cells would go along unnoticed.

use std::collections::BTreeMap;

use super::document::{CountryRule, Target};
use super::mapper::Mapper;
use super::phone_plan;
use crate::model::{Carries, Channel, ColumnIndex};

impl Mapper {
    /// The columns that are sent, and what becomes of their cells. E-mail addresses are no e-mail addresses once they are
    /// damaged, so their columns are none of these. Phone numbers that are sent as text as well count as phone numbers.
    pub fn carries(&self) -> BTreeMap<ColumnIndex, Carries> {
        let mut carried = BTreeMap::new();
        for step in self.steps() {
            let carries = match step.target {
                Target::Channel(Channel::Email) => continue,
                Target::Channel(Channel::Voice) => {
                    let plan = match &step.country {
                        Some(CountryRule::Always(country)) => country.plan,
                        Some(CountryRule::Column { .. }) | None => None,
                    };
                    Carries::Phone { zero_dialled: plan.is_some_and(phone_plan::dials_zero) }
                }
                Target::Channel(Channel::Facebook | Channel::Vk | Channel::Line) | Target::Name => Carries::Text,
                Target::Custom { .. } => Carries::Text,
            };
            for column in &step.columns {
                let known = carried.entry(*column).or_insert(carries);
                *known = carries.max(*known);
            }
        }
        carried
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Mapping;
    use crate::model::{Header, RowNumber};

    #[test]
    fn columns_are_what_becomes_of_their_cells() {
        let mapping = "version = 1\n[card]\nname = \"{N}\"\nemail = \"E\"\nvoice = [{ column = \"P\", country = \"SE\" }, \
                       { column = \"Q\", country = \"DK\" }]\n[card.custom]\nA = \"{N}, {P}\"\n";
        let header = Header { row: RowNumber(1), names: ["N", "E", "P", "Q", "X"].map(str::to_owned).to_vec() };
        let mapper = Mapping::parse(mapping).and_then(|mapping| mapping.compile(&header)).expect("it fits");
        let expected = [
            (ColumnIndex(0), Carries::Text),
            (ColumnIndex(2), Carries::Phone { zero_dialled: true }),
            (ColumnIndex(3), Carries::Phone { zero_dialled: false }),
        ];
        assert_eq!(mapper.carries(), BTreeMap::from(expected));
    }
}
